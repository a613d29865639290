import { rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { kindOf, makeFolders, syncFolder } from '../../git/files.ts';
import type { OpenCallsLedger, Seal, Sealing } from '../../trail/callsledger.ts';
import type { Engine } from '../engine/duckdb.ts';
import type { RecordKind } from '../record/fields.ts';
import { storeFailure } from '../store/folder.ts';
import { dropLock, takeLock } from '../store/lock.ts';
import {
  damagedPath,
  lockPath,
  openPath,
  PLACES,
  parseSegmentName,
  type RecordClass,
  type SegmentName,
  type SegmentParts,
  sealedPath,
} from '../store/names.ts';
import { type Conversion, convertSegment } from './convert.ts';

/** A segment that is converted, and waits for its seal. */
export interface Prepared {
  readonly segment: SegmentParts;
  /** `undefined` where no record is left to seal. */
  readonly sealing: Sealing | undefined;
  readonly conversion: Conversion;
}

const KIND_OF: Readonly<Record<RecordClass, RecordKind>> = { calls: 'call', access: 'access' };

/**
 * Converts segments that wait to be sealed, each under a lock that is held until `finish` or `abandon`. Those that somebody
 * has taken up again since are passed over, and what a crash left of a sealed one is cleared away.
 * @throws Failure where a file cannot be read or written
 */
export async function* prepareSeals(
  store: string,
  engine: Engine,
  calls: OpenCallsLedger,
  waiting: readonly SegmentName[],
): AsyncGenerator<Prepared> {
  for (const name of waiting) {
    const segment = parseSegmentName(name);
    if (segment === undefined || !lock(store, name)) continue;
    if (calls.sealed.has(name)) {
      await clearSealed(store, segment);
      continue;
    }
    try {
      yield await prepare(store, engine, calls, segment);
    } catch (error) {
      dropLock(lockPath(store, name));
      throw error;
    }
  }
}

function lock(store: string, name: SegmentName): boolean {
  try {
    takeLock(lockPath(store, name));
    return true;
  } catch {
    return false;
  }
}

/** The seal was written, and the lines that it stands for were not taken away in time. */
async function clearSealed(store: string, segment: SegmentParts): Promise<void> {
  if ((await kindOf(sealedPath(store, segment))) === 'file')
    await rm(openPath(store, segment.name), { force: true });
  dropLock(lockPath(store, segment.name));
}

async function prepare(
  store: string,
  engine: Engine,
  calls: OpenCallsLedger,
  segment: SegmentParts,
): Promise<Prepared> {
  const { name } = segment;
  const source = openPath(store, name);
  const target = join(store, PLACES.temporary, `${name}.parquet`);
  const kind = KIND_OF[segment.class];
  const sealed = overlapping(calls, segment).map((seal) => pathOf(store, seal));
  const conversion = await convertSegment({ engine, kind, source, target, sealed });
  const { file } = conversion;
  if (file === undefined) return { segment, sealing: undefined, conversion };
  const final = sealedPath(store, segment);
  try {
    await makeFolders(dirname(final));
    await rename(target, final);
    await syncFolder(dirname(final));
    await syncFolder(store);
  } catch (error) {
    throw storeFailure(error, final, 'be written');
  }
  return { segment, sealing: { segment: name, ...file }, conversion };
}

/** How long before a segment was opened its records may have been sent for the first time (milliseconds). */
const RESENT_WITHIN = 3_600_000;

function overlapping(calls: OpenCallsLedger, segment: SegmentParts): readonly Seal[] {
  const from = new Date(segment.opened - RESENT_WITHIN).toISOString();
  return calls.seals.filter((seal) => seal.class === segment.class && seal.last >= from);
}

function pathOf(store: string, { segment }: Seal): string {
  const parts = parseSegmentName(segment);
  return parts === undefined ? '' : sealedPath(store, parts);
}

/** The seals are in the ledger: the lines go, but for those of a segment in which some were no records. */
export async function finish(store: string, prepared: readonly Prepared[]): Promise<void> {
  for (const { segment, conversion } of prepared) {
    const source = openPath(store, segment.name);
    if (conversion.damaged.length === 0) {
      await rm(source, { force: true });
    } else {
      await makeFolders(join(store, PLACES.damaged));
      await rename(source, damagedPath(store, segment.name));
    }
    dropLock(lockPath(store, segment.name));
  }
  await syncFolder(join(store, PLACES.open));
}

/** Nothing was sealed: the lines stay as they are. */
export async function abandon(store: string, prepared: readonly Prepared[]): Promise<void> {
  for (const { segment } of prepared) {
    await rm(sealedPath(store, segment), { force: true });
    dropLock(lockPath(store, segment.name));
  }
}
