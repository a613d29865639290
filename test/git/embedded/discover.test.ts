import { chown, mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Failure } from '../../../src/failure.ts';
import { openEmbeddedStore } from '../../../src/git/embedded/store.ts';
import { createSandbox, run, type Sandbox } from '../../helpers/sandbox.ts';

let box: Sandbox;
let at: (path: string) => string;

beforeAll(async () => {
  box = await createSandbox();
  at = (path) => join(box.dir, path);
  const git = (cwd: string, ...args: string[]) =>
    box.git(['-c', 'protocol.file.allow=always', ...args], { cwd: at(cwd), env: WHO });
  await git('.', 'init', '-q', '-b', 'main', 'plain');
  await git('plain', 'commit', '-q', '--allow-empty', '-m', 'one');
  await mkdir(at('plain/a/b'), { recursive: true });
  await git('.', 'clone', '-q', '--bare', 'plain', 'bare.git');
  await git('bare.git', 'worktree', 'add', '-q', at('of-bare'), 'main');
  await git('plain', 'worktree', 'add', '-q', '-b', 'side', at('linked'));
  await git('plain', 'submodule', '--quiet', 'add', at('bare.git'), 'sub');
  await git('.', 'init', '-q', '--separate-git-dir', at('elsewhere'), 'separate');
  await git('.', 'init', '-q', 'moved');
  await mkdir(at('tree'));
  await git('moved', 'config', 'core.worktree', at('tree'));
  await git('.', 'init', '-q', 'declared');
  await git('declared', 'config', 'core.bare', 'true');
  await symlink(at('plain'), at('link'));
  await mkdir(at('plain/nested/.git'), { recursive: true });
  await mkdir(at('outside/in'), { recursive: true });
});

afterAll(() => box.remove());

const WHO = {
  GIT_AUTHOR_NAME: 'a',
  GIT_AUTHOR_EMAIL: 'a@b',
  GIT_COMMITTER_NAME: 'a',
  GIT_COMMITTER_EMAIL: 'a@b',
};

async function answer(
  cwd: string,
  env: Record<string, string>,
  question: string,
): Promise<string | undefined> {
  const args = ['rev-parse', '--path-format=absolute', question];
  const result = await run('git', args, { cwd, env });
  return result.code === 0 ? result.stdout.toString().trimEnd() : undefined;
}

describe('openEmbeddedStore finds what git finds', () => {
  const CASES: readonly (readonly [cwd: string, env: Readonly<Record<string, string>>])[] = [
    ['plain', {}],
    ['plain/a/b', {}],
    ['plain/nested', {}],
    ['plain/.git', {}],
    ['plain/.git/refs', {}],
    ['plain/sub', {}],
    ['link/a', {}],
    ['bare.git', {}],
    ['bare.git/objects', {}],
    ['of-bare', {}],
    ['linked', {}],
    ['separate', {}],
    ['elsewhere', {}],
    ['moved', {}],
    ['declared', {}],
    ['outside/in', {}],
    ['plain/a/b', { GIT_CEILING_DIRECTORIES: '$BOX/plain' }],
    ['plain/a', { GIT_CEILING_DIRECTORIES: '$BOX/plain/a' }],
    ['plain/a/b', { GIT_CEILING_DIRECTORIES: '$BOX/plain/a:/nowhere' }],
    ['link/a/b', { GIT_CEILING_DIRECTORIES: '$BOX/link' }],
    ['outside', { GIT_DIR: '../plain/.git' }],
    ['outside', { GIT_DIR: '../linked/.git' }],
    ['outside', { GIT_DIR: '../plain/.git', GIT_WORK_TREE: 'in' }],
    ['outside', { GIT_DIR: '../plain' }],
    ['outside', { GIT_DIR: '../bare.git' }],
    ['outside', { GIT_DIR: '../moved/.git' }],
    ['outside', { GIT_DIR: '../plain/.git/worktrees/linked', GIT_COMMON_DIR: '../plain/.git' }],
  ];

  it.each(CASES)('in %s with %j', async (folder, extra) => {
    const cwd = at(folder);
    const added = Object.entries(extra).map(([key, value]) => [key, value.replaceAll('$BOX', box.dir)]);
    const env: Record<string, string> = { ...box.env, ...Object.fromEntries(added) };
    const gitDir = await answer(cwd, env, '--git-dir');
    if (gitDir === undefined) {
      await expect(openEmbeddedStore({ cwd, env })).rejects.toBeInstanceOf(Failure);
      return;
    }
    const { layout } = await openEmbeddedStore({ cwd, env });
    expect(layout.gitDir).toBe(gitDir);
    expect(layout.commonDir).toBe(await answer(cwd, env, '--git-common-dir'));
    expect(layout.workTree).toBe(await answer(cwd, env, '--show-toplevel'));
    expect(layout.bare).toBe((await answer(cwd, env, '--is-bare-repository')) === 'true');
  });

  it('says so where a .git file leads nowhere', async () => {
    await mkdir(at('astray'));
    await writeFile(at('astray/.git'), 'gitdir: ../nowhere\n');
    await expect(openEmbeddedStore({ cwd: at('astray'), env: box.env })).rejects.toThrow(/nowhere/);
    await writeFile(at('astray/.git'), 'nonsense\n');
    await expect(openEmbeddedStore({ cwd: at('astray'), env: box.env })).rejects.toThrow(/astray/);
  });
});

describe('a repository of another format', () => {
  it.each([
    ['1', 'objectFormat', 'sha256', /SHA-256.*--git native/],
    ['1', 'refStorage', 'reftable', /reftable.*--git native/],
    ['1', 'unheardOf', 'x', /unheardof.*--git native/],
    ['0', 'objectFormat', 'sha256', /--git native/],
    ['2', 'noop', '1', /version 2.*--git native/],
  ])('version %s with extensions.%s=%s is refused', async (version, extension, value, message) => {
    const dir = at(`format-${version}-${extension}`);
    await box.git(['init', '-q', dir]);
    const config = `[core]\n\trepositoryformatversion = ${version}\n[extensions]\n\t${extension} = ${value}\n`;
    await writeFile(join(dir, '.git/config'), config);
    await expect(openEmbeddedStore({ cwd: dir, env: box.env })).rejects.toThrow(message);
  });

  it.each([
    ['1', 'objectFormat', 'sha1'],
    ['1', 'worktreeConfig', 'true'],
    ['0', 'unheardOf', 'x'],
  ])('version %s with extensions.%s=%s is opened, as by git', async (version, extension, value) => {
    const dir = at(`fine-${version}-${extension}`);
    await box.git(['init', '-q', dir]);
    const config = `[core]\n\trepositoryformatversion = ${version}\n[extensions]\n\t${extension} = ${value}\n`;
    await writeFile(join(dir, '.git/config'), config);
    await box.git(['status'], { cwd: dir });
    await openEmbeddedStore({ cwd: dir, env: box.env });
  });
});

describe.runIf(process.geteuid?.() === 0)('a repository of another user', () => {
  it('is refused until safe.directory vouches for it', async () => {
    const dir = at('theirs');
    await box.git(['init', '-q', dir]);
    await chown(dir, 65534, 65534);
    const open = (env: Record<string, string>) =>
      openEmbeddedStore({ cwd: dir, env: { ...box.env, ...env } });
    const vouched = (value: string) => ({
      GIT_CONFIG_COUNT: '1',
      GIT_CONFIG_KEY_0: 'safe.directory',
      GIT_CONFIG_VALUE_0: value,
    });
    await box.git(['config', '--file', join(dir, '.git/config'), 'safe.directory', '*']);
    await expect(open({})).rejects.toThrow(/safe\.directory/);
    await expect(open(vouched('/elsewhere'))).rejects.toThrow(/safe\.directory/);
    await expect(open(vouched(''))).rejects.toThrow(/safe\.directory/);
    for (const value of ['*', dir, `${box.dir}/*`]) {
      expect((await open(vouched(value))).layout.workTree).toBe(dir);
    }
    expect((await open({ SUDO_UID: '65534' })).layout.workTree).toBe(dir);
    expect((await open({ GIT_DIR: join(dir, '.git') })).layout.gitDir).toBe(join(dir, '.git'));
  });
});
