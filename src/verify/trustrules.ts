import type { Sha256 } from '../ledger/event.ts';
import { finding } from '../trail/findings.ts';
import type { Finding } from '../trail/model.ts';
import type { Trust } from '../trail/trust.ts';

/** What a ledger is held to from outside of it. */
export interface Expected {
  /** A root given by the caller. */
  readonly root: Sha256 | undefined;
  /** What this clone pinned and verified before. */
  readonly trust: Trust | undefined;
}

/**
 * The ledger begins where it was pinned, and holds what this clone verified before.
 * @param length how many commits the ledger has
 * @param marked the digest of the event at which this clone's mark stands; `undefined` where none was read there
 */
export function judgeTrust(
  genesis: Sha256 | undefined,
  length: number,
  marked: Sha256 | undefined,
  { root, trust }: Expected,
): readonly Finding[] {
  const found: Finding[] = [];
  const begins = genesis === undefined ? 'the ledger has no genesis' : `the ledger's genesis is ${genesis}`;
  if (root !== undefined && root !== genesis) {
    const message = `${begins}, not the root that was given, ${root}`;
    found.push(finding('ledger/fork', { sequence: 1 }, message));
  }
  if (trust === undefined) return found;
  const { sequence, digest } = trust.head;
  if (trust.root.digest !== genesis) {
    const message = `${begins}, but this clone pinned ${trust.root.digest}`;
    found.push(finding('ledger/fork', { sequence: 1 }, message));
  } else if (length < sequence) {
    const message = `the ledger ends at event ${length}, but this clone verified it up to event ${sequence} (${digest})`;
    found.push(finding('ledger/rollback', { sequence: length }, message));
  } else if (marked !== digest) {
    const message = `event ${sequence} is not the one that this clone verified (${digest})`;
    found.push(finding('ledger/fork', { sequence }, message));
  }
  return found;
}
