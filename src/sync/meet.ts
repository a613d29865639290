import { Failure } from '../failure.ts';
import { HeldObjects } from '../git/heldobjects.ts';
import type { Oid } from '../git/object.ts';
import { type GitStore, ObjectMissing } from '../git/store.ts';
import { sha256 } from '../ledger/digest.ts';
import { LedgerElsewhere } from '../trail/elsewhere.ts';
import { acknowledgementOf } from '../trail/findings.ts';
import { ledgerCommits } from '../trail/load.ts';
import type { Finding, LedgerHead, TrailEvent } from '../trail/model.ts';
import { refusalOf } from '../trail/pin.ts';
import { TRACKING_PREFIX, trackingRef } from '../trail/tracking.ts';
import { Trail } from '../trail/trail.ts';
import type { Mark } from '../trail/trust.ts';
import { broughtUnregistered } from '../verify/broughtcontent.ts';
import { datedAhead } from '../verify/datedahead.ts';
import { type BranchStanding, branchStanding } from './branch.ts';
import { demandNothingNew, demandSameRegistry, departuresOf } from './departures.ts';
import { type Fork, forkOf } from './fork.ts';
import { judgeMirrors, mirrorRef, mirrorRefs } from './mirror.ts';
import { fetchState, type RemoteState } from './remotestate.ts';
import type { SyncRequest, SyncShop } from './shop.ts';
import { lookAtBoth, progressOf, type Sides } from './sides.ts';
import { judgeTags, type TagJudgement } from './tags.ts';

/** What this clone and a remote have of a registry, fetched and judged; nothing of it is taken yet. */
export interface Meeting extends Omit<Sides, 'own' | 'branch'> {
  readonly head: LedgerHead | undefined;
  readonly fork: Fork;
  /** Events that only this clone has, oldest first. */
  readonly unsynced: readonly TrailEvent[];
  /** Events that only the remote has, oldest first. */
  readonly incoming: readonly TrailEvent[];
  /** The trail of the remote's ledger where that has something new or has to be built upon; else this clone's own. */
  readonly trail: Trail;
  /** Where that trail comes from, when it is not this clone's own. */
  readonly ledger: LedgerElsewhere | undefined;
  /** Events that are made again upon that, until they are written. */
  readonly made: HeldObjects;
  /** The remote's head. */
  readonly seen: Mark | undefined;
  readonly branch: BranchStanding | undefined;
  readonly mirror: string | undefined;
  readonly tags: TagJudgement;
  /** What is wrong at the remote. */
  readonly findings: readonly Finding[];
  /** Whether nothing of it may be taken. */
  readonly blocked: boolean;
}

/**
 * @throws RemoteUnreachable, Failure where neither side has a registry; Refusal where the remote's is another, or none
 */
export async function meet(shop: SyncShop, request: SyncRequest): Promise<Meeting> {
  const { store, remotes } = shop;
  const { remote, pull } = request;
  const sides = await lookAtBoth(shop, request);
  const { trust, local, own, standing, state } = sides;
  const before = trust?.remotes.get(remote);
  const fork = await forkAt(shop, local, state, before);
  demandSameRegistry(remote, local, state, fork);
  if (!pull) demandNothingNew(remote, fork);
  const departures = departuresOf(remote, state, fork, before);
  const unsynced = own === undefined ? [] : await newestEvents(own, fork.ours.length);
  const branch =
    sides.branch &&
    (await branchStanding(
      remotes,
      sides.branch,
      state.heads.get(sides.branch.remoteRef),
      pull ? unsynced : [],
    ));

  const made = new HeldObjects(store);
  const early = unsentAhead(unsynced, shop.now());
  const isDatedAnew = early.length > 0 && !(await hasAnother(store, remote, unsynced));
  const isApart = (branch?.remade.size ?? 0) > 0 || request.setAside || isDatedAnew;
  const ledger = departures.length > 0 ? undefined : ledgerToJudge(shop, state, fork, before, made, isApart);
  const trail = ledger === undefined ? own : await Trail.from(ledger);
  if (trail === undefined) throw nothingToTake(remote, departures);
  const incoming = ledger === undefined ? [] : await newestEvents(trail, fork.theirs.length);
  const broken = brokenEvents(trail, fork.base, incoming, shop.now());
  const isSettled = ledger !== undefined && (isDatedAnew || request.setAside);
  const stuck = request.push && !isSettled ? early : [];
  const mirrored = await mirrorFindings(shop, remote, sides, trail);
  const tags = await judgeTags({
    ...{ remote, here: standing, there: state.tags, trail, incoming },
    unsynced: new Set(unsynced.flatMap(tagOf)),
  });
  const strangers = await broughtHere(shop, trail, branch, pull);
  const grave = [...departures, ...mirrored];
  const isWhole = ledger === undefined || trail.head.commit === state.ledger;
  return {
    ...{ trust, local, head: own?.head, standing, state },
    ...{ fork, unsynced, incoming, trail, ledger, made, branch, tags },
    mirror: mirrorRef(trail),
    seen: await headOf(shop, state.ledger, ledger, trail, fork),
    findings: [...grave, ...stuck, ...broken, ...(grave.length > 0 ? [] : [...tags.findings, ...strangers])],
    blocked: grave.length + stuck.length > 0 || !isWhole || (broken.length > 0 && !request.acceptFindings),
  };
}

/** The remote's ledger, where it has events that are new, or this clone's own have to be made again upon it. */
function ledgerToJudge(
  shop: SyncShop,
  { ledger }: RemoteState,
  { ours, theirs }: Fork,
  seen: Mark | undefined,
  made: HeldObjects,
  isApart: boolean,
): LedgerElsewhere | undefined {
  const again = ours.length > 0 && (theirs.length > 0 || isApart);
  if (ledger === undefined || (theirs.length === 0 && !again)) return undefined;
  const { root } = shop;
  const progress = progressOf(shop);
  return again
    ? LedgerElsewhere.onSynced({ store: made.store, root, progress }, ledger, seen)
    : LedgerElsewhere.onIndex({ store: shop.store, root, progress }, ledger);
}

function nothingToTake(remote: string, [departure]: readonly Finding[]): Error {
  if (departure !== undefined) return refusalOf(departure);
  return new Failure(`${remote} has no ledger that could be taken`);
}

async function mirrorFindings(
  { store, remotes }: SyncShop,
  remote: string,
  { own, state }: Sides,
  trail: Trail,
): Promise<readonly Finding[]> {
  const known = mirrorRefs(own);
  // The policy that names it may have come just now.
  const others = mirrorRefs(trail).filter((ref) => !known.includes(ref));
  if (others.length > 0) await fetchState(store, remotes, remote, state, others, [state.ledger], state.tags);
  return judgeMirrors(store, remote, trail, state);
}

async function forkAt(
  { store }: SyncShop,
  local: Oid | undefined,
  { ledger }: RemoteState,
  seen: Mark | undefined,
): Promise<Fork> {
  if (ledger !== undefined) return forkOf(store, local, ledger, seen);
  const { oids } = local === undefined ? { oids: [] } : await ledgerCommits(store, local);
  return { base: 0, ours: oids, theirs: [], extendsSeen: true };
}

/** The last events of a trail, oldest first. */
async function newestEvents(trail: Trail, number: number): Promise<readonly TrailEvent[]> {
  const events: TrailEvent[] = [];
  if (number === 0) return events;
  for await (const event of trail.events()) if (events.push(event) === number) break;
  return events.reverse();
}

/**
 * What nobody registered, and no admin acknowledged, of the content that a protected branch brings here. It is told, and the
 * branch taken as git would.
 */
async function broughtHere(
  { store }: SyncShop,
  trail: Trail,
  branch: BranchStanding | undefined,
  pull: boolean,
): Promise<readonly Finding[]> {
  if (!pull || branch?.remote === undefined || branch.relation === 'even' || branch.relation === 'ahead')
    return [];
  const { remoteRef: ref, remote: tip, oid } = branch;
  const isProtected = trail.policy.policy.protectedBranches.some((name) => ref === `refs/heads/${name}`);
  if (!isProtected) return [];
  try {
    const found = await broughtUnregistered(store, trail, { ref, tip, known: [oid] });
    return found.filter((one) => acknowledgementOf(one, trail.acknowledgements) === undefined);
  } catch (error) {
    // A history that is cut short is for verify to tell of.
    if (error instanceof ObjectMissing) return [];
    throw error;
  }
}

const DATED_AHEAD =
  'nobody can sign behind it before that time, not even to acknowledge it, so it was not taken: set right the clock of the machine that signed it, and sync again then';

/** What is wrong with events that are new, and that no admin acknowledged behind them. */
function brokenEvents(
  { findings, acknowledgements }: Trail,
  base: number,
  incoming: readonly TrailEvent[],
  now: number,
): readonly Finding[] {
  if (incoming.length === 0) return [];
  const latest = latestEffective(incoming);
  const isNew = ({ severity, sequence }: Finding) => severity === 'error' && (sequence ?? Infinity) > base;
  return [...findings.filter(isNew), ...datedAhead(latest, now, DATED_AHEAD)].filter(
    (found) => acknowledgementOf(found, acknowledgements) === undefined,
  );
}

const UNSENT_AHEAD =
  'whoever takes it could sign nothing before that time, so it is not sent: the clock of this machine was ahead when it was signed, or is behind now';

/** What is wrong with the date of events that were not sent yet. Made again on top of what the remote has, they get today's. */
function unsentAhead(unsynced: readonly TrailEvent[], now: number): readonly Finding[] {
  return datedAhead(latestEffective(unsynced), now, UNSENT_AHEAD);
}

/** Whether another remote has some of these events already: made again, they would no longer be those that it has. */
async function hasAnother(
  store: GitStore,
  remote: string,
  unsynced: readonly TrailEvent[],
): Promise<boolean> {
  const tips = new Set(unsynced.map(({ oid }) => oid));
  const tracked = await store.listRefs(TRACKING_PREFIX);
  return tracked.some(({ name, oid }) => name !== trackingRef(remote) && tips.has(oid));
}

function latestEffective(events: readonly TrailEvent[]): TrailEvent | undefined {
  return events
    .filter(({ effective }) => effective)
    .reduce(
      (latest: TrailEvent | undefined, event) =>
        latest === undefined || event.time > latest.time ? event : latest,
      undefined,
    );
}

export function tagOf({ detail }: TrailEvent): readonly string[] {
  return detail !== undefined && 'tagObject' in detail ? [detail.tag] : [];
}

async function headOf(
  { store }: SyncShop,
  tip: Oid | undefined,
  ledger: LedgerElsewhere | undefined,
  trail: Trail,
  { base }: Fork,
): Promise<Mark | undefined> {
  if (tip === undefined) return undefined;
  if (ledger !== undefined) return trail.head;
  return { sequence: base, commit: tip, digest: sha256((await store.read(tip)).bytes) };
}
