import { lstatSync } from 'node:fs';
import { access, constants, readdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Failure, systemReason } from '../../failure.ts';
import { errorCode, isAbsent, kindOf, syncFolder } from '../../git/files.ts';
import { fileMode, makeFolderWithin, makeOwnFolder } from './modes.ts';
import { PLACES } from './names.ts';

const IGNORE = '.gitignore';

/** Makes a store, or takes one that is there, for writing. It keeps itself out of git. @throws Failure */
export async function makeStore(folder: string): Promise<void> {
  if ((await kindOf(folder)) === 'file')
    throw new Failure(`${folder} is a file: a store of calls is a folder`);
  try {
    const isNew = (await kindOf(join(folder, PLACES.open))) === undefined;
    await makeOwnFolder(folder);
    if (await isOnlyStore(folder)) await keepOutOfGit(join(folder, IGNORE));
    await makeFolderWithin(join(folder, PLACES.temporary));
    await makeFolderWithin(join(folder, PLACES.open));
    if (!isNew) return;
    await syncFolder(folder);
    await syncFolder(dirname(folder));
  } catch (error) {
    throw storeFailure(error, folder, 'be written');
  }
}

/** For who writes only later, and would not notice until then. @throws Failure where a store that is there cannot be written */
export async function demandWritable(folder: string): Promise<void> {
  try {
    await access(join(folder, PLACES.open), constants.W_OK);
  } catch (error) {
    throw storeFailure(error, folder, 'be written');
  }
}

function keepOutOfGit(path: string): Promise<void> {
  return writeFile(path, '*\n', { mode: fileMode(path) });
}

/** Whether it may be kept out of git as a whole, and is not yet: what is not the store's own must stay visible. */
async function isOnlyStore(folder: string): Promise<boolean> {
  const ours: readonly string[] = Object.values(PLACES);
  return (await readdir(folder)).every((name) => ours.includes(name) || name.startsWith('date='));
}

/** @throws Failure when there is no store at this place */
export async function demandStore(folder: string): Promise<void> {
  if ((await kindOf(folder)) === 'folder') return;
  throw new Failure(
    `there is no store of calls at ${folder}: record one with promptaudit calls record, or name another with --store`,
  );
}

/** The names in a folder of the store; none where there is no such folder. @throws Failure */
export async function namesIn(folder: string): Promise<readonly string[]> {
  try {
    return (await readdir(folder)).sort();
  } catch (error) {
    if (isAbsent(error)) return [];
    throw storeFailure(error, folder, 'be read');
  }
}

/** False for links, folders and all that is no file of the store's own. */
export function isPlainFile(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false })?.isFile() === true;
}

/** What went wrong with a store's files, for a person; any other error is thrown again. */
export function storeFailure(error: unknown, path: string, doing: string): Failure {
  const reason = systemReason(errorCode(error));
  if (reason === undefined) throw error;
  return new Failure(`the store of calls cannot ${doing} at ${path}: ${reason}`);
}
