import { readFile, realpath } from 'node:fs/promises';
import { dirname, isAbsolute } from 'node:path';
import { expandHome } from '../config.ts';
import { wildmatch } from './wildmatch.ts';

/** What the condition of an `includeIf` may ask about. */
export interface IncludeScope {
  /** `undefined` outside any repository. */
  readonly gitDir: string | undefined;
  readonly home: string | undefined;
  remoteUrls(): Promise<readonly string[]>;
}

/**
 * Whether `includeIf "<condition>"` applies. A condition that is not known never does, as for git.
 * Source: git-config(1), "Conditional includes".
 *
 * @param file where the condition stands; `undefined` for the environment
 */
export async function includeApplies(
  condition: string,
  file: string | undefined,
  scope: IncludeScope,
): Promise<boolean> {
  const [, kind, pattern] =
    /^(gitdir\/i|gitdir|onbranch|hasconfig:remote\.\*\.url):(.*)$/s.exec(condition) ?? [];
  if (kind === undefined || pattern === undefined) {
    return false;
  }
  if (kind === 'onbranch') {
    const branch = await currentBranch(scope.gitDir);
    return branch !== undefined && wildmatch(withinFolder(pattern), false)(branch);
  }
  if (kind.startsWith('hasconfig')) {
    const matches = wildmatch(pattern, false);
    return (await scope.remoteUrls()).some(matches);
  }
  return gitDirMatches(pattern, kind === 'gitdir/i', file, scope);
}

function withinFolder(pattern: string): string {
  return pattern.endsWith('/') ? `${pattern}**` : pattern;
}

async function gitDirMatches(
  pattern: string,
  ignoreCase: boolean,
  file: string | undefined,
  scope: IncludeScope,
): Promise<boolean> {
  if (scope.gitDir === undefined) {
    return false;
  }
  let full = expandHome(pattern, scope.home);
  if (full.startsWith('./')) {
    if (file === undefined) {
      return false;
    }
    full = literal(dirname(await realpath(file))) + full.slice(1);
  } else if (!isAbsolute(full)) {
    full = `**/${full}`;
  }
  const matches = wildmatch(withinFolder(full), ignoreCase);
  return matches(await realpath(scope.gitDir)) || matches(scope.gitDir);
}

/** A folder's own name must not be read as a pattern. */
function literal(path: string): string {
  return path.replace(/[\\*?[]/g, '\\$&');
}

async function currentBranch(gitDir: string | undefined): Promise<string | undefined> {
  if (gitDir === undefined) {
    return undefined;
  }
  const head = await readFile(`${gitDir}/HEAD`, 'utf8').catch(() => '');
  return /^ref:\s*refs\/heads\/(.*\S)\s*$/.exec(head)?.[1];
}
