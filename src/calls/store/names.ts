import { join } from 'node:path';
import type { RecordClass, SegmentParts } from '../../ledger/segment.ts';
import type { RecordKind } from '../record/fields.ts';

export {
  parseRecorderName,
  parseSegmentName,
  RECORD_CLASSES,
  type RecordClass,
  type RecorderName,
  type SegmentName,
  type SegmentParts,
  segmentName,
} from '../../ledger/segment.ts';

/** The class of segment that a record goes to. */
export const CLASS_OF: Readonly<Record<RecordKind, RecordClass>> = { call: 'calls', access: 'access' };

/** The kind of record that a segment of this class takes. */
export const KIND_OF: Readonly<Record<RecordClass, RecordKind>> = { calls: 'call', access: 'access' };

/** Where everything lies in a store. */
export const PLACES = {
  open: 'open',
  content: 'content',
  holds: 'holds',
  certificates: 'certificates',
  leaves: 'leaves',
  damaged: 'damaged',
  temporary: 'tmp',
} as const;

/** A segment that is not sealed yet: its records' lines. */
export function openPath(store: string, segment: string): string {
  return join(store, PLACES.open, `${segment}.jsonl`);
}

/** Who is writing a segment; gone once nobody is. */
export function lockPath(store: string, segment: string): string {
  return join(store, PLACES.open, `${segment}.lock`);
}

/** There while somebody waits for whoever writes a segment to close it. */
export function wantedPath(store: string, segment: string): string {
  return join(store, PLACES.open, `${segment}.wanted`);
}

/** A sealed segment. */
export function sealedPath(store: string, { name, date }: SegmentParts): string {
  return join(store, `date=${date}`, `${name}.parquet`);
}

/** The leaf hashes of a sealed segment, 32 bytes each, in order: with them a record that was altered or dropped can be named. */
export function leavesPath(store: string, { name, date }: SegmentParts): string {
  return join(store, PLACES.leaves, `date=${date}`, `${name}.leaves`);
}

/** The lines of a segment of which some were no records, as they were. */
export function damagedPath(store: string, segment: string): string {
  return join(store, PLACES.damaged, `${segment}.jsonl`);
}

/** What was said in the calls of a segment, with the salts. */
export function contentPath(store: string, { name, date }: SegmentParts): string {
  return join(store, PLACES.content, `date=${date}`, `${name}.content`);
}
