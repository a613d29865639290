import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { generateX25519Identity, identityToRecipient } from 'age-encryption';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { takeLock } from '../../../src/calls/store/lock.ts';
import { Fault } from '../../helpers/faulty.ts';
import type { Hospital } from '../../helpers/hospital.ts';
import { createSandbox, type Sandbox } from '../../helpers/sandbox.ts';
import { copyOfArchive, filesOf, foundArchive, holding, idOf, record, sealed, storeOf } from './archive.ts';

const USER = 'u-1009-secretive';
const SAID = 'My knee has been hurting since the marathon in "Łódź"';
const HEARD = 'Rest it, and see a doctor when it swells.';
const OTHERS = 'I cannot sleep at night since the clocks were changed.';

let sandbox: Sandbox;
let archive: Hospital;
let own: Hospital;

/** Sealed: 1 and 2 of the user, 3 of another; waiting: 4 of the user, 5 of another. Events up to 8. */
beforeAll(async () => {
  sandbox = await createSandbox();
  archive = await foundArchive(sandbox);
  await sealed(archive, [
    { id: 1, user: USER, conversation: 'c-1', said: SAID, heard: HEARD },
    { id: 2, user: USER, conversation: 'c-2', said: HEARD },
    { id: 3, user: 'u-7', said: OTHERS, heard: HEARD },
  ]);
  await record(archive, [
    { id: 4, user: USER, said: SAID },
    { id: 5, user: 'u-7', said: OTHERS },
  ]);
});
afterAll(() => sandbox.remove());
beforeEach(async () => {
  own = await copyOfArchive(archive);
});

interface Erased {
  readonly sequence: number;
  readonly path: string;
  readonly finished: readonly { readonly id: string }[];
  readonly certificate: {
    readonly id: string;
    readonly calls: readonly string[];
    readonly parts: number;
    readonly by: string;
    readonly reason: string;
    readonly selector: { readonly by: string; readonly salt: string; readonly digest: string };
    readonly segments: readonly { segment: string; merkleRoot: string | null; orphans: readonly string[] }[];
  };
}

const ERASE = ['calls', 'erase', '--user', USER, '-m', 'Request 31'];
const erase = (...args: string[]) => own.team.json<Erased>(own.ada, [...ERASE, ...args]);
const escaped = (text: string) => JSON.stringify(text).slice(1, -1);

/** The content items of a call in every content file, with salts. */
async function itemsOf(number: number): Promise<Record<string, string>[]> {
  const paths = (await filesOf(own)).filter((path) => path.startsWith('content/'));
  const texts = await Promise.all(paths.map((path) => readFile(join(storeOf(own), path), 'utf8')));
  const items: Record<string, string>[] = texts.flatMap((text) =>
    text
      .split('\n')
      .slice(0, -1)
      .map((line) => JSON.parse(line)),
  );
  return items.filter(({ id }) => id === idOf(number));
}

describe('an erasure', () => {
  it('destroys texts and salts in sealed and open segments, and of no other call', async () => {
    const salts = [...(await itemsOf(1)), ...(await itemsOf(4))].map(({ salt = '' }) => salt);
    expect(salts).toHaveLength(3);
    const named = await holding(own, USER);
    const done = await erase();
    expect(done.certificate.calls).toEqual([1, 2, 4].map(idOf));
    expect(done.certificate.parts).toBe(4);
    for (const text of [SAID, escaped(SAID), ...salts]) expect(await holding(own, text)).toEqual([]);
    expect(await holding(own, USER)).toEqual(named);
    expect((await itemsOf(3)).map(({ text }) => text)).toEqual([OTHERS, HEARD].map((text) => text));
    expect(await itemsOf(5)).toHaveLength(1);
  });

  it('leaves records, seals and proofs as they were', async () => {
    const proof = ['calls', 'show', idOf(1), '--proof'];
    const before = await own.team.ok(own.bob, proof);
    const records = await own.team.ok(own.bob, ['calls', 'search', '--user', USER, '--format', 'jsonl']);
    await erase();
    expect(await own.team.ok(own.bob, ['calls', 'search', '--user', USER, '--format', 'jsonl'])).toBe(
      records,
    );
    expect(await own.team.ok(own.bob, proof)).toBe(before);
    expect((await own.team.json<{ ok: boolean }>(own.bob, ['calls', 'verify', '--deep'])).ok).toBe(true);
    await own.team.ok(own.dee, ['calls', 'seal']);
    expect((await own.team.json<{ ok: boolean }>(own.bob, ['calls', 'verify', '--deep'])).ok).toBe(true);
  });

  it('is certified by a document whose digest the event has, and that names nobody', async () => {
    const { certificate, path, sequence } = await erase();
    const bytes = await readFile(path);
    const digest = createHash('sha256').update(bytes).digest('hex');
    const message = await own.team.git('log', '-1', '--format=%B', 'refs/notes/promptaudit');
    expect(message).toContain(`Certificate: sha256:${digest}`);
    expect(message).toContain(`Sequence: ${sequence}`);
    expect(JSON.parse(bytes.toString())).toEqual(certificate);
    expect(path).toBe(join(storeOf(own), 'certificates', `${certificate.id}.json`));
    expect(message + bytes).not.toContain(USER);
    const { salt, digest: selected } = certificate.selector;
    const recomputed = createHash('sha256').update(Buffer.from(salt, 'hex')).update(USER).digest('hex');
    expect(selected).toBe(`sha256:${recomputed}`);
    expect(certificate.segments.map(({ merkleRoot }) => merkleRoot === null)).toEqual([false, true]);
    expect([certificate.by, certificate.reason]).toEqual([own.ada.email, 'Request 31']);
  });

  it('is on the record of accesses by the same digest', async () => {
    const { certificate } = await erase();
    const { calls } = await own.team.json<{ calls: Record<string, string>[] }>(own.bob, [
      'calls',
      'search',
      '--kind',
      'access',
      '--actor',
      own.ada.email,
    ]);
    expect(calls).toHaveLength(1);
    expect(calls[0]).toMatchObject({ 'promptaudit.access.action': 'erase', 'promptaudit.access.rows': 3 });
    expect(calls[0]?.['promptaudit.access.query']).toContain(certificate.selector.digest);
  });

  it('goes by conversation or call too', async () => {
    const { certificate } = await own.team.json<Erased>(own.ada, [
      'calls',
      'erase',
      '--conversation',
      'c-2',
      '-m',
      'Wrong person',
    ]);
    expect(certificate.calls).toEqual([idOf(2)]);
    const one = await own.team.json<Erased>(own.ada, [
      'calls',
      'erase',
      '--id',
      idOf(5).toUpperCase(),
      '-m',
      'Why',
    ]);
    expect(one.certificate.calls).toEqual([idOf(5)]);
    expect(await itemsOf(1)).toHaveLength(2);
  });

  it('destroys what is encrypted without an identity', async () => {
    const recipient = await identityToRecipient(await generateX25519Identity());
    await sealed(
      own,
      [
        { id: 6, user: USER, said: SAID },
        { id: 7, user: 'u-7', said: OTHERS },
      ],
      '--recipient',
      recipient,
    );
    const [item] = await itemsOf(6);
    const { certificate } = await erase();
    expect(certificate.calls).toContain(idOf(6));
    expect(await holding(own, item?.sealed ?? '')).toEqual([]);
    expect(await itemsOf(7)).toHaveLength(1);
  });

  it('takes with it what no record of the segment names', async () => {
    const store = storeOf(own);
    const [path = ''] = (await filesOf(own)).filter((one) => one.startsWith('content/'));
    const stray = {
      id: idOf(99),
      part: 'input',
      salt: Buffer.alloc(32, 9).toString('base64'),
      text: 'stray words',
    };
    const file = join(store, path);
    await writeFile(file, `${await readFile(file, 'utf8')}${JSON.stringify(stray)}\n`);
    const { certificate } = await erase();
    expect(certificate.segments.flatMap(({ orphans }) => orphans)).toEqual([idOf(99)]);
    expect(await holding(own, 'stray words')).toEqual([]);
  });

  it('is told within 80 columns, but for the path of the certificate, which is whole', async () => {
    const text = await own.team.ok(own.ada, ERASE);
    expect(text.replace(/\s+/g, ' ')).toContain(
      'erased the content of 3 calls, 4 texts with their salts, in 2 segments',
    );
    const [lines, path = ''] = text.split('\n  certificate ');
    expect(path).toMatch(new RegExp(`^${join(storeOf(own), 'certificates')}/[0-9a-f-]{36}\\.json\n$`));
    expect(Math.max(...(lines ?? '').split('\n').map((line) => line.length))).toBeLessThanOrEqual(80);
  });

  it('does nothing in a dry run', async () => {
    const before = (await filesOf(own)).filter((path) => !path.includes('-access-'));
    const text = await own.team.ok(own.ada, [...ERASE, '--dry-run']);
    expect(text.replace(/\s+/g, ' ')).toMatch(/^would write event \d+: erased the content of 3 calls/);
    expect((await filesOf(own)).filter((path) => !path.includes('-access-'))).toEqual(before);
    expect(await itemsOf(1)).toHaveLength(2);
  });
});

describe('what is refused', () => {
  const untouched = async () => {
    expect(await itemsOf(1)).toHaveLength(2);
    expect((await filesOf(own)).filter((path) => path.startsWith('certificates/'))).toEqual([]);
  };

  it.each([
    ['nobody', ['--user', 'nobody'], 'nothing to erase: no call is of that user'],
    ['a call without content', ['--id', idOf(77)], 'nothing to erase: no content is kept of that call'],
  ])('an erasure of %s', async (_, args, told) => {
    const { message } = await own.team.refused(own.ada, ['calls', 'erase', ...args, '-m', 'Why']);
    expect(message).toContain(told);
    await untouched();
  });

  it.each([
    [['--user', USER, '--id', idOf(1), '-m', 'Why'], 'give one of --user'],
    [['-m', 'Why'], 'give one of --user'],
    [['--user', USER, '--resume'], 'give one of --user'],
    [['--user', '', '-m', 'Why'], 'an empty text is nobody'],
    [['--id', 'x', '-m', 'Why'], '--id takes the UUID'],
    [['--user', USER], 'say why it is erased'],
  ])('%j', async (args, told) => {
    expect(await own.team.told(own.ada, ['calls', 'erase', ...args])).toEqual([
      2,
      expect.stringContaining(told),
    ]);
    await untouched();
  });

  it('an erasure by anybody but an admin, which goes on the record', async () => {
    expect((await own.team.refused(own.bob, ERASE)).rules).toEqual(['signature/role']);
    await untouched();
    const found = await own.team.ok(own.bob, [
      'calls',
      'search',
      '--actor',
      own.bob.email,
      '--format',
      'jsonl',
    ]);
    expect(found).toContain('"denied"');
  });

  it('an erasure under a hold that covers one of the calls, until it is released', async () => {
    await own.team.ok(own.bob, ['calls', 'hold', 'case-17', '--conversation', 'c-1', '-m', 'Complaint']);
    const refused = await own.team.refused(own.ada, ERASE);
    expect(refused.reasons[0]?.message).toBe('hold case-17 covers 1 of the 3 calls');
    await untouched();
    await own.team.ok(own.ada, ['calls', 'erase', '--conversation', 'c-2', '-m', 'Not held']);
    await own.team.ok(own.ada, ['calls', 'release', 'case-17', '-m', 'Settled']);
    expect((await erase()).certificate.calls).toEqual([1, 4].map(idOf));
  });

  it('anything while it is not known what a standing hold is about', async () => {
    await own.team.ok(own.bob, ['calls', 'hold', 'case-17', '--user', 'nobody', '-m', 'Complaint']);
    await rm(join(storeOf(own), 'holds', 'case-17.json'));
    expect((await own.team.refused(own.ada, ERASE)).message).toContain('is not in the store');
    await untouched();
  });

  it('an erasure in a segment that a living process writes, saying what to do', async () => {
    const [open = ''] = (await filesOf(own)).filter((path) => /^open\/ward-calls-.*\.jsonl$/.test(path));
    takeLock(join(storeOf(own), open.replace(/jsonl$/, 'lock')));
    const { message } = await own.team.refused(own.ada, ERASE);
    expect(message).toContain('is still being written: stop who writes, or wait until it is full');
    await untouched();
    await own.team.ok(own.ada, ['calls', 'erase', '--conversation', 'c-1', '-m', 'Not in there']);
  });

  it('an erasure in a clone that does not know of a hold that another placed in the store', async () => {
    const behind = await copyOfArchive(own);
    await own.team.ok(own.bob, ['calls', 'hold', 'case-17', '--conversation', 'c-1', '-m', 'Complaint']);
    const { message } = await behind.team.refused(own.ada, [...ERASE, '--store', storeOf(own)]);
    expect(message).toContain('hold case-17 is in the store, and in no event of this ledger');
    await untouched();
  });

  it('an erasure in a segment that this ledger does not know as sealed', async () => {
    const behind = await copyOfArchive(own);
    await own.team.ok(own.dee, ['calls', 'seal']);
    const { message } = await behind.team.refused(own.ada, [...ERASE, '--store', storeOf(own)]);
    expect(message).toMatch(/^segment ward-calls-\S+ is sealed, but by no event of this ledger/);
    await untouched();
    expect((await erase()).certificate.calls).toEqual([1, 2, 4].map(idOf));
  });

  it('two at a time', async () => {
    takeLock(join(storeOf(own), '.retention.lock'));
    expect((await own.team.refused(own.ada, ERASE)).message).toContain(
      'another process holds, purges or erases',
    );
  });

  it('an erasure where a sealed segment is gone or altered, for whose its content is nobody can tell', async () => {
    const [path = ''] = (await filesOf(own)).filter((one) => one.endsWith('.parquet'));
    const file = join(storeOf(own), path);
    const bytes = await readFile(file);
    await rm(file);
    expect(await own.team.told(own.ada, ERASE)).toEqual([
      2,
      expect.stringContaining('put it back from a copy'),
    ]);
    await writeFile(file, Buffer.concat([bytes.subarray(0, 4), Buffer.from([1]), bytes.subarray(5)]));
    expect((await own.team.told(own.ada, ERASE))[0]).toBe(2);
    await untouched();
  });
});

describe('released holds', () => {
  it('do not go on naming whose content was erased', async () => {
    await own.team.ok(own.bob, ['calls', 'hold', 'case-17', '--user', USER, '-m', 'Complaint']);
    await own.team.ok(own.bob, ['calls', 'hold', 'case-18', '--user', 'u-7', '-m', 'Complaint']);
    for (const name of ['case-17', 'case-18'])
      await own.team.ok(own.ada, ['calls', 'release', name, '-m', 'Settled']);
    await erase();
    expect(await readdir(join(storeOf(own), 'holds'))).toEqual(['case-18.json']);
  });
});

describe('what is left elsewhere in the store', () => {
  it.each([
    ['a text', 'tmp/note.txt', () => `once: ${escaped(SAID)}!`],
    ['a salt', 'damaged/old.jsonl', async () => (await itemsOf(1))[0]?.salt ?? ''],
  ])('is found and told: %s', async (_, place, text) => {
    const path = join(storeOf(own), place);
    await mkdir(join(path, '..'), { recursive: true });
    await writeFile(path, await text());
    const [code, told] = await own.team.told(own.ada, ERASE);
    expect([code, told]).toEqual([
      2,
      expect.stringContaining(`what was erased is also in ${place} of the store`),
    ]);
    for (const call of [1, 2, 4]) expect(await itemsOf(call)).toEqual([]);
    await rm(path);
    expect((await own.team.json<{ ok: boolean }>(own.bob, ['calls', 'verify'])).ok).toBe(true);
  });
});

describe('an erasure that was broken off', () => {
  /** The content as it was before, as if nothing had been destroyed yet. */
  async function brokenOff(): Promise<void> {
    const content = join(storeOf(own), 'content');
    await sandbox.ok('cp', ['-a', content, `${own.team.repo}-content`]);
    await erase();
    await rm(content, { recursive: true });
    await sandbox.ok('cp', ['-a', `${own.team.repo}-content`, content]);
  }

  it('is found by verify and finished by --resume', async () => {
    await brokenOff();
    expect(await itemsOf(1)).toHaveLength(2);
    const { finished } = await own.team.json<Erased>(own.ada, ['calls', 'erase', '--resume']);
    expect(finished).toHaveLength(1);
    for (const call of [1, 2, 4]) expect(await itemsOf(call)).toEqual([]);
    expect(await itemsOf(3)).toHaveLength(2);
    expect((await own.team.refused(own.ada, ['calls', 'erase', '--resume'])).message).toContain(
      'no erasure to finish',
    );
  });

  it('is finished by the next one', async () => {
    await brokenOff();
    const next = await own.team.json<Erased>(own.ada, ['calls', 'erase', '--id', idOf(5), '-m', 'Another']);
    expect(next.finished).toHaveLength(1);
    expect(await itemsOf(1)).toEqual([]);
  });

  it('is not finished against a hold that was placed since', async () => {
    await brokenOff();
    await own.team.ok(own.bob, ['calls', 'hold', 'case-17', '--conversation', 'c-1', '-m', 'Complaint']);
    await own.team.refused(own.ada, ['calls', 'erase', '--resume']);
    expect(await itemsOf(1)).toHaveLength(2);
  });

  it('says when its certificate is gone', async () => {
    await brokenOff();
    await rm(join(storeOf(own), 'certificates'), { recursive: true });
    const [code, told] = await own.team.told(own.ada, ['calls', 'erase', '--resume']);
    expect([code, told]).toEqual([1, expect.stringContaining('nobody can tell whether it was done')]);
  });

  it.each(['before', 'after'] as const)('leaves no doubt where git fails %s a change', async (when) => {
    for (let at = 1; ; at += 1) {
      own = await copyOfArchive(archive);
      const fault = new Fault(at, when);
      own.team.wrap = fault.wrap;
      const { code } = await own.team.cli(own.ada, ERASE);
      own.team.wrap = (store) => store;
      if (fault.changes < at) break;
      const certificates = (await filesOf(own)).filter((path) => path.startsWith('certificates/'));
      const message = await own.team.git('log', '-1', '--format=%B', 'refs/notes/promptaudit');
      const isSigned = message.includes('Event: erasure');
      expect([at, certificates.length]).toEqual([at, isSigned ? 1 : 0]);
      if (!isSigned) expect([code, (await itemsOf(1)).length]).toEqual([2, 2]);
      else if (code !== 0) await own.team.ok(own.ada, ['calls', 'erase', '--resume']);
      if (isSigned) expect(await holding(own, escaped(SAID))).toEqual([]);
    }
  });
});
