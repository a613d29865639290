import { chmod, mkdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Oid } from '../../../src/git/object.ts';
import type { StagedFile, WorkFile } from '../../../src/git/store.ts';
import { run } from '../../helpers/sandbox.ts';
import { type ContractOptions, type Fixture, fixture, sha1 } from './fixture.ts';

const LIMIT = 1_000_000;

export function workTreeContract(options: ContractOptions): void {
  describe('operationUnderWay', () => operations(options));
  describe('listFiles', () => listing(options));
  describe('readStored', () => readingPlain(options));
  describe('readStored under attributes', () => readingConverted(options));
  describe('stage', () => staging(options));
  describe('staged', () => listingStaged(options));
  describe('writeFile', () => writing(options));
  describe('removeFile', () => removing(options));
}

async function put(repo: Fixture, files: Readonly<Record<string, string | Buffer>>): Promise<void> {
  for (const [path, text] of Object.entries(files)) {
    await mkdir(join(repo.dir, path, '..'), { recursive: true });
    await writeFile(join(repo.dir, path), text);
  }
}

function operations(options: ContractOptions): void {
  /** Two branches that conflict, on `main`. */
  async function conflict(): Promise<Fixture> {
    const repo = await fixture(options);
    await repo.commit('base', { 'a.txt': 'base\n' });
    await repo.git('checkout', '-q', '-b', 'side');
    await repo.commit('side', { 'a.txt': 'side\n' });
    await repo.git('format-patch', '-q', '-1', '-o', '../patches');
    await repo.git('checkout', '-q', 'main');
    await repo.commit('ours', { 'a.txt': 'ours\n' });
    return repo;
  }

  it.each([
    ['merge', ['merge', 'side']],
    ['rebase', ['rebase', 'side']],
    ['rebase', ['rebase', '--apply', 'side']],
    ['cherry-pick', ['cherry-pick', 'side']],
    ['revert', ['revert', '--no-edit', 'HEAD~1']],
    ['am', ['am', '-3', '../patches/0001-side.patch']],
    ['bisect', ['bisect', 'start', 'HEAD', 'HEAD~1']],
  ])('tells of %s', async (name, args) => {
    const repo = await conflict();
    const store = await repo.open();
    expect(await store.workTree!.operationUnderWay()).toBeUndefined();
    await run('git', args, { cwd: repo.dir, env: { ...repo.box.env, GIT_EDITOR: 'true', ...WHO } });
    expect(await store.workTree!.operationUnderWay()).toBe(name);
  });

  it('looks at this worktree only', async () => {
    const repo = await conflict();
    const linked = join(repo.box.dir, 'linked');
    await repo.git('worktree', 'add', '-q', '-b', 'third', linked, 'side');
    await run('git', ['merge', 'main'], { cwd: linked, env: { ...repo.box.env, ...WHO } });
    expect(await (await repo.open()).workTree!.operationUnderWay()).toBeUndefined();
    expect(await (await repo.open(linked)).workTree!.operationUnderWay()).toBe('merge');
  });
}

const WHO = {
  GIT_AUTHOR_NAME: 'A',
  GIT_AUTHOR_EMAIL: 'a@acme.example',
  GIT_COMMITTER_NAME: 'A',
  GIT_COMMITTER_EMAIL: 'a@acme.example',
};

function listing(options: ContractOptions): void {
  it('lists tracked and untracked files and leaves out ignored, deleted and foreign ones', async () => {
    const repo = await fixture(options);
    await put(repo, { 'prompts/ignored-but-tracked.log': '1' });
    await repo.commit('one', {
      'prompts/b.yml': '1',
      'prompts/gone.yml': '1',
      'prompts/d/e.yml': '1',
      'other/x': '1',
    });
    await rm(join(repo.dir, 'prompts/gone.yml'));
    await put(repo, {
      '.gitignore': '*.log\n/prompts/build/\n!keep.log\n',
      'prompts/.gitignore': 'secret*\n',
      '.git/info/exclude': 'excluded\n',
      'prompts/a.yml': '1',
      'prompts/x.log': '1',
      'prompts/keep.log': '1',
      'prompts/build/y.yml': '1',
      'prompts/secret.yml': '1',
      'prompts/excluded': '1',
      'prompts/d/secret2.yml': '1',
      'prompts/[ü] *.yml': '1',
      'promptsx/z.yml': '1',
      ':x/y.yml': '1',
    });
    const store = await repo.open();
    expect(await store.workTree!.listFiles('prompts')).toEqual(
      [
        'prompts/.gitignore',
        'prompts/[ü] *.yml',
        'prompts/a.yml',
        'prompts/b.yml',
        'prompts/d/e.yml',
        'prompts/ignored-but-tracked.log',
        'prompts/keep.log',
      ].sort(),
    );
    expect(await store.workTree!.listFiles('prompts/d')).toEqual(['prompts/d/e.yml']);
    expect(await store.workTree!.listFiles(':x')).toEqual([':x/y.yml']);
    expect(await store.workTree!.listFiles('absent')).toEqual([]);
    expect(await store.workTree!.listFiles('promp*')).toEqual([]);
  });

  it('is relative to the top wherever it was opened, and heeds core.excludesFile', async () => {
    const repo = await fixture(options);
    await put(repo, { 'prompts/a.yml': '1', 'prompts/b.tmp': '1', 'sub/x': '1' });
    await writeFile(join(repo.box.dir, 'excludes'), '*.tmp\n');
    await repo.git('config', 'core.excludesFile', '~/excludes');
    const store = await repo.open(join(repo.dir, 'sub'));
    expect(await store.workTree!.listFiles('prompts')).toEqual(['prompts/a.yml']);
  });

  it('lists a symbolic link as a file and goes through none', async () => {
    const repo = await fixture(options);
    await put(repo, { 'prompts/a.yml': '1', '../outside/secret.yml': '1' });
    await symlink('a.yml', join(repo.dir, 'prompts/link.yml'));
    await symlink('../../outside', join(repo.dir, 'prompts/dir'));
    await symlink('../outside', join(repo.dir, 'through'));
    const store = await repo.open();
    expect(await store.workTree!.listFiles('prompts')).toEqual([
      'prompts/a.yml',
      'prompts/dir',
      'prompts/link.yml',
    ]);
    expect(await store.workTree!.listFiles('through')).toEqual([]);
  });

  it('leaves nested repositories out', async () => {
    const repo = await fixture(options);
    await put(repo, { 'prompts/a.yml': '1', 'prompts/nested/b.yml': '1' });
    await repo.box.git(['init', '-q', join(repo.dir, 'prompts/nested')]);
    const store = await repo.open();
    expect(await store.workTree!.listFiles('prompts')).toEqual(['prompts/a.yml']);
  });
}

function text(file: WorkFile | undefined): string | undefined {
  return file?.state === 'present' ? Buffer.from(file.bytes).toString() : undefined;
}

function readingPlain(options: ContractOptions): void {
  it('answers bytes and mode, one a path, in order', async () => {
    const repo = await fixture(options);
    await put(repo, { 'a.txt': 'one\r\ntwo\n', 'd/run.sh': '#!', 'e.txt': '', 'odd "name\\ü.txt': 'odd' });
    await chmod(join(repo.dir, 'd/run.sh'), 0o755);
    const store = await repo.open();
    const files = await store.workTree!.readStored(['e.txt', 'd/run.sh', 'a.txt', 'odd "name\\ü.txt'], LIMIT);
    expect(files.map((file) => [file.path, file.state, text(file)])).toEqual([
      ['e.txt', 'present', ''],
      ['d/run.sh', 'present', '#!'],
      ['a.txt', 'present', 'one\r\ntwo\n'],
      ['odd "name\\ü.txt', 'present', 'odd'],
    ]);
    expect(files.map((file) => file.state === 'present' && file.mode)).toEqual([
      '100644',
      '100755',
      '100644',
      '100644',
    ]);
    expect(await store.workTree!.readStored([], LIMIT)).toEqual([]);
  });

  it('tells absent, too large, unreadable and linked files apart', async () => {
    const repo = await fixture(options);
    await put(repo, {
      'big.txt': 'x'.repeat(101),
      'fits.txt': 'x'.repeat(100),
      'd/f.txt': '1',
      '../out/f.txt': '1',
    });
    await symlink('fits.txt', join(repo.dir, 'link.txt'));
    await symlink('nowhere', join(repo.dir, 'dangling.txt'));
    await symlink('d', join(repo.dir, 'inside'));
    await symlink('../out', join(repo.dir, 'outside'));
    const store = await repo.open();
    const files = await store.workTree!.readStored(
      [
        'absent.txt',
        'd/absent.txt',
        'fits.txt/below',
        'big.txt',
        'fits.txt',
        'link.txt',
        'dangling.txt',
        'inside/f.txt',
        'outside/f.txt',
        'd',
      ],
      100,
    );
    expect(files.map((file) => `${file.path} ${file.state}`)).toEqual([
      'absent.txt absent',
      'd/absent.txt absent',
      'fits.txt/below absent',
      'big.txt too-large',
      'fits.txt present',
      'link.txt symlink',
      'dangling.txt symlink',
      'inside/f.txt symlink',
      'outside/f.txt symlink',
      'd unreadable',
    ]);
    expect(files[3]).toEqual({ state: 'too-large', path: 'big.txt', bytes: 101 });
  });

  it.each(['../out.txt', '/etc/passwd', 'a/../b', './a', 'a//b', '', '.git/config', 'd/.GIT/config', 'a\0b'])(
    'reads nothing at %j',
    async (path) => {
      const repo = await fixture(options);
      await put(repo, { '../out.txt': 'secret', a: '1', b: '1' });
      const store = await repo.open();
      expect(await store.workTree!.readStored([path], LIMIT)).toMatchObject([{ state: 'unreadable', path }]);
    },
  );

  it('reads a fifo as unreadable, and does not wait for it', async () => {
    const repo = await fixture(options);
    await repo.box.ok('mkfifo', [join(repo.dir, 'fifo')]);
    const store = await repo.open();
    expect(await store.workTree!.readStored(['fifo'], LIMIT)).toMatchObject([{ state: 'unreadable' }]);
  });

  it('reads 300 files', async () => {
    const repo = await fixture(options);
    const paths = Array.from({ length: 300 }, (_, i) => `prompts/${i}.yml`);
    await put(repo, Object.fromEntries(paths.map((path) => [path, `content of ${path}`])));
    const store = await repo.open();
    const files = await store.workTree!.readStored(paths, LIMIT);
    expect(files.map(text)).toEqual(paths.map((path) => `content of ${path}`));
  });
}

function readingConverted(options: ContractOptions): void {
  /** Holds the answer to the blob that `git add` makes of the same file. */
  async function likeGitAdd(repo: Fixture, paths: readonly string[]): Promise<string[]> {
    const store = await repo.open();
    const files = await store.workTree!.readStored(paths, LIMIT);
    await repo.git('add', '-f', '--', ...paths);
    for (const file of files) {
      if (file.state !== 'present') throw new Error(`${file.path} is ${file.state}`);
      expect(sha1('blob', file.bytes), file.path).toBe(await repo.git('rev-parse', `:${file.path}`));
    }
    return files.map((file) => text(file) ?? '');
  }

  it('turns CRLF into LF for `text eol=crlf`', async () => {
    const repo = await fixture(options);
    await put(repo, {
      '.gitattributes': '*.yml text eol=crlf\n*.bin -text\n',
      'prompts/a.yml': 'one\r\ntwo\r\n',
      'b.bin': 'one\r\n',
      'c.txt': 'one\r\n',
    });
    expect(await likeGitAdd(repo, ['prompts/a.yml', 'b.bin', 'c.txt'])).toEqual([
      'one\ntwo\n',
      'one\r\n',
      'one\r\n',
    ]);
  });

  it.each(['true', 'input'])(
    'turns CRLF into LF for core.autocrlf=%s, but not in binary files',
    async (value) => {
      const repo = await fixture(options);
      await repo.git('config', 'core.autocrlf', value);
      await put(repo, {
        'a.yml': 'one\r\ntwo\r\n',
        'b.yml': 'one\r\n\0',
        'c.yml': 'lf\n',
        'd.yml': 'mixed\r\nlf\n',
      });
      expect(await likeGitAdd(repo, ['a.yml', 'b.yml', 'c.yml', 'd.yml'])).toEqual([
        'one\ntwo\n',
        'one\r\n\0',
        'lf\n',
        'mixed\nlf\n',
      ]);
    },
  );

  it('leaves CRLF alone under autocrlf where the index holds CRLF', async () => {
    const repo = await fixture(options);
    await repo.commit('one', { 'a.yml': 'one\r\n' });
    await repo.git('config', 'core.autocrlf', 'true');
    await put(repo, { 'a.yml': 'one\r\ntwo\r\n' });
    expect(await likeGitAdd(repo, ['a.yml'])).toEqual(['one\r\ntwo\r\n']);
  });

  it('heeds nested attributes, macros, info/attributes and core.attributesFile', async () => {
    const repo = await fixture(options);
    await repo.git('config', 'core.attributesFile', '~/attributes');
    await writeFile(join(repo.box.dir, 'attributes'), '*.g text\n*.yml text\n');
    await put(repo, {
      '.git/info/attributes': 'info.yml -text\n',
      '.gitattributes': '*.b binary\n*.auto text=auto\n',
      'd/.gitattributes': '*.yml -text\n/e/x.yml text\n',
      'a.g': '1\r\n',
      'info.yml': '1\r\n',
      'x.b': '1\r\n',
      'x.auto': '1\r\n',
      'd/x.yml': '1\r\n',
      'd/e/x.yml': '1\r\n',
    });
    const paths = ['a.g', 'info.yml', 'x.b', 'x.auto', 'd/x.yml', 'd/e/x.yml'];
    expect(await likeGitAdd(repo, paths)).toEqual(['1\n', '1\r\n', '1\r\n', '1\n', '1\r\n', '1\n']);
  });

  it(`${options.capabilities.filters ? 'runs' : 'does not pretend to run'} clean filters`, async () => {
    const repo = await fixture(options);
    await repo.git('config', 'filter.shout.clean', 'tr a-z A-Z');
    await put(repo, { '.gitattributes': '*.yml filter=shout\n', 'a.yml': 'quiet\n', 'b.txt': 'quiet\n' });
    if (options.capabilities.filters) {
      expect(await likeGitAdd(repo, ['a.yml', 'b.txt'])).toEqual(['QUIET\n', 'quiet\n']);
      return;
    }
    const files = await (await repo.open()).workTree!.readStored(['a.yml', 'b.txt'], LIMIT);
    expect(files.map((file) => file.state)).toEqual(['unreadable', 'present']);
  });

  it.runIf(options.capabilities.filters)('answers per file when a required filter fails', async () => {
    const repo = await fixture(options);
    await repo.git('config', 'filter.broken.clean', 'false');
    await repo.git('config', 'filter.broken.required', 'true');
    const attributes = '*.yml filter=broken\n*.crlf text\n';
    await put(repo, { '.gitattributes': attributes, 'a.yml': '1\n', 'b.txt': '2\n', 'c.crlf': '3\r\n' });
    const files = await (await repo.open()).workTree!.readStored(['a.yml', 'b.txt', 'c.crlf'], LIMIT);
    expect(files.map((file) => file.state)).toEqual(['unreadable', 'present', 'present']);
    expect(text(files[2])).toBe('3\n');
  });
}

function listingStaged(options: ContractOptions): void {
  const told = (files: readonly StagedFile[]) => files.map(({ mode, path, oid }) => `${mode} ${oid} ${path}`);

  it('tells what the next commit would bring, and leaves out what it would not', async () => {
    const repo = await fixture(options);
    await repo.commit('one', {
      'prompts/same.yml': '1',
      'prompts/changed.yml': '1',
      'prompts/d/mode.yml': '1',
      'prompts/gone.yml': '1',
      'prompts/untouched.yml': '1',
      'prompts/linked.yml': '1',
    });
    await put(repo, {
      'prompts/changed.yml': 'staged',
      'prompts/d/new "ü.yml': 'new',
      'prompts/intended.yml': 'later',
      'prompts/same.yml': 'not staged',
      'promptsx/other.yml': '1',
    });
    await chmod(join(repo.dir, 'prompts/d/mode.yml'), 0o755);
    await rm(join(repo.dir, 'prompts/linked.yml'));
    await symlink('changed.yml', join(repo.dir, 'prompts/linked.yml'));
    await repo.git('add', 'prompts/changed.yml', 'prompts/d', 'prompts/linked.yml', 'promptsx');
    await repo.git('add', '-N', 'prompts/intended.yml');
    await repo.git('rm', '-q', 'prompts/gone.yml');
    await put(repo, { 'prompts/changed.yml': 'changed again, not staged' });
    await repo.git('config', 'diff.renames', 'copies');
    await repo.git('config', 'diff.noprefix', 'true');
    const workTree = (await repo.open()).workTree!;
    const below = [
      `100644 ${sha1('blob', Buffer.from('staged'))} prompts/changed.yml`,
      `100755 ${sha1('blob', Buffer.from('1'))} prompts/d/mode.yml`,
      `100644 ${sha1('blob', Buffer.from('new'))} prompts/d/new "ü.yml`,
      `120000 ${sha1('blob', Buffer.from('changed.yml'))} prompts/linked.yml`,
    ];
    expect(told(await workTree.staged('prompts'))).toEqual(below);
    expect(told(await workTree.staged(''))).toEqual([
      ...below,
      `100644 ${sha1('blob', Buffer.from('1'))} promptsx/other.yml`,
    ]);
    expect(await workTree.staged('prompts/absent')).toEqual([]);
    expect(await workTree.staged('../x')).toEqual([]);
  });

  it('takes everything for new before the first commit, and heeds GIT_INDEX_FILE', async () => {
    const repo = await fixture(options);
    expect(await (await repo.open()).workTree!.staged('')).toEqual([]);
    await put(repo, { 'a.yml': '1', 'b.yml': '2' });
    await repo.git('add', 'a.yml');
    const other = join(repo.box.dir, 'other-index');
    await repo.box.git(['add', 'b.yml'], { cwd: repo.dir, env: { GIT_INDEX_FILE: other } });
    const paths = async (env = {}) =>
      (await (await repo.open(repo.dir, env)).workTree!.staged('')).map(({ path }) => path);
    expect(await paths()).toEqual(['a.yml']);
    expect(await paths({ GIT_INDEX_FILE: other })).toEqual(['b.yml']);
  });

  it('leaves conflicts out', async () => {
    const repo = await fixture(options);
    await repo.commit('base', { 'a.txt': 'base\n' });
    await repo.git('checkout', '-q', '-b', 'side');
    await repo.commit('side', { 'a.txt': 'side\n', 'clean.txt': '1' });
    await repo.git('checkout', '-q', 'main');
    await repo.commit('ours', { 'a.txt': 'ours\n' });
    await run('git', ['merge', 'side'], { cwd: repo.dir, env: { ...repo.box.env, ...WHO } });
    const staged = await (await repo.open()).workTree!.staged('');
    expect(staged.map(({ path }) => path)).toEqual(['clean.txt']);
  });
}

function staging(options: ContractOptions): void {
  async function blobOf(repo: Fixture, content: string): Promise<Oid> {
    return (await repo.feed(content, 'hash-object', '-w', '--stdin')) as Oid;
  }

  it('adds, replaces and removes one entry and keeps the others', async () => {
    const repo = await fixture(options);
    await repo.commit('one', { 'a.txt': '1', 'd/b.txt': '1', 'z.txt': '1' });
    await put(repo, { 'staged.txt': 'staged by hand', 'a.txt': 'changed, not staged' });
    await repo.git('add', 'staged.txt');
    await repo.git('update-index', '--assume-unchanged', 'z.txt');
    const before = (await repo.git('ls-files', '-s', '-v')).split('\n');
    const store = await repo.open();
    const oid = await blobOf(repo, 'new');
    await store.workTree!.stage('prompts/x.yml', { oid, mode: '100644' });
    expect(await repo.git('ls-files', '-s', 'prompts/x.yml')).toBe(`100644 ${oid} 0\tprompts/x.yml`);
    const again = await blobOf(repo, 'newer');
    await store.workTree!.stage('prompts/x.yml', { oid: again, mode: '100755' });
    expect(await repo.git('ls-files', '-s', 'prompts/x.yml')).toBe(`100755 ${again} 0\tprompts/x.yml`);
    expect(
      (await repo.git('ls-files', '-s', '-v')).split('\n').filter((line) => !line.includes('prompts/')),
    ).toEqual(before);
    await store.workTree!.stage('prompts/x.yml', undefined);
    await store.workTree!.stage('not/there.yml', undefined);
    expect((await repo.git('ls-files', '-s', '-v')).split('\n')).toEqual(before);
    expect(await repo.git('diff', '--cached', '--name-only')).toBe('staged.txt');
    expect(await repo.git('diff', '--name-only')).toBe('a.txt');
  });

  it('makes the index of a new repository, and takes odd names as they are', async () => {
    const repo = await fixture(options);
    const store = await repo.open();
    const oid = await blobOf(repo, '1');
    await store.workTree!.stage('odd "ü\\ *.yml', { oid, mode: '100644' });
    expect((await repo.box.git(['ls-files', '-z'], { cwd: repo.dir })).split('\0')).toEqual([
      'odd "ü\\ *.yml',
      '',
    ]);
  });

  it('leaves a clean tree when the file on disk is what was staged', async () => {
    const repo = await fixture(options);
    await repo.commit('one', { 'a.txt': '1' });
    await put(repo, { 'a.txt': '2' });
    const store = await repo.open();
    await store.workTree!.stage('a.txt', { oid: await blobOf(repo, '2'), mode: '100644' });
    expect(await repo.git('status', '--porcelain')).toBe('M  a.txt');
  });

  it('fails when somebody holds the index', async () => {
    const repo = await fixture(options);
    await repo.commit('one', { 'a.txt': '1' });
    const oid = await blobOf(repo, '2');
    await writeFile(join(repo.dir, '.git/index.lock'), '');
    const store = await repo.open();
    await expect(store.workTree!.stage('a.txt', { oid, mode: '100644' })).rejects.toThrow(/index/);
    expect(await repo.git('show', ':a.txt')).toBe('1');
  });

  it.each(['../x', '/x', 'a/../b', '.git/config', '', 'a//b'])('refuses the path %j', async (path) => {
    const repo = await fixture(options);
    const oid = await blobOf(repo, '1');
    const store = await repo.open();
    await expect(store.workTree!.stage(path, { oid, mode: '100644' })).rejects.toThrow();
    expect(await repo.git('ls-files')).toBe('');
  });
}

function writing(options: ContractOptions): void {
  it('makes folders, replaces files and keeps the executable bit', async () => {
    const repo = await fixture(options);
    await put(repo, { 'run.sh': 'old' });
    await chmod(join(repo.dir, 'run.sh'), 0o755);
    const store = await repo.open();
    await store.workTree!.writeFile('prompts/a/b.yml', Buffer.from('new\r\n\xff', 'latin1'));
    await store.workTree!.writeFile('run.sh', Buffer.from('new'));
    expect(await readFile(join(repo.dir, 'prompts/a/b.yml'), 'latin1')).toBe('new\r\n\xff');
    expect(await readFile(join(repo.dir, 'run.sh'), 'utf8')).toBe('new');
    expect((await stat(join(repo.dir, 'run.sh'))).mode & 0o111).toBe(0o111);
    expect((await stat(join(repo.dir, 'prompts/a/b.yml'))).mode & 0o111).toBe(0);
    expect(await repo.git('status', '--porcelain', '-uall')).toBe('?? prompts/a/b.yml\n?? run.sh');
  });

  it('gives the line ends that a checkout would', async () => {
    const repo = await fixture(options);
    await put(repo, { '.gitattributes': '*.yml text eol=crlf\n*.txt text eol=lf\n' });
    const store = await repo.open();
    await store.workTree!.writeFile('a.yml', Buffer.from('one\ntwo\n'));
    await store.workTree!.writeFile('a.txt', Buffer.from('one\n'));
    expect(await readFile(join(repo.dir, 'a.yml'), 'utf8')).toBe('one\r\ntwo\r\n');
    expect(await readFile(join(repo.dir, 'a.txt'), 'utf8')).toBe('one\n');
  });

  it('gives CRLF under core.autocrlf=true', async () => {
    const repo = await fixture(options);
    await repo.git('config', 'core.autocrlf', 'true');
    const store = await repo.open();
    await store.workTree!.writeFile('a.yml', Buffer.from('one\ntwo\n'));
    expect(await readFile(join(repo.dir, 'a.yml'), 'utf8')).toBe('one\r\ntwo\r\n');
  });

  it.runIf(options.capabilities.filters)('runs smudge filters', async () => {
    const repo = await fixture(options);
    await repo.git('config', 'filter.shout.smudge', 'tr A-Z a-z');
    await put(repo, { '.gitattributes': '*.yml filter=shout\n' });
    const store = await repo.open();
    await store.workTree!.writeFile('a.yml', Buffer.from('LOUD\n'));
    expect(await readFile(join(repo.dir, 'a.yml'), 'utf8')).toBe('loud\n');
  });

  it('never writes through a symbolic link', async () => {
    const repo = await fixture(options);
    await put(repo, { '../out/f.txt': 'theirs' });
    await symlink('../out', join(repo.dir, 'dir'));
    await symlink('../out/f.txt', join(repo.dir, 'f.txt'));
    const store = await repo.open();
    await expect(store.workTree!.writeFile('dir/f.txt', Buffer.from('ours'))).rejects.toThrow(/dir/);
    await expect(store.workTree!.writeFile('f.txt', Buffer.from('ours'))).rejects.toThrow(/f\.txt/);
    expect(await readFile(join(repo.box.dir, 'out/f.txt'), 'utf8')).toBe('theirs');
  });

  it.each(['../x', '/tmp/promptaudit-x', 'a/../b', '.git/config', '', 'd'])(
    'refuses the path %j',
    async (path) => {
      const repo = await fixture(options);
      await mkdir(join(repo.dir, 'd'));
      const store = await repo.open();
      await expect(store.workTree!.writeFile(path, Buffer.from('x'))).rejects.toThrow();
      expect(await repo.git('status', '--porcelain')).toBe('');
    },
  );
}

function removing(options: ContractOptions): void {
  it('removes one file, and minds none that is not there', async () => {
    const repo = await fixture(options);
    await put(repo, { 'prompts/a.yml': 'a', 'prompts/b.yml': 'b' });
    const store = await repo.open();
    await store.workTree!.removeFile('prompts/a.yml');
    await store.workTree!.removeFile('prompts/a.yml');
    await store.workTree!.removeFile('elsewhere/a.yml');
    expect(await repo.git('status', '--porcelain', '-uall')).toBe('?? prompts/b.yml');
  });

  it('never removes through a symbolic link', async () => {
    const repo = await fixture(options);
    await put(repo, { '../out/f.txt': 'theirs' });
    await symlink('../out', join(repo.dir, 'dir'));
    const store = await repo.open();
    await store.workTree!.removeFile('dir/f.txt');
    expect(await readFile(join(repo.box.dir, 'out/f.txt'), 'utf8')).toBe('theirs');
  });

  it.each(['../x', 'a/../b', '.git/config', ''])('refuses the path %j', async (path) => {
    const repo = await fixture(options);
    const store = await repo.open();
    await expect(store.workTree!.removeFile(path)).rejects.toThrow('is not a path of the working tree');
  });
}
