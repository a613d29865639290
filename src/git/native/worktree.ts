import { lstatSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { Failure } from '../../failure.ts';
import { hashObject } from '../object.ts';
import type {
  FileMode,
  GitConfig,
  GitStore,
  RepositoryLayout,
  StagedFile,
  WorkFile,
  WorkTree,
} from '../store.ts';
import {
  INDEX_PATIENCE_MS,
  inspectFile,
  isWorkPath,
  operationUnderWay,
  removeFileDurably,
  writeFileDurably,
} from '../worktree.ts';
import { type Conversion, conversionsOf } from './attributes.ts';
import { type GitPlace, reasonOf, runGit } from './process.ts';

/** git itself does not wait for the index; what its owner does with it takes milliseconds. */
const RETRY_MS = 20;
/** Says in git's words, which are not translated here, that somebody holds the index, and by which file. */
const HELD = /^fatal: Unable to create '(.+\.lock)': File exists/m;

interface NativeWorkTreeOptions {
  readonly root: string;
  readonly layout: RepositoryLayout;
  readonly config: GitConfig;
  readonly place: GitPlace;
  /** The user's `LC_ALL`, under which their filters run. */
  readonly locale: string | undefined;
  readonly objects: Pick<GitStore, 'read' | 'write'>;
}

export class NativeWorkTree implements WorkTree {
  readonly root: string;
  readonly #options: NativeWorkTreeOptions;
  readonly #filterPlace: GitPlace;

  constructor(options: NativeWorkTreeOptions) {
    this.root = options.root;
    this.#options = options;
    const { cwd, env } = options.place;
    this.#filterPlace = { cwd, env: { ...env, LC_ALL: options.locale } };
  }

  operationUnderWay(): Promise<string | undefined> {
    return operationUnderWay(this.#options.layout.gitDir);
  }

  async listFiles(folder: string): Promise<readonly string[]> {
    if (folder !== '' && !isWorkPath(folder)) return [];
    const args = ['ls-files', '-z', '--cached', '--others', '--exclude-standard', '--'];
    const result = await runGit(this.#options.place, folder === '' ? args : [...args, folder]);
    if (result.code !== 0) throw new Failure(`git cannot list the files in ${folder}: ${reasonOf(result)}`);
    const below = folder === '' ? '' : `${folder}/`;
    const paths = new Set(result.stdout.toString().split('\0'));
    return [...paths].filter((path) => path.startsWith(below) && this.#isFile(path)).sort();
  }

  /** git lists files that are deleted, submodules, and other repositories as folders. */
  #isFile(path: string): boolean {
    // Of thousands: to take each path apart and join it again takes longer than to look.
    const stats = lstatSync(`${this.root}/${path}`, { throwIfNoEntry: false });
    return stats !== undefined && !stats.isDirectory();
  }

  async readStored(paths: readonly string[], maxBytes: number): Promise<readonly WorkFile[]> {
    const found = paths.map((path) => inspectFile(this.root, path, maxBytes));
    const present = found.filter((file) => file.state === 'present');
    const conversions = await this.#conversions(present.map(({ path }) => path));
    const changing = present.filter((file, index) => changesOnCheckIn(file.bytes, conversions[index]));
    const stored = await this.#checkIn(
      changing.map(({ path }) => path),
      maxBytes,
    );
    return found.map((file) => stored.get(file.path) ?? this.#withKnownMode(file));
  }

  #conversions(paths: readonly string[]): Promise<readonly Conversion[]> {
    return conversionsOf(this.#options.place, this.#options.config, paths);
  }

  async #checkIn(paths: readonly string[], maxBytes: number): Promise<ReadonlyMap<string, WorkFile>> {
    if (paths.length === 0) return new Map();
    const { checkIn } = await import('./checkin.ts');
    const { layout, objects } = this.#options;
    return checkIn(this.#filterPlace, layout, objects.read.bind(objects), paths, maxBytes);
  }

  /** Where the file system knows no executable bit, git goes by the index; a prompt has none. */
  #withKnownMode(file: WorkFile): WorkFile {
    const trusted = this.#options.config.getBool('core.fileMode') ?? true;
    return file.state === 'present' && !trusted ? { ...file, mode: '100644' } : file;
  }

  async staged(folder: string): Promise<readonly StagedFile[]> {
    if (folder !== '' && !isWorkPath(folder)) return [];
    const { stagedFiles } = await import('./staged.ts');
    return stagedFiles(this.#options.place, folder);
  }

  async stage(
    path: string,
    entry: { readonly oid: string; readonly mode: FileMode } | undefined,
  ): Promise<void> {
    if (!isWorkPath(path)) throw new Failure(`${JSON.stringify(path)} is not a path of the working tree`);
    const zero = '0'.repeat(this.#options.layout.objectFormat === 'sha1' ? 40 : 64);
    const line = entry === undefined ? `0 ${zero}\t${path}\0` : `${entry.mode} ${entry.oid}\t${path}\0`;
    for (let waited = 0; ; waited += RETRY_MS) {
      const result = await runGit(this.#options.place, ['update-index', '-z', '--index-info'], line);
      if (result.code === 0) return;
      const lock = HELD.exec(result.stderr)?.[1];
      if (lock === undefined)
        throw new Failure(`${path} could not be put into git's index: ${reasonOf(result)}`);
      if (waited >= INDEX_PATIENCE_MS)
        throw new Failure(`another git process holds the index: if there is none, remove ${lock}`);
      await delay(RETRY_MS);
    }
  }

  async writeFile(path: string, bytes: Uint8Array): Promise<void> {
    if (!isWorkPath(path)) throw new Failure(`${JSON.stringify(path)} is not a path of the working tree`);
    const [conversion] = await this.#conversions([path]);
    const changes = conversion?.content || (conversion?.lineEnds && bytes.includes(0x0a));
    await writeFileDurably(this.root, path, changes ? await this.#checkOut(path, bytes) : bytes);
  }

  removeFile(path: string): Promise<void> {
    return removeFileDurably(this.root, path);
  }

  /** git filters what is in its store, under the name of the file that it goes to. */
  async #checkOut(path: string, bytes: Uint8Array): Promise<Uint8Array> {
    const { layout, objects } = this.#options;
    const blob = { kind: 'blob', bytes } as const;
    await objects.write([blob]);
    const oid = hashObject(layout.objectFormat, blob);
    const result = await runGit(this.#filterPlace, ['cat-file', '--filters', `--path=${path}`, oid]);
    if (result.code !== 0) throw new Failure(`${path} could not be filtered: ${reasonOf(result)}`);
    return result.stdout;
  }
}

/** Line ends change on their way in only where there is a carriage return. */
function changesOnCheckIn(bytes: Uint8Array, conversion: Conversion | undefined): boolean {
  return conversion?.content === true || (conversion?.lineEnds === true && bytes.includes(0x0d));
}
