import { createHash } from 'node:crypto';
import { chmod, copyFile, readdir, readFile, rm, symlink, truncate, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { deflateSync, inflateSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import type { NewObject, Oid } from '../../../src/git/object.ts';
import { ObjectCorrupt, ObjectMissing } from '../../../src/git/store.ts';
import { run } from '../../helpers/sandbox.ts';
import {
  blob,
  type ContractOptions,
  collect,
  type Fixture,
  fixture,
  inFolder,
  sha1,
  states,
} from './fixture.ts';

const ABSENT = 'deadbeefdeadbeefdeadbeefdeadbeefdeadbeef' as Oid;

export function objectContract(options: ContractOptions): void {
  describe('reading objects', () => reading(options));
  describe('damaged objects', () => damage(options));
  describe('writing objects', () => writing(options));
  describe('expandOid', () => expanding(options));
}

function reading(options: ContractOptions): void {
  it('reads loose objects of every kind, byte for byte', async () => {
    const repo = await fixture(options);
    await repo.commit('first', { 'a.txt': 'hello\n', 'd/b.txt': '' });
    await repo.git('tag', '-a', 'v1', '-m', 'a tag');
    const store = await repo.open();
    for (const [revision, kind] of [
      ['HEAD', 'commit'],
      ['HEAD^{tree}', 'tree'],
      ['HEAD:a.txt', 'blob'],
      ['HEAD:d/b.txt', 'blob'],
      ['refs/tags/v1', 'tag'],
    ] as const) {
      const oid = (await repo.git('rev-parse', revision)) as Oid;
      const expected = await run('git', ['cat-file', kind, oid], { cwd: repo.dir, env: repo.box.env });
      const object = await store.read(oid);
      expect(object.oid).toBe(oid);
      expect(object.kind).toBe(kind);
      expect(Buffer.from(object.bytes)).toEqual(expected.stdout);
    }
  });

  it('reads objects that are packed as deltas', async () => {
    const repo = await fixture(options);
    const lines = Array.from({ length: 400 }, (_, i) => `line ${i} ${'x'.repeat(i % 40)}`);
    const bodies = Array.from({ length: 20 }, (_, i) => lines.with(i * 7, `changed ${i}`).join('\n'));
    for (const [i, body] of bodies.entries()) await repo.commit(`change ${i}`, { 'f.txt': body });
    await repo.git('repack', '-adfq', '--depth=50');
    const packs = await run('sh', ['-c', 'git verify-pack -v .git/objects/pack/*.idx'], {
      cwd: repo.dir,
      env: repo.box.env,
    });
    expect(packs.stdout.toString()).toMatch(/chain length = [2-9]/);
    const store = await repo.open();
    const oids = bodies.map((body) => sha1('blob', Buffer.from(body)));
    const results = await collect(store.readMany(oids));
    expect(states(results)).toEqual(oids.map((oid) => `present ${oid}`));
    expect(Buffer.from((await store.read(oids[3]!)).bytes).toString()).toBe(bodies[3]);
  });

  it('sees objects and packs that another process adds while it is open', async () => {
    const repo = await fixture(options);
    await repo.commit('first', { 'a.txt': 'one' });
    const store = await repo.open();
    await store.read((await repo.git('rev-parse', 'HEAD')) as Oid);
    const second = await repo.commit('second', { 'a.txt': 'two' });
    expect((await store.read(second)).kind).toBe('commit');
    const third = await repo.commit('third', { 'a.txt': 'three' });
    await repo.git('repack', '-adq');
    expect((await store.read(third)).kind).toBe('commit');
  });

  it('answers missing objects without ending the stream', async () => {
    const repo = await fixture(options);
    const head = await repo.commit('first', { 'a.txt': 'one' });
    const store = await repo.open();
    await expect(store.read(ABSENT)).rejects.toBeInstanceOf(ObjectMissing);
    expect(states(await collect(store.readMany([ABSENT, head, ABSENT])))).toEqual([
      `missing ${ABSENT}`,
      `present ${head}`,
      `missing ${ABSENT}`,
    ]);
  });

  it('reads 5,000 objects in the order asked for, repeats included', async () => {
    const repo = await fixture(options);
    const bodies = Array.from({ length: 5000 }, (_, i) => `object ${i}\n${'y'.repeat(i % 300)}`);
    await repo.feed(
      bodies.map((body) => `blob\ndata ${body.length}\n${body}\n`).join(''),
      'fast-import',
      '--quiet',
    );
    const store = await repo.open();
    const oids = bodies.map((body) => sha1('blob', Buffer.from(body))).reverse();
    oids[77] = oids[4000]!;
    const results = await collect(store.readMany(oids));
    expect(states(results)).toEqual(oids.map((oid) => `present ${oid}`));
    expect(results.every((r) => r.state === 'present' && sha1('blob', r.object.bytes) === r.object.oid)).toBe(
      true,
    );
  });

  it('hands large objects over as they come, in order, and not only when there is no room for more', async () => {
    const repo = await fixture(options);
    const head = await repo.commit('first', { 'a.txt': 'one' });
    const bodies = Array.from({ length: 12 }, (_, at) => `${at}${'z'.repeat(8 * 1024 * 1024)}`);
    await repo.feed(
      bodies.map((body) => `blob\ndata ${body.length}\n${body}\n`).join(''),
      'fast-import',
      '--quiet',
    );
    const large = bodies.map((body) => sha1('blob', Buffer.from(body)));
    const oids = [head, ...large.slice(0, 6), ABSENT, ...large.slice(6), head];
    const store = await repo.open();
    const before = process.memoryUsage().arrayBuffers;
    const held: number[] = [];
    const seen: string[] = [];
    for await (const result of store.readMany(oids)) {
      held.push(process.memoryUsage().arrayBuffers - before);
      seen.push(...states([result]));
    }
    expect(seen).toEqual(oids.map((oid) => `${oid === ABSENT ? 'missing' : 'present'} ${oid}`));
    expect(held[1]).toBeLessThan(48 * 1024 * 1024);
  });

  it('keeps no more than the start of a commit or a tag that is too long, and hashes all of it', async () => {
    const repo = await fixture(options);
    const head = await repo.commit('first', { 'a.txt': 'one' });
    const most = 256 * 1024;
    const long = async (kind: 'commit' | 'tag', size: number) => {
      const who = 'A <a@x.example> 1700000000 +0000';
      const start =
        kind === 'commit'
          ? `tree ${await repo.git('rev-parse', 'HEAD^{tree}')}\nauthor ${who}\ncommitter ${who}\n\n`
          : `object ${head}\ntype commit\ntag long\ntagger ${who}\n\n`;
      const body = Buffer.from(start.padEnd(size, 'x'));
      const oid = await repo.feed(body, 'hash-object', '-t', kind, '-w', '--stdin');
      return { kind, oid: oid as Oid, body };
    };
    const whole = await long('commit', most);
    const cut = [await long('commit', most + 1), await long('commit', 9_000_000), await long('tag', 300_000)];
    for (const packing of ['loose', 'packed']) {
      const store = await repo.open();
      const read = async (oid: Oid, body: Buffer) => {
        const { bytes, ...said } = await store.read(oid);
        expect([packing, Buffer.compare(bytes, body)]).toEqual([packing, 0]);
        expect(bytes.buffer.byteLength).toBeLessThan(2 * most);
        return said;
      };
      expect(await read(whole.oid, whole.body)).toEqual({ oid: whole.oid, kind: 'commit' });
      for (const { kind, oid, body } of cut) {
        const sha256 = createHash('sha256').update(body).digest('hex');
        expect(await read(oid, body.subarray(0, most + 1))).toEqual({ oid, kind, sha256 });
      }
      const all = cut.map(({ oid }) => oid).join('\n');
      await repo.feed(`${whole.oid}\n${all}\n${head}\n`, 'pack-objects', '-q', '.git/objects/pack/pack');
      await repo.git('prune-packed', '-q');
    }
  });

  it('takes ids from a generator, and reads others meanwhile', async () => {
    const repo = await fixture(options);
    const head = await repo.commit('first', { 'a.txt': 'one', 'b.txt': 'two' });
    const tree = (await repo.git('rev-parse', 'HEAD^{tree}')) as Oid;
    const store = await repo.open();
    function* ids() {
      for (let i = 0; i < 50; i++) yield i % 2 === 0 ? head : tree;
    }
    let count = 0;
    for await (const result of store.readMany(ids())) {
      expect(result.state).toBe('present');
      if (count++ % 10 === 0) expect((await store.read(tree)).kind).toBe('tree');
    }
    expect(count).toBe(50);
  });

  it('serves two streams at once', async () => {
    const repo = await fixture(options);
    const a = await repo.commit('first', { 'a.txt': 'one' });
    const b = await repo.commit('second', { 'a.txt': 'two' });
    const store = await repo.open();
    const [left, right] = await Promise.all([
      collect(store.readMany(Array<Oid>(300).fill(a))),
      collect(store.readMany(Array<Oid>(300).fill(b))),
    ]);
    expect(new Set(states(left))).toEqual(new Set([`present ${a}`]));
    expect(new Set(states(right))).toEqual(new Set([`present ${b}`]));
  });

  it('may be stopped early, and goes on working', async () => {
    const repo = await fixture(options);
    const head = await repo.commit('first', { 'a.txt': 'one' });
    const store = await repo.open();
    let ended = false;
    function* ids() {
      try {
        for (;;) yield head;
      } finally {
        ended = true;
      }
    }
    for await (const result of store.readMany(ids())) {
      expect(result.state).toBe('present');
      break;
    }
    expect(ended).toBe(true);
    expect((await store.read(head)).oid).toBe(head);
  });

  it('passes on an error of the ids that it is given', async () => {
    const repo = await fixture(options);
    const head = await repo.commit('first', { 'a.txt': 'one' });
    const store = await repo.open();
    function* ids() {
      yield head;
      throw new Error('the source broke');
    }
    await expect(collect(store.readMany(ids()))).rejects.toThrow('the source broke');
    expect((await store.read(head)).oid).toBe(head);
  });

  it('reads through alternates', async () => {
    const repo = await fixture(options);
    const head = await repo.commit('first', { 'a.txt': 'one' });
    const borrower = join(repo.box.dir, 'borrower');
    await repo.box.git(['clone', '-q', '--shared', repo.dir, borrower]);
    const store = await (await inFolder(options, repo.box, borrower)).open();
    expect((await store.read(head)).kind).toBe('commit');
  });

  it('never honours refs/replace', async () => {
    const repo = await fixture(options);
    const first = await repo.commit('first', { 'a.txt': 'one' });
    const second = await repo.commit('second', { 'a.txt': 'two' });
    await repo.git('replace', first, second);
    const store = await repo.open();
    expect(Buffer.from((await store.read(first)).bytes).toString()).toContain('first');
    expect(states(await collect(store.readMany([first])))).toEqual([`present ${first}`]);
  });
}

function loosePath(repo: Fixture, oid: string): string {
  return join(repo.dir, '.git/objects', oid.slice(0, 2), oid.slice(2));
}

function damage(options: ContractOptions): void {
  const LONG = Array.from({ length: 3000 }, (_, i) => `${i * 7919}`).join(' ');

  // A link to itself is kept back from root, too, as a file without permission is from everybody else.
  it('takes no object whose file cannot be opened for a damaged or missing one', async () => {
    const repo = await fixture(options);
    await repo.commit('first', { 'a.txt': LONG });
    const victim = (await repo.git('rev-parse', 'HEAD:a.txt')) as Oid;
    const path = loosePath(repo, victim);
    await rm(path);
    await symlink(basename(path), path);
    const store = await repo.open();
    await expect(store.read(victim)).rejects.toMatchObject({ code: 'ELOOP', path });
  });

  it('takes nothing in a pack that cannot be opened for missing', async () => {
    const repo = await fixture(options);
    const head = await repo.commit('first', { 'a.txt': LONG });
    await repo.git('repack', '-adq');
    const packs = join(repo.dir, '.git/objects/pack');
    const name = (await readdir(packs)).find((file) => file.endsWith('.pack')) ?? '';
    await rm(join(packs, name));
    await symlink(name, join(packs, name));
    const store = await repo.open();
    await expect(store.read(head)).rejects.toMatchObject({ code: 'ELOOP', path: join(packs, name) });
  });

  it.each([
    [
      'a flipped byte',
      (bytes: Buffer) =>
        bytes.fill(bytes[bytes.length >> 1]! ^ 0x40, bytes.length >> 1, (bytes.length >> 1) + 1),
    ],
    ['a cut end', (bytes: Buffer) => bytes.subarray(0, bytes.length >> 1)],
    ['no bytes at all', () => Buffer.alloc(0)],
    ['other bytes', () => Buffer.from('this is not zlib')],
    [
      'a zero before its size',
      (bytes: Buffer) => deflateSync(inflateSync(bytes).toString('latin1').replace(' ', ' 0')),
    ],
  ])('tells a loose object with %s from a missing one', async (_, spoil) => {
    const repo = await fixture(options);
    const head = await repo.commit('first', { 'a.txt': LONG });
    const victim = (await repo.git('rev-parse', 'HEAD:a.txt')) as Oid;
    const path = loosePath(repo, victim);
    await chmod(path, 0o644);
    await writeFile(path, spoil(await readFile(path)));
    const store = await repo.open();
    await expect(store.read(victim)).rejects.toBeInstanceOf(ObjectCorrupt);
    expect(states(await collect(store.readMany([head, victim, ABSENT, head, victim, head])))).toEqual([
      `present ${head}`,
      `corrupt ${victim}`,
      `missing ${ABSENT}`,
      `present ${head}`,
      `corrupt ${victim}`,
      `present ${head}`,
    ]);
  });

  it('finds a sound object stored under the id of another', async () => {
    const repo = await fixture(options);
    const head = await repo.commit('first', { 'a.txt': 'deploy\n', 'b.txt': 'do not deploy\n' });
    const victim = (await repo.git('rev-parse', 'HEAD:a.txt')) as Oid;
    const other = (await repo.git('rev-parse', 'HEAD:b.txt')) as Oid;
    await chmod(loosePath(repo, victim), 0o644);
    await copyFile(loosePath(repo, other), loosePath(repo, victim));
    const store = await repo.open();
    await expect(store.read(victim)).rejects.toBeInstanceOf(ObjectCorrupt);
    expect(states(await collect(store.readMany([victim, other, head])))).toEqual([
      `corrupt ${victim}`,
      `present ${other}`,
      `present ${head}`,
    ]);
  });

  it('finds a commit stored under the id of another, both too long and with the same start', async () => {
    const repo = await fixture(options);
    await repo.commit('first', { 'a.txt': 'one' });
    const [victim, other] = (await Promise.all(
      ['a', 'b'].map((end) => repo.feed('x'.repeat(300_000) + end, 'commit-tree', 'HEAD^{tree}', '-F', '-')),
    )) as [Oid, Oid];
    await chmod(loosePath(repo, victim), 0o644);
    await copyFile(loosePath(repo, other), loosePath(repo, victim));
    const store = await repo.open();
    expect(states(await collect(store.readMany([victim, other])))).toEqual([
      `corrupt ${victim}`,
      `present ${other}`,
    ]);
  });

  it('finds a packed object whose bytes were changed', async () => {
    const repo = await fixture(options);
    const head = await repo.commit('first', { 'a.txt': LONG, 'b.txt': 'short' });
    await repo.git('repack', '-adq');
    const victim = (await repo.git('rev-parse', 'HEAD:a.txt')) as Oid;
    const other = (await repo.git('rev-parse', 'HEAD:b.txt')) as Oid;
    const listing = await repo.box.ok('sh', ['-c', 'git verify-pack -v .git/objects/pack/*.idx'], {
      cwd: repo.dir,
    });
    const row = listing.split('\n').find((line) => line.startsWith(victim));
    const [, , , stored, offset] = row!.split(/ +/).map((field) => Number(field));
    const [pack] = (await repo.box.ok('sh', ['-c', 'ls .git/objects/pack/*.pack'], { cwd: repo.dir })).split(
      '\n',
    );
    const path = join(repo.dir, pack!);
    const bytes = await readFile(path);
    const at = offset! + (stored! >> 1);
    bytes[at] = bytes[at]! ^ 0x10;
    await chmod(path, 0o644);
    await writeFile(path, bytes);
    const store = await repo.open();
    await expect(store.read(victim)).rejects.toBeInstanceOf(ObjectCorrupt);
    expect(states(await collect(store.readMany([head, victim, other])))).toEqual([
      `present ${head}`,
      `corrupt ${victim}`,
      `present ${other}`,
    ]);
  });

  it('survives a pack that was cut short', async () => {
    const repo = await fixture(options);
    const head = await repo.commit('first', { 'a.txt': LONG });
    await repo.git('repack', '-adq');
    const [pack] = (await repo.box.ok('sh', ['-c', 'ls .git/objects/pack/*.pack'], { cwd: repo.dir })).split(
      '\n',
    );
    await chmod(join(repo.dir, pack!), 0o644);
    await truncate(join(repo.dir, pack!), 20);
    const store = await repo.open();
    const results = await collect(store.readMany([head, ABSENT]));
    expect(results[0]!.state).not.toBe('present');
    expect(states(results)[1]).toBe(`missing ${ABSENT}`);
    await expect(store.read(head)).rejects.toThrow(head);
  });
}

function writing(options: ContractOptions): void {
  it('writes every kind so that git reads it and finds no fault', async () => {
    const repo = await fixture(options);
    const store = await repo.open();
    const [blobOid] = await store.write([blob('hello\n')]);
    const tree = Buffer.concat([Buffer.from('100644 a.txt\0'), Buffer.from(blobOid!, 'hex')]);
    const who = 'Alice Ng <alice@acme.example> 1700000000 +0000';
    const objects: NewObject[] = [{ kind: 'tree', bytes: tree }];
    const commit = Buffer.from(`tree ${sha1('tree', tree)}\nauthor ${who}\ncommitter ${who}\n\nfirst\n`);
    objects.push({ kind: 'commit', bytes: commit });
    const tag = Buffer.from(`object ${sha1('commit', commit)}\ntype commit\ntag v1\ntagger ${who}\n\none\n`);
    objects.push({ kind: 'tag', bytes: tag }, blob(''));
    const oids = await store.write(objects);
    expect(oids).toEqual(objects.map((object) => sha1(object.kind, object.bytes)));
    await repo.git('update-ref', 'refs/heads/main', oids[1]!);
    await repo.git('update-ref', 'refs/tags/v1', oids[2]!);
    expect(await repo.git('cat-file', '-p', 'main:a.txt')).toBe('hello');
    expect(await repo.git('cat-file', '-s', oids[3]!)).toBe('0');
    const fsck = await run('git', ['fsck', '--strict', '--full'], { cwd: repo.dir, env: repo.box.env });
    expect(fsck.code, fsck.stderr).toBe(0);
    expect(Buffer.from((await store.read(oids[2]!)).bytes)).toEqual(tag);
  });

  it('writes nothing, what is there already, and the same thing twice', async () => {
    const repo = await fixture(options);
    await repo.commit('first', { 'a.txt': 'hello\n' });
    const store = await repo.open();
    expect(await store.write([])).toEqual([]);
    const oid = sha1('blob', Buffer.from('hello\n'));
    expect(await store.write([blob('hello\n'), blob('hello\n')])).toEqual([oid, oid]);
    expect(await repo.git('cat-file', 'blob', oid)).toBe('hello');
  });

  it('writes many at once, of very different sizes', async () => {
    const repo = await fixture(options);
    const store = await repo.open();
    const objects = Array.from({ length: 1500 }, (_, i) => blob(`${i}:${'z'.repeat(i % 200)}`));
    objects.push({ kind: 'blob', bytes: Buffer.alloc(3_000_000, 'abcdefg') });
    for (const size of [15, 16, 2047, 2048, 262_143, 262_144])
      objects.push({ kind: 'blob', bytes: Buffer.alloc(size, 7) });
    const oids = await store.write(objects);
    expect(oids).toEqual(objects.map((object) => sha1('blob', object.bytes)));
    const check = await repo.feed(`${oids.join('\n')}\n`, 'cat-file', '--batch-check=%(objectsize)');
    expect(check.split('\n').map(Number)).toEqual(objects.map((object) => object.bytes.length));
    const fsck = await run('git', ['fsck', '--full'], { cwd: repo.dir, env: repo.box.env });
    expect(fsck.code, fsck.stderr).toBe(0);
  });

  it('makes what it wrote readable to itself and to a second store at once', async () => {
    const repo = await fixture(options);
    const [one, two] = await Promise.all([repo.open(), repo.open()]);
    await expect(two.read(ABSENT)).rejects.toBeInstanceOf(ObjectMissing);
    const [oid] = await one.write([blob('new')]);
    expect(Buffer.from((await one.read(oid!)).bytes).toString()).toBe('new');
    expect(Buffer.from((await two.read(oid!)).bytes).toString()).toBe('new');
  });
}

/** Two texts whose blobs share their first five hex digits. */
function twins(): [string, string] {
  const seen = new Map<string, string>();
  for (let i = 0; ; i++) {
    const text = `twin ${i}`;
    const prefix = sha1('blob', Buffer.from(text)).slice(0, 5);
    const other = seen.get(prefix);
    if (other !== undefined) return [other, text];
    seen.set(prefix, text);
  }
}

function expanding(options: ContractOptions): void {
  it('answers all ids with a prefix, loose and packed', async () => {
    const repo = await fixture(options);
    const [packed, loose] = twins();
    await repo.commit('first', { 'a.txt': packed });
    await repo.git('repack', '-adq');
    await repo.commit('second', { 'b.txt': loose });
    const [a, b] = [packed, loose].map((text) => sha1('blob', Buffer.from(text)));
    const store = await repo.open();
    expect([...(await store.expandOid(a!.slice(0, 5)))].sort()).toEqual([a, b].sort());
    expect(await store.expandOid(a!.slice(0, 20))).toEqual([a]);
    expect(await store.expandOid(b!)).toEqual([b]);
    expect(await store.expandOid(b!.slice(0, 12).toUpperCase())).toEqual([b]);
    expect(await store.expandOid(ABSENT)).toEqual([]);
    expect(await store.expandOid('deadbeefdead')).toEqual([]);
  });

  it.each(['abc', '', 'not hex at all', '--all', 'HEAD', 'f'.repeat(65)])(
    'finds nothing for %j',
    async (prefix) => {
      const repo = await fixture(options);
      await repo.commit('first', { 'a.txt': 'one' });
      const store = await repo.open();
      expect(await store.expandOid(prefix)).toEqual([]);
    },
  );
}
