import { mkdir, realpath } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { Failure } from '../../../src/failure.ts';
import type { Oid } from '../../../src/git/object.ts';
import { run } from '../../helpers/sandbox.ts';
import { blob, type ContractOptions, collect, fixture } from './fixture.ts';

export function layoutContract(options: ContractOptions): void {
  describe('layout', () => places(options));
  describe('object format and ref storage', () => formats(options));
}

function places(options: ContractOptions): void {
  it('is found from the top and from any folder below', async () => {
    const repo = await fixture(options);
    const dir = await realpath(repo.dir);
    await mkdir(join(dir, 'a/b'), { recursive: true });
    for (const cwd of [dir, join(dir, 'a/b')]) {
      const store = await repo.open(cwd);
      expect(store.adapter).toMatch(/^(native|embedded)$/);
      expect(store.layout).toEqual({
        objectFormat: 'sha1',
        bare: false,
        gitDir: join(dir, '.git'),
        commonDir: join(dir, '.git'),
        workTree: dir,
        shallow: false,
      });
      expect(store.workTree?.root).toBe(dir);
    }
  });

  it('has no work tree when bare', async () => {
    const repo = await fixture(options, ['--bare']);
    const dir = await realpath(repo.dir);
    const store = await repo.open();
    expect(store.layout).toMatchObject({ bare: true, gitDir: dir, commonDir: dir, workTree: undefined });
    expect(store.workTree).toBeUndefined();
  });

  it('tells a linked worktree from what all worktrees share', async () => {
    const repo = await fixture(options);
    await repo.commit('one', {});
    const dir = await realpath(repo.dir);
    const linked = join(await realpath(repo.box.dir), 'linked');
    await repo.git('worktree', 'add', '-q', linked);
    const store = await repo.open(linked);
    expect(store.layout).toMatchObject({
      bare: false,
      gitDir: join(dir, '.git/worktrees/linked'),
      commonDir: join(dir, '.git'),
      workTree: linked,
    });
  });

  it('follows a .git file, as a submodule and --separate-git-dir have', async () => {
    const repo = await fixture(options);
    await repo.commit('one', {});
    const box = await realpath(repo.box.dir);
    await repo.box.git(['init', '-q', '--separate-git-dir', join(box, 'elsewhere.git'), repo.dir]);
    const store = await repo.open();
    expect(store.layout).toMatchObject({ gitDir: join(box, 'elsewhere.git'), workTree: join(box, 'repo') });
    expect((await store.head()).state).toBe('branch');
  });

  it('obeys GIT_DIR and GIT_WORK_TREE', async () => {
    const repo = await fixture(options);
    const one = await repo.commit('one', { 'a.txt': '1' });
    const box = await realpath(repo.box.dir);
    const tree = join(box, 'tree');
    await mkdir(tree);
    const store = await repo.open(box, { GIT_DIR: join(box, 'repo/.git'), GIT_WORK_TREE: tree });
    expect(store.layout).toMatchObject({ gitDir: join(box, 'repo/.git'), workTree: tree });
    expect(await store.resolveRef('refs/heads/main')).toBe(one);
    const relative = await repo.open(join(box, 'repo'), { GIT_DIR: '.git' });
    expect(relative.layout).toMatchObject({ gitDir: join(box, 'repo/.git'), workTree: join(box, 'repo') });
    expect(await relative.resolveRef('refs/heads/main')).toBe(one);
    await repo.git('clone', '-q', '--bare', '.', '../bare.git');
    const bare = await repo.open(box, { GIT_DIR: 'bare.git' });
    expect(bare.layout).toMatchObject({ gitDir: join(box, 'bare.git'), bare: true });
    expect(await bare.resolveRef('refs/heads/main')).toBe(one);
    expect((await bare.read(one)).kind).toBe('commit');
  });

  it('fails outside a repository', async () => {
    const repo = await fixture(options);
    const elsewhere = join(repo.box.dir, 'elsewhere');
    await mkdir(elsewhere);
    await expect(repo.open(elsewhere)).rejects.toBeInstanceOf(Failure);
    await expect(repo.open(join(elsewhere, 'absent'))).rejects.toBeInstanceOf(Failure);
  });

  it('may be closed twice', async () => {
    const repo = await fixture(options);
    const one = await repo.commit('one', {});
    const store = await repo.open();
    await store.read(one);
    await store.close();
    await store.close();
  });
}

function formats(options: ContractOptions): void {
  it(`${options.capabilities.sha256 ? 'opens' : 'refuses'} a SHA-256 repository`, async () => {
    const repo = await fixture(options, ['--object-format=sha256']);
    const one = await repo.commit('one', { 'a.txt': '1' });
    const two = await repo.commit('two', { 'a.txt': '2' });
    if (!options.capabilities.sha256) {
      await expect(repo.open()).rejects.toThrow(/SHA-256/);
      return;
    }
    const store = await repo.open();
    expect(store.layout.objectFormat).toBe('sha256');
    expect(two).toHaveLength(64);
    expect(await store.head()).toMatchObject({ oid: two });
    expect(await collect(store.firstParents(two))).toEqual([two, one]);
    expect((await store.read(one)).kind).toBe('commit');
    const [oid] = await store.write([blob('three')]);
    expect(oid).toBe(await repo.feed('three', 'hash-object', '--stdin'));
    await store.updateRefs([{ ref: 'refs/tags/t', expected: undefined, next: one, message: 'm' }]);
    await store.updateRefs([{ ref: 'refs/tags/t', expected: one, next: two, message: 'm' }]);
    expect(await repo.git('rev-parse', 'refs/tags/t')).toBe(two);
    await store.workTree!.stage('b.txt', { oid: oid as Oid, mode: '100644' });
    expect(await repo.git('show', ':b.txt')).toBe('three');
    await store.workTree!.stage('b.txt', undefined);
    expect(await repo.git('ls-files')).toBe('a.txt');
  });

  it('refuses a repository format that it does not know', async () => {
    const repo = await fixture(options);
    await repo.git('config', 'core.repositoryFormatVersion', '1');
    await repo.git('config', 'extensions.promptauditUnheardOf', 'true');
    await expect(repo.open()).rejects.toBeInstanceOf(Failure);
  });

  it(`${options.capabilities.reftable ? 'opens' : 'refuses'} a repository whose refs are a reftable`, async ({
    skip,
  }) => {
    const repo = await fixture(options);
    const table = join(repo.box.dir, 'table');
    const made = await run('git', ['init', '-q', '-b', 'main', '--ref-format=reftable', table], {
      env: repo.box.env,
    });
    if (made.code !== 0) {
      await repo.git('config', 'core.repositoryFormatVersion', '1');
      await repo.git('config', 'extensions.refStorage', 'reftable');
      await expect(repo.open()).rejects.toBeInstanceOf(Failure);
      skip('this git has no reftable');
    }
    if (!options.capabilities.reftable) {
      await expect(repo.open(table)).rejects.toThrow(/reftable/);
      return;
    }
    const store = await repo.open(table);
    expect(await store.head()).toEqual({ state: 'branch', ref: 'refs/heads/main', oid: undefined });
    const one = await repo.commit('one', {});
    await repo.box.git(['fetch', '-q', repo.dir, 'main'], { cwd: table });
    await store.updateRefs([{ ref: 'refs/heads/main', expected: undefined, next: one, message: 'm' }]);
    expect(await store.head()).toEqual({ state: 'branch', ref: 'refs/heads/main', oid: one });
    expect(await store.listRefs('refs/heads/')).toEqual([{ name: 'refs/heads/main', oid: one }]);
  });
}
