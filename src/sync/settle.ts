import { Refusal } from '../failure.ts';
import type { Oid } from '../git/object.ts';
import type { RefUpdate } from '../git/store.ts';
import { LEDGER_REF } from '../ledger/event.ts';
import type { LedgerHead } from '../trail/model.ts';
import { announceMove, markOf, settleMark } from '../trail/pin.ts';
import { trackingRef } from '../trail/tracking.ts';
import type { Mark } from '../trail/trust.ts';
import type { BranchStanding } from './branch.ts';
import { type Meeting, tagOf } from './meet.ts';
import {
  demandOwn,
  type RefusedEvent,
  type ReplayedEvent,
  type ReplayOutcome,
  replayEvents,
} from './replay.ts';
import type { SyncRequest, SyncShop } from './shop.ts';

/** This clone as it is once what the remote has was taken. */
export interface Settled {
  readonly head: LedgerHead;
  readonly replayed: readonly ReplayedEvent[];
  readonly refused: readonly (RefusedEvent & { readonly ref: string })[];
  /** Decision tags of events that the remote does not have. */
  readonly unsent: ReadonlyMap<string, Oid>;
  readonly branch: SettledBranch | undefined;
  /** Tags that came. */
  readonly taken: number;
}

/** Where the branch is now; `why` it was left where it was. */
interface SettledBranch extends BranchStanding {
  readonly state: 'forwarded' | 'rebuilt' | BranchStanding['relation'];
  readonly why: string | undefined;
}

/** Where events are kept that were refused, as commits of the ledger that they stood in. */
function asideRef(event: Oid): string {
  return `refs/promptaudit/aside/${event}`;
}

/** Where the event itself is kept. */
export function asideEventRef(event: Oid): string {
  return `${asideRef(event)}/event`;
}

export const SET_ASIDE = 'it was set aside as you asked';

/**
 * Takes what the remote has, with this clone's own events on top: signed objects first, then every ref in one transaction.
 * @throws RefConflict where somebody was at work in this clone meanwhile; Refusal where something here is in the way
 */
export async function settle(shop: SyncShop, request: SyncRequest, meeting: Meeting): Promise<Settled> {
  const { store } = shop;
  const { remote } = request;
  const { ledger, trail, unsynced, local, seen } = meeting;
  const again = ledger !== undefined && unsynced.length > 0;
  const synced = again ? ledger.markSynced() : undefined;
  const outcome = !again ? undefined : request.setAside ? allAside(unsynced) : await makeAgain(shop, meeting);
  const { head, root } = trail;
  const refused = (outcome?.refused ?? []).map((one) => ({
    ...one,
    ref: asideEventRef(one.event.oid),
  }));
  const branch = await moveBranch(shop, request, meeting, outcome);
  const message = `promptaudit: sync with ${remote}`;
  const at = (ref: string, expected: Oid | undefined, next: Oid | undefined): RefUpdate[] =>
    expected === next ? [] : [{ ref, expected, next, message }];
  const tracking = trackingRef(remote);
  const updates = [
    ...tagUpdates(meeting, outcome).flatMap(({ ref, expected, next }) => at(ref, expected, next)),
    ...(await asideUpdates(shop, refused)).flatMap(([ref, now, oid]) => at(ref, now, oid)),
    ...at(tracking, await store.resolveRef(tracking), meeting.state.ledger),
    ...(branch === undefined ? [] : at(branch.ref, meeting.branch?.oid, branch.oid)),
    ...at(LEDGER_REF, local, head.commit),
  ];
  if (updates.some(({ ref }) => ref === LEDGER_REF)) await announceMove(store, head);
  try {
    await store.updateRefs(updates);
  } catch (error) {
    if (branch !== undefined && meeting.branch !== undefined && branch.oid !== meeting.branch.oid)
      await shop.remotes.moveFiles(branch.oid, meeting.branch.oid);
    throw error;
  }
  ledger?.adopt(synced);
  await remember(shop, meeting, { root, head }, remote, seen);
  return {
    ...{ head, refused, branch },
    replayed: outcome?.replayed ?? [],
    unsent: outcome?.tags ?? unsentTags(meeting),
    taken: meeting.tags.take.size,
  };
}

function allAside(events: Meeting['unsynced']): ReplayOutcome {
  const refused = events.map((event) => ({ event, message: SET_ASIDE, reasons: [] }));
  return { replayed: [], refused, tags: new Map(), branchTip: undefined };
}

/** What `settle` would refuse before it made anything. @throws Refusal */
export async function foresee(
  { signer, identity }: SyncShop,
  { setAside }: SyncRequest,
  { ledger, trail, unsynced: events }: Meeting,
): Promise<void> {
  if (ledger === undefined || events.length === 0 || setAside) return;
  demandOwn({ events, signer: await signer(), identity, trail });
}

async function makeAgain(shop: SyncShop, meeting: Meeting): Promise<ReplayOutcome> {
  const { ledger, made, trail, unsynced, branch, state } = meeting;
  if (ledger === undefined) throw new Refusal('there is nothing to make events again upon');
  const remakes = branch !== undefined && branch.remade.size > 0;
  return replayEvents({
    ...{ made, ledger, trail, events: unsynced },
    signer: await shop.signer(),
    identity: shop.identity,
    branch: remakes ? { ref: branch.ref, oid: branch.remote } : undefined,
    remade: branch?.remade ?? new Set(),
    tags: [...state.tags.keys()],
    progress: (done, total) => shop.progress('sign', done, total),
  });
}

/** The files go before the ref: a command that is cut off in between is taken up by the next. */
async function moveBranch(
  { remotes, store }: SyncShop,
  { pull }: SyncRequest,
  { branch }: Meeting,
  outcome: ReplayOutcome | undefined,
): Promise<SettledBranch | undefined> {
  if (branch === undefined) return undefined;
  const left = { ...branch, state: branch.relation, why: undefined };
  const remade = branch.remade.size > 0 ? outcome?.branchTip : undefined;
  const next = remade ?? (pull && branch.relation === 'behind' ? branch.remote : undefined);
  if (next === undefined) return left;
  const underWay = await store.workTree?.operationUnderWay();
  const why =
    underWay === undefined ? await remotes.moveFiles(branch.oid, next) : `a ${underWay} is under way`;
  if (why === undefined) return { ...branch, oid: next, state: remade ? 'rebuilt' : 'forwarded', why };
  if (remade === undefined) return { ...left, why };
  throw new Refusal(
    `files here would be overwritten by what came in: ${why}; commit or stash them, then run promptaudit sync again`,
  );
}

/** Tags of events that were made again give way to the new ones; what came is made. */
function tagUpdates(
  { standing, unsynced, tags }: Meeting,
  outcome: ReplayOutcome | undefined,
): readonly Pick<RefUpdate, 'ref' | 'expected' | 'next'>[] {
  const next = new Map<string, Oid | undefined>();
  if (outcome !== undefined) for (const ref of unsynced.flatMap(tagOf)) next.set(ref, undefined);
  for (const [ref, oid] of tags.take) next.set(ref, oid);
  for (const [ref, oid] of outcome?.tags ?? []) next.set(ref, oid);
  return [...next].map(([ref, oid]) => ({ ref, expected: standing.get(ref), next: oid }));
}

async function asideUpdates(
  { store }: SyncShop,
  refused: Settled['refused'],
): Promise<readonly (readonly [string, Oid | undefined, Oid])[]> {
  const kept = refused.flatMap(({ event: { oid, detail } }) => [
    [asideEventRef(oid), oid] as const,
    ...(detail !== undefined && 'tagObject' in detail
      ? [[`${asideRef(oid)}/tag`, detail.tagObject] as const]
      : []),
  ]);
  return Promise.all(kept.map(async ([ref, oid]) => [ref, await store.resolveRef(ref), oid] as const));
}

/** Of events that the remote does not have, as this clone has them. */
export function unsentTags({ unsynced, standing }: Meeting): ReadonlyMap<string, Oid> {
  const tags = unsynced.flatMap(tagOf).map((ref) => [ref, standing.get(ref)] as const);
  return new Map(tags.filter((tag): tag is readonly [string, Oid] => tag[1] !== undefined));
}

async function remember(
  { store, unkept }: SyncShop,
  { trust }: Meeting,
  verified: Parameters<typeof settleMark>[1],
  remote: string,
  seen: Mark | undefined,
): Promise<void> {
  const remotes = new Map(trust?.remotes);
  if (seen !== undefined) remotes.set(remote, markOf(seen));
  try {
    await settleMark(store, verified, remotes);
  } catch (error) {
    await unkept(error);
  }
}
