import type { Oid } from '../git/object.ts';
import { type GitStore, NotACommit, ObjectCorrupt, ObjectMissing, type Ref } from '../git/store.ts';
import { LEDGER_BRANCH } from '../policy/places.ts';
import { TRACKING_PREFIX, trackedRemote } from '../trail/tracking.ts';
import { protectedPlaces } from './branches.ts';
import type { LedgerMirror, MirrorStand } from './evidence.ts';

/** What a ledger is compared with its mirrors by. */
export interface MirroredLedger {
  /** The full ref that was read. */
  readonly ref: string;
  /** Its commits, oldest first. */
  readonly oids: readonly Oid[];
  /** The branch that the policy in force names. */
  readonly branch: string | undefined;
}

/** The branch that the policy names, and that of the usual name: a ledger that was cut back may have lost the policy that named it. */
export function mirrorNames(named: string | undefined): ReadonlySet<string> {
  return new Set([named ?? LEDGER_BRANCH, LEDGER_BRANCH]);
}

/**
 * Every place at which a clone has the branch that mirrors the ledger, and how it stands to the ledger. A ledger that was
 * cut back far enough has lost the policy that names the branch, and may have one by now that names another: so one of the
 * usual name counts, too, where it has gone on from events of this very ledger.
 */
export async function readMirrors(
  store: GitStore,
  { ref, oids, branch }: MirroredLedger,
): Promise<{ readonly mirrors: readonly LedgerMirror[]; readonly absentMirror: string | undefined }> {
  const mirrors: LedgerMirror[] = [];
  let absentMirror: string | undefined;
  for (const name of mirrorNames(branch)) {
    const { present } = await protectedPlaces(store, [name], ref);
    if (present.length === 0 && name === branch) absentMirror = branch;
    if (present.length === 0) continue;
    const positions = new Map(oids.map((oid, index) => [oid, index + 1]));
    for (const mirror of present) {
      const stand = await mirrorStand(store, mirror, positions, name === branch);
      if (stand !== undefined) mirrors.push({ ...mirror, stand });
    }
  }
  return { mirrors, absentMirror };
}

/** How a place stands to the ledger; `undefined` where no policy names it and it does not go on from events, so mirrors nothing. */
export async function mirrorStand(
  store: GitStore,
  place: Ref,
  positions: ReadonlyMap<Oid, number>,
  isNamed: boolean,
): Promise<MirrorStand | undefined> {
  const stand = await standOf(store, place.oid, positions);
  const goesOn = stand.state === 'ahead' || (stand.state === 'departs' && stand.position > 0);
  return isNamed || goesOn ? settled(store, place, stand, positions) : undefined;
}

/** Where first parents lead from a mirror's end into the ledger. */
async function standOf(store: GitStore, tip: Oid, positions: ReadonlyMap<Oid, number>): Promise<MirrorStand> {
  let further = 0;
  try {
    for await (const oid of store.firstParents(tip)) {
      const position = positions.get(oid);
      if (position !== undefined) {
        if (further === 0) return { state: 'within', position };
        return position === positions.size ? { state: 'ahead', further } : { state: 'departs', position };
      }
      further += 1;
    }
  } catch (error) {
    if (!isUnreadable(error)) throw error;
    const what =
      error instanceof ObjectMissing ? 'missing' : error instanceof ObjectCorrupt ? 'corrupt' : 'malformed';
    return { state: 'unreadable', what, why: error.message };
  }
  return { state: 'departs', position: 0 };
}

/**
 * A remote's mirror that agrees with the ledger as that remote has it shows no more than that this clone has not taken that in.
 * It says nothing of a branch of the repository's own: in a mirror of a server, who may push there made both.
 */
async function settled(
  store: GitStore,
  { name, oid }: Ref,
  stand: MirrorStand,
  positions: ReadonlyMap<Oid, number>,
): Promise<MirrorStand> {
  if (stand.state !== 'ahead' && stand.state !== 'departs') return stand;
  for (const tracked of await store.listRefs(TRACKING_PREFIX)) {
    const remote = trackedRemote(tracked.name);
    const isItsOwn = remote !== undefined && name.startsWith(`refs/remotes/${remote}/`);
    if (isItsOwn && (await leadsTo(store, tracked.oid, oid, positions)))
      return { state: 'untaken', ledger: tracked.name };
  }
  return stand;
}

/** Whether `oid` is among what a ledger that was fetched has beyond the one that was read. */
async function leadsTo(
  store: GitStore,
  tip: Oid,
  oid: Oid,
  positions: ReadonlyMap<Oid, number>,
): Promise<boolean> {
  try {
    for await (const one of store.firstParents(tip)) {
      if (one === oid) return true;
      if (positions.has(one)) return false;
    }
  } catch (error) {
    if (!isUnreadable(error)) throw error;
  }
  return false;
}

function isUnreadable(error: unknown): error is ObjectMissing | ObjectCorrupt | NotACommit {
  return error instanceof ObjectMissing || error instanceof ObjectCorrupt || error instanceof NotACommit;
}
