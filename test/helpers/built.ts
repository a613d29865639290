import { cp, mkdir, mkdtemp, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { run } from './sandbox.ts';

const ROOT = resolve(import.meta.dirname, '../..');

/** Builds the package once, as it would be installed, for tests that start it as a process. */
export async function setup(): Promise<() => Promise<void>> {
  const folder = await mkdtemp(join(tmpdir(), 'promptaudit-built-'));
  for (const name of ['bin', 'package.json', 'prompts.example']) {
    await cp(join(ROOT, name), join(folder, name), { recursive: true });
  }
  const wasm = join(ROOT, 'wasm/ed25519.wasm');
  const asc = join(ROOT, 'node_modules/assemblyscript/bin/asc.js');
  const compiled = await run(process.execPath, [asc, '--config', join(ROOT, 'wasm/asconfig.json')]);
  if (compiled.code !== 0) throw new Error(`the build failed\n${compiled.stderr.toString()}`);
  await cp(wasm, join(folder, 'wasm/ed25519.wasm'));
  await symlink(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
  const tsc = join(ROOT, 'node_modules/typescript/bin/tsc');
  const config = join(ROOT, 'tsconfig.build.json');
  // What the types say is another command's, and takes most of the time: the programs are the same.
  const quick = ['--noCheck', '--declaration', 'false'];
  const dist = join(folder, 'dist');
  for (const step of [
    [tsc, '-p', config, ...quick, '--outDir', dist],
    [join(ROOT, 'scripts/bundle.js'), dist],
  ]) {
    const { code, stdout, stderr } = await run(process.execPath, step);
    if (code !== 0) throw new Error(`the build failed\n${stdout.toString()}${stderr}`);
  }
  await mkdir(join(folder, 'keys'));
  process.env.PROMPTAUDIT_TEST_BIN = join(folder, 'bin', 'promptaudit.js');
  return () => rm(folder, { recursive: true, force: true });
}

/** The script to start with `node`. */
export function builtBin(): string {
  const bin = process.env.PROMPTAUDIT_TEST_BIN;
  if (bin === undefined) throw new Error('the package was not built: run the tests through vitest.config.ts');
  return bin;
}

/** A folder for keys that all files of tests share. */
export function keptKeys(): string {
  return join(dirname(builtBin()), '../keys');
}
