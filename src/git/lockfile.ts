import { appendFile, link, readdir, rename, rmdir, stat, unlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Failure } from '../failure.ts';
import { errorCode, isAbsent, kindOf, makeFolders, readIfThere } from './files.ts';

/** Somebody else holds the lock of a file, or took over the transaction that wanted it. */
export class LockHeld extends Error {
  override readonly name = 'LockHeld';
  readonly path: string;

  constructor(path: string) {
    super(`${path}.lock is held by another process`);
    this.path = path;
  }
}

/** A file stands where a folder is wanted. */
export class PathBlocked extends Error {
  override readonly name = 'PathBlocked';
  readonly path: string;

  constructor(path: string) {
    super(`something stands in the way of ${path}`);
    this.path = path;
  }
}

/** How often parents are made again when another process clears empty folders away. */
const PARENT_ATTEMPTS = 20;

function lockOf(commonDir: string, path: string): string {
  return join(commonDir, `${path}.lock`);
}

/**
 * Takes git's lock of a file as a hard link to `staged`, which makes it and gives it its owner in one step.
 * False where somebody holds it.
 * @throws PathBlocked where a parent is no folder; LockHeld where `staged` is gone: another process took it over
 */
export async function linkLock(commonDir: string, path: string, staged: string): Promise<boolean> {
  const lock = lockOf(commonDir, path);
  for (let attempt = 0; attempt < PARENT_ATTEMPTS; attempt += 1) {
    try {
      await link(staged, lock);
      return true;
    } catch (error) {
      switch (errorCode(error)) {
        case 'EEXIST':
          return false;
        case 'ENOENT':
          if ((await kindOf(staged)) === undefined) {
            throw new LockHeld(path);
          }
          await makeParents(lock, path);
          break;
        case 'ENOTDIR':
          throw new PathBlocked(path);
        case 'EPERM':
        case 'ENOTSUP':
        case 'EXDEV':
          throw new Failure(`${commonDir} is on a file system without hard links: use --git native`);
        default:
          throw error;
      }
    }
  }
  return false;
}

async function makeParents(lock: string, path: string): Promise<void> {
  try {
    await makeFolders(dirname(lock));
  } catch (error) {
    if (['EEXIST', 'ENOTDIR'].includes(errorCode(error))) {
      throw new PathBlocked(path);
    }
    if (!isAbsent(error)) {
      throw error;
    }
  }
}

/** Whether two names are the same file; false where either is not there. */
export async function isSameFile(left: string, right: string): Promise<boolean> {
  try {
    const [a, b] = await Promise.all([stat(left, { bigint: true }), stat(right, { bigint: true })]);
    return a.ino === b.ino && a.dev === b.dev;
  } catch (error) {
    if (isAbsent(error)) {
      return false;
    }
    throw error;
  }
}

/** Removes the lock of a file where it is the one that was linked to `staged`, and folders that it leaves empty. */
export async function releaseLock(commonDir: string, path: string, staged: string): Promise<void> {
  const lock = lockOf(commonDir, path);
  if (await isSameFile(lock, staged)) {
    await unlink(lock);
  }
  await pruneFolders(commonDir, path);
}

/** Renames onto a file, or onto a folder in which there are but empty folders. */
export async function renameOverFolder(from: string, to: string): Promise<void> {
  if ((await kindOf(to)) === 'folder') {
    await removeEmptyFolders(to);
  }
  await rename(from, to);
}

/** Removes a folder in which there are but empty folders. */
export async function removeEmptyFolders(folder: string): Promise<void> {
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    if (entry.isDirectory()) {
      await removeEmptyFolders(join(folder, entry.name));
    }
  }
  await rmdir(folder);
}

/** Removes the folders above a ref or a reflog that are empty now, but not `refs/heads` and its like. */
export async function pruneFolders(commonDir: string, path: string): Promise<void> {
  const segments = path.split('/');
  const kept = segments[0] === 'refs' ? 2 : path.startsWith('logs/refs/') ? 3 : segments.length;
  for (let length = segments.length - 1; length > kept; length -= 1) {
    try {
      await rmdir(join(commonDir, ...segments.slice(0, length)));
    } catch {
      return;
    }
  }
}

/** Appends a line unless it is the last one already, as it is when a crash came between the append and what follows it. */
export async function appendOnce(file: string, line: string): Promise<void> {
  try {
    await makeFolders(dirname(file));
    if ((await kindOf(file)) === 'folder') {
      await removeEmptyFolders(file);
    }
    const last = (await readIfThere(file))?.toString('utf8').endsWith(line) ?? false;
    if (!last) {
      await appendFile(file, line);
    }
  } catch (error) {
    // What is left of an older ref's log stands in the way: the ref matters more than its log.
    if (!['EEXIST', 'ENOTDIR', 'EISDIR', 'ENOTEMPTY'].includes(errorCode(error))) {
      throw error;
    }
  }
}
