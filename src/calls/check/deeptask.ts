import type { Buffer } from 'node:buffer';
import type { Sha256 } from '../../ledger/event.ts';
import type { Engine } from '../engine/duckdb.ts';
import type { RecordKind } from '../record/fields.ts';

/** What a seal says of its records. */
export interface SealedRecords {
  readonly records: number;
  readonly merkleRoot: Sha256;
  /** The least and the greatest `occurredAt`. */
  readonly first: string;
  readonly last: string;
}

export interface DeepCheck {
  readonly engine: Engine;
  readonly path: string;
  readonly kind: RecordKind;
  readonly seal: SealedRecords;
  /** The leaf hashes that were sealed, as they were kept: which records differ can be said with them. Asked for when some do. */
  readonly leaves?: () => Promise<Buffer | undefined>;
  /** Is told of the records read since the last time. */
  readonly progress?: (records: number) => void;
}
