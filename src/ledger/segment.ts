/** Retention, holds and segments tell calls from accesses. */
export const RECORD_CLASSES = ['calls', 'access'] as const;
export type RecordClass = (typeof RECORD_CLASSES)[number];

/** A recorder's name: who writes, e.g. a service or a machine. */
export type RecorderName = string & { readonly __recorderName: true };

/**
 * `<recorder>-<class>-<when it was opened>`: `intake-api-calls-20261121t101112z9f2c1a`. Unique: its last six digits are random.
 */
export type SegmentName = string & { readonly __segmentName: true };

export interface SegmentParts {
  readonly name: SegmentName;
  readonly recorder: RecorderName;
  readonly class: RecordClass;
  /** `YYYY-MM-DD` (UTC) on which it was opened: the folder of its Parquet file. */
  readonly date: string;
  /** When it was opened: milliseconds since the epoch, to the second. */
  readonly opened: number;
}

const RECORDER = /^[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?$/;
const SEGMENT =
  /^([a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?)-(calls|access)-(\d{4})(\d\d)(\d\d)t(\d\d)(\d\d)(\d\d)z[0-9a-f]{6}$/;

export function parseRecorderName(text: string): RecorderName | undefined {
  return RECORDER.test(text) ? (text as RecorderName) : undefined;
}

export function parseSegmentName(text: string): SegmentParts | undefined {
  const [name, recorder, kind, year, month, day, hour, minute, second] = SEGMENT.exec(text) ?? [];
  if (name === undefined) return undefined;
  const date = `${year}-${month}-${day}`;
  const time = `${date}T${hour}:${minute}:${second}.000Z`;
  const opened = Date.parse(time);
  // Date.parse takes 30 February for 2 March, and 24:00 for the next day.
  if (Number.isNaN(opened) || new Date(opened).toISOString() !== time) return undefined;
  return {
    name: name as SegmentName,
    recorder: recorder as RecorderName,
    class: kind as RecordClass,
    date,
    opened,
  };
}

/** @param random six hex digits */
export function segmentName(
  recorder: RecorderName,
  kind: RecordClass,
  opened: Date,
  random: string,
): SegmentName {
  const stamp = opened.toISOString().replace(/\.\d{3}Z$/, 'z');
  return `${recorder}-${kind}-${stamp.replace(/[-:]/g, '').toLowerCase()}${random}` as SegmentName;
}
