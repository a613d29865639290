import { rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Failure } from '../../failure.ts';
import { syncFolder } from '../../git/files.ts';
import type { RetentionClass } from '../../ledger/event.ts';
import { type CallsLedger, type Purge, purgeOf, type Seal } from '../../trail/callsledger.ts';
import { dropContent } from '../content/erase.ts';
import type { Sources } from '../search/sources.ts';
import { namesIn, storeFailure } from '../store/folder.ts';
import {
  damagedPath,
  leavesPath,
  openPath,
  PLACES,
  parseSegmentName,
  type SegmentName,
  type SegmentParts,
  sealedPath,
} from '../store/names.ts';
import type { ReachedSegment } from './certificate.ts';
import { segmentsWithContent } from './contents.ts';
import type { KnownHold } from './holds.ts';

/** As a purge's certificate lists them. */
export function reachedBy(taken: readonly Seal[]): readonly ReachedSegment[] {
  return taken.map(({ segment, merkleRoot, fileDigest }) => ({ segment, merkleRoot, fileDigest }));
}

/** @throws Failure where a hold stands and a segment is not there to be looked into */
export function demandPresent(
  { sealed, store }: Sources,
  holds: readonly KnownHold[],
  taken: readonly Seal[],
): void {
  const [{ hold } = { hold: undefined }] = holds;
  if (hold === undefined) return;
  const here = new Set<string>(sealed.map(({ segment }) => segment.name));
  const absent = taken.find(({ segment }) => !here.has(segment));
  if (absent === undefined) return;
  throw new Failure(
    `segment ${absent.segment} is not in ${store}, so nobody can tell whether hold ${hold.name} covers it: put it back from a copy, or purge where it is`,
  );
}

/** Files that events say are gone. */
export interface Remaining {
  readonly purge: Purge;
  readonly seal: Seal;
  /** `content`: of the segment only what was said was purged. */
  readonly what: 'all' | 'content';
}

/** What purges took by their events, and is in the store still. @throws Failure where it cannot be read */
export async function remaining(sources: Sources, calls: CallsLedger): Promise<readonly Remaining[]> {
  const { store } = sources;
  const content = new Set<string>((await segmentsWithContent(store)).map(({ name }) => name));
  const others = new Set<string>([
    ...content,
    ...sources.sealed.map(({ segment }) => segment.name),
    ...(await namesOf(join(store, PLACES.open))),
    ...(await namesOf(join(store, PLACES.damaged))),
  ]);
  return calls.seals.flatMap((seal): Remaining[] => {
    const whole = purgeOf(calls, seal);
    if (whole !== undefined) return others.has(seal.segment) ? [{ purge: whole, seal, what: 'all' }] : [];
    const said = seal.class === 'calls' ? purgeOf(calls, seal, 'content') : undefined;
    return said !== undefined && content.has(seal.segment) ? [{ purge: said, seal, what: 'content' }] : [];
  });
}

async function namesOf(folder: string): Promise<readonly string[]> {
  const names = await namesIn(folder);
  return names.filter((name) => name.endsWith('.jsonl')).map((name) => name.slice(0, -'.jsonl'.length));
}

/**
 * Removes a sealed segment's files, or its content alone. The Parquet file goes last: while it is there, a look at the store
 * shows that something is left to do.
 * @throws Failure
 */
export async function removeSegment(
  store: string,
  segment: SegmentName,
  what: 'all' | RetentionClass,
): Promise<void> {
  const parts = parseSegmentName(segment);
  if (parts === undefined) return;
  if (parts.class === 'calls') await dropContent(store, parts);
  if (what === 'content') return;
  for (const path of filesOf(store, parts)) {
    try {
      await rm(path, { force: true });
      await syncFolder(dirname(path));
    } catch (error) {
      throw storeFailure(error, path, 'be removed');
    }
  }
}

function filesOf(store: string, parts: SegmentParts): readonly string[] {
  const temporary = join(store, PLACES.temporary, `${parts.name}.parquet`);
  return [
    temporary,
    `${temporary}.lines`,
    `${temporary}.leaves`,
    `${temporary}.leaves.rest`,
    leavesPath(store, parts),
    damagedPath(store, parts.name),
    openPath(store, parts.name),
    sealedPath(store, parts),
  ];
}
