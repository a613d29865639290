import type { ContentOptions } from '../content/keeper.ts';
import type { AccessInput, CallInput } from '../record/model.ts';
import type { SegmentLimits } from '../store/recordlog.ts';

export interface RecorderOptions {
  /** The store's folder, e.g. `.promptaudit/calls`; made where it is not there. */
  readonly store: string;
  /** Who writes: `[a-z0-9-]`, at most 40 characters; the machine's name where it is left out. */
  readonly recorder?: string | undefined;
  /** Fields that every record has unless it says otherwise, e.g. `service.name`; those of calls alone go to no access. */
  readonly defaults?: CallInput | undefined;
  /** How what was said is kept: redacted, and encrypted where recipients are named. Left out: it is not kept. */
  readonly content?: ContentOptions | undefined;
  /** When a segment is full and can be sealed: milliseconds after it was opened, and records. An hour, and a million, unless set. */
  readonly segment?: Partial<SegmentLimits> | undefined;
  /** Called when records are lost or cannot be written, at most once a second. */
  readonly onProblem?: ((problem: string) => void) | undefined;
  /** Milliseconds between writes: as much is lost at most when the process is killed. 100 unless said otherwise. */
  readonly every?: number | undefined;
}

/** How many records were given and what became of them. */
export interface RecorderStats {
  readonly recorded: number;
  readonly rejected: number;
  readonly duplicates: number;
  readonly lost: number;
}

/** What an application records with. No method but `flush` and `close` can fail, and none waits. */
export interface Recorder {
  recordCall(call: CallInput): void;
  recordAccess(access: AccessInput): void;
  /** Resolves once everything that was recorded before is on the disk. @throws Failure where it cannot be written, or was lost */
  flush(): Promise<void>;
  /** As `flush`, and what is recorded afterwards is lost. A process that ends without it keeps what was recorded, too. */
  close(): Promise<void>;
  stats(): RecorderStats;
}
