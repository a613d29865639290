import type { CheckedStore } from '../calls/check/checkstore.ts';
import type { Ref } from '../git/store.ts';
import type { DecisionDetail } from '../ledger/event.ts';
import type { Finding, TrailEvent } from '../trail/model.ts';
import type { LoadedPromptBook, TrailState } from '../trail/state.ts';
import type { BranchContent } from './branchcontent.ts';

/** What the rules ask of an event that decides on something. */
export interface RecordedDecision
  extends Pick<DecisionDetail, 'event' | 'prompt' | 'version' | 'tag' | 'tagObject'> {
  readonly sequence: number;
  readonly effective: boolean;
}

/** What can be said of a repository without its ledger. */
export interface RepositoryEvidence {
  /** Refs that give readers one object for another. */
  readonly replacements: readonly Ref[];
  /** Commits to which a file gives other parents. */
  readonly grafted: readonly string[];
  /** Refs in the places that are promptaudit's own. */
  readonly ownRefs: readonly Ref[];
  /** Refs under the tag prefix. */
  readonly tags: readonly Ref[];
  /** Refs where there has to be a folder of refs that promptaudit makes. */
  readonly inTheWay: readonly Ref[];
  /** History is cut short in this clone. */
  readonly shallow: boolean;
}

/** How a mirror's end stands to the ledger that was read; positions count its events from 1. */
export type MirrorStand =
  /** It is an event of the ledger, the last one or an earlier one. */
  | { readonly state: 'within'; readonly position: number }
  /** It goes on from where the ledger ends. */
  | { readonly state: 'ahead'; readonly further: number }
  /** It leaves the ledger after this event; 0 where they have none in common. */
  | { readonly state: 'departs'; readonly position: number }
  /** It is not of this ledger, but of the one that was fetched from its remote and not taken in here. */
  | { readonly state: 'untaken'; readonly ledger: string }
  /** A commit on the way is absent or damaged, or is none. */
  | {
      readonly state: 'unreadable';
      readonly what: 'missing' | 'corrupt' | 'malformed';
      readonly why: string;
    };

/** The branch that mirrors the ledger, at one of its places. */
export interface LedgerMirror extends Ref {
  readonly stand: MirrorStand;
}

/** The store of calls, against the seals of the ledger. */
export interface CallsEvidence {
  /** How many segments the ledger sealed and no purge took. */
  readonly sealed: number;
  /** `undefined` where there is no store here. */
  readonly checked: CheckedStore | undefined;
}

/** What the rules judge: the replayed trail, and what else the repository holds. */
export interface RegistryEvidence extends RepositoryEvidence {
  readonly state: TrailState;
  readonly book: LoadedPromptBook;
  /** Every event that decides on something, effective or not. */
  readonly decisions: readonly RecordedDecision[];
  /** Every emergency deployment that took effect. */
  readonly emergencies: readonly TrailEvent[];
  /** Of the events that took effect, the one with the latest committer time, seconds since the epoch. */
  readonly latest: { readonly sequence: number; readonly time: number } | undefined;
  /** The full ref that was read as the ledger, where it is not the registry's own place. */
  readonly elsewhere: string | undefined;
  /** The protected branches that are here, each at each of its places. */
  readonly branches: readonly BranchContent[];
  /** Names of protected branches that are nowhere here. */
  readonly absentBranches: readonly string[];
  /** Commits of the ledger and of the protected branches behind which git is told to show nothing, though it is here. */
  readonly hidden: readonly Ref[];
  /** How many commits the ledger has. */
  readonly length: number;
  /** The branch that mirrors the ledger, at each of its places. */
  readonly mirrors: readonly LedgerMirror[];
  /** Its name, where the policy names one that is nowhere here. */
  readonly absentMirror: string | undefined;
  readonly calls: CallsEvidence;
  /** Seconds since the epoch. */
  readonly now: number;
}

/** One claim about a registry; what it finds is where the claim does not hold. */
export type RegistryRule = (evidence: RegistryEvidence) => readonly Finding[];
