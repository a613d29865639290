import { createHash } from 'node:crypto';
import { cp, mkdir, readdir, readFile, rename, rm, stat, symlink } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { run } from './processes.js';

const ROOT = resolve(import.meta.dirname, '../..');

/** The package built from the sources as they are, in a folder of its own. */
export class Library {
  /** @param {string} folder */
  constructor(folder) {
    this.folder = folder;
  }

  /** The script to start with `node`. */
  get bin() {
    return join(this.folder, 'bin', 'promptaudit.js');
  }

  /** The same, module by module: profiles tell whose a function is. */
  get main() {
    return join(this.folder, 'dist', 'main.js');
  }

  /** A compiled module, e.g. `git/commit.js`. @param {string} path */
  load(path) {
    return import(pathToFileURL(join(this.folder, 'dist', path)).href);
  }
}

/**
 * Builds into `cache` unless the same sources were built there before.
 * @param {string} cache
 */
export async function buildLibrary(cache) {
  const hash = createHash('sha256');
  hash.update(await readFile(join(ROOT, 'scripts/bundle.js')));
  for (const path of [...(await sourcesIn('src')), ...(await sourcesIn('wasm'))])
    hash.update(path).update(await readFile(join(ROOT, path)));
  const folder = join(cache, `build-${hash.digest('hex').slice(0, 16)}`);
  if (await stat(folder).catch(() => undefined)) return new Library(folder);
  const making = `${folder}.${process.pid}`;
  await mkdir(making, { recursive: true });
  for (const name of ['bin', 'package.json', 'prompts.example'])
    await cp(join(ROOT, name), join(making, name), { recursive: true });
  await symlink(join(ROOT, 'node_modules'), join(making, 'node_modules'));
  await run(process.execPath, [
    join(ROOT, 'node_modules/assemblyscript/bin/asc.js'),
    '--config',
    join(ROOT, 'wasm/asconfig.json'),
    '--outFile',
    join(making, 'wasm/ed25519.wasm'),
  ]);
  await run(process.execPath, [
    join(ROOT, 'node_modules/typescript/bin/tsc'),
    '-p',
    join(ROOT, 'tsconfig.build.json'),
    '--outDir',
    join(making, 'dist'),
  ]);
  await run(process.execPath, [join(ROOT, 'scripts/bundle.js'), join(making, 'dist')]);
  await rename(making, folder).catch(() => rm(making, { recursive: true, force: true }));
  return new Library(folder);
}

/** Paths of the sources in a folder of the package, sorted. @param {string} folder */
async function sourcesIn(folder) {
  const paths = await readdir(join(ROOT, folder), { recursive: true });
  return paths
    .filter((path) => path.endsWith('.ts'))
    .map((path) => join(folder, path))
    .sort();
}
