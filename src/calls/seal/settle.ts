import { rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { syncFolder } from '../../git/files.ts';
import type { CallsLedger } from '../../trail/callsledger.ts';
import { storeFailure } from '../store/folder.ts';
import { dropLock } from '../store/lock.ts';
import { makeFolderWithin } from '../store/modes.ts';
import { damagedPath, leavesPath, lockPath, openPath, PLACES, sealedPath } from '../store/names.ts';
import type { Prepared } from './sealstore.ts';

/**
 * Ends what `prepareSeals` began. What the ledger has a seal of loses its lines, but for those of a segment in which some were
 * no records; what it has none of stays in its lines alone. Every lock is dropped.
 * @param calls the ledger as it now is; `undefined` where that cannot be told: everything stays then
 * @throws Failure where the store cannot be written
 */
export async function settle(
  store: string,
  prepared: readonly Prepared[],
  calls: CallsLedger | undefined,
): Promise<void> {
  let failure: unknown;
  for (const one of prepared) {
    const { name } = one.segment;
    try {
      if (calls !== undefined && one.kept === undefined) await settleOne(store, one, calls);
    } catch (error) {
      failure ??= error;
    } finally {
      dropLock(lockPath(store, name));
    }
  }
  if (failure !== undefined) throw storeFailure(failure, store, 'be written');
  if (prepared.length > 0) await syncFolder(join(store, PLACES.open));
}

async function settleOne(
  store: string,
  { segment, sealing, conversion }: Prepared,
  { seals }: CallsLedger,
): Promise<void> {
  const seal = seals.find((one) => one.segment === segment.name);
  if (sealing === undefined || seal?.fileDigest === sealing.fileDigest) {
    await takeLinesAway(store, segment.name, conversion.damaged.length > 0);
  } else {
    await rm(sealedPath(store, segment), { force: true });
    await rm(leavesPath(store, segment), { force: true });
  }
}

async function takeLinesAway(store: string, segment: string, isDamaged: boolean): Promise<void> {
  const source = openPath(store, segment);
  if (!isDamaged) {
    await rm(source, { force: true });
    return;
  }
  await makeFolderWithin(join(store, PLACES.damaged));
  await rename(source, damagedPath(store, segment));
  await syncFolder(join(store, PLACES.damaged));
}
