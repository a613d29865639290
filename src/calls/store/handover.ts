import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { errorCode } from '../../git/files.ts';
import { fileMode } from './modes.ts';
import { lockPath, type SegmentName, wantedPath } from './names.ts';

/** A writer looks for such wishes about once a second, see `RecordLog.tend`. In milliseconds. */
const PATIENCE = 3000;
const EVERY = 50;

/** Whether somebody waits for a segment that this process writes. */
export function isWanted(store: string, segment: SegmentName): boolean {
  return existsSync(wantedPath(store, segment));
}

/** The segment is nobody's any more. */
function forgetWish(store: string, segment: SegmentName): void {
  rmSync(wantedPath(store, segment), { force: true });
}

/** Never through a link, and never to a pipe: what is there says it too. */
function wish(path: string): void {
  try {
    writeFileSync(path, '', { flag: 'wx', mode: fileMode(path) });
  } catch (error) {
    if (errorCode(error) !== 'EEXIST') throw error;
  }
}

/**
 * Asks whoever writes these segments to close them before they are full, and waits for it. A writer goes on in a new one.
 * @returns those that are still being written
 * @throws a system error
 */
export async function askFor(
  store: string,
  segments: readonly SegmentName[],
  patience = PATIENCE,
): Promise<readonly SegmentName[]> {
  const isHeld = (segment: SegmentName): boolean => existsSync(lockPath(store, segment));
  let waiting = segments.filter(isHeld);
  for (const segment of waiting) {
    wish(wantedPath(store, segment));
  }
  try {
    for (let waited = 0; waiting.length > 0 && waited < patience; waited += EVERY) {
      await delay(EVERY);
      waiting = waiting.filter(isHeld);
    }
    return waiting;
  } finally {
    for (const segment of segments) forgetWish(store, segment);
  }
}
