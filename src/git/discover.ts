import { lstat, readFile, realpath } from 'node:fs/promises';
import { delimiter, dirname, isAbsolute, join, resolve } from 'node:path';
import { Failure } from '../failure.ts';
import { isAbsent, kindOf, NoPlainFile, readIfThere } from './files.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/** Where a repository's parts lie, before its configuration is read. All paths are absolute. */
export interface Discovered {
  readonly gitDir: string;
  readonly commonDir: string;
  /** The folder that holds `.git`; `undefined` for a bare repository, inside a `.git`, or when `GIT_DIR` names it. */
  readonly folder: string | undefined;
  /** True when the environment named it, which vouches for it. */
  readonly named: boolean;
}

/**
 * Finds the repository of a folder as git does. Source: git(1), `GIT_DIR`, `GIT_COMMON_DIR`, `GIT_CEILING_DIRECTORIES`;
 * gitrepository-layout(5), `gitdir`, `commondir`.
 *
 * @param env its `GIT_COMMON_DIR` and `GIT_OBJECT_DIRECTORY` are absolute, or not there
 * @throws Failure where there is none, or where a `.git` file leads nowhere; NoPlainFile, such as a pipe, in a file's place
 */
export async function discover(cwd: string, env: Environment): Promise<Discovered> {
  const named = env.GIT_DIR;
  if (named !== undefined && named !== '') {
    const path = resolve(cwd, named);
    const gitDir = (await kindOf(path)) === 'file' ? await followGitFile(path) : path;
    if (!(await isGitDir(gitDir, env))) {
      throw new Failure(`GIT_DIR names ${named}, which is not a git repository`);
    }
    return { gitDir, commonDir: await commonDirOf(gitDir, env), folder: undefined, named: true };
  }
  const start = await realFolder(cwd);
  const ceiling = await nearestCeiling(start, env);
  for (let folder = start; ; folder = dirname(folder)) {
    const found = await repositoryAt(folder, env);
    if (found !== undefined) {
      return found;
    }
    const parent = dirname(folder);
    if (parent === folder || parent === ceiling) {
      throw new Failure(await whyNowhere(cwd));
    }
  }
}

/** Why no repository was found around a folder. Told to run git init, an owner of a damaged one would write over it. */
export async function whyNowhere(cwd: string): Promise<string> {
  for (let folder = cwd; ; folder = dirname(folder)) {
    const inside = join(folder, '.git');
    if ((await kindOf(inside).catch(() => undefined)) === 'folder') {
      return `${inside} is there but git takes it for no repository: mend its HEAD, objects or refs, of which one is missing, damaged or unreadable`;
    }
    if (folder === dirname(folder)) {
      return `${cwd} is not in a git repository: run git init, or name one with -C`;
    }
  }
}

async function realFolder(cwd: string): Promise<string> {
  try {
    return await realpath(cwd);
  } catch (error) {
    if (isAbsent(error)) {
      throw new Failure(`there is no folder ${cwd}`);
    }
    throw error;
  }
}

async function repositoryAt(folder: string, env: Environment): Promise<Discovered | undefined> {
  const inside = join(folder, '.git');
  const kind = await kindOf(inside);
  if (kind === 'file') {
    const gitDir = await followGitFile(inside);
    if (!(await isGitDir(gitDir, env))) {
      throw new Failure(`${inside} leads to ${gitDir}, which is not a git repository: mend or remove it`);
    }
    return { gitDir, commonDir: await commonDirOf(gitDir, env), folder, named: false };
  }
  for (const [gitDir, holder] of [
    [inside, folder],
    [folder, undefined],
  ] as const) {
    if ((holder === undefined || kind === 'folder') && (await isGitDir(gitDir, env))) {
      return { gitDir, commonDir: await commonDirOf(gitDir, env), folder: holder, named: false };
    }
  }
  return undefined;
}

/** A worktree's or submodule's `.git` file: `gitdir: <path>`, relative to the folder that it lies in. */
async function followGitFile(file: string): Promise<string> {
  const text = await readFile(file, 'utf8');
  const target = /^gitdir: ([^\0]+?)[\r\n]*$/.exec(text)?.[1];
  if (target === undefined) {
    throw new Failure(`${file} is not what git writes there ("gitdir: <path>"): mend or remove it`);
  }
  const path = resolve(dirname(file), target);
  return realpath(path).catch(() => path);
}

/** git's own test (`is_git_directory`): a valid HEAD, and folders for objects and refs. */
async function isGitDir(path: string, env: Environment): Promise<boolean> {
  if (!(await hasHead(path))) {
    return false;
  }
  const commonDir = await commonDirOf(path, env);
  const objects = env.GIT_OBJECT_DIRECTORY || join(commonDir, 'objects');
  return (await kindOf(objects)) === 'folder' && (await kindOf(join(commonDir, 'refs'))) === 'folder';
}

async function hasHead(gitDir: string): Promise<boolean> {
  const path = join(gitDir, 'HEAD');
  try {
    if ((await lstat(path)).isSymbolicLink()) {
      return true;
    }
    const text = (await readIfThere(path))?.toString() ?? '';
    return /^(?:ref:\s*refs\/|(?:[0-9a-f]{40}|[0-9a-f]{64})\b)/.test(text);
  } catch (error) {
    if (error instanceof NoPlainFile && !error.isFolder) {
      throw error;
    }
    return false;
  }
}

async function commonDirOf(gitDir: string, env: Environment): Promise<string> {
  if (env.GIT_COMMON_DIR) {
    return env.GIT_COMMON_DIR;
  }
  const text = await readIfThere(join(gitDir, 'commondir'));
  if (text === undefined) {
    return gitDir;
  }
  const path = resolve(gitDir, text.toString('utf8').replace(/[\r\n]+$/, ''));
  return realpath(path).catch(() => path);
}

/** The longest ceiling that is a proper parent of `start`: the search does not look into it. */
async function nearestCeiling(start: string, env: Environment): Promise<string | undefined> {
  let nearest: string | undefined;
  let follow = true;
  for (const entry of (env.GIT_CEILING_DIRECTORIES ?? '').split(delimiter)) {
    if (entry === '') {
      follow = false;
      continue;
    }
    const ceiling = follow ? await realpath(entry).catch(() => entry) : resolve(entry);
    const isParent = isAbsolute(entry) && start !== ceiling && start.startsWith(join(ceiling, '/'));
    if (isParent && ceiling.length > (nearest?.length ?? 0)) {
      nearest = ceiling;
    }
  }
  return nearest;
}
