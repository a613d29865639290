import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { Refusal } from '../../failure.ts';
import { storeFailure } from '../store/folder.ts';
import { dropLock, takeOver } from '../store/lock.ts';

/** In the store's own folder. */
const LOCK = '.seal.lock';
/** In milliseconds. */
const LOOK_EVERY = 50;
const WAIT_AT_MOST = 60_000;

/**
 * Seals one at a time in a store: of records that two segments have, each sealer would take the other's for the only ones.
 * Waits a minute for another to be done.
 * @throws Refusal where that is not enough; Failure where the store cannot be written
 */
export async function oneSealer<T>(store: string, now: () => Date, work: () => Promise<T>): Promise<T> {
  const path = join(store, LOCK);
  for (let waited = 0; !take(path, now()); waited += LOOK_EVERY) {
    if (waited >= WAIT_AT_MOST)
      throw new Refusal(`another process seals in ${store}: run this again when it is done`);
    await pause(LOOK_EVERY);
  }
  try {
    return await work();
  } finally {
    dropLock(path);
  }
}

/** @returns false where a process has it that is alive */
function take(path: string, now: Date): boolean {
  try {
    return takeOver(path, now) !== undefined;
  } catch (error) {
    throw storeFailure(error, path, 'be written');
  }
}
