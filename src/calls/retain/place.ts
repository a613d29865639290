import { randomBytes } from 'node:crypto';
import { rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { syncFolder, writeDurably } from '../../git/files.ts';
import { namesIn, storeFailure } from '../store/folder.ts';
import { fileMode, makeFolderWithin } from '../store/modes.ts';
import { PLACES } from '../store/names.ts';

const TEMPORARY = /^retention\.[0-9a-f]{16}$/;

/** Puts a file into a folder of the store, whole or not at all; it is on the disk then. @throws Failure */
export async function placeFile(
  store: string,
  place: 'holds' | 'certificates',
  name: string,
  text: string,
): Promise<string> {
  const folder = join(store, PLACES[place]);
  const path = join(folder, name);
  const temporary = join(store, PLACES.temporary, `retention.${randomBytes(8).toString('hex')}`);
  try {
    await makeFolderWithin(folder);
    await makeFolderWithin(join(store, PLACES.temporary));
    await writeDurably(temporary, Buffer.from(text), fileMode(temporary));
    await rename(temporary, path);
    await syncFolder(folder);
    await syncFolder(store);
    return path;
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => {});
    throw storeFailure(error, path, 'be written');
  }
}

/** Takes a file away again. */
export async function removeFile(path: string): Promise<void> {
  try {
    await rm(path, { force: true });
    await syncFolder(join(path, '..'));
  } catch (error) {
    throw storeFailure(error, path, 'be written');
  }
}

/** Removes what `placeFile` left that was killed: it may name people. */
export async function sweepPlacing(store: string): Promise<void> {
  const folder = join(store, PLACES.temporary);
  for (const name of await namesIn(folder)) if (TEMPORARY.test(name)) await removeFile(join(folder, name));
}
