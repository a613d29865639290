import type { Dirent } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { Failure } from '../../failure.ts';
import { errorReason, isAbsent } from '../../git/files.ts';
import { PLACES, parseSegmentName, type SegmentParts } from '../store/names.ts';
import { type CallFilter, classesOf } from './filter.ts';
import { tornTail } from './openlines.ts';

/** One segment's file. */
export interface Source {
  readonly segment: SegmentParts;
  readonly path: string;
}

/** A segment that waits to be sealed. */
export interface OpenSource extends Source {
  /** SHA-256, in hex, of what stands behind its last line feed: a line that is not whole, and no record. */
  readonly torn: string | undefined;
}

/** What a store holds of records. */
export interface Sources {
  readonly store: string;
  /** Parquet files, by date and name. */
  readonly sealed: readonly Source[];
  /** Lines, by name. */
  readonly open: readonly OpenSource[];
  /** What lies where segments lie and is none: paths below the store. Never read. */
  readonly strangers: readonly string[];
}

/** The least and the greatest `occurredAt` of a sealed segment, both canonical times. */
export interface TimeRange {
  readonly first: string;
  readonly last: string;
}

const DATE_FOLDER = /^date=(\d{4}-\d\d-\d\d)$/;
const PARQUET = '.parquet';
const LINES = '.jsonl';
const BESIDE = ['.lock', '.wanted'];

/**
 * Lists a store's segments. Only plain files in their own place count, and no link is followed: what stands outside of the
 * store is not of the store. An open segment that has its Parquet file already counts as sealed.
 * @throws Failure where the store is not there or cannot be read
 */
export async function listSources(store: string): Promise<Sources> {
  const strangers: string[] = [];
  const sealed: Source[] = [];
  for (const folder of await entriesOf(store, store)) {
    const date = DATE_FOLDER.exec(folder.name)?.[1];
    if (date === undefined || !folder.isDirectory()) {
      if (!isKnown(folder)) strangers.push(folder.name);
      continue;
    }
    for (const entry of await entriesOf(join(store, folder.name), store)) {
      const segment = segmentOf(entry, PARQUET);
      const path = join(folder.name, entry.name);
      if (segment?.date === date) sealed.push({ segment, path: join(store, path) });
      else strangers.push(path);
    }
  }
  const known = new Set<string>(sealed.map(({ segment }) => segment.name));
  const open: OpenSource[] = [];
  for (const entry of await openEntries(store)) {
    const segment = segmentOf(entry, LINES);
    if (segment !== undefined) {
      const path = join(store, PLACES.open, entry.name);
      if (!known.has(segment.name)) open.push({ segment, path, torn: await tornTail(path) });
    } else if (BESIDE.every((suffix) => segmentOf(entry, suffix) === undefined))
      strangers.push(join(PLACES.open, entry.name));
  }
  return { store, sealed: sealed.sort(byPath), open: open.sort(byPath), strangers: strangers.sort() };
}

/** Leaves out the segments that cannot hold what is meant, by their class and, where it is known, by their time. */
export function relevantSources(
  sources: Sources,
  filter: CallFilter,
  ranges?: ReadonlyMap<string, TimeRange>,
): Sources {
  const classes = classesOf(filter);
  const ofClass = ({ segment }: Source): boolean => classes.includes(segment.class);
  const inTime = ({ segment }: Source): boolean => {
    const range = ranges?.get(segment.name);
    if (range === undefined) return true;
    return (
      (filter.since === undefined || range.last >= filter.since) &&
      (filter.until === undefined || range.first < filter.until)
    );
  };
  return {
    ...sources,
    sealed: sources.sealed.filter((source) => ofClass(source) && inTime(source)),
    open: sources.open.filter(ofClass),
  };
}

function segmentOf(entry: Dirent, suffix: string): SegmentParts | undefined {
  if (!entry.isFile() || !entry.name.endsWith(suffix)) return undefined;
  return parseSegmentName(entry.name.slice(0, -suffix.length));
}

/** What else a store's own folder holds; names with a dot at the beginning are the system's or git's. */
function isKnown(entry: Dirent): boolean {
  const isPlace = Object.values(PLACES).some((place) => place === entry.name);
  return entry.name.startsWith('.') ? entry.isFile() : isPlace && entry.isDirectory();
}

async function openEntries(store: string): Promise<readonly Dirent[]> {
  try {
    return await readdir(join(store, PLACES.open), { withFileTypes: true });
  } catch (error) {
    if (isAbsent(error)) return [];
    throw unreadable(join(store, PLACES.open), error);
  }
}

async function entriesOf(folder: string, store: string): Promise<readonly Dirent[]> {
  try {
    return await readdir(folder, { withFileTypes: true });
  } catch (error) {
    // A folder that went away since it was listed was purged.
    if (isAbsent(error) && folder !== store) return [];
    if (isAbsent(error))
      throw new Failure(
        `there are no records in ${store}: record calls first, or name their folder with --store`,
      );
    throw unreadable(folder, error);
  }
}

function unreadable(path: string, error: unknown): Failure {
  return new Failure(`${path} cannot be read: ${errorReason(error)}`);
}

function byPath(a: Source, b: Source): number {
  return a.path < b.path ? -1 : 1;
}
