import { join } from 'node:path';
import { Failure } from '../../failure.ts';
import { type ConfigEntry, configFromEntries } from '../config.ts';
import { whyNowhere } from '../discover.ts';
import { refusePlanted } from '../planted.ts';
import { refuseLinkedFolders } from '../plantedlinks.ts';
import { recoverTransactions } from '../refjournal.ts';
import type { GitConfig, GitStore, RepositoryLayout } from '../store.ts';
import { NativeStore } from './nativestore.ts';
import { demandPlainFiles } from './plainfiles.ts';
import { type Environment, type GitPlace, type GitResult, reasonOf, runGit } from './process.ts';

type Release = readonly [major: number, minor: number];

const OLDEST: Release = [2, 34];

/** What a layout is made of, in one process; the work tree last, because git has none in a bare repository. */
const LAYOUT = [
  'rev-parse',
  '--path-format=absolute',
  '--absolute-git-dir',
  '--git-common-dir',
  '--show-object-format',
  '--is-bare-repository',
  '--is-shallow-repository',
  '--show-toplevel',
];

/**
 * Opens the repository that git itself finds from `cwd` and `env`, and finishes what a command of the embedded adapter left
 * half done there.
 * @throws Failure where there is none, where git refuses it (`safe.directory`), or is older than 2.34
 */
export async function openNativeStore(options: {
  readonly cwd: string;
  readonly env: Environment;
}): Promise<GitStore> {
  const place: GitPlace = { cwd: options.cwd, env: { ...options.env, LC_ALL: 'C', GIT_OPTIONAL_LOCKS: '0' } };
  await demandPlainFiles(options.cwd, options.env);
  const [layout, config] = await Promise.all([
    runGit(tracing(place), LAYOUT),
    runGit(place, ['config', '--list', '-z', '--includes']),
  ]);
  await checkRelease(layout, place);
  const found = await readLayout(layout, options);
  await refusePlanted(found.gitDir, options.cwd, options.env);
  if (config.code !== 0) throw new Failure(`git cannot read its configuration: ${reasonOf(config)}`);
  await refuseLinkedFolders(found.commonDir);
  await recoverTransactions(found.commonDir);
  return new NativeStore({
    layout: found,
    config: readConfig(config, options.env),
    place: { cwd: found.workTree ?? found.gitDir, env: environmentFor(found, options.env) },
    locale: options.env.LC_ALL,
  });
}

/** git's own trace on standard error begins with its version, which saves a process. Source: api-trace2, `"version"`. */
function tracing(place: GitPlace): GitPlace {
  return { ...place, env: { ...place.env, GIT_TRACE2_EVENT: '2' } };
}

async function checkRelease(traced: GitResult, place: GitPlace): Promise<void> {
  const told = /^\{"event":"version",.*"exe":"(\d+)\.(\d+)/m.exec(traced.stderr);
  const match =
    told ?? /^git version (\d+)\.(\d+)/.exec((await runGit(place, ['version'])).stdout.toString('latin1'));
  const release: Release = [Number(match?.[1] ?? 0), Number(match?.[2] ?? 0)];
  if (isAtLeast(release, OLDEST)) return;
  throw new Failure(`git ${release.join('.')} is too old: install git 2.34 or newer, or use --git embedded`);
}

function isAtLeast([major, minor]: Release, [wantedMajor, wantedMinor]: Release): boolean {
  return major > wantedMajor || (major === wantedMajor && minor >= wantedMinor);
}

async function readLayout(
  result: GitResult,
  { cwd, env }: { cwd: string; env: Environment },
): Promise<RepositoryLayout> {
  const [gitDir, commonDir, format, bare, shallow, workTree, ...more] = result.stdout
    .toString()
    .trimEnd()
    .split('\n');
  if (shallow === undefined || (result.code !== 0 && workTree !== undefined)) {
    throw new Failure(await whyNoRepository(reasonOf(result), cwd, env));
  }
  const answers = gitDir && commonDir && /^(?:true|false)$/.test(shallow) && more.length === 0;
  if (!answers) throw new Failure(`${cwd} is in a repository whose path has a line break in it: move it`);
  if (format !== 'sha1' && format !== 'sha256') throw new Failure(`${cwd} has the object format ${format}`);
  return {
    objectFormat: format,
    bare: bare === 'true',
    gitDir,
    commonDir,
    workTree,
    shallow: shallow === 'true',
  };
}

/** git's commonest reasons in words that say what to do, its own words for the others. */
async function whyNoRepository(reason: string, cwd: string, env: Environment): Promise<string> {
  const foreign = /^detected dubious ownership in repository at '(.+?)'; /.exec(reason)?.[1];
  if (foreign !== undefined) {
    return `${foreign} belongs to another user: if you trust it, run git config --global --add safe.directory ${foreign}`;
  }
  if (!/^not a git repository\b/.test(reason))
    return `${cwd} is not in a repository that git opens: ${reason}`;
  if (env.GIT_DIR) return `GIT_DIR names ${env.GIT_DIR}, which is not a git repository`;
  return whyNowhere(cwd);
}

/** `key`, line feed, value, NUL; a key that has no `=` comes without the line feed. Source: git-config(1), `--null`. */
function readConfig(result: GitResult, env: Environment): GitConfig {
  const entries = result.stdout
    .toString()
    .split('\0')
    .filter((item) => item !== '')
    .map((item): ConfigEntry => {
      const at = item.indexOf('\n');
      return at === -1 ? [item, undefined] : [item.slice(0, at), item.slice(at + 1)];
    });
  return configFromEntries(entries, env.HOME);
}

/**
 * The repository is named outright, so that no later process finds another one. Nothing is substituted for an object:
 * no `refs/replace`, and grafts are looked for where no file can be. Paths are never patterns.
 */
function environmentFor(layout: RepositoryLayout, env: Environment): Environment {
  return {
    ...env,
    LC_ALL: 'C',
    GIT_OPTIONAL_LOCKS: '0',
    GIT_DIR: layout.gitDir,
    GIT_WORK_TREE: layout.workTree,
    ...(env.GIT_COMMON_DIR === undefined ? {} : { GIT_COMMON_DIR: layout.commonDir }),
    GIT_NO_REPLACE_OBJECTS: '1',
    GIT_GRAFT_FILE: join(layout.gitDir, 'HEAD', 'none'),
    GIT_LITERAL_PATHSPECS: '1',
    GIT_GLOB_PATHSPECS: undefined,
    GIT_NOGLOB_PATHSPECS: undefined,
    GIT_ICASE_PATHSPECS: undefined,
  };
}
