import { constants, type Stats } from 'node:fs';
import { type FileHandle, mkdir, open, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { Failure, systemReason } from '../failure.ts';

/** The system's name of a failed call (`ENOENT`); `''` for any other error. */
export function errorCode(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : '';
}

/** Why a call failed, for a person. */
export function errorReason(error: unknown): string {
  const code = errorCode(error);
  return systemReason(code) ?? `the system says ${code}`;
}

/** True where nothing of this name can exist: no such entry, or a parent that is no folder. */
export function isAbsent(error: unknown): boolean {
  return ['ENOENT', 'ENOTDIR'].includes(errorCode(error));
}

/** Something else, such as a pipe, stands in the place of a file of the git directory. */
export class NoPlainFile extends Failure {
  readonly isFolder: boolean;

  /** @param found what stands there; `undefined` for what cannot be opened */
  constructor(path: string | Buffer, found?: Pick<Stats, 'isDirectory'>) {
    const isFolder = found?.isDirectory() === true;
    const what = isFolder ? 'a folder' : 'a pipe, a device or a socket';
    super(`${path} is ${what}, where a file belongs: find out who put it there, and remove it`);
    this.isFolder = isFolder;
  }
}

/** What is put in a file's place, such as a pipe, is not waited for. */
export const UNWAITING = constants.O_NONBLOCK ?? 0;

/** The most that Node reads in one go. */
const LARGEST_READ = 2 ** 31 - 1;

/**
 * A file's bytes; `undefined` where there is none.
 * @param most how many bytes promptaudit itself would write there, where it is the one that does
 * @throws NoPlainFile, and Failure for a larger file, or for one of more than 2 GiB
 */
export async function readIfThere(
  path: string | Buffer,
  most = Number.POSITIVE_INFINITY,
): Promise<Buffer | undefined> {
  const file = await openIfThere(path);
  if (file === undefined) {
    return undefined;
  }
  try {
    const found = await file.stat();
    if (!found.isFile()) {
      throw new NoPlainFile(path, found);
    }
    if (found.size > most) {
      throw new Failure(
        `${path} is larger than promptaudit ever makes it: find out who wrote it, and delete it`,
      );
    }
    if (found.size > LARGEST_READ) {
      throw new Failure(`${path} is larger than 2 GiB, and is not read: find out who wrote it`);
    }
    return await file.readFile();
  } finally {
    await file.close();
  }
}

async function openIfThere(path: string | Buffer): Promise<FileHandle | undefined> {
  try {
    return await open(path, constants.O_RDONLY | UNWAITING);
  } catch (error) {
    if (isAbsent(error)) {
      return undefined;
    }
    throw errorCode(error) === 'ENXIO' ? new NoPlainFile(path) : error;
  }
}

/** What stands at a path, links followed. */
export async function kindOf(path: string): Promise<'file' | 'folder' | 'other' | undefined> {
  try {
    const found = await stat(path);
    return found.isFile() ? 'file' : found.isDirectory() ? 'folder' : 'other';
  } catch (error) {
    if (isAbsent(error)) {
      return undefined;
    }
    throw error;
  }
}

/** Makes a folder and those above it. Node's own way says ENOENT where it should say that a file system is read only. */
export async function makeFolders(path: string): Promise<void> {
  try {
    await makeFolder(path);
  } catch (error) {
    if (errorCode(error) !== 'ENOENT' || dirname(path) === path) {
      throw error;
    }
    await makeFolders(dirname(path));
    await makeFolder(path);
  }
}

async function makeFolder(path: string): Promise<void> {
  try {
    await mkdir(path);
  } catch (error) {
    if (errorCode(error) !== 'EEXIST' || (await kindOf(path)) !== 'folder') {
      throw error;
    }
  }
}

/** Makes the names in a folder durable. Systems that cannot open a folder need no such call. */
export async function syncFolder(path: string): Promise<void> {
  try {
    const handle = await open(path, 'r');
    try {
      await handle.sync();
    } finally {
      await handle.close();
    }
  } catch (error) {
    if (!['EISDIR', 'EPERM', 'EACCES', 'EINVAL', 'ENOENT'].includes(errorCode(error))) {
      throw error;
    }
  }
}

/** Writes a file and waits until its bytes are on the disk. Its name is durable only after `syncFolder`. @param mode of a new file */
export async function writeDurably(path: string, bytes: Uint8Array, mode?: number): Promise<void> {
  const handle = await open(path, 'w', mode);
  try {
    await handle.writeFile(bytes);
    await handle.sync();
  } finally {
    await handle.close();
  }
}
