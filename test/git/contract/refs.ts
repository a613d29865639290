import { mkdir, readdir, readFile, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Oid } from '../../../src/git/object.ts';
import { RefConflict } from '../../../src/git/store.ts';
import { type ContractOptions, type Fixture, fixture } from './fixture.ts';

const NOTES = 'refs/notes/promptaudit';

export function refContract(options: ContractOptions): void {
  describe('reading refs', () => reading(options));
  describe('HEAD', () => heads(options));
  describe('updateRefs', () => updating(options));
  describe('reflogs', () => reflogs(options));
}

/** Three commits to move refs between. */
async function three(repo: Fixture): Promise<[Oid, Oid, Oid]> {
  return [
    await repo.commit('one', { 'a.txt': '1' }),
    await repo.commit('two', { 'a.txt': '2' }),
    await repo.commit('three', { 'a.txt': '3' }),
  ];
}

async function allRefs(repo: Fixture): Promise<string> {
  return repo.git('for-each-ref', '--format=%(refname) %(objectname)');
}

async function lockFiles(repo: Fixture): Promise<string[]> {
  const names = await readdir(join(repo.dir, '.git'), { recursive: true });
  return names.filter((name) => name.endsWith('.lock'));
}

function reading(options: ContractOptions): void {
  it('resolves loose, packed and overlaid refs, and peels none', async () => {
    const repo = await fixture(options);
    const [one, two, three_] = await three(repo);
    await repo.git('update-ref', 'refs/heads/packed', one);
    await repo.git('update-ref', 'refs/heads/moved', one);
    await repo.git('tag', '-a', 'v1', '-m', 'annotated', one);
    await repo.git('pack-refs', '--all');
    await repo.git('update-ref', 'refs/heads/moved', two);
    const store = await repo.open();
    expect(await store.resolveRef('refs/heads/main')).toBe(three_);
    expect(await store.resolveRef('refs/heads/packed')).toBe(one);
    expect(await store.resolveRef('refs/heads/moved')).toBe(two);
    const tag = await repo.git('rev-parse', 'refs/tags/v1');
    expect(tag).not.toBe(one);
    expect(await store.resolveRef('refs/tags/v1')).toBe(tag);
    expect(await store.listRefs('refs/tags/')).toEqual([{ name: 'refs/tags/v1', oid: tag }]);
  });

  it.each([
    'refs/heads/absent',
    'refs/heads/mai',
    'refs/heads/main/x',
    'refs/heads/*',
    'refs/heads/../heads/main',
    'refs/heads/main ',
    'refs/heads/main^{tree}',
    'refs/heads/a\nb',
    'refs/heads/',
    '--all',
  ])('finds no ref called %j', async (name) => {
    const repo = await fixture(options);
    await repo.commit('one', {});
    const store = await repo.open();
    expect(await store.resolveRef(name)).toBeUndefined();
  });

  it('does not fall back on other places for a name', async () => {
    const repo = await fixture(options);
    const one = await repo.commit('one', {});
    await repo.git('update-ref', 'refs/tags/refs/notes/promptaudit', one);
    const store = await repo.open();
    expect(await store.resolveRef(NOTES)).toBeUndefined();
  });

  it('sees a ref that moved since it was opened', async () => {
    const repo = await fixture(options);
    const one = await repo.commit('one', {});
    const store = await repo.open();
    expect(await store.resolveRef('refs/heads/main')).toBe(one);
    const two = await repo.commit('two', {});
    expect(await store.resolveRef('refs/heads/main')).toBe(two);
    await repo.git('pack-refs', '--all');
    expect(await store.resolveRef('refs/heads/main')).toBe(two);
  });

  it('does not take a broken ref for an absent one', async () => {
    const repo = await fixture(options);
    await repo.commit('one', {});
    await writeFile(join(repo.dir, '.git/refs/heads/broken'), 'no object id\n');
    const store = await repo.open();
    await expect(store.resolveRef('refs/heads/broken')).rejects.toThrow('refs/heads/broken');
  });

  it.skipIf(process.getuid?.() === 0)(
    'takes no ref whose file cannot be opened for a broken or absent one',
    async () => {
      const repo = await fixture(options);
      const one = await repo.commit('one', {});
      const path = join(repo.dir, '.git/refs/heads/kept');
      await writeFile(path, `${one}\n`, { mode: 0 });
      const store = await repo.open();
      await expect(store.resolveRef('refs/heads/kept')).rejects.toMatchObject({ code: 'EACCES', path });
    },
  );

  /** With `main` packed, and another commit at `wip`. */
  async function packed(): Promise<Fixture> {
    const repo = await fixture(options);
    const one = await repo.commit('one', {});
    await repo.commit('two', {});
    await repo.git('pack-refs', '--all');
    await repo.git('update-ref', 'refs/heads/wip', one);
    return repo;
  }

  it.each(['refs/heads/wip', 'wip', 'main', 'nowhere', '/nowhere'])(
    'takes no packed value, nor any other, for a ref in whose place a link to %s stands',
    async (target) => {
      const repo = await packed();
      await symlink(target, join(repo.dir, '.git/refs/heads/main'));
      const store = await repo.open();
      const asked = [
        store.head(),
        store.resolveRef('refs/heads/main'),
        ...['refs/heads/main', 'refs/heads/', 'refs/'].map((prefix) => store.listRefs(prefix)),
      ];
      for (const answer of await Promise.allSettled(asked))
        expect(answer).toMatchObject({
          reason: {
            name: 'Failure',
            message: expect.stringMatching(/^ref refs\/heads\/main is broken: .*link/),
          },
        });
      expect(await store.resolveRef('refs/heads/wip')).toBe(await repo.git('rev-parse', 'refs/heads/wip'));
      expect(await store.listRefs('refs/tags/')).toEqual([]);
    },
  );

  it('goes through no link in the place of a folder of refs', async () => {
    const repo = await packed();
    const outside = join(repo.box.dir, 'outside');
    await mkdir(outside);
    await writeFile(join(outside, 'x'), `${await repo.git('rev-parse', 'main')}\n`);
    await symlink(outside, join(repo.dir, '.git/refs/heads/sub'));
    const store = await repo.open();
    const says = /^ref refs\/heads\/sub is broken: .*link/;
    for (const name of ['refs/heads/sub', 'refs/heads/sub/x', 'refs/heads/sub/y'])
      await expect(store.resolveRef(name)).rejects.toThrow(says);
    for (const prefix of ['refs/heads/sub/', 'refs/heads/sub/z/', 'refs/heads/'])
      await expect(store.listRefs(prefix)).rejects.toThrow(says);
  });

  it('reads refs that several repositories share, as git-new-workdir has it', async () => {
    const repo = await packed();
    await rename(join(repo.dir, '.git/refs'), join(repo.box.dir, 'refs'));
    await symlink(join(repo.box.dir, 'refs'), join(repo.dir, '.git/refs'));
    const store = await repo.open();
    const listed = await store.listRefs('refs/heads/');
    expect(listed.map(({ name }) => name)).toEqual(['refs/heads/main', 'refs/heads/wip']);
    expect(await store.resolveRef('refs/heads/wip')).toBe(await repo.git('rev-parse', 'wip'));
  });

  /** Writes `packed-refs`, of the `main` that `packed` made and of these lines. */
  async function pack(repo: Fixture, header: string, names: readonly string[]): Promise<Oid> {
    const oids = [await repo.git('rev-parse', 'main'), await repo.git('rev-parse', 'wip')];
    const lines = names.map((name, index) => `${oids[index % 2]} ${name}\n`);
    await writeFile(join(repo.dir, '.git/packed-refs'), [header, ...lines].join(''));
    return oids[0] as Oid;
  }
  const SORTED = '# pack-refs with: peeled fully-peeled sorted \n';
  const HEADS = ['refs/heads/a', 'refs/heads/main'];

  it.each([
    ['a name twice', SORTED, [...HEADS, 'refs/heads/main'], 4],
    ['a name out of its place at the end', SORTED, [...HEADS, 'refs/heads/b'], 4],
    ['a name out of its place at the beginning', SORTED, ['refs/tags/a', ...HEADS], 3],
    ['names in the order of UTF-16', SORTED, [...HEADS, 'refs/tags/\u{1f600}', 'refs/tags/\uff01'], 5],
    ['a name twice, and does not say that they are sorted', '', ['refs/tags/a', ...HEADS, 'refs/heads/a'], 4],
  ])('reads no packed-refs that has %s', async (_, header, names, line) => {
    const repo = await packed();
    await pack(repo, header, names);
    const store = await repo.open();
    const says = `packed-refs is damaged in line ${line}:`;
    await expect(store.resolveRef('refs/heads/main')).rejects.toThrow(says);
    await expect(store.listRefs('refs/heads/')).rejects.toThrow(says);
  });

  it('reads no packed-refs that was cut short', async () => {
    const repo = await packed();
    await pack(repo, SORTED, ['refs/heads/main']);
    const path = join(repo.dir, '.git/packed-refs');
    await writeFile(path, (await readFile(path, 'utf8')).slice(0, -2));
    await expect((await repo.open()).listRefs('refs/heads/')).rejects.toThrow('damaged in line 2:');
  });

  it('reads a packed-refs in any order where its header does not say that it is sorted', async () => {
    const repo = await packed();
    const main = await pack(repo, '# pack-refs with: peeled \n', ['refs/heads/main', 'refs/heads/a']);
    const store = await repo.open();
    expect(await store.resolveRef('refs/heads/main')).toBe(main);
    const listed = (await store.listRefs('refs/heads/')).map(({ name }) => name);
    expect(listed).toEqual(['refs/heads/a', 'refs/heads/main', 'refs/heads/wip']);
  });

  const idLine = async (repo: Fixture): Promise<string> => `${await repo.git('rev-parse', 'main')}\n`;

  it.runIf(process.platform === 'linux')(
    'lists a ref whose name is not UTF-8, loose and packed',
    async () => {
      const repo = await packed();
      const folder = Buffer.from(join(repo.dir, '.git/refs/heads/'));
      await writeFile(Buffer.concat([folder, Buffer.from('ev\xffil', 'latin1')]), await idLine(repo));
      const store = await repo.open();
      const names = ['ev\ufffdil', 'main', 'wip'].map((name) => `refs/heads/${name}`);
      expect((await store.listRefs('refs/heads/')).map(({ name }) => name)).toEqual(names);
      await repo.git('pack-refs', '--all');
      expect((await store.listRefs('refs/heads/')).map(({ name }) => name)).toEqual(names);
      const main = (await repo.git('rev-parse', 'main')) as Oid;
      await store.updateRefs([{ ref: 'refs/heads/main', expected: main, next: undefined, message: 'm' }]);
      const left = await readFile(join(repo.dir, '.git/packed-refs'), 'latin1');
      expect(left).toContain('refs/heads/ev\xffil\n');
    },
  );

  it.each(['a b', 'a\nb', 'a~b', 'b..c'])('passes over no loose ref called %j', async (name) => {
    const repo = await packed();
    await mkdir(join(repo.dir, '.git/refs/tags/x'));
    await writeFile(join(repo.dir, '.git/refs/tags/x', name), await idLine(repo));
    const store = await repo.open();
    const says = `ref ${JSON.stringify(`refs/tags/x/${name}`)} is broken: git allows no such name`;
    for (const prefix of ['refs/tags/x/', 'refs/tags/'])
      await expect(store.listRefs(prefix)).rejects.toThrow(says);
    expect(await store.listRefs('refs/heads/')).toHaveLength(2);
  });

  it.each(['refs/tags/x/../../evil', 'refs/tags/x/a b'])(
    'passes over no packed ref called %j',
    async (name) => {
      const repo = await packed();
      await pack(repo, SORTED, ['refs/heads/main', name]);
      const store = await repo.open();
      const says = `ref ${JSON.stringify(name)} is broken: git allows no such name`;
      await expect(store.listRefs('refs/tags/')).rejects.toThrow(says);
    },
  );

  /** In a repository whose HEAD is on `main` and has `main` packed. */
  const UNRESOLVABLE: readonly (readonly [text: string, why: string])[] = [
    [`${'0'.repeat(40)}\n`, 'holds neither'],
    ['', 'holds neither'],
    ['ref: refs/heads/main\n', 'leads to no end'],
    ['ref: HEAD\n', 'leads to no end'],
  ];

  it.each(UNRESOLVABLE)('takes no branch that says %j for one that is not there', async (text, why) => {
    const repo = await packed();
    await writeFile(join(repo.dir, '.git/refs/heads/main'), text);
    const store = await repo.open();
    const says = new RegExp(`^ref refs/heads/main is broken: .*${why}`);
    await expect(store.head()).rejects.toThrow(why);
    await expect(store.resolveRef('refs/heads/main')).rejects.toThrow(says);
    await expect(store.listRefs('refs/heads/')).rejects.toThrow(says);
    expect(await store.resolveRef('refs/heads/wip')).toBeDefined();
  });

  it('follows as many refs as git does, and fails for one more', async () => {
    const repo = await packed();
    for (let at = 0; at < 5; at += 1) {
      const next = at === 4 ? 'refs/heads/main' : `refs/x/${at + 1}`;
      await repo.git('symbolic-ref', `refs/x/${at}`, next);
    }
    const store = await repo.open();
    expect(await store.resolveRef('refs/x/1')).toBe(await repo.git('rev-parse', 'refs/x/1'));
    await expect(store.resolveRef('refs/x/0')).rejects.toThrow('leads to no end');
    await expect(store.listRefs('refs/x/')).rejects.toThrow('ref refs/x/0 is broken');
  });

  it('takes no white space for the end of a name but what git takes for it', async () => {
    const repo = await packed();
    for (const place of ['HEAD', 'refs/heads/main']) {
      await writeFile(join(repo.dir, '.git', place), 'ref:\t refs/heads/wip\u00a0\r\n\n');
    }
    const store = await repo.open();
    expect(await store.resolveRef('refs/heads/main')).toBeUndefined();
    expect(await store.head()).toEqual({ state: 'branch', ref: 'refs/heads/wip\u00a0', oid: undefined });
    expect((await store.listRefs('refs/heads/')).map(({ name }) => name)).toEqual(['refs/heads/wip']);
    await writeFile(join(repo.dir, '.git/refs/heads/main'), 'ref: refs/heads/wip\v\n');
    await expect(store.resolveRef('refs/heads/main')).rejects.toThrow('refs/heads/main is broken');
  });

  it('finds no ref where one names a ref that is not there, whatever is packed', async () => {
    const repo = await packed();
    await repo.git('symbolic-ref', 'refs/heads/main', 'refs/heads/nowhere');
    const store = await repo.open();
    expect(await store.resolveRef('refs/heads/main')).toBeUndefined();
    expect((await store.listRefs('refs/heads/')).map(({ name }) => name)).toEqual(['refs/heads/wip']);
  });

  it('reads what git reads of an id in capitals, and of a ref that names HEAD', async () => {
    const repo = await packed();
    const main = (await repo.git('rev-parse', 'main')) as Oid;
    const wip = (await repo.git('rev-parse', 'wip')) as Oid;
    await writeFile(join(repo.dir, '.git/refs/heads/wip'), `${main.toUpperCase()}\n`);
    await writeFile(join(repo.dir, '.git/refs/tags/head'), 'ref: HEAD\n');
    await repo.git('checkout', '-q', '--detach', wip);
    const store = await repo.open();
    expect(await store.resolveRef('refs/heads/wip')).toBe(main);
    expect(await store.resolveRef('refs/tags/head')).toBe(wip);
    expect(await store.listRefs('refs/tags/')).toEqual([{ name: 'refs/tags/head', oid: wip }]);
  });

  it('passes over locks and hidden files', async () => {
    const repo = await packed();
    for (const name of ['x.lock', '.x']) await writeFile(join(repo.dir, '.git/refs/tags', name), '');
    expect(await (await repo.open()).listRefs('refs/tags/')).toEqual([]);
  });

  it('lists by prefix, in the order of names, loose and packed together', async () => {
    const repo = await fixture(options);
    const [one, two] = await three(repo);
    const names = ['p/v1', 'p/v10', 'p/v2', 'p-x/v1', 'p.x', 'px', 'q/é'];
    for (const name of names) await repo.git('update-ref', `refs/tags/${name}`, one);
    await repo.git('pack-refs', '--all');
    await repo.git('update-ref', 'refs/tags/p/v15', two);
    await repo.git('update-ref', 'refs/tags/p/v2', two);
    const store = await repo.open();
    expect(await store.listRefs('refs/tags/p/')).toEqual([
      { name: 'refs/tags/p/v1', oid: one },
      { name: 'refs/tags/p/v10', oid: one },
      { name: 'refs/tags/p/v15', oid: two },
      { name: 'refs/tags/p/v2', oid: two },
    ]);
    expect(await store.listRefs('refs/tags/p.x')).toEqual([{ name: 'refs/tags/p.x', oid: one }]);
    expect((await store.listRefs('refs/tags/')).map((ref) => ref.name)).toEqual(
      ['p-x/v1', 'p.x', 'p/v1', 'p/v10', 'p/v15', 'p/v2', 'px', 'q/é'].map((name) => `refs/tags/${name}`),
    );
    expect(await store.listRefs('refs/none/')).toEqual([]);
    expect((await store.listRefs('refs/')).length).toBe(9);
  });

  it('lists a ref whose object is missing', async () => {
    const repo = await fixture(options);
    const one = await repo.commit('one', {});
    const gone = 'deadbeefdeadbeefdeadbeefdeadbeefdeadbeef';
    await writeFile(join(repo.dir, '.git/refs/tags/gone'), `${gone}\n`);
    await repo.git('update-ref', 'refs/tags/here', one);
    const store = await repo.open();
    expect(await store.listRefs('refs/tags/')).toEqual([
      { name: 'refs/tags/gone', oid: gone },
      { name: 'refs/tags/here', oid: one },
    ]);
    expect(await store.resolveRef('refs/tags/gone')).toBe(gone);
  });

  it('lists a thousand refs', async () => {
    const repo = await fixture(options);
    const one = await repo.commit('one', {});
    const names = Array.from(
      { length: 1000 },
      (_, i) => `refs/tags/promptaudit/p/v${String(i).padStart(4, '0')}`,
    );
    await repo.feed(names.map((name) => `create ${name} ${one}\n`).join(''), 'update-ref', '--stdin');
    await repo.git('pack-refs', '--all');
    const store = await repo.open();
    expect(await store.listRefs('refs/tags/promptaudit/')).toEqual(names.map((name) => ({ name, oid: one })));
  });
}

function heads(options: ContractOptions): void {
  it('is unborn, then on a branch, then detached', async () => {
    const repo = await fixture(options);
    const store = await repo.open();
    expect(await store.head()).toEqual({ state: 'branch', ref: 'refs/heads/main', oid: undefined });
    const one = await repo.commit('one', {});
    expect(await store.head()).toEqual({ state: 'branch', ref: 'refs/heads/main', oid: one });
    await repo.git('checkout', '-q', '-b', 'topic/a');
    expect(await store.head()).toEqual({ state: 'branch', ref: 'refs/heads/topic/a', oid: one });
    await repo.git('checkout', '-q', '--detach');
    expect(await store.head()).toEqual({ state: 'detached', oid: one });
  });

  it('belongs to the worktree, while refs belong to all', async () => {
    const repo = await fixture(options);
    const one = await repo.commit('one', {});
    const linked = join(repo.box.dir, 'linked');
    await repo.git('worktree', 'add', '-q', '-b', 'side', linked);
    await repo.git('update-ref', NOTES, one);
    const store = await repo.open(linked);
    expect(await store.head()).toEqual({ state: 'branch', ref: 'refs/heads/side', oid: one });
    expect(await store.resolveRef('refs/heads/main')).toBe(one);
    expect(await store.resolveRef(NOTES)).toBe(one);
    await store.updateRefs([{ ref: NOTES, expected: one, next: undefined, message: 'gone' }]);
    expect(await (await repo.open()).resolveRef(NOTES)).toBeUndefined();
  });
}

function updating(options: ContractOptions): void {
  it('creates, moves and deletes in one transaction', async () => {
    const repo = await fixture(options);
    const [one, two] = await three(repo);
    await repo.git('update-ref', 'refs/tags/packed', one);
    await repo.git('update-ref', 'refs/tags/packed-too', one);
    await repo.git('pack-refs', '--all');
    await repo.git('update-ref', 'refs/tags/loose', two);
    await repo.git('update-ref', NOTES, one);
    const store = await repo.open();
    const message = 'promptaudit: deploy';
    await store.updateRefs([
      { ref: NOTES, expected: one, next: two, message },
      {
        ref: 'refs/tags/promptaudit/p/v1/approved/bob@acme.example',
        expected: undefined,
        next: two,
        message,
      },
      { ref: 'refs/tags/packed', expected: one, next: undefined, message },
      { ref: 'refs/tags/loose', expected: two, next: undefined, message },
    ]);
    expect(await store.resolveRef(NOTES)).toBe(two);
    expect(await allRefs(repo)).toBe(
      [
        `refs/heads/main ${await repo.git('rev-parse', 'HEAD')}`,
        `${NOTES} ${two}`,
        `refs/tags/packed-too ${one}`,
        `refs/tags/promptaudit/p/v1/approved/bob@acme.example ${two}`,
      ].join('\n'),
    );
    expect(await lockFiles(repo)).toEqual([]);
    await repo.git('fsck', '--strict');
  });

  it('does nothing for no updates', async () => {
    const repo = await fixture(options);
    await repo.commit('one', {});
    await (await repo.open()).updateRefs([]);
  });

  it.each([
    ['is elsewhere', 'refs/heads/main', 'one'],
    ['is there already', 'refs/heads/main', undefined],
    ['is not there', 'refs/heads/absent', 'one'],
  ] as const)('changes nothing when one ref %s, and names that one', async (_, ref, expected) => {
    const repo = await fixture(options);
    const [one, two] = await three(repo);
    await repo.git('update-ref', NOTES, one);
    const before = await allRefs(repo);
    const store = await repo.open();
    const update = store.updateRefs([
      { ref: NOTES, expected: one, next: two, message: 'm' },
      { ref, expected: expected && one, next: two, message: 'm' },
      { ref: 'refs/tags/new', expected: undefined, next: two, message: 'm' },
    ]);
    const error = await update.then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
    expect(error).toBeInstanceOf(RefConflict);
    expect((error as RefConflict).refs).toEqual([ref]);
    expect(await allRefs(repo)).toBe(before);
    expect(await lockFiles(repo)).toEqual([]);
  });

  it('refuses to delete a ref that moved', async () => {
    const repo = await fixture(options);
    const [one] = await three(repo);
    const store = await repo.open();
    await expect(
      store.updateRefs([{ ref: 'refs/heads/main', expected: one, next: undefined, message: 'm' }]),
    ).rejects.toBeInstanceOf(RefConflict);
    expect(await store.resolveRef('refs/heads/main')).toBeDefined();
  });

  it('holds a ref still that goes from a commit to the same commit', async () => {
    const repo = await fixture(options);
    const [one, two, three_] = await three(repo);
    const store = await repo.open();
    const main = 'refs/heads/main';
    await store.updateRefs([
      { ref: main, expected: three_, next: three_, message: 'm' },
      { ref: 'refs/heads/absent', expected: undefined, next: undefined, message: 'm' },
      { ref: NOTES, expected: undefined, next: one, message: 'm' },
    ]);
    expect(await store.resolveRef(NOTES)).toBe(one);
    await expect(
      store.updateRefs([
        { ref: main, expected: two, next: two, message: 'm' },
        { ref: NOTES, expected: one, next: two, message: 'm' },
      ]),
    ).rejects.toBeInstanceOf(RefConflict);
    await expect(
      store.updateRefs([
        { ref: main, expected: undefined, next: undefined, message: 'm' },
        { ref: NOTES, expected: one, next: two, message: 'm' },
      ]),
    ).rejects.toBeInstanceOf(RefConflict);
    expect(await store.resolveRef(NOTES)).toBe(one);
  });

  it('is a conflict when somebody holds the lock, which is left to them', async () => {
    const repo = await fixture(options);
    const [one, two] = await three(repo);
    await repo.git('update-ref', NOTES, one);
    const lock = join(repo.dir, '.git', `${NOTES}.lock`);
    await writeFile(lock, '');
    const before = await allRefs(repo);
    const store = await repo.open();
    const updates = [
      { ref: 'refs/tags/new', expected: undefined, next: two, message: 'm' },
      { ref: NOTES, expected: one, next: two, message: 'm' },
    ];
    const update = store.updateRefs(updates);
    await expect(update).rejects.toBeInstanceOf(RefConflict);
    await expect(update).rejects.toMatchObject({ refs: [NOTES] });
    expect(await allRefs(repo)).toBe(before);
    expect(await lockFiles(repo)).toEqual([`${NOTES}.lock`]);
    await rm(lock);
    await store.updateRefs(updates);
    expect(await store.resolveRef(NOTES)).toBe(two);
  });

  it.each([
    ['a folder where a ref stands', 'refs/tags/a', 'refs/tags/a/b'],
    ['a ref where a folder stands', 'refs/tags/a/b', 'refs/tags/a'],
  ])('refuses %s, loose and packed', async (_, standing, wanted) => {
    for (const pack of [false, true]) {
      const repo = await fixture(options);
      const [one, two] = await three(repo);
      await repo.git('update-ref', standing, one);
      if (pack) await repo.git('pack-refs', '--all');
      const before = await allRefs(repo);
      const store = await repo.open();
      const update = store.updateRefs([
        { ref: NOTES, expected: undefined, next: two, message: 'm' },
        { ref: wanted, expected: undefined, next: two, message: 'm' },
      ]);
      await expect(update).rejects.toThrow(wanted);
      expect(await allRefs(repo)).toBe(before);
      expect(await lockFiles(repo)).toEqual([]);
    }
  });

  it('makes a ref where an emptied folder was left', async () => {
    const repo = await fixture(options);
    const [one] = await three(repo);
    const store = await repo.open();
    const message = 'm';
    await store.updateRefs([{ ref: 'refs/heads/a/b', expected: undefined, next: one, message }]);
    await store.updateRefs([{ ref: 'refs/heads/a/b', expected: one, next: undefined, message }]);
    await store.updateRefs([{ ref: 'refs/heads/a', expected: undefined, next: one, message }]);
    expect(await repo.git('rev-parse', 'refs/heads/a')).toBe(one);
  });

  it.each([
    'refs/heads/a..b',
    'refs/heads/a b',
    'refs/heads/.a',
    'refs/heads/a.lock',
    'refs/heads/a\n',
    'refs/heads/-\0x',
    '../x',
    'main',
  ])('refuses the name %j', async (ref) => {
    const repo = await fixture(options);
    const [one, two] = await three(repo);
    const before = await allRefs(repo);
    const store = await repo.open();
    const update = store.updateRefs([
      { ref: NOTES, expected: undefined, next: one, message: 'm' },
      { ref, expected: undefined, next: two, message: 'm' },
    ]);
    await expect(update).rejects.toThrow();
    expect(await allRefs(repo)).toBe(before);
  });

  it('lets exactly one of two racers win, every time', async () => {
    const repo = await fixture(options);
    const [one, two, three_] = await three(repo);
    await repo.git('update-ref', NOTES, one);
    const [left, right] = await Promise.all([repo.open(), repo.open()]);
    for (let round = 0; round < 10; round++) {
      const from = (await left.resolveRef(NOTES)) as Oid;
      const [a, b] = [one, two, three_].filter((oid) => oid !== from) as [Oid, Oid];
      const outcomes = await Promise.allSettled([
        left.updateRefs([{ ref: NOTES, expected: from, next: a, message: 'left' }]),
        right.updateRefs([{ ref: NOTES, expected: from, next: b, message: 'right' }]),
      ]);
      const won = outcomes.filter((outcome) => outcome.status === 'fulfilled');
      expect(won).toHaveLength(1);
      for (const outcome of outcomes) {
        if (outcome.status === 'rejected') expect(outcome.reason).toBeInstanceOf(RefConflict);
      }
      expect(await repo.git('rev-parse', NOTES)).toBe(outcomes[0]!.status === 'fulfilled' ? a : b);
    }
  });
}

function reflogs(options: ContractOptions): void {
  const lines = async (repo: Fixture, ref: string): Promise<string[]> => {
    const text = await readFile(join(repo.dir, '.git/logs', ref), 'utf8').catch(() => '');
    return text.split('\n').filter((line) => line !== '');
  };
  const ZERO = '0'.repeat(40);
  const WHO = 'Alice Ng <alice@acme.example> 1700000000 +0000';

  it('are written for branches, HEAD on them, and notes, but not for tags', async () => {
    const repo = await fixture(options);
    const [, two, three_] = await three(repo);
    const before = (await lines(repo, 'HEAD')).length;
    const store = await repo.open();
    const message = 'promptaudit: commit\n clinical-intake  v1 ';
    await store.updateRefs([
      { ref: 'refs/heads/main', expected: three_, next: two, message },
      { ref: 'refs/heads/other', expected: undefined, next: two, message },
      { ref: NOTES, expected: undefined, next: two, message },
      { ref: 'refs/tags/t', expected: undefined, next: two, message },
    ]);
    const said = 'promptaudit: commit clinical-intake v1';
    expect((await lines(repo, NOTES))[0]).toBe(`${ZERO} ${two} ${WHO}\t${said}`);
    expect((await lines(repo, 'refs/heads/main')).at(-1)).toBe(`${three_} ${two} ${WHO}\t${said}`);
    expect((await lines(repo, 'HEAD')).slice(before)).toEqual([`${three_} ${two} ${WHO}\t${said}`]);
    expect(await lines(repo, 'refs/heads/other')).toEqual([`${ZERO} ${two} ${WHO}\t${said}`]);
    expect(await lines(repo, 'refs/tags/t')).toEqual([]);
    expect(await repo.git('reflog', '-1', '--format=%gs', 'refs/notes/promptaudit')).toBe(said);
  });

  it('are not written for a ref that is only held still', async () => {
    const repo = await fixture(options);
    const one = await repo.commit('one', {});
    const main = 'refs/heads/main';
    const before = await lines(repo, 'HEAD');
    const store = await repo.open();
    await store.updateRefs([
      { ref: main, expected: one, next: one, message: 'held' },
      { ref: NOTES, expected: undefined, next: one, message: 'made' },
    ]);
    expect(await lines(repo, main)).toHaveLength(1);
    const said = (await lines(repo, 'HEAD')).slice(before.length);
    expect(said.filter((line) => !line.startsWith(`${one} ${one} `))).toEqual([]);
  });

  it('go with the ref that is deleted', async () => {
    const repo = await fixture(options);
    const one = await repo.commit('one', {});
    const store = await repo.open();
    await store.updateRefs([{ ref: NOTES, expected: undefined, next: one, message: 'made' }]);
    expect(await lines(repo, NOTES)).toHaveLength(1);
    await store.updateRefs([{ ref: NOTES, expected: one, next: undefined, message: 'gone' }]);
    expect(await lines(repo, NOTES)).toEqual([]);
  });

  it.each([
    ['always', 1, 1],
    ['false', 0, 0],
  ])('follow core.logAllRefUpdates=%s', async (value, notes, tags) => {
    const repo = await fixture(options);
    const one = await repo.commit('one', {});
    await repo.git('config', 'core.logAllRefUpdates', value);
    const store = await repo.open();
    await store.updateRefs([
      { ref: NOTES, expected: undefined, next: one, message: 'm' },
      { ref: 'refs/tags/t', expected: undefined, next: one, message: 'm' },
    ]);
    expect(await lines(repo, NOTES)).toHaveLength(notes);
    expect(await lines(repo, 'refs/tags/t')).toHaveLength(tags);
  });

  it('are not begun in a bare repository', async () => {
    const repo = await fixture(options);
    const one = await repo.commit('one', {});
    const bare = join(repo.box.dir, 'bare.git');
    await repo.box.git(['clone', '-q', '--bare', repo.dir, bare]);
    const store = await repo.open(bare);
    await store.updateRefs([{ ref: NOTES, expected: undefined, next: one, message: 'm' }]);
    expect(await store.resolveRef(NOTES)).toBe(one);
    await expect(readFile(join(bare, 'logs', NOTES))).rejects.toThrow('ENOENT');
  });
}
