import { link, mkdir, readdir, readFile, stat, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { generateX25519Identity, identityToRecipient } from 'age-encryption';
import { describe, expect, it } from 'vitest';
import { dropContent, eraseContent, sweepTemporary } from '../../../src/calls/content/erase.ts';
import { readContent } from '../../../src/calls/content/read.ts';
import { ContentWriter } from '../../../src/calls/content/writer.ts';
import { lockPath } from '../../../src/calls/store/names.ts';
import { builtBin } from '../../helpers/built.ts';
import { run } from '../../helpers/sandbox.ts';
import { contentFile, type Digests, everyByte, idOf, newStore, SEGMENT, said, write } from './helpers.ts';

const KILLER = pathToFileURL(join(import.meta.dirname, '../../helpers/killer.js')).href;

const ids = (...numbers: number[]) => new Set(numbers.map(idOf));
const CONTENT = said({
  1: { input: 'the first secret', output: 'the first answer' },
  2: { input: 'the second secret' },
  3: { system: 'the third secret', input: 'more of the third' },
});

async function states(store: string, wanted: Digests, identities: string[] = []): Promise<string[]> {
  const answers = await readContent({ store, segment: SEGMENT, wanted, identities });
  return [...answers.values()].flat().map(({ state }) => state);
}

/** The salts of the items that a file holds now, as bytes and as the file writes them. */
async function saltsOf(store: string, number: number): Promise<(string | Buffer)[]> {
  const lines = (await readFile(contentFile(store), 'utf8'))
    .split('\n')
    .filter((line) => line.includes(idOf(number)));
  const salts = lines.map((line): string => JSON.parse(line).salt);
  return salts.flatMap((salt) => [salt, Buffer.from(salt, 'base64')]);
}

describe('an erasure', () => {
  it('leaves neither text nor salt in any file, and the rest as it was', async () => {
    const store = await newStore();
    const digests = await write(store, CONTENT);
    const gone = [
      ...(await saltsOf(store, 1)),
      ...(await saltsOf(store, 3)),
      'first secret',
      'first answer',
      'third',
    ];
    const before = await everyByte(store);
    for (const trace of gone.filter((one) => typeof one === 'string'))
      expect(before.includes(trace)).toBe(true);
    const [kept] = await saltsOf(store, 2);
    expect(await eraseContent({ store, segment: SEGMENT, ids: ids(1, 3, 9) })).toEqual({
      items: 2,
      parts: 4,
      damaged: 0,
    });
    const bytes = await everyByte(store);
    for (const trace of gone) expect(bytes.includes(trace)).toBe(false);
    expect(bytes.includes(kept ?? '')).toBe(true);
    expect(await states(store, digests)).toEqual(['missing', 'missing', 'valid', 'missing', 'missing']);
    expect(await readdir(join(store, 'tmp'))).toEqual([]);
    expect((await stat(contentFile(store))).mode & 0o777).toBe(0o600);
  });

  it('overwrites the bytes that it frees', async () => {
    const store = await newStore();
    await write(store, CONTENT);
    // Another name of the old file, which keeps its blocks to be looked at.
    await link(contentFile(store), join(store, 'freed'));
    await eraseContent({ store, segment: SEGMENT, ids: ids(1, 3) });
    const freed = await readFile(join(store, 'freed'), 'latin1');
    expect(freed).not.toMatch(/first|third/);
    expect(freed).toContain('the second secret');
  });

  it('does the same for encrypted content', async () => {
    const store = await newStore();
    const identity = await generateX25519Identity();
    const digests = await write(store, CONTENT, [await identityToRecipient(identity)]);
    const lines = (await readFile(contentFile(store), 'utf8')).split('\n');
    expect(await eraseContent({ store, segment: SEGMENT, ids: ids(2) })).toEqual({
      items: 1,
      parts: 1,
      damaged: 0,
    });
    const sealed: string = JSON.parse(lines.find((line) => line.includes(idOf(2))) ?? '').sealed;
    expect((await everyByte(store)).includes(sealed.slice(0, 40))).toBe(false);
    expect(await states(store, digests, [identity])).toEqual(['valid', 'valid', 'missing', 'valid', 'valid']);
  });

  it('takes the file away with the last item', async () => {
    const store = await newStore();
    await write(store, CONTENT);
    await link(contentFile(store), join(store, 'freed'));
    expect((await eraseContent({ store, segment: SEGMENT, ids: ids(1, 2, 3) })).parts).toBe(5);
    expect(await readdir(dirname(contentFile(store)))).toEqual([]);
    expect((await everyByte(store)).includes('secret')).toBe(false);
  });

  it('takes damaged lines along, of which nobody can say whose they are', async () => {
    const store = await newStore();
    const digests = await write(store, CONTENT);
    const text = await readFile(contentFile(store), 'utf8');
    await writeFile(
      contentFile(store),
      `${text.replace('"the second', '"the second\n')}{"id":"${idOf(1)}","te`,
    );
    expect(await eraseContent({ store, segment: SEGMENT, ids: ids(1) })).toEqual({
      items: 1,
      parts: 2,
      damaged: 3,
    });
    expect((await everyByte(store)).toString()).not.toMatch(/first|second|"te$/);
    expect(await states(store, digests)).toEqual(['missing', 'missing', 'missing', 'valid', 'valid']);
  });

  it('does nothing where there is nothing', async () => {
    const store = await newStore();
    const nothing = { items: 0, parts: 0, damaged: 0 };
    expect(await eraseContent({ store, segment: SEGMENT, ids: ids(1) })).toEqual(nothing);
    await write(store, CONTENT);
    const { ino } = await stat(contentFile(store));
    expect(await eraseContent({ store, segment: SEGMENT, ids: ids(9) })).toEqual(nothing);
    expect((await stat(contentFile(store))).ino).toBe(ino);
  });

  it('is noticed by a writer, which goes on in the new file', async () => {
    const store = await newStore();
    const identity = await generateX25519Identity();
    const recipients = [await identityToRecipient(identity)];
    const writer = await ContentWriter.open({ store, segment: SEGMENT, recipients });
    const digests: Digests = new Map();
    for (const number of [1, 2, 3, 4]) {
      digests.set(idOf(number), writer.add(idOf(number), new Map([['input', `text ${number}`]])));
      await writer.commit();
      if (number === 2) await eraseContent({ store, segment: SEGMENT, ids: ids(1) });
      if (number === 3) await dropContent(store, SEGMENT);
    }
    await writer.close();
    expect(await states(store, digests, [identity])).toEqual(['missing', 'missing', 'missing', 'valid']);
  });

  it('that is killed at any moment leaves the old file or the new one, and nothing of the next', async () => {
    const script = `
      const { eraseContent } = await import(${JSON.stringify(pathToFileURL(join(builtBin(), '../../dist/calls/content/erase.js')).href)});
      const [store, segment, id] = process.argv.slice(1);
      await eraseContent({ store, segment: JSON.parse(segment), ids: new Set([id]) });`;
    const doomed = async (store: string, at: number) => {
      const count = join(store, '../count');
      const env = {
        PATH: process.env.PATH ?? '',
        KILL_AT: String(at),
        ...(at === 0 ? { KILL_COUNT: count } : {}),
      };
      const args = [
        '--import',
        KILLER,
        '--input-type=module',
        '-e',
        script,
        store,
        JSON.stringify(SEGMENT),
        idOf(1),
      ];
      const { code, stderr } = await run(process.execPath, args, { env });
      expect([at, code, stderr]).toEqual([at, at === 0 ? 0 : -1, '']);
      return at === 0 ? (await readFile(count, 'utf8')).split('\n').length : at;
    };
    const whole = await newStore();
    await write(whole, CONTENT);
    const moments = await doomed(whole, 0);
    expect(moments).toBeGreaterThan(4);
    for (let at = 1; at <= moments; at += 1) {
      const store = await newStore();
      const digests = await write(store, CONTENT);
      await doomed(store, at);
      const found = await states(store, digests);
      expect([
        ['valid', 'valid', 'valid', 'valid', 'valid'],
        ['missing', 'missing', 'valid', 'valid', 'valid'],
      ]).toContainEqual(found);
      await eraseContent({ store, segment: SEGMENT, ids: ids(1, 2) });
      expect((await everyByte(store)).toString('latin1')).not.toMatch(/first|second/);
      expect(await states(store, digests)).toEqual(['missing', 'missing', 'missing', 'valid', 'valid']);
    }
  });
});

describe('leftovers', () => {
  it('of erasures are swept, of others are not', async () => {
    const store = await newStore();
    const folder = join(store, 'tmp');
    await mkdir(folder);
    await writeFile(join(folder, `${SEGMENT.name}.content.0123456789abcdef`), 'the first secret');
    await writeFile(join(folder, 'segment.parquet.tmp'), 'other');
    await sweepTemporary(store);
    expect(await readdir(folder)).toEqual(['segment.parquet.tmp']);
    await sweepTemporary(await newStore());
  });

  it('of a segment that somebody has stay, but for who has it', async () => {
    const store = await newStore();
    const left = [SEGMENT.name, SEGMENT.name.replace('api', 'app')].map(
      (name) => `${name}.content.0123456789abcdef`,
    );
    for (const folder of ['open', 'tmp']) await mkdir(join(store, folder));
    for (const name of left) await writeFile(join(store, 'tmp', name), 'a secret');
    await writeFile(lockPath(store, SEGMENT.name), '');
    await sweepTemporary(store, SEGMENT);
    expect(await readdir(join(store, 'tmp'))).toEqual(left.slice(1));
    await writeFile(join(store, 'tmp', left[0] ?? ''), 'a secret');
    await sweepTemporary(store);
    expect(await readdir(join(store, 'tmp'))).toEqual(left.slice(0, 1));
  });
});

describe('a link in the store', () => {
  it('is never followed: what it leads to stays as it is', async () => {
    const store = await newStore();
    const own = join(store, '../own');
    await writeFile(own, 'mine, and a torn line');
    await mkdir(dirname(contentFile(store)), { recursive: true });
    await symlink(own, contentFile(store));
    await mkdir(join(store, 'tmp'));
    await symlink(own, join(store, 'tmp', `${SEGMENT.name}.content.0123456789abcdef`));
    await link(own, join(store, 'tmp', `${SEGMENT.name}.content.0123456789abcdee`));
    const reason = /cannot be (?:opened: it is no plain file|written: there are too many symbolic links)/;
    await expect(write(store, CONTENT)).rejects.toThrow(reason);
    await expect(eraseContent({ store, segment: SEGMENT, ids: ids(1) })).rejects.toThrow(reason);
    await expect(dropContent(store, SEGMENT)).rejects.toThrow(reason);
    await expect(states(store, new Map())).rejects.toThrow(reason);
    expect(await readdir(join(store, 'tmp'))).toEqual([]);
    expect(await readFile(own, 'utf8')).toBe('mine, and a torn line');
  });
});

describe('dropped content', () => {
  it('is gone, bytes and all', async () => {
    const store = await newStore();
    await write(store, CONTENT);
    await link(contentFile(store), join(store, 'freed'));
    expect(await dropContent(store, SEGMENT)).toBe(true);
    expect((await everyByte(store)).toString('latin1')).toMatch(/^\0+$/);
    expect(await dropContent(store, SEGMENT)).toBe(false);
  });
});
