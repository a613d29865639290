import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { Refusal } from '../../failure.ts';
import { sweepTemporary } from '../content/erase.ts';
import { storeFailure } from '../store/folder.ts';
import { askFor } from '../store/handover.ts';
import { dropLock, takeOver } from '../store/lock.ts';
import { lockPath, openPath, type SegmentName } from '../store/names.ts';
import { sweepPlacing } from './place.ts';

/** In the store's own folder. */
const LOCK = '.retention.lock';

/**
 * Holds, purges and erases one at a time in a store: what one has looked at stays so until it is done.
 * @throws Refusal where another process is at it; Failure where the store cannot be written
 */
export async function alone<T>(store: string, now: Date, work: () => Promise<T>): Promise<T> {
  const path = join(store, LOCK);
  if (!take(path, now))
    throw new Refusal(
      `another process holds, purges or erases records in ${store}: run this again when it is done`,
    );
  try {
    await sweepPlacing(store);
    await sweepTemporary(store);
    return await work();
  } finally {
    dropLock(path);
  }
}

/**
 * Does something while nobody can write to these segments, or seal them. Only what has lines has a writer; one that is
 * alive is asked to close it.
 * @throws Refusal where somebody is at it
 */
export async function withSegments<T>(
  store: string,
  segments: readonly SegmentName[],
  now: Date,
  work: () => Promise<T>,
): Promise<T> {
  const taken: string[] = [];
  try {
    const takeAll = (wanted: readonly SegmentName[]): SegmentName[] => {
      const others: SegmentName[] = [];
      for (const segment of wanted) {
        const path = lockPath(store, segment);
        if (!existsSync(openPath(store, segment)) && !existsSync(path)) continue;
        if (take(path, now)) taken.push(path);
        else others.push(segment);
      }
      return others;
    };
    const held = takeAll(segments);
    if (held.length > 0) await askFor(store, held);
    const written = takeAll(held);
    if (written.length > 0) throw beingWritten(written);
    return await work();
  } finally {
    for (const path of taken) dropLock(path);
  }
}

function beingWritten([first, ...others]: readonly SegmentName[]): Refusal {
  const are = others.length === 0 ? 'is' : `and ${others.length} more are`;
  return new Refusal(
    `segment ${first} ${are} still being written: stop who writes, or wait until it is full, and run this again`,
  );
}

/** @returns false where a process has it that is alive */
function take(path: string, now: Date): boolean {
  try {
    return takeOver(path, now) !== undefined;
  } catch (error) {
    throw storeFailure(error, path, 'be locked');
  }
}
