import { cp, mkdtemp, readFile, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { builtBin } from './helpers/built.ts';
import { run } from './helpers/sandbox.ts';

const built = dirname(dirname(builtBin()));

it('says what it did not expect, and that it could not tell', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'promptaudit-start-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  await cp(join(built, 'bin'), join(folder, 'bin'), { recursive: true });
  await cp(join(built, 'dist/bundle'), join(folder, 'dist/bundle'), { recursive: true });
  await symlink(join(built, 'node_modules'), join(folder, 'node_modules'));
  const { code, stderr } = await run(process.execPath, [join(folder, 'bin/promptaudit.js'), 'log']);
  expect([code, stderr]).toEqual([
    2,
    expect.stringMatching(/^promptaudit: unexpected error: .*package\.json'\n$/),
  ]);
});

it('passes on the licences of what is in the bundle', async () => {
  const texts = await readFile(join(built, 'dist/bundle/LICENSES.txt'), 'utf8');
  for (const name of ['commander', 'valibot', 'yaml']) expect(texts).toMatch(new RegExp(`^${name} \\d`, 'm'));
});
