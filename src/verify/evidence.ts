import type { Ref } from '../git/store.ts';
import type { DecisionDetail } from '../ledger/event.ts';
import type { TrailEvent } from '../trail/model.ts';
import type { LoadedPromptBook, TrailState } from '../trail/state.ts';

/** What the rules ask of an event that decides on something. */
export interface RecordedDecision
  extends Pick<DecisionDetail, 'event' | 'prompt' | 'version' | 'tag' | 'tagObject'> {
  readonly sequence: number;
  readonly effective: boolean;
}

/** What the rules judge: the replayed trail, and what else the repository holds. */
export interface RepositoryEvidence {
  readonly state: TrailState;
  readonly book: LoadedPromptBook;
  /** Every event that decides on something, effective or not. */
  readonly decisions: readonly RecordedDecision[];
  /** Every emergency deployment that took effect. */
  readonly emergencies: readonly TrailEvent[];
  /** Refs under the tag prefix. */
  readonly tags: readonly Ref[];
  /** Seconds since the epoch. */
  readonly now: number;
}
