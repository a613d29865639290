import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { type FileHandle, lstat, open, readdir, rename, unlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Failure } from '../../failure.ts';
import { errorCode, errorReason, isAbsent, syncFolder } from '../../git/files.ts';
import { makeFolderWithin } from '../store/modes.ts';
import { contentPath, lockPath, PLACES, type SegmentParts } from '../store/names.ts';
import { openPlain, TO_CHANGE } from '../store/plainfile.ts';
import { type Entry, entriesOf, openContent } from './walk.ts';

/** What an erasure took out of a content file. */
export interface Erased {
  /** How many calls. */
  readonly items: number;
  /** How many texts of theirs, each with its salt. */
  readonly parts: number;
  /** Lines that were damaged: nobody could say whose they were, so they went too. */
  readonly damaged: number;
}

export interface Erasure {
  readonly store: string;
  readonly segment: SegmentParts;
  readonly ids: ReadonlySet<string>;
}

type Range = readonly [start: number, end: number];

const MODE = 0o600;
const TEMPORARY = /^([a-z0-9-]+)\.content\.[0-9a-f]{16}$/;
const CHUNK = 262_144;
const ZEROS = Buffer.alloc(CHUNK);

/**
 * Takes the texts and salts of calls out of a segment's content file. The file is written anew without them and takes the
 * place of the old one in one step, so at any moment one or the other is there, whole; then the old one's bytes of them are
 * overwritten. What a file system that copies on write, a snapshot, a backup or an SSD keeps of the old bytes is beyond reach.
 *
 * The caller holds the lock of the segment, or is the one who writes it: what another process appends meanwhile may be lost.
 * @throws Failure where it cannot be done: nothing was erased then, unless it says so
 */
export async function eraseContent({ store, segment, ids }: Erasure): Promise<Erased> {
  await sweepTemporary(store, segment);
  const path = contentPath(store, segment);
  const old = await openContent(store, segment, TO_CHANGE);
  if (old === undefined) return { items: 0, parts: 0, damaged: 0 };
  try {
    const gone = await replaceWithout(old, { store, path, segment }, ids);
    await overwrite(old, gone.ranges);
    return gone.erased;
  } catch (error) {
    if (errorCode(error) === '') throw error;
    throw new Failure(`the content in ${path} cannot be erased: ${errorReason(error)}`);
  } finally {
    await old.close();
  }
}

/** Removes the content file of a segment, and all in it, the salts too. @returns false where there was none */
export async function dropContent(store: string, segment: SegmentParts): Promise<boolean> {
  await sweepTemporary(store, segment);
  const path = contentPath(store, segment);
  const handle = await openContent(store, segment, TO_CHANGE);
  if (handle === undefined) return false;
  try {
    await unlink(path);
    await syncFolder(dirname(path));
    await overwrite(handle, [[0, (await handle.stat()).size]]);
    return true;
  } catch (error) {
    throw new Failure(`the content in ${path} cannot be removed: ${errorReason(error)}`);
  } finally {
    await handle.close();
  }
}

/**
 * Removes what erasures left behind that were killed: each holds texts that were to be kept then, and may not be now.
 * @param own the segment whose lock the caller holds; where it is left out, what is of a segment that has a lock stays
 */
export async function sweepTemporary(store: string, own?: SegmentParts): Promise<void> {
  const folder = join(store, PLACES.temporary);
  const names = await readdir(folder).catch((error: unknown) => {
    if (isAbsent(error)) return [];
    throw new Failure(`${folder} cannot be read: ${errorReason(error)}`);
  });
  for (const name of names) {
    const [, segment] = TEMPORARY.exec(name) ?? [];
    if (segment === undefined) continue;
    const isOurs = own === undefined ? !existsSync(lockPath(store, segment)) : segment === own.name;
    if (isOurs) await removeTemporary(join(folder, name));
  }
}

async function removeTemporary(path: string): Promise<void> {
  try {
    const found = await lstat(path);
    if (found.isFile() && found.nlink === 1) await overwriteAll(path);
    await unlink(path);
  } catch (error) {
    if (!isAbsent(error)) throw new Failure(`${path} cannot be removed: ${errorReason(error)}`);
  }
}

async function overwriteAll(path: string): Promise<void> {
  const handle = await openPlain(path, TO_CHANGE);
  try {
    await overwrite(handle, [[0, (await handle.stat()).size]]);
  } finally {
    await handle.close();
  }
}

interface Place {
  readonly store: string;
  readonly path: string;
  readonly segment: SegmentParts;
}

interface Gone {
  readonly erased: Erased;
  /** Where in the old file it was. */
  readonly ranges: readonly Range[];
}

async function replaceWithout(
  old: FileHandle,
  { store, path, segment }: Place,
  ids: ReadonlySet<string>,
): Promise<Gone> {
  const sorted = await sortOut(old, ids);
  if (sorted.ranges.length === 0) return sorted;
  if (sorted.kept === 0) {
    await unlink(path);
    await syncFolder(dirname(path));
    return sorted;
  }
  const folder = join(store, PLACES.temporary);
  await makeFolderWithin(folder);
  const temporary = join(folder, `${segment.name}.content.${randomBytes(8).toString('hex')}`);
  try {
    await copyWithout(old, temporary, sorted.ranges);
    await rename(temporary, path);
  } catch (error) {
    await removeTemporary(temporary).catch(() => {});
    throw error;
  }
  await syncFolder(dirname(path));
  await syncFolder(folder);
  return sorted;
}

/** Finds what goes: what is of these calls, what is damaged, and a last line that was torn. */
async function sortOut(old: FileHandle, ids: ReadonlySet<string>): Promise<Gone & { readonly kept: number }> {
  const ranges: Range[] = [];
  const calls = new Set<string>();
  let [parts, damaged, kept, end] = [0, 0, 0, 0];
  const isGone = (entry: Entry): boolean => {
    if (entry.kind !== 'item') {
      if (entry.kind === 'damaged') damaged += 1;
      return entry.kind === 'damaged';
    }
    if (!ids.has(entry.item.id)) {
      kept += 1;
      return false;
    }
    calls.add(entry.item.id);
    parts += 1;
    return true;
  };
  for await (const entries of entriesOf(old)) {
    for (const entry of entries) {
      if (isGone(entry)) addRange(ranges, entry.start, entry.end);
      end = entry.end;
    }
  }
  const { size } = await old.stat();
  if (size > end) {
    damaged += 1;
    addRange(ranges, end, size);
  }
  return { erased: { items: calls.size, parts, damaged }, ranges, kept };
}

function addRange(ranges: Range[], start: number, end: number): void {
  const last = ranges.at(-1);
  if (last?.[1] === start) ranges[ranges.length - 1] = [last[0], end];
  else ranges.push([start, end]);
}

/** Lines that stay are copied byte by byte. */
async function copyWithout(old: FileHandle, path: string, ranges: readonly Range[]): Promise<void> {
  const handle = await open(path, 'wx', MODE);
  try {
    const { size } = await old.stat();
    let from = 0;
    for (const [start, end] of [...ranges, [size, size] as const]) {
      await copy(old, handle, from, start);
      from = end;
    }
    await handle.sync();
  } finally {
    await handle.close();
  }
}

async function copy(from: FileHandle, to: FileHandle, start: number, end: number): Promise<void> {
  const chunk = Buffer.allocUnsafe(Math.min(CHUNK, end - start));
  for (let at = start; at < end; ) {
    const { bytesRead } = await from.read(chunk, 0, Math.min(chunk.length, end - at), at);
    if (bytesRead === 0) return;
    await to.writeFile(chunk.subarray(0, bytesRead));
    at += bytesRead;
  }
}

/** On a file system that writes in place, nothing of these bytes is left. */
async function overwrite(handle: FileHandle, ranges: readonly Range[]): Promise<void> {
  for (const [start, end] of ranges) {
    for (let at = start; at < end; at += CHUNK) {
      await handle.write(ZEROS, 0, Math.min(CHUNK, end - at), at);
    }
  }
  await handle.datasync();
}
