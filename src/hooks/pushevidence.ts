import type { Oid } from '../git/object.ts';
import type { GitStore } from '../git/store.ts';
import type { DecisionDetail } from '../ledger/event.ts';
import type { Policy } from '../policy/model.ts';
import type { Finding } from '../trail/model.ts';
import type { Trail } from '../trail/trail.ts';
import type { PushedRefs } from './pushedrefs.ts';
import type { Receiver } from './receiver.ts';

/** A decision that a push adds to the ledger. */
export interface NewDecision
  extends Pick<DecisionDetail, 'event' | 'prompt' | 'version' | 'tag' | 'tagObject'> {
  readonly sequence: number;
  readonly effective: boolean;
}

/** What the rules judge a push by. */
export interface PushEvidence {
  readonly store: GitStore;
  readonly refs: PushedRefs;
  readonly receiver: Receiver;
  /** The ledger as it will be. */
  readonly trail: Trail;
  /** The last event that was there before; 0 where there was none. */
  readonly base: number;
  /** The policy that was in force then. */
  readonly before: Policy | undefined;
  /** Of the events that are new and take effect, the one with the latest committer time, seconds since the epoch. */
  readonly latest: { readonly sequence: number; readonly time: number } | undefined;
  /** Seconds since the epoch. */
  readonly now: number;
  /** By full ref of their tags. */
  readonly decisions: ReadonlyMap<string, NewDecision>;
  /** Where these refs will stand after the push, as far as that is known. */
  after(refs: readonly string[]): Promise<ReadonlyMap<string, Oid>>;
  /** The same of all that readers may take for one of these branches: its own place, and what passes for a remote's. */
  places(branches: readonly string[]): Promise<ReadonlyMap<string, Oid>>;
}

/** One claim about a push; what it finds is where the claim does not hold. */
export type PushRule = (evidence: PushEvidence) => Promise<readonly Finding[]> | readonly Finding[];
