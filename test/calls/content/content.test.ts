import { createDecipheriv, createHash } from 'node:crypto';
import { appendFile, mkdir, readFile, stat, truncate, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Decrypter, generateX25519Identity, identityToRecipient } from 'age-encryption';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { type ContentAnswer, readContent } from '../../../src/calls/content/read.ts';
import { readIdentities } from '../../../src/calls/content/seal.ts';
import { searchContent } from '../../../src/calls/content/search.ts';
import { ContentWriter } from '../../../src/calls/content/writer.ts';
import { type ContentDigest, PARTS, type Part } from '../../../src/calls/record/model.ts';
import { openRedactor } from '../../../src/calls/redact/redactor.ts';
import { codePoint } from '../../helpers/codepoints.ts';
import { Disk, mayMount } from '../../helpers/disk.ts';
import { createSandbox, run, sandbox } from '../../helpers/sandbox.ts';
import {
  contentFile,
  type Digests,
  everyByte,
  idOf,
  newStore,
  SEGMENT,
  said,
  segmentOf,
  write,
} from './helpers.ts';

let identity: string;
let recipient: string;
let stranger: string;
beforeAll(async () => {
  identity = await generateX25519Identity();
  recipient = await identityToRecipient(identity);
  stranger = await generateX25519Identity();
});

async function read(store: string, wanted: Digests, identities?: string[]): Promise<ContentAnswer[]> {
  const question = { store, segment: SEGMENT, wanted, ...(identities === undefined ? {} : { identities }) };
  return [...(await readContent(question)).values()].flat();
}

const states = async (...args: Parameters<typeof read>) => (await read(...args)).map(({ state }) => state);

async function edit(store: string, change: (lines: string[]) => string[]): Promise<void> {
  const lines = (await readFile(contentFile(store), 'latin1')).split('\n').slice(0, -1);
  await writeFile(contentFile(store), `${change(lines).join('\n')}\n`, 'latin1');
}

interface Line {
  readonly id: string;
  readonly part: string;
  readonly salt: string;
  readonly text: string;
  readonly nonce: string;
  readonly sealed: string;
  readonly key: string;
}

async function linesIn(store: string): Promise<Line[]> {
  const text = await readFile(contentFile(store), 'utf8');
  return text
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line));
}

describe('content that is not encrypted', () => {
  it('is digested as sha256sum does it', async () => {
    const store = await newStore();
    const text = 'Wie geht es Ihnen? — 🙂\n"';
    const digests = await write(store, said({ 1: { input: text } }));
    const [header, item] = await linesIn(store);
    expect(header).toEqual({ schema: 'promptaudit/content@1', segment: SEGMENT.name, encryption: 'none' });
    expect(item).toEqual({ id: idOf(1), part: 'input', salt: item?.salt, text });
    const bytes = Buffer.concat([Buffer.from(item?.salt ?? '', 'base64'), Buffer.from(text)]);
    expect(bytes).toHaveLength(32 + 29);
    const { stdout } = await run('sha256sum', [], { input: bytes });
    expect(digests.get(idOf(1))).toEqual([
      { part: 'input', digest: `sha256:${stdout.toString().slice(0, 64)}`, bytes: 29 },
    ]);
  });

  it('has a salt of its own for every text', async () => {
    const store = await newStore();
    const digests = await write(store, said({ 1: { input: 'same', output: 'same' }, 2: { input: 'same' } }));
    expect(new Set([...digests.values()].flat().map(({ digest }) => digest)).size).toBe(3);
    expect(new Set((await linesIn(store)).map(({ salt }) => salt)).size).toBe(4);
  });

  it('is readable by its owner alone', async () => {
    const store = await newStore();
    await write(store, said({ 1: { input: 'x' } }));
    expect((await stat(contentFile(store))).mode & 0o777).toBe(0o600);
  });
});

/**
 * Made by age 1.1.1 and Python's cryptography 48.0.0 (AESGCM): the key is the bytes 0 to 31, the salts are SHA-256 of
 * `salt0` and `salt1`.
 */
const VECTOR = {
  identity: 'AGE-SECRET-KEY-1LUG4JKER2EJPSD5XMZR4NFZ6EY6JTLPYQ25C6TWWZYQEFD8UVLQQ4U70HU',
  lines: [
    '{"schema":"promptaudit/content@1","segment":"intake-api-calls-20261121t101112z9f2c1a","encryption":"age+aes-256-gcm","key":"YWdlLWVuY3J5cHRpb24ub3JnL3YxCi0+IFgyNTUxOSBsMXFnYis1QlU4TmE3cW9WcnFIWFlwRnNhMlUvY1FPeHVuT3FKUEtiWWhjClpDNXMyYUdyYVAxM25va1E1QXJkTXgrMllualVBTVgxQ0ljWlliQ2hrWjgKLS0tIDVMRHE1eitWeUZTcXpHZ3dGZm52NlhIOEVUVEliVTZETHF5YlQvM3BQS0kKN1Ju05kOUwjKy3absy8TMJDElyYzKSPc2f5Zx2pweTMcJEvtse17BxkC8KsAfkrmzxLBRI2OWcRwvDFWz8aiIg=="}',
    '{"id":"019aa5c1-0000-7000-8000-000000000001","part":"input","nonce":"AAAAAAAAAAAAAAAA","sealed":"JXUl2yFfxzNmFe0fuUdrOYQ5lm74FedEW4Frt24bcUgZNoOcTZfQchOmAtWIpgcrxzhhBPnlZlXPL71loC/a8+wXatxrTFm3X4BC"}',
    '{"id":"019aa5c1-0000-7000-8000-000000000001","part":"output","nonce":"AAAAAAAAAAAAAAAB","sealed":"yUZw+5pkTNJqTT3UN57fpbQ/xdAQiUuy10e04VExX2dhy64rtBZ3yomYZe6+6W8UyVY="}',
  ],
  digests: [
    {
      part: 'input',
      digest: 'sha256:821140884d6e64a87f03b2b28684681f97e3a3458421695cb33fd79585f84b70',
      bytes: 27,
    },
    {
      part: 'output',
      digest: 'sha256:e93b61711af13f8dee7fe285e3bb1195984913bb91112aa85e2bae9b90109f91',
      bytes: 2,
    },
  ] as unknown as readonly ContentDigest[],
} as const;

describe('encrypted content', () => {
  it('is read as other programs wrote it', async () => {
    const store = await newStore();
    await mkdir(dirname(contentFile(store)), { recursive: true });
    await writeFile(contentFile(store), `${VECTOR.lines.join('\n')}\n`);
    expect(await read(store, new Map([[idOf(1), VECTOR.digests]]), [VECTOR.identity])).toEqual([
      { part: 'input', state: 'valid', text: 'Wie geht es Ihnen? — 🙂' },
      { part: 'output', state: 'valid', text: '[]' },
    ]);
  });

  it('decrypts by hand, under nonces that count', async () => {
    const store = await newStore();
    const digests = await write(store, said({ 1: { input: 'a', output: 'b' }, 2: { tools: 'c' } }), [
      recipient,
    ]);
    const [header, ...items] = await linesIn(store);
    const decrypter = new Decrypter();
    decrypter.addIdentity(identity);
    const key = await decrypter.decrypt(Buffer.from(header?.key ?? '', 'base64'));
    const plain = items.map(({ id, part, nonce, sealed }) => {
      const bytes = Buffer.from(sealed, 'base64');
      const decipher = createDecipheriv('aes-256-gcm', key, Buffer.from(nonce, 'base64'));
      decipher.setAAD(Buffer.from(`promptaudit/content@1\n${SEGMENT.name}\n${id}\n${part}\n`));
      decipher.setAuthTag(bytes.subarray(-16));
      return Buffer.concat([decipher.update(bytes.subarray(0, -16)), decipher.final()]);
    });
    expect(plain.map((bytes) => bytes.toString('utf8', 32))).toEqual(['a', 'b', 'c']);
    const hashes = plain.map((bytes) => `sha256:${createHash('sha256').update(bytes).digest('hex')}`);
    expect(hashes).toEqual([...digests.values()].flat().map(({ digest }) => digest));
    expect(items.map(({ nonce }) => Buffer.from(nonce, 'base64').toString('hex'))).toEqual([
      '000000000000000000000000',
      '000000000000000000000001',
      '000000000000000000000002',
    ]);
  });

  it('has a key of its own for every writer, and can be read by each recipient', async () => {
    const store = await newStore();
    const both = [recipient, await identityToRecipient(stranger)];
    const first = await write(store, said({ 1: { input: 'the first one' } }), both);
    const second = await write(store, said({ 2: { input: 'two' } }), both);
    const third = await write(store, said({ 3: { input: 'three' } }));
    const all = new Map([...first, ...second, ...third]);
    for (const one of [identity, stranger]) {
      expect(await states(store, all, [one])).toEqual(['valid', 'valid', 'valid']);
    }
    const keys = (await linesIn(store)).flatMap(({ key }) => key ?? []);
    expect(new Set(keys).size).toBe(2);
    expect((await everyByte(store)).includes('the first one')).toBe(false);
  });

  it('says when nobody gave an identity, and when it is not for those that were given', async () => {
    const store = await newStore();
    const digests = await write(store, said({ 1: { input: 'x' } }), [recipient]);
    expect(await states(store, digests)).toEqual(['encrypted']);
    expect(await states(store, digests, [stranger])).toEqual(['locked']);
    expect(await states(store, digests, [stranger, identity])).toEqual(['valid']);
  });

  it('is for recipients of age only', async () => {
    const open = ContentWriter.open({ store: 'x', segment: SEGMENT, recipients: ['ssh-ed25519 AAAA'] });
    await expect(open).rejects.toThrow(/"ssh-ed25519 AAAA" is no recipient of age/);
  });
});

describe('an identity file', () => {
  it('has a key a line, and comments', async () => {
    const path = join((await sandbox()).dir, 'identity');
    await writeFile(path, `# created: today\r\n${identity}\r\n\n  ${stranger}\n`);
    expect(await readIdentities(path)).toEqual([identity, stranger]);
  });

  it.each([
    ['', /has no age identity/],
    ['# nothing\n', /has no age identity/],
    [
      'AGE-SECRET-KEY-1AAAA',
      /^line 1 of .* is no age identity: [^A]*AGE-SECRET-KEY-1…, as age-keygen writes it$/,
    ],
    ['\nage1xyz', /^line 2 of/],
  ])('%j is none', async (text, message) => {
    const path = join((await sandbox()).dir, 'identity');
    await writeFile(path, text);
    await expect(readIdentities(path)).rejects.toThrow(message);
  });

  it('that is not there is named', async () => {
    await expect(readIdentities('/nowhere/identity')).rejects.toThrow(
      'the identity file /nowhere/identity cannot be read: there is no such file or folder',
    );
  });
});

describe('a content file that was tampered with or torn', () => {
  const PLAIN = said({ 1: { input: 'alpha', output: 'beta' }, 2: { input: 'gamma' } });

  it.each<[string, (lines: string[]) => string[], string[]]>([
    [
      'another text',
      (lines) => lines.map((line) => line.replace('alpha', 'alphb')),
      ['altered', 'valid', 'valid'],
    ],
    [
      'another salt',
      (lines) => lines.map((line) => line.replace(/(?<="salt":")./, (one) => (one === '+' ? '/' : '+'))),
      ['altered', 'altered', 'altered'],
    ],
    [
      'a part for another',
      ([h, a, b, c]) => [h!, a!.replace('input', 'output'), b!, c!],
      ['missing', 'valid', 'valid'],
    ],
    [
      'a call for another',
      ([h, a, b, c]) => [h!, a!, b!, c!.replace(idOf(2), idOf(1))],
      ['valid', 'valid', 'missing'],
    ],
    ['a missing line', ([h, , b, c]) => [h!, b!, c!], ['missing', 'valid', 'valid']],
    [
      'a garbage line',
      ([h, a, b, c]) => [h!, a!, '\xff\x00{', b!.slice(0, -3), c!],
      ['valid', 'missing', 'valid'],
    ],
    [
      'a key too many',
      ([h, a, b, c]) => [h!, a!.replace('}', ',"x":1}'), b!, c!],
      ['missing', 'valid', 'valid'],
    ],
    ['no header', ([, ...items]) => items, ['valid', 'valid', 'valid']],
    ['everything twice', (lines) => [...lines, ...lines], ['valid', 'valid', 'valid']],
    ['other orders', ([h, a, b, c]) => [h!, c!, b!, a!], ['valid', 'valid', 'valid']],
    [
      'JSON of other kinds',
      (lines) => ['null', '[]', '1', '{}', '""', ...lines],
      ['valid', 'valid', 'valid'],
    ],
  ])('%s', async (_, change, expected) => {
    const store = await newStore();
    const digests = await write(store, PLAIN);
    await edit(store, change);
    expect(await states(store, digests)).toEqual(expected);
  });

  it.each<[string, (lines: string[]) => string[], string[]]>([
    ['a flipped bit', ([h, a, b]) => [h!, flip(a!), b!], ['altered', 'valid']],
    ['items for each other', ([h, a, b]) => [h!, swapped(a!, b!), swapped(b!, a!)], ['altered', 'altered']],
    ['no header', ([, a, b]) => [a!, b!], ['altered', 'altered']],
    [
      'a header without a key',
      ([h, a, b]) => [h!.replace(/"age.*/, '"none"}'), a!, b!],
      ['locked', 'locked'],
    ],
    ['a damaged key', ([h, a, b]) => [h!.replace('"key":"YW', '"key":"YX'), a!, b!], ['locked', 'locked']],
    ['the header of another batch', ([h, a, b, h2]) => [h2!, a!, b!, h!], ['altered', 'altered']],
  ])('%s, encrypted', async (_, change, expected) => {
    const store = await newStore();
    const digests = await write(store, said({ 1: { input: 'alpha', output: 'beta!' } }), [recipient]);
    await write(store, said({ 2: { input: 'gamma' } }), [recipient]);
    await edit(store, change);
    expect(await states(store, digests, [identity])).toEqual(expected);
  });

  it('may have a line of many megabytes', async () => {
    const store = await newStore();
    const digests = await write(store, said({ 1: { input: 'alpha' } }));
    await appendFile(contentFile(store), Buffer.alloc(52 * 1024 ** 2, 'x'));
    await appendFile(contentFile(store), '\n');
    const more = await write(store, said({ 2: { input: 'beta' } }));
    expect(await states(store, new Map([...digests, ...more]))).toEqual(['valid', 'valid']);
  });

  it('may not be there', async () => {
    const store = await newStore();
    const digests = new Map([[idOf(1), VECTOR.digests]]);
    expect(await states(store, digests)).toEqual(['missing', 'missing']);
  });

  it('is never read as something that was not said, whichever byte was changed', async () => {
    const store = await newStore();
    const digests = await write(store, said({ 1: { input: 'alpha' } }), [recipient]);
    const plain = await write(store, said({ 2: { input: 'beta' } }));
    const whole = await readFile(contentFile(store));
    const wanted = new Map([...digests, ...plain]);
    const place = fc.integer({ min: 0, max: whole.length - 1 });
    await fc.assert(
      fc.asyncProperty(place, fc.integer({ min: 1, max: 255 }), async (at, change) => {
        const changed = Buffer.from(whole);
        changed[at] = changed[at]! ^ change;
        await writeFile(contentFile(store), changed);
        for (const answer of await read(store, wanted, [identity])) {
          if (answer.state === 'valid') expect(['alpha', 'beta']).toContain(answer.text);
        }
      }),
      { numRuns: 80 },
    );
  });
});

function flip(line: string): string {
  const item: Line = JSON.parse(line);
  const sealed = Buffer.from(item.sealed, 'base64');
  sealed[33] = sealed[33]! ^ 1;
  return JSON.stringify({ ...item, sealed: sealed.toString('base64') });
}

/** The one's name on the other's content. */
function swapped(one: string, other: string): string {
  const { id, part }: Line = JSON.parse(one);
  const { nonce, sealed }: Line = JSON.parse(other);
  return JSON.stringify({ id, part, nonce, sealed });
}

describe('a writer', () => {
  it('cuts off what a killed one left of its last line', async () => {
    const store = await newStore();
    const long = 'beta'.repeat(500);
    const first = await write(store, said({ 1: { input: 'alpha' }, 2: { input: long } }), [recipient]);
    const { size } = await stat(contentFile(store));
    await truncate(contentFile(store), size - 5);
    const next = await write(store, said({ 3: { input: 'gamma' } }), [recipient]);
    const all = new Map([...first, ...next]);
    expect(await states(store, all, [identity])).toEqual(['valid', 'missing', 'valid']);
    expect(await linesIn(store)).toHaveLength(4);
    expect(await readFile(contentFile(store), 'latin1')).toMatch(/\}\n$/);
  });

  it('writes nothing before its commit, and nothing at all where nothing was said', async () => {
    const store = await newStore();
    const writer = await ContentWriter.open({ store, segment: SEGMENT });
    await writer.commit();
    writer.add(idOf(1), new Map([['input', 'alpha']]));
    await expect(stat(contentFile(store))).rejects.toThrow('ENOENT');
    await writer.commit();
    writer.add(idOf(2), new Map([['input', 'beta']]));
    await Promise.all([writer.commit(), writer.commit()]);
    expect(await linesIn(store)).toHaveLength(3);
    await writer.close();
  });

  it('refuses a text of more than 8 Mi characters', async () => {
    const writer = await ContentWriter.open({ store: await newStore(), segment: SEGMENT });
    const parts = new Map<Part, string>([
      ['input', 'x'],
      ['output', 'x'.repeat(8 * 1024 ** 2 + 1)],
    ]);
    expect(() => writer.add(idOf(1), parts)).toThrow(/the output of call .* is 8388609 characters long/);
  });

  it.skipIf(!mayMount())('keeps what a full disk has no room for, and writes it later', async () => {
    const made = await createSandbox();
    const disk = await Disk.mount(await sandbox(), 'disk');
    const store = join(disk.folder, 'store');
    const first = await write(store, said({ 1: { input: 'alpha' } }));
    const writer = await ContentWriter.open({ store, segment: SEGMENT });
    await disk.fill(2);
    const text = 'b'.repeat(100_000);
    const second = writer.add(idOf(2), new Map([['input', text]]));
    const { size } = await stat(contentFile(store));
    await expect(writer.commit()).rejects.toThrow(/cannot be written: no space is left on the device/);
    expect((await stat(contentFile(store))).size).toBe(size);
    expect(await states(store, first)).toEqual(['valid']);
    await disk.empty();
    await writer.commit();
    await writer.close();
    expect(await states(store, new Map([...first, [idOf(2), second]]))).toEqual(['valid', 'valid']);
    await made.remove();
  });
});

const TEXT = fc.oneof(fc.string({ unit: codePoint }), fc.string({ unit: 'grapheme', maxLength: 300 }));
const CALL = fc.uniqueArray(fc.tuple(fc.constantFrom(...PARTS), TEXT), { selector: ([part]) => part });

it('what is said is read again, whatever it is, in whichever commits it was written', async () => {
  const calls = fc.array(CALL, { maxLength: 6 });
  await fc.assert(
    fc.asyncProperty(fc.array(calls, { maxLength: 3 }), fc.boolean(), async (batches, encrypted) => {
      const { dir, remove } = await createSandbox();
      const digests: Digests = new Map();
      const expected: ContentAnswer[] = [];
      const recipients = encrypted ? [recipient] : [];
      const writer = await ContentWriter.open({ store: dir, segment: SEGMENT, recipients });
      for (const batch of batches) {
        for (const parts of batch) {
          const id = idOf(digests.size);
          digests.set(id, writer.add(id, new Map(parts)));
          // Half of a character has no UTF-8.
          const texts = parts.map(([part, text]) => ({
            part,
            state: 'valid' as const,
            text: Buffer.from(text).toString(),
          }));
          expected.push(...texts);
        }
        await writer.commit();
      }
      await writer.close();
      expect(await read(dir, digests, [identity])).toEqual(expected);
      await remove();
    }),
    { numRuns: 40 },
  );
});

it('nothing that was redacted is in any byte of the store', async () => {
  const store = await newStore();
  const redactor = await openRedactor({ paths: ['[*].content.ward'] });
  const key = ['ghp', 'wWPw5k4aXcaT4fNP0UcnZwJUVFk6LO0pINUx'].join('_');
  const pem = [
    '-----BEGIN RSA',
    'PRIVATE KEY-----\nMIIEpAIBAAKCAQEA7b\n-----END RSA',
    'PRIVATE KEY-----',
  ].join(' ');
  const hidden = [
    key,
    'MIIEpAIBAAKC',
    'bob@clinic.example',
    '415-555-0132',
    '4111 1111 1111 1111',
    '123-45-6789',
    'ward 7',
  ];
  const text = `I am bob@clinic.example\n415-555-0132,\t4111 1111 1111 1111; SSN 123-45-6789 ${key}\n${pem}`;
  const messages = JSON.stringify([{ role: 'user', content: { text, ward: 'ward 7' } }]);
  const { text: kept, fired } = await redactor.redact(messages);
  await redactor.close();
  await write(store, said({ 1: { input: kept } }));
  const bytes = await everyByte(store);
  for (const one of hidden) {
    expect(messages).toContain(one);
    expect(bytes.includes(one)).toBe(false);
  }
  expect(fired.map(({ rule }) => rule)).toEqual([
    'path/content-ward',
    'pii/credit-card',
    'pii/email',
    'pii/phone',
    'pii/us-ssn',
    'secret/github',
    'secret/privatekey',
  ]);
  expect(await linesIn(store)).toMatchObject([
    {},
    { text: expect.stringContaining('I am [redacted:pii/email]') },
  ]);
});

describe('a search', () => {
  async function search(store: string, text: string, identities?: string[]): Promise<unknown[]> {
    const found: unknown[] = [];
    const segments = [SEGMENT, segmentOf('intake-api-calls-20261122t101112z9f2c1a')];
    const options = { store, segments, text, ...(identities === undefined ? {} : { identities }) };
    for await (const hit of searchContent(options)) {
      found.push(hit.kind === 'found' ? hit.id : [hit.why, hit.items]);
    }
    return found;
  }

  it('finds a text in any part, letters in either case, also as JSON has it', async () => {
    const store = await newStore();
    await write(
      store,
      said({
        1: { system: 'ÄRZTE haben', input: 'ärzte' },
        2: { input: '["a \\"b\\"\\nc"]' },
        3: { output: 'x' },
      }),
    );
    expect(await search(store, 'ärzte')).toEqual([idOf(1)]);
    expect(await search(store, 'A\u0308rzte HABEN')).toEqual([idOf(1)]);
    expect(await search(store, 'a "B"\nc')).toEqual([idOf(2)]);
    expect(await search(store, 'nobody')).toEqual([]);
  });

  it('says how much it could not look into', async () => {
    const store = await newStore();
    await write(store, said({ 1: { input: 'alpha', output: 'alpha' } }), [recipient]);
    await write(store, said({ 2: { input: 'alpha' } }));
    await appendFile(contentFile(store), 'garbage\n');
    expect(await search(store, 'Alpha')).toEqual([idOf(2), ['encrypted', 2], ['altered', 1]]);
    expect(await search(store, 'Alpha', [stranger])).toEqual([idOf(2), ['locked', 2], ['altered', 1]]);
    expect(await search(store, 'Alpha', [identity])).toEqual([idOf(1), idOf(2), ['altered', 1]]);
  });
});
