import { Failure, Refusal } from '../failure.ts';
import { HeldObjects } from '../git/heldobjects.ts';
import type { Oid } from '../git/object.ts';
import { sha256 } from '../ledger/digest.ts';
import { LEDGER_REF, TAG_PREFIX } from '../ledger/event.ts';
import { LedgerElsewhere } from '../trail/elsewhere.ts';
import { acknowledgementOf, finding } from '../trail/findings.ts';
import type { Finding, LedgerHead, TrailEvent } from '../trail/model.ts';
import { refusalOf } from '../trail/pin.ts';
import { Trail } from '../trail/trail.ts';
import { type Mark, readTrust, type Trust } from '../trail/trust.ts';
import { type BranchStanding, branchStanding, sharedBranch } from './branch.ts';
import { type Fork, forkOf } from './fork.ts';
import { judgeMirror, likelyMirrorRef, mirrorRef } from './mirror.ts';
import { fetchState, type RemoteState, readRemote } from './remotestate.ts';
import type { SyncRequest, SyncShop } from './shop.ts';
import { judgeTags, type TagJudgement } from './tags.ts';

/** What this clone and a remote have of a registry, fetched and judged; nothing of it is taken yet. */
export interface Meeting {
  readonly trust: Trust | undefined;
  /** This clone's ledger, and its head. */
  readonly local: Oid | undefined;
  readonly head: LedgerHead | undefined;
  /** Its decision tags. */
  readonly standing: ReadonlyMap<string, Oid>;
  readonly state: RemoteState;
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
  const { store, remotes, root } = shop;
  const { remote } = request;
  shop.progress('fetch', 0, undefined);
  const [local, trust, standing, branch, state] = await Promise.all([
    store.resolveRef(LEDGER_REF),
    readTrust(store.layout.commonDir),
    standingTags(shop),
    request.branch ? sharedBranch(store, remote) : undefined,
    readRemote(remotes, remote),
  ]);
  demandRegistry(remote, local, state);
  const options = {
    store,
    root,
    progress: (done: number, total: number) => shop.progress('verify', done, total),
  };
  const own = local === undefined ? undefined : await Trail.open({ ...options, unkept: shop.unkept });
  const wanted = [branch?.remoteRef, likelyMirrorRef(own)];
  await fetchState(store, remotes, remote, state, wanted, [local, branch?.oid], standing);

  const seen = trust?.remotes.get(remote);
  const gone = state.ledger === undefined && seen !== undefined ? [ledgerGone(remote, seen)] : [];
  const fork = await forkAt(shop, local, state, seen);
  demandSameRegistry(remote, local, state, fork);
  const lost = fork.extendsSeen || seen === undefined ? [] : [await noExtension(shop, remote, state, seen)];
  if (!request.pull && fork.theirs.length > 0) throw behindIt(remote, fork.theirs.length);
  const unsynced = own === undefined ? [] : await newestEvents(own, fork.ours.length);

  const shared =
    branch &&
    (await branchStanding(remotes, branch, state.heads.get(branch.remoteRef), request.pull ? unsynced : []));
  const parted = fork.theirs.length > 0 || (shared?.remade.size ?? 0) > 0 || request.setAside;
  const again = fork.ours.length > 0 && parted;
  const made = new HeldObjects(store);
  let trail = own;
  let ledger: LedgerElsewhere | undefined;
  if (lost.length === 0 && state.ledger !== undefined && (again || fork.theirs.length > 0)) {
    ledger = again
      ? LedgerElsewhere.onSynced({ ...options, store: made.store }, state.ledger, seen)
      : LedgerElsewhere.onIndex(options, state.ledger);
    trail = await Trail.from(ledger);
  }
  const [departure] = lost;
  if (trail === undefined && departure !== undefined) throw refusalOf(departure);
  if (trail === undefined) throw new Failure(`${remote} has no ledger that could be taken`);
  const incoming = ledger === undefined ? [] : await newestEvents(trail, fork.theirs.length);
  const broken = brokenEvents(trail, fork.base, incoming);
  const mirror = mirrorRef(trail);
  // The policy that names it may have come just now.
  const likely = likelyMirrorRef(trail);
  if (likely !== likelyMirrorRef(own))
    await fetchState(store, remotes, remote, state, [likely], [state.ledger], state.tags);
  const mirrored = await judgeMirror(store, remote, trail, state);
  const tags = await judgeTags({
    ...{ remote, here: standing, there: state.tags, trail, incoming },
    unsynced: new Set(unsynced.flatMap(tagOf)),
  });
  const grave = [...gone, ...lost, ...mirrored];
  const isWhole = ledger === undefined || trail.head.commit === state.ledger;
  const blocked = grave.length > 0 || !isWhole || (broken.length > 0 && !request.acceptFindings);
  return {
    ...{ trust, local, standing, fork, unsynced, incoming, trail, ledger, made, mirror, tags, blocked },
    ...{ state, head: own?.head },
    seen: await headOf(shop, state.ledger, ledger, trail, fork),
    branch: shared,
    findings: [...grave, ...broken, ...(grave.length > 0 ? [] : tags.findings)],
  };
}

async function standingTags({ store }: SyncShop): Promise<ReadonlyMap<string, Oid>> {
  return new Map((await store.listRefs(TAG_PREFIX)).map(({ name, oid }) => [name, oid]));
}

function demandRegistry(remote: string, local: Oid | undefined, state: RemoteState): void {
  if (local !== undefined || state.ledger !== undefined) return;
  throw new Failure(
    `neither this clone nor ${remote} has a registry: start one with promptaudit init, or check the address with git remote -v`,
  );
}

async function forkAt(
  { store }: SyncShop,
  local: Oid | undefined,
  { ledger }: RemoteState,
  seen: Mark | undefined,
): Promise<Fork> {
  if (ledger !== undefined) return forkOf(store, local, ledger, seen);
  const { ledgerCommits } = await import('../trail/load.ts');
  const { oids } = local === undefined ? { oids: [] } : await ledgerCommits(store, local);
  return { base: 0, ours: oids, theirs: [], extendsSeen: true };
}

/** Two registries are never mixed, whatever their names. */
function demandSameRegistry(
  remote: string,
  local: Oid | undefined,
  { ledger }: RemoteState,
  { base }: Fork,
): void {
  if (local === undefined || ledger === undefined || base > 0) return;
  const message = `${remote} holds another registry than this clone: their ledgers begin with different events`;
  const remedy =
    'check the address with git remote -v; compare promptaudit log --reverse -n 1 with a colleague';
  throw new Refusal(message, [{ rule: 'ledger/registry', message, remedy }]);
}

function behindIt(remote: string, events: number): Refusal {
  const what = events === 1 ? 'an event' : `${events} events`;
  return new Refusal(
    `${remote} has ${what} that this clone does not have, so nothing can be sent alone: run promptaudit sync ${remote}`,
  );
}

function ledgerGone(remote: string, { sequence, digest }: Mark): Finding {
  const message = `${remote} has no ${LEDGER_REF} any more, though this clone saw it there up to event ${sequence} (${digest})`;
  const hint = `find out who deleted it; whoever may, puts it back with: git push ${remote} ${LEDGER_REF}`;
  return finding('ledger/missing', { ref: LEDGER_REF }, message, hint);
}

async function noExtension(
  { store }: SyncShop,
  remote: string,
  { ledger }: RemoteState,
  seen: Mark,
): Promise<Finding> {
  const { ledgerCommits } = await import('../trail/load.ts');
  const { oids } = ledger === undefined ? { oids: [] } : await ledgerCommits(store, ledger);
  const hint = `nothing of it was taken: compare with another clone who rewrote it, and have ${remote} put right`;
  const place = { ref: LEDGER_REF, object: seen.commit };
  const what = `this clone saw it there up to event ${seen.sequence} (${seen.digest})`;
  return oids.length < seen.sequence
    ? finding('ledger/rollback', place, `${remote}'s ledger ends at event ${oids.length}, but ${what}`, hint)
    : finding('ledger/fork', place, `${remote}'s ledger is another than before: ${what}`, hint);
}

/** The last events of a trail, oldest first. */
async function newestEvents(trail: Trail, number: number): Promise<readonly TrailEvent[]> {
  const events: TrailEvent[] = [];
  if (number === 0) return events;
  for await (const event of trail.events()) if (events.push(event) === number) break;
  return events.reverse();
}

/** What is wrong with events that are new, and that no admin acknowledged behind them. */
function brokenEvents(trail: Trail, base: number, incoming: readonly TrailEvent[]): readonly Finding[] {
  if (incoming.length === 0) return [];
  return trail.findings.filter(
    (found) =>
      found.severity === 'error' &&
      (found.sequence ?? Infinity) > base &&
      acknowledgementOf(found, trail.acknowledgements) === undefined,
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
