import { lstat, realpath } from 'node:fs/promises';
import { join } from 'node:path';
import { Failure } from '../../failure.ts';
import type { Discovered } from '../discover.ts';
import { type Environment, loadGitConfig } from './configload.ts';

/**
 * Refuses a repository that was come upon and belongs to somebody else: its configuration names programs to run.
 * Source: git-config(1), `safe.directory`.
 *
 * @param user the numeric id of whoever runs this; `undefined` on systems without one, where nothing is checked
 */
export async function checkOwnership(
  found: Discovered,
  env: Environment,
  user: number | undefined,
): Promise<void> {
  if (user === undefined || found.named) {
    return;
  }
  const trusted = new Set([user]);
  if (user === 0 && /^\d{1,10}$/.test(env.SUDO_UID ?? '')) {
    trusted.add(Number(env.SUDO_UID));
  }
  const parts = found.folder === undefined ? [] : [found.folder, join(found.folder, '.git')];
  const owners = await Promise.all([...parts, found.gitDir].map(async (path) => (await lstat(path)).uid));
  const place = found.folder ?? found.gitDir;
  if (owners.every((owner) => trusted.has(owner)) || (await isSafe(place, env))) {
    return;
  }
  throw new Failure(
    `${place} belongs to another user: if you trust it, run git config --global --add safe.directory ${place}`,
  );
}

/** Asks the user's and the system's configuration alone: a repository cannot vouch for itself. */
async function isSafe(place: string, env: Environment): Promise<boolean> {
  const config = await loadGitConfig(env, undefined);
  const resolved = await realpath(place);
  let safe = false;
  for (const value of config.getAll('safe.directory')) {
    if (value === '') {
      safe = false;
    } else if (value === '*' || value === place || value === resolved) {
      safe = true;
    } else if (value.endsWith('/*') && join(resolved, '/').startsWith(value.slice(0, -1))) {
      safe = true;
    }
  }
  return safe;
}
