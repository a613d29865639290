import { constants } from 'node:fs';
import { type FileHandle, open, rm } from 'node:fs/promises';
import { fileMode } from './modes.ts';

/** No link is followed, and what is put in a file's place, such as a pipe, is not waited for. */
const PLAIN = (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0);

export const TO_READ = constants.O_RDONLY;
export const TO_CHANGE = constants.O_RDWR;

/** Opens a file of the store's own. @throws a system error, also for what is no plain file */
export async function openPlain(path: string, flags: number = TO_READ): Promise<FileHandle> {
  const file = await open(path, flags | PLAIN);
  const found = await file.stat();
  if (found.isFile()) return file;
  await file.close();
  throw Object.assign(new Error(), { code: found.isDirectory() ? 'EISDIR' : 'ELOOP' });
}

/** Opens a new file of the store's own, in place of whatever is there: to write over that might write through a link. */
export async function makePlain(path: string): Promise<FileHandle> {
  await rm(path, { force: true });
  return open(path, 'wx', fileMode(path));
}
