import { existsSync } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { errorCode, kindOf, syncFolder } from '../../git/files.ts';
import { type OpenCallsLedger, purgeOf, type Seal, type Sealing } from '../../trail/callsledger.ts';
import type { Engine } from '../engine/duckdb.ts';
import { storeFailure } from '../store/folder.ts';
import { dropLock, takeLock } from '../store/lock.ts';
import { makeFolderWithin } from '../store/modes.ts';
import {
  KIND_OF,
  leavesPath,
  lockPath,
  openPath,
  PLACES,
  parseSegmentName,
  type SegmentName,
  type SegmentParts,
  sealedPath,
} from '../store/names.ts';
import { type Conversion, convertSegment } from './convert.ts';
import { digestFile } from './filedigest.ts';
import { leavesBeside } from './writeparquet.ts';

/** A segment that is converted, and waits for its seal. */
export interface Prepared {
  readonly segment: SegmentParts;
  /** `undefined` where no record is left to seal. */
  readonly sealing: Sealing | undefined;
  readonly conversion: Conversion;
  /** Why its lines are to stay whatever comes of it. Completes "<segment> …". */
  readonly kept: string | undefined;
}

/**
 * Converts segments that wait to be sealed, each under a lock that is held until it is settled (`settle.ts`). Those that
 * somebody has taken up or sealed since are passed over; what a crash left of a sealed one is put right.
 * @param ledger reads it anew: whoever held a lock before may have sealed the segment
 * @throws Failure where a file cannot be read or written
 */
export async function* prepareSeals(
  store: string,
  engine: Engine,
  ledger: () => Promise<OpenCallsLedger>,
  waiting: readonly SegmentName[],
): AsyncGenerator<Prepared> {
  const fresh: Prepared[] = [];
  for (const name of waiting) {
    const segment = parseSegmentName(name);
    if (segment === undefined || !lock(store, name)) continue;
    try {
      const prepared = await prepareLocked({ store, engine, calls: await ledger(), segment }, fresh);
      if (prepared === undefined) dropLock(lockPath(store, name));
      else yield prepared;
    } catch (error) {
      dropLock(lockPath(store, name));
      throw error;
    }
  }
}

/** @throws Failure where it cannot be made, for another reason than that it is somebody's */
function lock(store: string, name: SegmentName): boolean {
  const path = lockPath(store, name);
  try {
    takeLock(path);
    return true;
  } catch (error) {
    if (errorCode(error) === 'EEXIST') return false;
    throw storeFailure(error, path, 'be written');
  }
}

interface Task {
  readonly store: string;
  readonly engine: Engine;
  readonly calls: OpenCallsLedger;
  readonly segment: SegmentParts;
}

/** @param fresh those of this run before it, to which it is added */
async function prepareLocked(task: Task, fresh: Prepared[]): Promise<Prepared | undefined> {
  const { store, calls, segment } = task;
  if (!existsSync(openPath(store, segment.name))) return undefined;
  const seal = calls.sealed.get(segment.name);
  if (seal !== undefined) return purgeOf(calls, seal) === undefined ? await putRight(task, seal) : undefined;
  const ours = fresh.filter((one) => one.sealing !== undefined && one.segment.class === segment.class);
  const among = [
    ...calls.seals,
    ...ours.flatMap(({ sealing, segment }) => (sealing ? { ...sealing, class: segment.class } : [])),
  ];
  const conversion = await convert(task, among);
  const { file } = conversion;
  if (file !== undefined) await putInPlace(task);
  const sealing = file && { segment: segment.name, ...file };
  const prepared = { segment, sealing, conversion, kept: undefined };
  fresh.push(prepared);
  return prepared;
}

/**
 * The seal is in the ledger, and the lines that it stands for were not taken away. Where the sealed file is not there as it
 * was sealed, the lines may give it again.
 */
async function putRight(task: Task, seal: Seal): Promise<Prepared | undefined> {
  const { store, calls, segment } = task;
  const final = sealedPath(store, segment);
  if (!(await isAsSealed(final, seal))) {
    const again = await convert(
      task,
      calls.seals.filter(({ sequence }) => sequence < seal.sequence),
    );
    if (again.file?.fileDigest !== seal.fileDigest) {
      await rm(temporaryPath(task), { force: true });
      await rm(leavesBeside(temporaryPath(task)), { force: true });
      const kept = `is not as event ${seal.sequence} sealed it, and its lines do not give that again: they stay in ${PLACES.open}/, run promptaudit calls verify`;
      return { segment, sealing: undefined, conversion: NOTHING, kept };
    }
    await putInPlace(task);
  }
  // What was a duplicate when it was sealed is in another segment.
  const left = await convert(task, calls.seals);
  await rm(temporaryPath(task), { force: true });
  await rm(leavesBeside(temporaryPath(task)), { force: true });
  const kept =
    left.file &&
    `has ${left.file.records === 1 ? '1 record' : `${left.file.records} records`} in its lines that came after its seal: give what jq -c '${BARE}' makes of ${openPath(store, segment.name)} to promptaudit calls record`;
  return { segment, sealing: undefined, conversion: { ...left, file: undefined, duplicates: [] }, kept };
}

/** A record as it may come in: without what is ours to set. */
const BARE = 'del(.schema, .recordedAt, .content)';

const NOTHING: Conversion = { file: undefined, damaged: [], duplicates: [], unread: [] };

async function isAsSealed(path: string, seal: Seal): Promise<boolean> {
  if ((await kindOf(path)) !== 'file') return false;
  return (await digestFile(path)).fileDigest === seal.fileDigest;
}

/** A sealed segment, or one that is about to be. */
type Other = Pick<Seal, 'segment' | 'class' | 'first' | 'last'>;

/** How long before a segment was opened its records may have been sent for the first time (milliseconds). */
const RESENT_WITHIN = 3_600_000;

/**
 * What was recorded before is of the same time, or was sent not long before and took the time of its arrival. What comes with an
 * id and no time, from a file that is imported again, say, may have come at any.
 */
function convert(task: Task, among: readonly Other[]): Promise<Conversion> {
  const { store, engine, calls, segment } = task;
  const isPurged = (other: Other): boolean => {
    const seal = calls.sealed.get(other.segment);
    return seal !== undefined && purgeOf(calls, seal) !== undefined;
  };
  const recent = new Date(segment.opened - RESENT_WITHIN).toISOString();
  const same = among.filter((other) => other.class === segment.class && !isPurged(other));
  return convertSegment({
    engine,
    kind: KIND_OF[segment.class],
    source: openPath(store, segment.name),
    target: temporaryPath(task),
    sealed: (first, last, timeless) =>
      same
        .filter((other) => timeless || other.last >= recent || (other.first <= last && other.last >= first))
        .map((other) => pathOf(store, other)),
  });
}

function temporaryPath({ store, segment }: Task): string {
  return join(store, PLACES.temporary, `${segment.name}.parquet`);
}

function pathOf(store: string, { segment }: Pick<Seal, 'segment'>): string {
  const parts = parseSegmentName(segment);
  return parts === undefined ? '' : sealedPath(store, parts);
}

/** Gives the converted file its place, for good. */
async function putInPlace(task: Task): Promise<void> {
  const { store, segment } = task;
  const final = sealedPath(store, segment);
  try {
    await makeFolderWithin(dirname(final));
    await rename(temporaryPath(task), final);
    await makeFolderWithin(dirname(leavesPath(store, segment)));
    await rename(leavesBeside(temporaryPath(task)), leavesPath(store, segment));
    await syncFolder(dirname(final));
    await syncFolder(store);
  } catch (error) {
    throw storeFailure(error, final, 'be written');
  }
}
