import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { discover } from '../discover.ts';
import { NoPlainFile } from '../files.ts';
import type { Environment } from './process.ts';

/** What git opens of a git directory, and of the one that all worktrees share. Source: gitrepository-layout(5). */
const OWN = ['config.worktree', 'index'];
const SHARED = ['config', 'packed-refs', 'shallow', 'objects/info/alternates', 'objects/info/commit-graph'];
const FOLDERS = ['objects/pack', 'objects/info/commit-graphs'];

/**
 * git waits for ever where a pipe stands in the place of a file that it opens, so those are looked at before it is started. Not
 * among them are loose objects, of which there are too many.
 * @throws NoPlainFile
 */
export async function demandPlainFiles(cwd: string, env: Environment): Promise<void> {
  const place = await discover(cwd, env).catch((error: unknown) => {
    if (error instanceof NoPlainFile) throw error;
    return undefined;
  });
  // Where there is no repository, git is to say why.
  if (place === undefined) return;
  for (const name of OWN) demandPlain(join(place.gitDir, name));
  for (const name of SHARED) demandPlain(join(place.commonDir, name));
  for (const folder of FOLDERS) demandNoPipes(join(place.commonDir, folder));
}

function demandPlain(path: string): void {
  const stats = found(() => statSync(path));
  if (stats !== undefined && !stats.isFile()) throw new NoPlainFile(path, stats);
}

function demandNoPipes(folder: string): void {
  const odd = found(() => readdirSync(folder, { withFileTypes: true })) ?? [];
  for (const entry of odd) if (!entry.isFile() && !entry.isDirectory()) demandPlain(join(folder, entry.name));
}

/** Of what cannot be looked at, git itself says why. */
function found<T>(look: () => T): T | undefined {
  try {
    return look();
  } catch {
    return undefined;
  }
}
