import { createHash } from 'node:crypto';
import type { Dirent } from 'node:fs';
import { lstat, readdir, readFile, readlink } from 'node:fs/promises';
import { join, relative } from 'node:path';

/** What is in a folder: by path, the kind, permissions and content of everything. */
export type Snapshot = Readonly<Record<string, string>>;

/**
 * Left out are objects that nothing names, what this clone has verified, which reading moves on, and git's own folders, which
 * stay behind empty.
 */
const LEFT_OUT = /^(?:\.git\/)?(?:objects(?:\/.*)?|promptaudit\/(?:index(?:\/.*)?|trust\.json))$/;

/**
 * Everything of a repository that a command could change and a person would see: refs, HEAD, reflogs, index, configuration and the
 * working tree, and no lock or temporary file beside them.
 */
export async function snapshotOf(repo: string): Promise<Snapshot> {
  const found: Record<string, string> = {};
  for (const entry of await readdir(repo, { recursive: true, withFileTypes: true })) {
    const full = join(entry.parentPath, entry.name);
    const path = relative(repo, full);
    const gone = entry.isDirectory() && path.startsWith('.git/');
    if (!gone && !LEFT_OUT.test(path)) found[path] = await describe(full, entry);
  }
  return Object.fromEntries(Object.entries(found).sort(([a], [b]) => (a < b ? -1 : 1)));
}

async function describe(file: string, entry: Dirent): Promise<string> {
  if (entry.isSymbolicLink()) return `link to ${await readlink(file)}`;
  if (entry.isDirectory()) return 'folder';
  if (entry.isFIFO()) return 'pipe';
  const digest = createHash('sha256')
    .update(await readFile(file))
    .digest('hex');
  return `${((await lstat(file)).mode & 0o777).toString(8)} ${digest}`;
}
