import { Failure } from '../failure.ts';
import { RefConflict } from '../git/store.ts';
import type { SyncReport } from '../report/sync.ts';
import { indexFolder } from '../trail/index/folder.ts';
import { keepSynced } from '../trail/index/synced.ts';
import { markOf, settleMark } from '../trail/pin.ts';
import { trackingRef } from '../trail/tracking.ts';
import { readTrust } from '../trail/trust.ts';
import { type Meeting, meet } from './meet.ts';
import { RemoteMoved } from './remotestate.ts';
import { deliver, isEmpty, parcelOf } from './send.ts';
import { foresee, type Settled, settle } from './settle.ts';
import type { SyncRequest, SyncShop } from './shop.ts';
import { Tale } from './tale.ts';

/** So many lost races in a row mean that something else is wrong. */
const MAX_ROUNDS = 60;

/**
 * Takes what a remote has and sends what only this clone has, until both have the same. What comes is verified before anything
 * moves; this clone's events are made again on top of it; nothing is overwritten on either side.
 * @throws Failure where it cannot be told, Refusal where the remote holds something else
 */
export async function sync(shop: SyncShop, request: SyncRequest): Promise<SyncReport> {
  const tale = new Tale(request);
  for (let round = 1; round <= MAX_ROUNDS; round += 1) {
    try {
      const report = await meetOnce(shop, request, tale);
      if (report !== undefined) return report;
    } catch (error) {
      if (!(error instanceof RefConflict || error instanceof RemoteMoved)) throw error;
    }
    await shop.pause(round);
  }
  throw new Failure(
    `${request.remote} and this clone moved ${MAX_ROUNDS} times while they were to be brought together: nothing is lost, try again when less is going on`,
  );
}

/** One round; `undefined` where somebody else was faster. */
async function meetOnce(shop: SyncShop, request: SyncRequest, tale: Tale): Promise<SyncReport | undefined> {
  const meeting = await meet(shop, request);
  if (meeting.blocked) return tale.untold(meeting);
  if (request.dryRun) {
    await foresee(shop, request, meeting);
    return tale.untold(meeting);
  }
  const settled = await settle(shop, request, meeting);
  tale.took(meeting, settled);
  const parcel = parcelOf(meeting, settled);
  if (!request.push || isEmpty(parcel)) {
    if (settled.head.commit === meeting.state.ledger) keepInStep(shop, settled);
    return tale.end(meeting, settled);
  }
  shop.progress('send', 0, undefined);
  const delivery = await deliver(shop, request, meeting, parcel);
  if (delivery.state === 'overtaken') return undefined;
  if (delivery.state === 'broken off')
    throw new Failure(
      `${request.remote} could not be sent to: ${delivery.why}; nothing here is lost, and what it took shows at the next promptaudit sync`,
    );
  if (delivery.state === 'refused') return tale.refused(meeting, settled, delivery.why);
  await noteDelivered(shop, request, meeting, settled);
  return tale.delivered(meeting, settled, parcel);
}

/** What the remote has now is what this clone has. */
async function noteDelivered(
  shop: SyncShop,
  { remote }: SyncRequest,
  { trail }: Meeting,
  settled: Settled,
): Promise<void> {
  const { store, unkept } = shop;
  const { head } = settled;
  const ref = trackingRef(remote);
  const message = `promptaudit: sync with ${remote}`;
  // git has done so itself where the configuration says that the remote's ledger is fetched to there.
  const expected = await store.resolveRef(ref);
  if (expected !== head.commit) await store.updateRefs([{ ref, expected, next: head.commit, message }]);
  try {
    const remotes = new Map((await readTrust(store.layout.commonDir))?.remotes);
    await settleMark(store, { root: trail.root, head }, remotes.set(remote, markOf(head)));
  } catch (error) {
    await unkept(error);
  }
  keepInStep(shop, settled);
}

function keepInStep({ store }: SyncShop, { head }: Settled): void {
  keepSynced(indexFolder(store), head.commit);
}
