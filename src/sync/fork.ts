import { parseCommitLinks } from '../git/commit.ts';
import type { Oid } from '../git/object.ts';
import type { GitStore } from '../git/store.ts';
import { ledgerCommits } from '../trail/load.ts';
import { refusalOf } from '../trail/pin.ts';
import type { Mark } from '../trail/trust.ts';

/** Where this clone's ledger and a remote's part. */
export interface Fork {
  /** The last event that both have; 0 where there is none. */
  readonly base: number;
  /** Ledger commits behind it, oldest first: this clone's, and the remote's. */
  readonly ours: readonly Oid[];
  readonly theirs: readonly Oid[];
  /** The remote's ledger holds what this clone saw there before. */
  readonly extendsSeen: boolean;
}

/** A piece of a ledger: what comes behind event `after`. */
interface Chain {
  readonly after: number;
  readonly oids: readonly Oid[];
}

/**
 * Compares two ledgers from where this clone last saw the remote's, so that it takes as long as there is news.
 * @throws Refusal where one of them cannot be followed
 */
export async function forkOf(
  store: GitStore,
  ours: Oid | undefined,
  theirs: Oid,
  seen: Mark | undefined,
): Promise<Fork> {
  const remote = await chainOf(store, theirs, seen);
  const extendsSeen = seen === undefined || remote.after === seen.sequence;
  // All of it is news where this clone's own ledger is gone, however much of it this clone saw.
  if (ours === undefined) {
    const { oids } = remote.after === 0 ? remote : await chainOf(store, theirs, undefined);
    return { base: 0, ours: [], theirs: oids, extendsSeen };
  }
  const own = await chainOf(store, ours, seen);
  const [a, b] =
    own.after === remote.after
      ? [own, remote]
      : await Promise.all([chainOf(store, ours, undefined), chainOf(store, theirs, undefined)]);
  let common = 0;
  while (common < a.oids.length && a.oids[common] === b.oids[common]) common += 1;
  return { base: a.after + common, ours: a.oids.slice(common), theirs: b.oids.slice(common), extendsSeen };
}

/** From where it was seen last, or whole where it does not hold that. */
async function chainOf(store: GitStore, tip: Oid, seen: Mark | undefined): Promise<Chain> {
  if (tip === seen?.commit) return { after: seen.sequence, oids: [] };
  const { oids, end } = await ledgerCommits(store, tip, seen?.commit);
  if (end !== undefined) throw refusalOf(end);
  const [first] = oids;
  const below = first && parseCommitLinks((await store.read(first)).bytes)?.parents[0];
  return { after: seen !== undefined && below === seen.commit ? seen.sequence : 0, oids };
}
