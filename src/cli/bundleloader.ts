import { createHash } from 'node:crypto';
import {
  accessSync,
  constants,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { basename, dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { cachedDataVersionTag } from 'node:v8';
import { Script } from 'node:vm';

/** One file of the bundle as it was loaded. */
interface Chunk {
  readonly script: Script;
  /** The file's bytes. */
  readonly code: Buffer;
  /** Where its code cache is, or is to be. */
  readonly place: string;
  /** Bytes of the code cache that V8 took for it; 0 where there was none. */
  readonly taken: number;
}

/** Bytes of the SHA-256 digest in front of a code cache. V8 believes what it is given, and of the source it compares the length. */
const DIGEST = 32;

/**
 * Has the files of the bundle loaded with what V8 made of them before, in the folder `compiled` beside them: compiling is a
 * fifth of a short command's time. What node's own `module.enableCompileCache` does from version 22.1 on, but it keeps the
 * functions that the first command happened to call; here they are added to whenever a command loads a file for the first time.
 *
 * The cache is code. So it is kept with the code, is as safe as that is, and goes with it when another version is installed;
 * where that folder is not ours to write to there is none.
 * @param place the bundle's folder, without links
 * @param wanted whether there is to be a cache
 */
export function loadBundleFrom(place: URL, { cache: wanted }: { readonly cache: boolean }): void {
  const bundle = resolve(fileURLToPath(place));
  const cache = wanted && isAsSafe(bundle);
  const loaded: Chunk[] = [];
  const { extensions } = createRequire(place);
  const ordinary = extensions['.js'];
  extensions['.cjs'] = (module, path) => {
    if (dirname(path) !== bundle) return ordinary(module, path);
    const chunk = compile(path, cache);
    loaded.push(chunk);
    const { exports } = module;
    chunk.script
      .runInThisContext()
      .call(exports, exports, createRequire(path), module, path, bundle, importPackage);
  };
  if (!cache) return;
  process.once('exit', () => {
    if (loaded.some(({ taken }) => taken === 0)) keep(loaded, bundle);
  });
}

/** What scripts/bundle.js puts in the place of `import()`, for which node 20 finds no module in a script from a code cache. */
const importPackage = (name: string): Promise<unknown> => import(name);

/** What a module of node's is called with, and what scripts/bundle.js needs besides. */
const PARAMETERS = 'exports, require, module, __filename, __dirname, importPackage';

function compile(path: string, cache: boolean): Chunk {
  const code = readFileSync(path);
  // The tag goes by V8's version and by its flags, some of which are set when a command turns out to be a long one.
  const place = join(dirname(path), 'compiled', `${basename(path)}.${cachedDataVersionTag().toString(16)}`);
  const cachedData = cache ? readKept(place, code) : undefined;
  const source = `(function (${PARAMETERS}) { ${code.toString()}\n})`;
  const script = new Script(source, { filename: path, ...(cachedData && { cachedData }) });
  return { script, code, place, taken: cachedData && !script.cachedDataRejected ? cachedData.length : 0 };
}

function digestOf(data: Buffer, code: Buffer): Buffer {
  return createHash('sha256').update(data).update(PARAMETERS).update(code).digest();
}

function readKept(place: string, code: Buffer): Buffer | undefined {
  try {
    const bytes = readFileSync(place);
    const data = bytes.subarray(DIGEST);
    return digestOf(data, code).equals(bytes.subarray(0, DIGEST)) ? data : undefined;
  } catch {
    return undefined;
  }
}

/** Nobody may write into the cache who may not write to the code. */
function isAsSafe(bundle: string): boolean {
  try {
    return (statSync(join(bundle, 'compiled')).mode & ~statSync(bundle).mode & 0o022) === 0;
  } catch {
    return true;
  }
}

/** A cache that can't be kept is done without. */
function keep(chunks: readonly Chunk[], bundle: string): void {
  try {
    accessSync(bundle, constants.W_OK);
    mkdirSync(join(bundle, 'compiled'), { recursive: true, mode: 0o755 });
    accessSync(join(bundle, 'compiled'), constants.W_OK | constants.X_OK);
  } catch {
    return;
  }
  for (const { script, code, place, taken } of chunks) {
    const data = script.createCachedData();
    // V8 forgets in time what it compiled: a long command would take from what a short one had left.
    if (data.length <= taken) continue;
    const made = `${place}.${process.pid}`;
    try {
      writeFileSync(made, Buffer.concat([digestOf(data, code), data]), { mode: 0o644 });
      renameSync(made, place);
    } catch {
      remove(made);
      return;
    }
  }
}

function remove(path: string): void {
  try {
    rmSync(path, { force: true });
  } catch {
    // The command has its answer, whatever becomes of the cache.
  }
}
