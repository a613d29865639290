import { mkdir, open, readFile, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { systemReason } from '../failure.ts';

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

/** A file's bytes; `undefined` where there is none. */
export async function readIfThere(path: string | Buffer): Promise<Buffer | undefined> {
  try {
    return await readFile(path);
  } catch (error) {
    if (isAbsent(error)) {
      return undefined;
    }
    throw error;
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
