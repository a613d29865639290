import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Failure, systemReason } from '../../failure.ts';
import { errorCode, isAbsent, kindOf, makeFolders } from '../../git/files.ts';
import { PLACES } from './names.ts';

/** Makes a store, or takes one that is there, for writing. It keeps itself out of git. @throws Failure */
export async function makeStore(folder: string): Promise<void> {
  try {
    await makeFolders(join(folder, PLACES.open));
    await makeFolders(join(folder, PLACES.temporary));
    const ignore = join(folder, '.gitignore');
    if ((await kindOf(ignore)) === undefined) await writeFile(ignore, '*\n');
  } catch (error) {
    throw storeFailure(error, folder, 'be written');
  }
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

/** What went wrong with a store's files, for a person; any other error is thrown again. */
export function storeFailure(error: unknown, path: string, doing: string): Failure {
  const reason = systemReason(errorCode(error));
  if (reason === undefined) throw error;
  return new Failure(`the store of calls cannot ${doing} at ${path}: ${reason}`);
}
