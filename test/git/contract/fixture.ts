import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { NewObject, Oid } from '../../../src/git/object.ts';
import type { GitStore, ReadResult } from '../../../src/git/store.ts';
import { type Sandbox, sandbox } from '../../helpers/sandbox.ts';

interface Capabilities {
  /** Opens SHA-256 repositories; otherwise it must refuse them. */
  readonly sha256: boolean;
  /** Opens repositories whose refs are a reftable; otherwise it must refuse them. */
  readonly reftable: boolean;
  /** Runs clean and smudge filters; otherwise a file that one applies to is `unreadable`. */
  readonly filters: boolean;
}

export interface ContractOptions {
  readonly name: string;
  open(cwd: string, env: Readonly<Record<string, string>>): Promise<GitStore>;
  readonly capabilities: Capabilities;
}

/** A repository made by stock git, and the store under test on it. */
export interface Fixture {
  readonly box: Sandbox;
  readonly dir: string;
  git(...args: string[]): Promise<string>;
  /** `git` with something on its standard input. */
  feed(input: string | Uint8Array, ...args: string[]): Promise<string>;
  /** Writes `files` below the repository, adds all of them and commits; answers the commit's id. */
  commit(message: string, files: Readonly<Record<string, string>>): Promise<Oid>;
  open(cwd?: string, env?: Readonly<Record<string, string>>): Promise<GitStore>;
}

export async function fixture(options: ContractOptions, init: readonly string[] = []): Promise<Fixture> {
  const box = await sandbox();
  const dir = join(box.dir, 'repo');
  await box.git(['init', '-q', '-b', 'main', ...init, dir]);
  return inFolder(options, box, dir);
}

/** The same for a folder that holds a repository already. */
export async function inFolder(options: ContractOptions, box: Sandbox, dir: string): Promise<Fixture> {
  const { mkdir, writeFile } = await import('node:fs/promises');
  const git = async (...args: string[]): Promise<string> =>
    (await box.git(args, { cwd: dir, env: WHO })).trim();
  return {
    box,
    dir,
    git,
    feed: async (input, ...args) => (await box.git(args, { cwd: dir, env: WHO, input })).trim(),
    commit: async (message, files) => {
      for (const [path, text] of Object.entries(files)) {
        await mkdir(join(dir, path, '..'), { recursive: true });
        await writeFile(join(dir, path), text);
      }
      return (await box.ok('sh', ['-c', COMMIT, 'sh', message], { cwd: dir, env: WHO })).trim() as Oid;
    },
    open: async (cwd = dir, env = {}) => {
      const store = await options.open(cwd, { ...box.env, ...WHO, ...env });
      onTestFinished(() => store.close());
      return store;
    },
  };
}

/** In one shell: what starts a process from here has to copy the tables of all memory first. */
const COMMIT =
  'git add -A && git -c maintenance.auto=false commit -q --allow-empty -m "$1" && git rev-parse HEAD';

const WHO = {
  GIT_AUTHOR_NAME: 'Alice Ng',
  GIT_AUTHOR_EMAIL: 'alice@acme.example',
  GIT_AUTHOR_DATE: '1700000000 +0000',
  GIT_COMMITTER_NAME: 'Alice Ng',
  GIT_COMMITTER_EMAIL: 'alice@acme.example',
  GIT_COMMITTER_DATE: '1700000000 +0000',
};

export async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}

/** One word an answer, for comparing whole lists: `present <oid>`, `missing <oid>` or `corrupt <oid>`. */
export function states(results: readonly ReadResult[]): string[] {
  return results.map((result) =>
    result.state === 'present' ? `present ${result.object.oid}` : `${result.state} ${result.oid}`,
  );
}

export function blob(text: string): NewObject {
  return { kind: 'blob', bytes: Buffer.from(text) };
}

/** A SHA-1 object id reckoned here from git's documented format, apart from the code under test. */
export function sha1(kind: string, bytes: Uint8Array): Oid {
  return createHash('sha1').update(`${kind} ${bytes.length}\0`).update(bytes).digest('hex') as Oid;
}
