import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { refusePlanted } from '../../src/git/planted.ts';
import { createSandbox, type Sandbox } from '../helpers/sandbox.ts';

let sandbox: Sandbox;
let top: string;

/** A repository with a bare one among its files, one that a `.git` file beside it names, and a submodule's. */
beforeAll(async () => {
  sandbox = await createSandbox();
  top = join(sandbox.dir, 'top');
  await sandbox.git(['init', '-q', top]);
  for (const bare of ['planted', 'project/.bare', '.git/modules/sub'])
    await sandbox.git(['init', '-q', '--bare', join(top, bare)]);
  await sandbox.git(['init', '-q', '--bare', join(sandbox.dir, 'alone.git')]);
  await mkdir(join(sandbox.dir, 'apart/.git'), { recursive: true });
  await sandbox.git(['init', '-q', '--bare', join(sandbox.dir, 'apart/.bare')]);
  await writeFile(join(top, 'project/.git'), 'gitdir: ./.bare\n');
});
afterAll(() => sandbox.remove());

const refused = (gitDir: string, cwd: string, env = {}) =>
  refusePlanted(join(sandbox.dir, gitDir), join(sandbox.dir, cwd), env).then(
    () => undefined,
    (error: Error) => error.message,
  );

test('a bare repository among the files of another is refused, from wherever in it', async () => {
  const says = expect.stringContaining(
    `${join(top, 'planted')} is a bare repository in the working tree of ${top},`,
  );
  expect(await refused('top/planted', 'top/planted')).toEqual(says);
  expect(await refused('top/planted', 'top/planted/refs/heads')).toEqual(says);
});

test.each([
  ['one that the environment names', 'top/planted', 'top/planted', { GIT_DIR: '.' }],
  ["a repository's own folder", 'top/.git', 'top/.git/refs', {}],
  ["a submodule's", 'top/.git/modules/sub', 'top/.git/modules/sub', {}],
  ['one that was reached from elsewhere', 'top/planted', 'top', {}],
  ['one that is in no other', 'alone.git', 'alone.git', {}],
  ['one beside a .git that is none', 'apart/.bare', 'apart/.bare', {}],
])('%s is not', async (_, gitDir, cwd, env) => {
  expect(await refused(gitDir, cwd, env)).toBeUndefined();
});

test('one that a .git file beside it names is not, where that is all there is', async () => {
  await sandbox.git(['init', '-q', '--bare', join(sandbox.dir, 'project/.bare')]);
  await writeFile(join(sandbox.dir, 'project/.git'), 'gitdir: ./.bare\n');
  expect(await refused('project/.bare', 'project/.bare')).toBeUndefined();
  expect(await refused('top/project/.bare', 'top/project/.bare')).toContain(`in the working tree of ${top},`);
});
