import { lstat } from 'node:fs/promises';
import { join } from 'node:path';
import { Failure } from '../failure.ts';
import { isAbsent } from './files.ts';

/** Folders of a git directory that are promptaudit's own. */
const OWN = ['promptaudit/transactions', 'promptaudit/index'];

/** A git directory that somebody handed over may lead what is written there to elsewhere. @throws Failure */
export async function refuseLinkedFolders(commonDir: string): Promise<void> {
  await refuseLinksTo(commonDir, OWN);
}

/**
 * Refuses symbolic links at any of these paths, or on the way there.
 * @param paths below `folder`, `/`-separated; what is not there is no link
 * @throws Failure
 */
export async function refuseLinksTo(folder: string, paths: readonly string[]): Promise<void> {
  const ways = new Set(paths.flatMap(waysTo));
  for (const way of ways) {
    const path = join(folder, way);
    if (await isLink(path))
      throw new Failure(
        `${path} is a symbolic link, which would lead what is written there out of the git directory: find out who made it, and remove it`,
      );
  }
}

/** `a/b/c` is `a`, `a/b` and `a/b/c`. */
function waysTo(path: string): readonly string[] {
  const segments = path.split('/');
  return segments.map((_, index) => segments.slice(0, index + 1).join('/'));
}

async function isLink(path: string): Promise<boolean> {
  try {
    return (await lstat(path)).isSymbolicLink();
  } catch (error) {
    if (isAbsent(error)) return false;
    throw error;
  }
}
