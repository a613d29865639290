import { realpath } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { Failure } from '../../failure.ts';
import { configFromEntries } from '../config.ts';
import type { Discovered } from '../discover.ts';
import { kindOf, readIfThere } from '../files.ts';
import type { GitConfig, RepositoryLayout } from '../store.ts';
import { parseConfigFile } from './configfile.ts';
import type { Environment } from './configload.ts';

/** Extensions that change nothing for what this adapter reads and writes. Source: git-config(1), `extensions.*`. */
const HARMLESS = new Set([
  'noop',
  'noop-v1',
  'partialclone',
  'preciousobjects',
  'relativeworktrees',
  'worktreeconfig',
]);

/** Extensions whose one value is what a repository without them has. */
const ONLY_VALUE: Readonly<Record<string, string>> = { objectformat: 'sha1', refstorage: 'files' };

/**
 * Reads the repository's own settings and settles what is its working tree.
 *
 * @throws Failure for a repository format that this adapter does not know
 */
export async function readLayout(
  found: Discovered,
  cwd: string,
  env: Environment,
): Promise<RepositoryLayout> {
  const { gitDir, commonDir } = found;
  const own = await readConfig(join(commonDir, 'config'));
  checkFormat(own.config, own.extensions, commonDir);
  const { workTree, bare } = await findWorkTree(found, cwd, env, await worktreeSettings(found, own.config));
  const shallow = (await kindOf(join(commonDir, 'shallow'))) === 'file';
  return { objectFormat: 'sha1', bare, gitDir, commonDir, workTree, shallow };
}

interface OwnConfig {
  readonly config: GitConfig;
  /** Names of `extensions.*`, lower case. */
  readonly extensions: readonly string[];
}

/** One file alone: what a repository's format is, no include may change. */
async function readConfig(file: string): Promise<OwnConfig> {
  const text = (await readIfThere(file))?.toString('utf8') ?? '';
  const entries = parseConfigFile(text, file).lines.map((line) => [line.key, line.value] as const);
  const extensions = entries.filter(([key]) => key.startsWith('extensions.')).map(([key]) => key.slice(11));
  return { config: configFromEntries(entries, undefined), extensions };
}

function checkFormat(config: GitConfig, extensions: readonly string[], commonDir: string): void {
  const version = config.get('core.repositoryFormatVersion') ?? '0';
  if (version !== '0' && version !== '1') {
    throw unsupported(commonDir, `format version ${version}`);
  }
  for (const name of extensions) {
    const value = config.get(`extensions.${name}`) ?? '';
    const only = ONLY_VALUE[name];
    if (only === undefined ? version === '1' && !HARMLESS.has(name) : value.toLowerCase() !== only) {
      const what = value.toLowerCase() === 'sha256' ? 'SHA-256 objects' : `extensions.${name} = ${value}`;
      throw unsupported(commonDir, what);
    }
    if (version === '0' && only !== undefined) {
      throw unsupported(commonDir, `extensions.${name} under format version 0`);
    }
  }
}

function unsupported(commonDir: string, what: string): Failure {
  return new Failure(
    `${commonDir} is a repository with ${what}, which only git itself reads: install git 2.34 or newer and use --git native`,
  );
}

/** Where `core.bare` and `core.worktree` count: not in the shared file, for a linked worktree. */
async function worktreeSettings(found: Discovered, own: GitConfig): Promise<readonly GitConfig[]> {
  const perWorktree = own.getBool('extensions.worktreeConfig') === true;
  const linked = found.gitDir !== found.commonDir;
  return [
    ...(perWorktree ? [(await readConfig(join(found.gitDir, 'config.worktree'))).config] : []),
    ...(linked ? [] : [own]),
  ];
}

/** Source: git-config(1), `core.worktree`, `core.bare`; git(1), `GIT_WORK_TREE`. */
async function findWorkTree(
  found: Discovered,
  cwd: string,
  env: Environment,
  settings: readonly GitConfig[],
): Promise<Pick<RepositoryLayout, 'workTree' | 'bare'>> {
  const first = <T>(of: (config: GitConfig) => T | undefined): T | undefined =>
    settings.map(of).find((value) => value !== undefined);
  const asked = env.GIT_WORK_TREE;
  if (asked) {
    return { workTree: await real(resolve(cwd, asked)), bare: false };
  }
  const bare = first((config) => config.getBool('core.bare'));
  if (bare === true) {
    return { workTree: undefined, bare };
  }
  const configured = first((config) => config.get('core.worktree'));
  if (configured !== undefined) {
    return { workTree: await real(resolve(found.gitDir, configured)), bare: false };
  }
  if (found.named) {
    return { workTree: await real(cwd), bare: false };
  }
  return { workTree: found.folder, bare: found.folder === undefined && bare === undefined };
}

function real(path: string): Promise<string> {
  return realpath(path).catch(() => path);
}
