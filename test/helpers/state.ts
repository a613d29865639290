import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Team } from './team.ts';

/** What of a repository a command changes, part by part. */
export interface State {
  /** Every ref and where it points, and HEAD. */
  readonly refs: string;
  /** What the next plain `git commit` would hold. */
  readonly index: string;
  /** The files of the working tree, tracked or not, by name and digest. */
  readonly files: string;
}

/** A file that was being written when its writer was killed: it stands beside the one that it would have become. */
export const HALF_WRITTEN = /\.promptaudit-\d+\.tmp$/;

export async function stateOf(team: Team): Promise<State> {
  const [refs, head, index, listed] = await Promise.all([
    team.git('for-each-ref', '--format=%(refname) %(objectname)'),
    readFile(join(team.repo, '.git/HEAD'), 'utf8'),
    team.git('ls-files', '--stage'),
    readdir(team.repo, { recursive: true, withFileTypes: true }),
  ]);
  const names = listed
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(team.repo.length + 1))
    .filter((name) => !name.startsWith('.git/') && !HALF_WRITTEN.test(name))
    .sort();
  const files = names.map(async (name) => {
    const bytes = await readFile(join(team.repo, name));
    return `${name} ${createHash('sha256').update(bytes).digest('hex')}`;
  });
  return { refs: `${refs}\nHEAD ${head}`, index, files: (await Promise.all(files)).join('\n') };
}

/** Locks and unfinished transactions in a repository. */
export async function leftLying(repo: string): Promise<readonly string[]> {
  const names = await readdir(join(repo, '.git'), { recursive: true });
  return names.filter((name) => /\.lock$|^promptaudit\/transactions\/./.test(name));
}
