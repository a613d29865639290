import { statSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { errorCode, kindOf, makeFolders } from '../../git/files.ts';

/** A store that we make is its owner's alone. */
const PRIVATE = 0o700;
/** What is in it is never open to more than its owner and a group. */
const OF_FOLDERS = 0o770;
const OF_FILES = 0o660;

/** Makes a store's own folder, and those above it, where they are not there; one that is there stays as its owner wants it. */
export async function makeOwnFolder(path: string): Promise<void> {
  await makeFolders(dirname(path));
  await makeFolder(path, PRIVATE);
}

/** Makes a folder in a store, and those between, each as open as the one that it is in: who shares a store opens its folder. */
export async function makeFolderWithin(path: string): Promise<void> {
  if ((await kindOf(path)) === 'folder') return;
  await makeFolderWithin(dirname(path));
  await makeFolder(path, modeOf(dirname(path)) & OF_FOLDERS);
}

/** What a new file at this place is to be made with: as open as the folder that it is in. */
export function fileMode(path: string): number {
  return modeOf(dirname(path)) & OF_FILES;
}

/** Where it cannot be told, whatever is made there says why. */
function modeOf(folder: string): number {
  try {
    return statSync(folder).mode;
  } catch {
    return PRIVATE;
  }
}

async function makeFolder(path: string, mode: number): Promise<void> {
  try {
    await mkdir(path, { mode });
  } catch (error) {
    if (errorCode(error) !== 'EEXIST' || (await kindOf(path)) !== 'folder') throw error;
  }
}
