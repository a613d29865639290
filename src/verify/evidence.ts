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
  /** History is cut short in this clone. */
  readonly shallow: boolean;
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
  /** Seconds since the epoch. */
  readonly now: number;
}

/** One claim about a registry; what it finds is where the claim does not hold. */
export type RegistryRule = (evidence: RegistryEvidence) => readonly Finding[];
