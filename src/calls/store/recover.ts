import {
  closeSync,
  existsSync,
  fstatSync,
  fsyncSync,
  ftruncateSync,
  openSync,
  readSync,
  rmSync,
} from 'node:fs';
import { join } from 'node:path';
import { namesIn, storeFailure } from './folder.ts';
import { dropLock, isHeld } from './lock.ts';
import { lockPath, openPath, PLACES, parseSegmentName, type SegmentName } from './names.ts';

/** A segment whose writer ended without closing it. */
export interface Recovered {
  readonly segment: SegmentName;
  /** What was cut off behind the last whole line; nobody was told that it was kept. */
  readonly tornBytes: number;
  /** There was no whole line. */
  readonly empty: boolean;
}

/** Segments that are not sealed: those that somebody writes, and those that wait to be sealed, in the order of their names. */
export async function openSegments(
  store: string,
  now: Date,
): Promise<{ readonly written: readonly SegmentName[]; readonly waiting: readonly SegmentName[] }> {
  const names = (await namesIn(join(store, PLACES.open)))
    .filter((name) => name.endsWith('.jsonl'))
    .flatMap((name) => parseSegmentName(name.slice(0, -'.jsonl'.length))?.name ?? []);
  const held = new Set(names.filter((name) => isHeld(lockPath(store, name), now)));
  return {
    written: names.filter((name) => held.has(name)),
    waiting: names.filter((name) => !held.has(name)),
  };
}

/**
 * Puts right what writers left that were killed: a torn last line is cut off, and the segment waits to be sealed.
 * @throws Failure where the store cannot be written
 */
export async function recover(store: string, now: Date): Promise<readonly Recovered[]> {
  const { waiting } = await openSegments(store, now);
  const found: Recovered[] = [];
  for (const segment of waiting) {
    try {
      const killed = existsSync(lockPath(store, segment));
      const cut = cutTornLine(openPath(store, segment));
      if (cut.size === 0) rmSync(openPath(store, segment), { force: true });
      dropLock(lockPath(store, segment));
      if (killed || cut.tornBytes > 0 || cut.size === 0)
        found.push({ segment, tornBytes: cut.tornBytes, empty: cut.size === 0 });
    } catch (error) {
      throw storeFailure(error, openPath(store, segment), 'be put right');
    }
  }
  return found;
}

const CHUNK = 65_536;

function cutTornLine(path: string): { readonly size: number; readonly tornBytes: number } {
  const file = openSync(path, 'r+');
  try {
    const { size } = fstatSync(file);
    const end = endOfLastLine(file, size);
    if (end < size) {
      ftruncateSync(file, end);
      fsyncSync(file);
    }
    return { size: end, tornBytes: size - end };
  } finally {
    closeSync(file);
  }
}

/** The position behind the last line feed; 0 where there is none. */
function endOfLastLine(file: number, size: number): number {
  const buffer = Buffer.alloc(CHUNK);
  for (let end = size; end > 0; end -= CHUNK) {
    const start = Math.max(0, end - CHUNK);
    const length = readSync(file, buffer, 0, end - start, start);
    const at = buffer.subarray(0, length).lastIndexOf(0x0a);
    if (at >= 0) return start + at + 1;
  }
  return 0;
}
