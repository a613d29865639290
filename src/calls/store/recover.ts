import {
  closeSync,
  constants,
  existsSync,
  fstatSync,
  fsyncSync,
  ftruncateSync,
  openSync,
  readSync,
  rmSync,
} from 'node:fs';
import { join } from 'node:path';
import { isPlainFile, namesIn, storeFailure } from './folder.ts';
import { dropLock, isHeld, takeOver } from './lock.ts';
import { contentPath, lockPath, openPath, PLACES, parseSegmentName, type SegmentName } from './names.ts';

/** A segment whose writer ended without closing it. */
export interface Recovered {
  readonly segment: SegmentName;
  /** What was cut off behind the last whole line; nobody was told that it was kept. */
  readonly tornBytes: number;
  /** There was no whole line. */
  readonly empty: boolean;
  /** Texts that were said in calls of which there is no record, and were taken away. */
  readonly texts: number;
}

/** Segments that are not sealed: those that somebody writes, and those that wait to be sealed, in the order of their names. */
export async function openSegments(
  store: string,
  now: Date,
): Promise<{ readonly written: readonly SegmentName[]; readonly waiting: readonly SegmentName[] }> {
  const names = (await namesIn(join(store, PLACES.open)))
    .filter((name) => name.endsWith('.jsonl'))
    .flatMap((name) => parseSegmentName(name.slice(0, -'.jsonl'.length))?.name ?? [])
    .filter((name) => isPlainFile(openPath(store, name)));
  const held = new Set(names.filter((name) => isHeld(lockPath(store, name), now)));
  return {
    written: names.filter((name) => held.has(name)),
    waiting: names.filter((name) => !held.has(name)),
  };
}

/**
 * Puts right what writers left that were killed: a torn last line is cut off, what was said in calls that have no record goes,
 * and the segment waits to be sealed.
 * @throws Failure where the store cannot be written
 */
export async function recover(store: string, now: Date): Promise<readonly Recovered[]> {
  const { waiting } = await openSegments(store, now);
  const found: Recovered[] = [];
  for (const segment of waiting) {
    try {
      const one = await recoverOne(store, segment, now);
      if (one !== undefined) found.push(one);
    } catch (error) {
      throw storeFailure(error, openPath(store, segment), 'be put right');
    }
  }
  return found;
}

/** Under the segment's lock, so that nobody goes on with it meanwhile. @returns `undefined` where nothing was to be done */
async function recoverOne(store: string, segment: SegmentName, now: Date): Promise<Recovered | undefined> {
  const lock = lockPath(store, segment);
  const path = openPath(store, segment);
  if (!existsSync(lock) && isWhole(path)) return undefined;
  const taken = takeOver(lock, now);
  if (taken === undefined) return undefined;
  try {
    // Another was faster, and sealed it or took it away.
    if (!existsSync(path)) return undefined;
    const { size, tornBytes } = cutTornLine(path);
    const empty = size === 0;
    const texts = await dropOrphans(store, segment);
    if (empty) rmSync(path, { force: true });
    return taken.left || tornBytes > 0 || empty ? { segment, tornBytes, empty, texts } : undefined;
  } finally {
    dropLock(lock);
  }
}

/** @returns how many */
async function dropOrphans(store: string, segment: SegmentName): Promise<number> {
  const parts = parseSegmentName(segment);
  if (parts === undefined || !isPlainFile(contentPath(store, parts))) return 0;
  const orphans = await import('../content/orphans.ts');
  const dropped = await orphans.dropOrphans(store, parts);
  return dropped.parts + dropped.damaged;
}

function isWhole(path: string): boolean {
  const file = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW);
  try {
    const { size } = fstatSync(file);
    return size > 0 && endOfLastLine(file, size) === size;
  } finally {
    closeSync(file);
  }
}

const CHUNK = 65_536;

function cutTornLine(path: string): { readonly size: number; readonly tornBytes: number } {
  const file = openSync(path, constants.O_RDWR | constants.O_NOFOLLOW);
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
