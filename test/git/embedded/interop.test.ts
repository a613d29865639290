import { mkdir, readdir, readFile, stat, symlink, truncate, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { Failure } from '../../../src/failure.ts';
import { openEmbeddedStore } from '../../../src/git/embedded/store.ts';
import type { NewObject, Oid } from '../../../src/git/object.ts';
import { ObjectCorrupt, ObjectMissing, RefConflict } from '../../../src/git/store.ts';
import { run, type Sandbox, sandbox } from '../../helpers/sandbox.ts';

const WHO = {
  GIT_AUTHOR_NAME: 'Alice Ng',
  GIT_AUTHOR_EMAIL: 'alice@acme.example',
  GIT_AUTHOR_DATE: '1700000000 +0000',
  GIT_COMMITTER_NAME: 'Alice Ng',
  GIT_COMMITTER_EMAIL: 'alice@acme.example',
  GIT_COMMITTER_DATE: '1700000000 +0100',
};

interface Repo {
  readonly box: Sandbox;
  readonly dir: string;
  git(...args: string[]): Promise<string>;
  open(env?: Readonly<Record<string, string>>, cwd?: string): ReturnType<typeof openEmbeddedStore>;
}

async function repository(): Promise<Repo> {
  const box = await sandbox();
  const dir = join(box.dir, 'repo');
  await box.git(['init', '-q', '-b', 'main', dir]);
  const git = async (...args: string[]): Promise<string> =>
    (await box.git(args, { cwd: dir, env: WHO })).trim();
  await git('commit', '-q', '--allow-empty', '-m', 'one');
  await git('commit', '-q', '--allow-empty', '-m', 'two');
  const open: Repo['open'] = (env = {}, cwd = dir) =>
    openEmbeddedStore({ cwd, env: { ...box.env, ...WHO, ...env } });
  return { box, dir, git, open };
}

function blob(text: string): NewObject {
  return { kind: 'blob', bytes: Buffer.from(text) };
}

describe('without git', () => {
  it('does all of a commit with an empty PATH, and git finds nothing amiss', async () => {
    const repo = await repository();
    const parent = (await repo.git('rev-parse', 'HEAD')) as Oid;
    const store = await repo.open({ PATH: '' });
    const [file] = await store.write([blob('messages: []\n')]);
    const [tree] = await store.write([
      { kind: 'tree', bytes: Buffer.concat([Buffer.from('100644 a.yml\0'), Buffer.from(file!, 'hex')]) },
    ]);
    const who = 'Alice Ng <alice@acme.example> 1700000000 +0000';
    const text = `tree ${tree}\nparent ${parent}\nauthor ${who}\ncommitter ${who}\n\nthree\n`;
    const [commit] = await store.write([{ kind: 'commit', bytes: Buffer.from(text) }]);
    await store.workTree!.writeFile('a.yml', Buffer.from('messages: []\n'));
    await store.workTree!.stage('a.yml', { oid: file!, mode: '100644' });
    await store.updateRefs([
      { ref: 'refs/heads/main', expected: parent, next: commit!, message: 'commit: three' },
    ]);
    await store.setConfig('promptaudit.remote', 'origin', 'set');
    const fsck = await run('git', ['fsck', '--strict', '--full'], { cwd: repo.dir, env: repo.box.env });
    expect([fsck.code, fsck.stdout.toString(), fsck.stderr]).toEqual([0, '', '']);
    expect(await repo.git('status', '--porcelain')).toBe('');
    expect(await repo.git('log', '--format=%s')).toBe('three\ntwo\none');
    expect(await repo.git('reflog', '--format=%gs', '-1')).toBe('commit: three');
    expect(await repo.git('config', 'promptaudit.remote')).toBe('origin');
  });
});

describe('loose objects', () => {
  it('are read-only, leave no temporary file, and are not written twice', async () => {
    const repo = await repository();
    const store = await repo.open();
    const [oid] = await store.write([blob('x')]);
    const folder = join(repo.dir, '.git/objects', oid!.slice(0, 2));
    const path = join(folder, oid!.slice(2));
    expect((await stat(path)).mode & 0o777).toBe(0o444);
    const long = new Date(1_600_000_000_000);
    await utimes(path, long, long);
    const { ino } = await stat(path);
    await store.write([blob('x')]);
    expect((await stat(path)).ino).toBe(ino);
    // git gc counts from this time.
    expect((await stat(path)).mtimeMs).toBeGreaterThan(long.getTime());
    expect(await readdir(folder)).toEqual([oid!.slice(2)]);
  });

  it('are written anew where they are damaged', async () => {
    const repo = await repository();
    const store = await repo.open();
    const [oid] = await store.write([blob('precious')]);
    const path = join(repo.dir, '.git/objects', oid!.slice(0, 2), oid!.slice(2));
    await repo.box.ok('chmod', ['644', path]);
    await writeFile(path, 'broken');
    await expect(store.read(oid!)).rejects.toBeInstanceOf(ObjectCorrupt);
    await store.write([blob('precious')]);
    expect(Buffer.from((await store.read(oid!)).bytes).toString()).toBe('precious');
  });

  it('are found through alternates of alternates, relative ones and those of the environment', async () => {
    const repo = await repository();
    const oid = (await repo.git('rev-parse', 'HEAD')) as Oid;
    const { box } = repo;
    for (const name of ['middle', 'end', 'lone']) await box.git(['init', '-q', name]);
    const alternates = (name: string) => join(box.dir, name, '.git/objects/info/alternates');
    await writeFile(alternates('middle'), `# a comment\n${join(repo.dir, '.git/objects')}\n`);
    await writeFile(alternates('end'), '../../../middle/.git/objects\n');
    expect((await (await repo.open({}, join(box.dir, 'end'))).read(oid)).kind).toBe('commit');
    const lone = join(box.dir, 'lone');
    await expect((await repo.open({}, lone)).read(oid)).rejects.toBeInstanceOf(ObjectMissing);
    const borrowing = { GIT_ALTERNATE_OBJECT_DIRECTORIES: join(repo.dir, '.git/objects') };
    expect((await (await repo.open(borrowing, lone)).read(oid)).kind).toBe('commit');
    await writeFile(alternates('middle'), '../../../end/.git/objects\n');
    await expect((await repo.open({}, join(box.dir, 'end'))).read(oid)).rejects.toBeInstanceOf(ObjectMissing);
  });

  it('of more than 2 GiB, deflated, are named and not read', async () => {
    const repo = await repository();
    const store = await repo.open();
    const [oid] = await store.write([blob('small')]);
    const path = join(repo.dir, '.git/objects', oid!.slice(0, 2), oid!.slice(2));
    await repo.box.ok('chmod', ['644', path]);
    await truncate(path, 2 ** 31);
    await expect(store.read(oid!)).rejects.toBeInstanceOf(Failure);
    await expect(store.read(oid!)).rejects.toThrow(path);
  });

  it('are found as far away as git finds them, and alternates are read no further than a NUL', async () => {
    const repo = await repository();
    const { box } = repo;
    const oid = (await repo.git('rev-parse', 'HEAD')) as Oid;
    let next = join(repo.dir, '.git/objects');
    for (const name of ['six', 'five', 'four', 'three', 'two', 'one', 'none']) {
      await box.git(['init', '-q', name]);
      const objects = join(box.dir, name, '.git/objects');
      await writeFile(join(objects, 'info/alternates'), `${next}\0${next}x\n/nowhere\n`);
      next = objects;
    }
    const one = await repo.open({}, join(box.dir, 'one'));
    await box.git(['cat-file', '-e', oid], { cwd: join(box.dir, 'one') });
    expect((await one.read(oid)).kind).toBe('commit');
    await expect(box.git(['cat-file', '-e', oid], { cwd: join(box.dir, 'none') })).rejects.toThrow();
    await expect((await repo.open({}, join(box.dir, 'none'))).read(oid)).rejects.toBeInstanceOf(
      ObjectMissing,
    );
  });

  it('go to GIT_OBJECT_DIRECTORY, as in the quarantine of a push', async () => {
    const repo = await repository();
    await mkdir(join(repo.box.dir, 'quarantine'));
    const env = {
      GIT_OBJECT_DIRECTORY: '../quarantine',
      GIT_ALTERNATE_OBJECT_DIRECTORIES: join(repo.dir, '.git/objects'),
    };
    const store = await repo.open(env);
    const [oid] = await store.write([blob('new')]);
    expect((await store.read((await repo.git('rev-parse', 'HEAD')) as Oid)).kind).toBe('commit');
    expect(await readdir(join(repo.box.dir, 'quarantine'))).toEqual([oid!.slice(0, 2)]);
    await expect((await repo.open()).read(oid!)).rejects.toBeInstanceOf(ObjectMissing);
  });
});

describe('refs', () => {
  it('moves the ref that a symbolic one names, and a detached HEAD itself', async () => {
    const repo = await repository();
    const [two, one] = (await repo.git('rev-list', 'HEAD')).split('\n') as [Oid, Oid];
    await repo.git('symbolic-ref', 'refs/heads/alias', 'refs/heads/main');
    const store = await repo.open();
    await store.updateRefs([{ ref: 'refs/heads/alias', expected: two, next: one, message: 'm' }]);
    expect(await repo.git('rev-parse', 'refs/heads/main')).toBe(one);
    await store.updateRefs([{ ref: 'HEAD', expected: one, next: two, message: 'm' }]);
    expect(await repo.git('symbolic-ref', 'HEAD')).toBe('refs/heads/main');
    expect(await repo.git('rev-parse', 'refs/heads/main')).toBe(two);
    await repo.git('checkout', '-q', '--detach');
    await store.updateRefs([{ ref: 'HEAD', expected: two, next: one, message: 'off' }]);
    expect(await repo.git('rev-parse', 'HEAD', 'refs/heads/main')).toBe(`${one}\n${two}`);
    expect(await store.head()).toEqual({ state: 'detached', oid: one });
    expect(await repo.git('reflog', '-1', '--format=%gs')).toBe('off');
    await repo.git('symbolic-ref', 'refs/heads/dangling', 'refs/heads/nowhere');
    expect(await store.resolveRef('refs/heads/dangling')).toBeUndefined();
    await repo.git('symbolic-ref', 'refs/heads/round', 'refs/heads/round');
    await expect(store.resolveRef('refs/heads/round')).rejects.toBeInstanceOf(Failure);
  });

  it('keeps each worktree its own HEAD and bisection, and its own log', async () => {
    const repo = await repository();
    const [two, one] = (await repo.git('rev-list', 'HEAD')).split('\n') as [Oid, Oid];
    const linked = join(repo.box.dir, 'linked');
    await repo.git('worktree', 'add', '-q', '--detach', linked);
    const store = await repo.open({}, linked);
    await store.updateRefs([
      { ref: 'HEAD', expected: two, next: one, message: 'here' },
      { ref: 'refs/bisect/bad', expected: undefined, next: two, message: 'here' },
      { ref: 'refs/tags/t', expected: undefined, next: two, message: 'here' },
    ]);
    const there = async (...args: string[]) => (await repo.box.git(args, { cwd: linked })).trim();
    expect(await there('rev-parse', 'HEAD', 'refs/bisect/bad', 'refs/tags/t')).toBe(`${one}\n${two}\n${two}`);
    expect(await repo.git('rev-parse', 'HEAD', 'refs/tags/t')).toBe(`${two}\n${two}`);
    expect((await store.listRefs('refs/')).map((ref) => ref.name)).toEqual([
      'refs/bisect/bad',
      'refs/heads/main',
      'refs/tags/t',
    ]);
    expect((await (await repo.open()).listRefs('refs/')).map((ref) => ref.name)).toEqual([
      'refs/heads/main',
      'refs/tags/t',
    ]);
    expect(await there('reflog', '-1', '--format=%gs')).toBe('here');
  });

  it('notes the zone of the committer, and a move by nobody known', async () => {
    const repo = await repository();
    const [two] = (await repo.git('rev-list', 'HEAD')).split('\n') as [Oid];
    await (await repo.open()).updateRefs([
      { ref: 'refs/heads/a', expected: undefined, next: two, message: '' },
    ]);
    const log = await readFile(join(repo.dir, '.git/logs/refs/heads/a'), 'utf8');
    expect(log).toBe(`${'0'.repeat(40)} ${two} Alice Ng <alice@acme.example> 1700000000 +0100\n`);
    const nobody = await openEmbeddedStore({ cwd: repo.dir, env: repo.box.env });
    await nobody.updateRefs([{ ref: 'refs/heads/b', expected: undefined, next: two, message: 'm' }]);
    expect(await repo.git('reflog', 'refs/heads/b', '--format=%gs %gn')).toBe('m unknown');
  });

  it('refuses what git update-ref refuses: no object, no commit on a branch, one ref twice', async () => {
    const repo = await repository();
    const [two] = (await repo.git('rev-list', 'HEAD')).split('\n') as [Oid];
    const store = await repo.open();
    const [file] = await store.write([blob('x')]);
    const gone = 'deadbeef'.repeat(5) as Oid;
    const update = (ref: string, next: Oid) => ({ ref, expected: undefined, next, message: 'm' });
    await expect(store.updateRefs([update('refs/tags/x', gone)])).rejects.toBeInstanceOf(ObjectMissing);
    await expect(store.updateRefs([update('refs/heads/x', file!)])).rejects.toBeInstanceOf(Failure);
    const twice = [update('refs/tags/x', two), update('refs/tags/x', two)];
    await expect(store.updateRefs(twice)).rejects.toBeInstanceOf(Failure);
    const nested = [update('refs/tags/x', two), update('refs/tags/x/y', two)];
    await expect(store.updateRefs(nested)).rejects.toThrow(/refs\/tags\/x/);
    await store.updateRefs([update('refs/tags/x', file!)]);
    expect(await repo.git('for-each-ref', '--format=%(refname)')).toBe('refs/heads/main\nrefs/tags/x');
  });

  it('is a conflict while another makes a ref in the folder that stands there', async () => {
    const repo = await repository();
    const [two] = (await repo.git('rev-list', 'HEAD')).split('\n') as [Oid];
    await mkdir(join(repo.dir, '.git/refs/tags/a/b'), { recursive: true });
    const lock = join(repo.dir, '.git/refs/tags/a/b/c.lock');
    await writeFile(lock, '');
    const updates = [{ ref: 'refs/tags/a', expected: undefined, next: two, message: 'm' }];
    const store = await repo.open();
    await expect(store.updateRefs(updates)).rejects.toBeInstanceOf(RefConflict);
    await repo.box.ok('rm', [lock]);
    await store.updateRefs(updates);
    expect(await repo.git('rev-parse', 'refs/tags/a')).toBe(two);
  });

  it('keeps what packed-refs says of the others when one goes', async () => {
    const repo = await repository();
    const [two] = (await repo.git('rev-list', 'HEAD')).split('\n') as [Oid];
    for (const name of ['a', 'b', 'c']) await repo.git('tag', '-a', '-m', name, name);
    await repo.git('pack-refs', '--all');
    const store = await repo.open();
    const tag = await store.resolveRef('refs/tags/b');
    await store.updateRefs([{ ref: 'refs/tags/b', expected: tag, next: undefined, message: 'm' }]);
    expect(await repo.git('for-each-ref', '--format=%(refname) %(*objectname)', 'refs/tags')).toBe(
      `refs/tags/a ${two}\nrefs/tags/c ${two}`,
    );
    const packed = await readFile(join(repo.dir, '.git/packed-refs'), 'utf8');
    expect(packed.match(/^\^/gm)).toHaveLength(2);
    expect(packed).toMatch(/^# pack-refs with:/);
  });

  it('names the line in which packed-refs is damaged', async () => {
    const repo = await repository();
    await writeFile(join(repo.dir, '.git/packed-refs'), '# pack-refs\nnonsense\n');
    await expect((await repo.open()).listRefs('refs/')).rejects.toThrow(/packed-refs.*line 2/);
  });

  it('reads a HEAD that is a symbolic link', async () => {
    const repo = await repository();
    await repo.box.ok('rm', [join(repo.dir, '.git/HEAD')]);
    await symlink('refs/heads/main', join(repo.dir, '.git/HEAD'));
    expect(await (await repo.open()).head()).toMatchObject({ state: 'branch', ref: 'refs/heads/main' });
  });
});

describe('setConfig', () => {
  it('keeps the file’s permissions and leaves it alone where it is a link', async () => {
    const repo = await repository();
    const path = join(repo.dir, '.git/config');
    await repo.box.ok('chmod', ['600', path]);
    const store = await repo.open();
    await store.setConfig('a.b', 'c', 'set');
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    expect(store.config.get('a.b')).toBe('c');
    await repo.box.ok('mv', [path, join(repo.box.dir, 'shared')]);
    await symlink(join(repo.box.dir, 'shared'), path);
    await expect(store.setConfig('a.b', 'd', 'set')).rejects.toBeInstanceOf(Failure);
    expect(await repo.git('config', 'a.b')).toBe('c');
  });

  it('fails while another process holds the file', async () => {
    const repo = await repository();
    await writeFile(join(repo.dir, '.git/config.lock'), '');
    await expect((await repo.open()).setConfig('a.b', 'c', 'set')).rejects.toThrow(/config\.lock/);
  });
});
