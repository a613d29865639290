import { createHash } from 'node:crypto';
import { chmod, cp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { deflateSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DamagedObject } from '../../../src/git/embedded/damage.ts';
import { applyDelta } from '../../../src/git/embedded/delta.ts';
import { ObjectDatabase } from '../../../src/git/embedded/objects.ts';
import { hashObject, type Oid } from '../../../src/git/object.ts';
import { peakBytes } from '../../bench/peakmemory.js';
import { createSandbox, run, type Sandbox } from '../../helpers/sandbox.ts';

let box: Sandbox;
let repo: string;
let oids: Oid[];

beforeAll(async () => {
  box = await createSandbox();
  repo = join(box.dir, 'repo');
  await box.git(['init', '-q', '-b', 'main', repo]);
  const who = 'A <a@acme.example> 1700000000 +0000';
  const lines = Array.from({ length: 60 }, (_, i) => `line ${i * 7919}`);
  const stream = Array.from({ length: 12 }, (_, i) => {
    const text = lines.with(i * 3, `changed ${i}`).join('\n');
    return `commit refs/heads/main\ncommitter ${who}\ndata ${`c${i}`.length}\nc${i}\nM 100644 inline f\ndata ${text.length}\n${text}\n`;
  });
  await box.git(['fast-import', '--quiet'], { cwd: repo, input: stream.join('') });
  const listed = await box.git(['rev-list', '--objects', '--no-object-names', '--all'], { cwd: repo });
  oids = listed.trim().split('\n') as Oid[];
});

afterAll(() => box.remove());

async function repack(name: string, ...settings: string[]): Promise<string> {
  const dir = join(box.dir, name);
  await rm(dir, { recursive: true, force: true });
  await cp(repo, dir, { recursive: true });
  await box.git([...settings.flatMap((s) => ['-c', s]), 'repack', '-adfq', '--depth=50'], { cwd: dir });
  return dir;
}

async function packOf(dir: string, suffix: string): Promise<string> {
  const names = await readdir(join(dir, '.git/objects/pack'));
  return join(dir, '.git/objects/pack', names.find((name) => name.endsWith(suffix))!);
}

async function expectAll(dir: string): Promise<void> {
  const objects = new ObjectDatabase(join(dir, '.git/objects'), []);
  for (const oid of oids) {
    const found = await objects.read(oid);
    const kind = (await box.git(['cat-file', '-t', oid], { cwd: dir })).trim();
    const expected = await run('git', ['cat-file', kind, oid], { cwd: dir, env: box.env });
    expect(found).toEqual({ state: 'present', object: { oid, kind, bytes: expected.stdout } });
  }
}

describe('packs that git writes', () => {
  it('are read with deltas by offset', async () => {
    await expectAll(await repack('offsets'));
  });

  it('are read with deltas by id', async () => {
    const dir = await repack('ids', 'repack.useDeltaBaseOffset=false');
    await expectAll(dir);
  });

  it('are read when there are several, and an index has 64-bit offsets', async () => {
    const dir = await repack('wide', 'pack.indexVersion=2');
    const pack = await packOf(dir, '.pack');
    const idx = pack.replace(/pack$/, 'idx');
    await chmod(idx, 0o644);
    await box.git(['index-pack', '--index-version=2,0x100', '-o', idx, pack], { cwd: dir });
    expect((await readFile(idx)).length).toBeGreaterThan(8 + 1024 + 28 * oids.length + 40);
    await box.git(['commit', '-q', '--allow-empty', '-m', 'x'], { cwd: dir, env: NAMED });
    await box.git(['repack', '-dq'], { cwd: dir });
    await expectAll(dir);
  });

  it('are read by an index of version 1', async () => {
    await expectAll(await repack('original', 'pack.indexVersion=1'));
  });

  it('are read across the chunks in which their file is read', async () => {
    const dir = await repack('chunks');
    const big = Array.from({ length: 5 }, (_, i) => Buffer.alloc(700_000 + i, `${i}${'abcdefgh'.repeat(i)}`));
    const made: string[] = [];
    for (const bytes of big) {
      made.push((await box.git(['hash-object', '-w', '--stdin'], { cwd: dir, input: bytes })).trim());
    }
    const input = `${[...made, ...oids].join('\n')}\n`;
    const packing = ['pack-objects', '-q', '--compression=0', join(dir, '.git/objects/pack/pack')];
    await box.git(packing, { cwd: dir, input });
    for (const oid of made) {
      await rm(join(dir, '.git/objects', oid.slice(0, 2), oid.slice(2)));
    }
    const objects = new ObjectDatabase(join(dir, '.git/objects'), []);
    for (const [index, oid] of made.entries()) {
      const found = await objects.read(oid as Oid);
      expect(found.state === 'present' && Buffer.compare(found.object.bytes, big[index]!)).toBe(0);
    }
  });
});

const NAMED = {
  GIT_AUTHOR_NAME: 'a',
  GIT_AUTHOR_EMAIL: 'a@b',
  GIT_COMMITTER_NAME: 'a',
  GIT_COMMITTER_EMAIL: 'a@b',
};

/** What begins a pack's entry: its type and size. */
function entryHead(type: number, size: number): Buffer {
  const bytes = [(type << 4) | (size & 0x0f)];
  for (let rest = size >> 4; rest > 0; rest >>= 7) {
    bytes.push(bytes.pop()! | 0x80, rest & 0x7f);
  }
  return Buffer.from(bytes);
}

/** Seven bits a byte, the lowest first. */
function deltaSize(size: number): number[] {
  return size < 0x80 ? [size] : [(size & 0x7f) | 0x80, ...deltaSize(size >> 7)];
}

describe('a chain of deltas', () => {
  it('takes the memory of its longest one, however many there are', async () => {
    const dir = join(box.dir, 'chain');
    await box.git(['init', '-q', dir]);
    const links = 14;
    // Each makes all of its result of inserts of 127 times the same letter, and a last one that tells the links apart.
    const inserts = Buffer.alloc(16 << 20, Buffer.concat([Buffer.from([127]), Buffer.alloc(127, 'a')]));
    const length = (inserts.length / 128) * 127 + 1;
    let base = Buffer.from('base');
    const entries = [Buffer.concat([entryHead(3, base.length), deflateSync(base)])];
    for (let link = 0; link < links; link += 1) {
      const sizes = Buffer.from([...deltaSize(base.length), ...deltaSize(length)]);
      const delta = Buffer.concat([sizes, inserts, Buffer.from([1, 65 + link])]);
      const name = createHash('sha1').update(`blob ${base.length}\0`).update(base).digest();
      entries.push(Buffer.concat([entryHead(7, delta.length), name, deflateSync(delta, { level: 1 })]));
      base = Buffer.alloc(length, 'a');
      base[length - 1] = 65 + link;
    }
    const head = Buffer.from([...Buffer.from('PACK'), 0, 0, 0, 2, 0, 0, 0, entries.length]);
    const body = Buffer.concat([head, ...entries]);
    const input = Buffer.concat([body, createHash('sha1').update(body).digest()]);
    await box.git(['index-pack', '--stdin'], { cwd: dir, input });
    const oid = hashObject('sha1', { kind: 'blob', bytes: base });
    const before = peakBytes();
    const found = await new ObjectDatabase(join(dir, '.git/objects'), []).read(oid);
    expect(found.state).toBe('present');
    expect(peakBytes() - before).toBeLessThan(180 * 1024 ** 2);
  });
});

describe('a flipped bit', () => {
  it.each(['.pack', '.idx'])(
    'anywhere in a %s is never taken for sound content, and breaks nothing else',
    async (suffix) => {
      const dir = await repack('flipped');
      const path = await packOf(dir, suffix);
      const sound = await readFile(path);
      await chmod(path, 0o644);
      let unsound = 0;
      const stride = Math.max(1, Math.floor(sound.length / 150));
      for (let at = 0; at < sound.length; at += stride) {
        const bytes = Buffer.from(sound);
        bytes[at] = bytes[at]! ^ (1 << (at % 8));
        await writeFile(path, bytes);
        const objects = new ObjectDatabase(join(dir, '.git/objects'), []);
        for (const oid of oids) {
          const found = await objects.read(oid);
          if (found.state === 'present') {
            expect(hashObject('sha1', found.object)).toBe(oid);
          } else {
            unsound += 1;
          }
        }
      }
      expect(unsound).toBeGreaterThan(0);
    },
  );

  it('in one entry spares the others', async () => {
    const dir = await repack('spared', 'pack.depth=0');
    const path = await packOf(dir, '.pack');
    const bytes = await readFile(path);
    await chmod(path, 0o644);
    bytes[20] = bytes[20]! ^ 1;
    await writeFile(path, bytes);
    const objects = new ObjectDatabase(join(dir, '.git/objects'), []);
    const states = [];
    for (const oid of oids) {
      states.push((await objects.read(oid)).state);
    }
    expect(states.filter((state) => state === 'corrupt')).toHaveLength(1);
    expect(states.filter((state) => state === 'present')).toHaveLength(oids.length - 1);
  });
});

describe('applyDelta', () => {
  const base = Buffer.from('the quick brown fox');

  it('copies and inserts', () => {
    // Sizes 19 and 9; copy 3 bytes from 4; insert "!?"; copy 4 bytes from 15.
    const delta = Buffer.from([19, 9, 0x91, 4, 3, 2, 0x21, 0x3f, 0x91, 15, 4]);
    expect(applyDelta(base, delta).toString()).toBe('qui!? fox');
  });

  it('reads a size of zero as 65,536', () => {
    const large = Buffer.alloc(0x10000, 7);
    const delta = Buffer.from([0x80, 0x80, 4, 0x80, 0x80, 4, 0x80]);
    expect(Buffer.compare(applyDelta(large, delta), large)).toBe(0);
  });

  it('takes no more memory for many small parts than for few large ones', () => {
    const parts = 8_000_000;
    // One byte from offset 0, again and again: a pack holds this in a few kilobytes.
    const delta = Buffer.concat([
      Buffer.from([19, 0x80, 0xa4, 0xe8, 0x03]),
      Buffer.alloc(2 * parts, '9001', 'hex'),
    ]);
    const before = peakBytes();
    const result = applyDelta(base, delta);
    expect(result.length).toBe(parts);
    expect(result.at(-1)).toBe(base[0]);
    expect(peakBytes() - before).toBeLessThan(300 * 1024 ** 2);
  });

  it.each([
    ['another base', [18, 3, 0x91, 0, 3]],
    ['another result', [19, 4, 0x91, 0, 3]],
    ['a longer result', [19, 2, 0x91, 0, 3]],
    ['a copy from beyond', [19, 3, 0x91, 17, 3]],
    ['the reserved instruction', [19, 3, 0]],
    ['a cut copy', [19, 3, 0x91, 0]],
    ['a cut insert', [19, 3, 3, 1]],
    ['no size', [0x93]],
    ['nothing', []],
  ])('refuses %s', (_, delta) => {
    expect(() => applyDelta(base, Buffer.from(delta))).toThrow(DamagedObject);
  });
});
