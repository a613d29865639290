import { closeSync, constants, lstatSync, openSync, readFileSync } from 'node:fs';
import { lstat, mkdir, open, readdir, readFile, rename, unlink } from 'node:fs/promises';
import { dirname, join, sep } from 'node:path';
import { Failure } from '../failure.ts';
import { errorCode, errorReason, isAbsent, syncFolder } from './files.ts';
import type { FileMode, WorkFile } from './store.ts';

/** How long a command waits for the index when another process holds it, in milliseconds. */
export const INDEX_PATIENCE_MS = 1000;

/** Files by which git remembers unfinished work, in the order in which `git status` looks (`wt-status.c`). */
const OPERATIONS: readonly (readonly [file: string, operation: string])[] = [
  ['MERGE_HEAD', 'merge'],
  ['rebase-apply/applying', 'am'],
  ['rebase-apply', 'rebase'],
  ['rebase-merge', 'rebase'],
  ['CHERRY_PICK_HEAD', 'cherry-pick'],
  ['REVERT_HEAD', 'revert'],
  ['BISECT_LOG', 'bisect'],
];

/** Work that git has begun and not finished in the worktree of this git directory. */
export async function operationUnderWay(gitDir: string): Promise<string | undefined> {
  const names = new Set(await readdir(gitDir));
  for (const [file, operation] of OPERATIONS) {
    const [name = ''] = file.split('/');
    if (names.has(name) && (name === file || (await exists(join(gitDir, file))))) return operation;
  }
  return names.has('sequencer') ? sequence(gitDir) : undefined;
}

/** Between two commits of a series only its list of steps is there. */
async function sequence(gitDir: string): Promise<string | undefined> {
  try {
    const todo = await readFile(join(gitDir, 'sequencer/todo'), 'utf8');
    return /^revert\b/m.test(todo) ? 'revert' : 'cherry-pick';
  } catch (error) {
    if (isAbsent(error)) return undefined;
    throw error;
  }
}

async function exists(path: string): Promise<boolean> {
  try {
    await lstat(path);
    return true;
  } catch (error) {
    if (isAbsent(error)) return false;
    throw error;
  }
}

/** True for a path that a file of a working tree can have: relative, `/`-separated, nowhere in a `.git`, never upwards. */
export function isWorkPath(path: string): boolean {
  return !path.includes('\0') && path.split('/').every(isWorkName) && (sep === '/' || !path.includes(sep));
}

function isWorkName(name: string): boolean {
  return name !== '' && name !== '.' && name !== '..' && name.toLowerCase() !== '.git';
}

/**
 * Reads one file of a working tree. A symbolic link is not followed, neither the file nor a folder on the way to it.
 * A file over `maxBytes` is not read. The mode is the owner's executable bit.
 *
 * Synchronous: a registry has hundreds of small files, and to have threads look at each takes several times as long.
 */
export function inspectFile(root: string, path: string, maxBytes: number): WorkFile {
  if (!isWorkPath(path)) return { state: 'unreadable', path, why: 'it is not a path of the working tree' };
  try {
    return inspectFolders(root, path) ?? inspectEntry(join(root, path), path, maxBytes);
  } catch (error) {
    if (isAbsent(error)) return { state: 'absent', path };
    if (errorCode(error) === 'ELOOP') return { state: 'symlink', path };
    if (errorCode(error) === '') throw error;
    return { state: 'unreadable', path, why: `${errorReason(error)}` };
  }
}

function inspectFolders(root: string, path: string): WorkFile | undefined {
  for (const folder of foldersOf(path)) {
    const stats = lstatSync(join(root, folder));
    if (stats.isSymbolicLink()) return { state: 'symlink', path };
    if (!stats.isDirectory()) return { state: 'absent', path };
  }
  return undefined;
}

/** `a/b/c` is in the folders `a` and `a/b`. */
function foldersOf(path: string): readonly string[] {
  const names = path.split('/');
  return names.slice(1).map((_, index) => names.slice(0, index + 1).join('/'));
}

function inspectEntry(full: string, path: string, maxBytes: number): WorkFile {
  const stats = lstatSync(full);
  if (stats.isSymbolicLink()) return { state: 'symlink', path };
  if (!stats.isFile()) return { state: 'unreadable', path, why: 'it is not a file' };
  if (stats.size > maxBytes) return { state: 'too-large', path, bytes: stats.size };
  const file = openSync(full, constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0));
  try {
    const bytes = readFileSync(file);
    const mode: FileMode = (stats.mode & 0o100) === 0 ? '100644' : '100755';
    return bytes.length > maxBytes
      ? { state: 'too-large', path, bytes: bytes.length }
      : { state: 'present', path, bytes, mode };
  } finally {
    closeSync(file);
  }
}

/**
 * Writes one file of a working tree: folders are made, then temporary file, fsync, rename, fsync of the folder. Keeps the
 * executable bit of the file that was there.
 * @throws Failure where the path leads out of the tree or through a symbolic link, or cannot be written
 */
export async function writeFileDurably(root: string, path: string, bytes: Uint8Array): Promise<void> {
  if (!isWorkPath(path)) throw new Failure(`${JSON.stringify(path)} is not a path of the working tree`);
  try {
    for (const folder of foldersOf(path)) await makeFolder(root, folder);
    const mode = await modeOf(root, path);
    const full = join(root, path);
    await rename(await writeBeside(full, bytes, mode), full);
    await syncFolder(dirname(full));
  } catch (error) {
    if (errorCode(error) === '') throw error;
    throw new Failure(`${path} could not be written: ${errorReason(error)}`);
  }
}

/**
 * Removes one file of a working tree; nothing happens where there is none, or only one behind a symbolic link.
 * @throws Failure where the path leads out of the tree, or the file cannot be removed
 */
export async function removeFileDurably(root: string, path: string): Promise<void> {
  if (!isWorkPath(path)) throw new Failure(`${JSON.stringify(path)} is not a path of the working tree`);
  try {
    if (inspectFolders(root, path) !== undefined) return;
    const full = join(root, path);
    await unlink(full);
    await syncFolder(dirname(full));
  } catch (error) {
    if (isAbsent(error)) return;
    if (errorCode(error) === '') throw error;
    throw new Failure(`${path} could not be removed: ${errorReason(error)}`);
  }
}

async function makeFolder(root: string, folder: string): Promise<void> {
  try {
    await mkdir(join(root, folder));
  } catch (error) {
    if (errorCode(error) !== 'EEXIST') throw error;
    const stats = await lstat(join(root, folder));
    if (stats.isDirectory()) return;
    throw new Failure(
      `${folder} is ${stats.isSymbolicLink() ? 'a symbolic link' : 'a file'}: nothing is written through it`,
    );
  }
}

/** The permission bits that the new file gets, before the umask. */
async function modeOf(root: string, path: string): Promise<number> {
  try {
    const stats = await lstat(join(root, path));
    if (stats.isFile()) return (stats.mode & 0o111) === 0 ? 0o666 : 0o777;
    throw new Failure(
      `${path} is ${stats.isSymbolicLink() ? 'a symbolic link' : 'not a file'}: it is not overwritten`,
    );
  } catch (error) {
    if (isAbsent(error)) return 0o666;
    throw error;
  }
}

/** Takes the first name that is free: an earlier command may have died and left one. */
async function writeBeside(full: string, bytes: Uint8Array, mode: number): Promise<string> {
  for (let serial = 0; ; serial++) {
    const path = `${full}.promptaudit-${serial}.tmp`;
    try {
      const file = await open(path, 'wx', mode);
      try {
        await file.writeFile(bytes);
        await file.sync();
      } finally {
        await file.close();
      }
      return path;
    } catch (error) {
      if (errorCode(error) === 'EEXIST') continue;
      await unlink(path).catch(() => {});
      throw error;
    }
  }
}
