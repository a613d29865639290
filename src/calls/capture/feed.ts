import { RECORD_KINDS, type RecordKind } from '../record/fields.ts';
import { takeApart } from '../record/read.ts';
import type { Intake, Submission } from './intake.ts';
import type { Line } from './lines.ts';

/** A line that was not kept, and why. */
export interface Refused {
  readonly line: number;
  readonly problems: readonly string[];
}

/** What became of a file of records. */
export interface Fed {
  readonly accepted: number;
  readonly duplicates: number;
  readonly refused: number;
  /** Spans and log records of an OTLP file that are about no call. */
  readonly ignored: number;
}

/** Reads an OTLP request; see `decodeOtlp`. */
export type ReadOtlp = (
  signal: 'traces' | 'logs',
  bytes: Uint8Array,
) => Promise<{
  readonly records: readonly Submission[];
  readonly rejected: readonly { readonly problem: string }[];
  readonly ignored: number;
}>;

/** Records that are made durable together. */
const BATCH = 1000;

/**
 * Feeds lines to an intake: each a record (`kind` is `call` unless it says otherwise), or one OTLP request in JSON, as
 * OpenTelemetry's file exporters write them.
 * @throws a system error where records cannot be written
 */
export async function feed(
  intake: Intake,
  lines: AsyncIterable<Line>,
  readOtlp: ReadOtlp,
  tell: (refused: Refused) => void,
): Promise<Fed> {
  const fed = { accepted: 0, duplicates: 0, refused: 0, ignored: 0 };
  let batch: { readonly line: number; readonly submission: Submission }[] = [];
  const refuse = (line: number, problems: readonly string[]): void => {
    fed.refused += 1;
    tell({ line, problems });
  };
  const submit = async (): Promise<void> => {
    const taken = batch;
    batch = [];
    const { accepted, duplicates, rejected } = await intake.submit(taken.map(({ submission }) => submission));
    fed.accepted += accepted;
    fed.duplicates += duplicates;
    for (const { index, problems } of rejected) refuse(taken[index]?.line ?? 0, problems);
  };
  for await (const { number, text } of lines) {
    const read = await readLine(text, readOtlp);
    for (const submission of read.submissions) batch.push({ line: number, submission });
    for (const problem of read.problems) refuse(number, [problem]);
    fed.ignored += read.ignored;
    if (batch.length >= BATCH) await submit();
  }
  if (batch.length > 0) await submit();
  return fed;
}

interface ReadLine {
  readonly submissions: readonly Submission[];
  readonly problems: readonly string[];
  readonly ignored: number;
}

async function readLine(text: string | undefined, readOtlp: ReadOtlp): Promise<ReadLine> {
  if (text === undefined) return refused('the line is too long');
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return refused('the line is no JSON');
  }
  if (typeof value !== 'object' || value === null) return refused('the line is no JSON object');
  if ('resourceSpans' in value) return otlp('traces', text, readOtlp);
  if ('resourceLogs' in value) return otlp('logs', text, readOtlp);
  return record(value);
}

function record(value: object): ReadLine {
  const { kind = 'call', ...rest }: { readonly kind?: unknown } = value;
  const known: RecordKind | undefined = RECORD_KINDS.find((one) => one === kind);
  if (known === undefined) return refused(`kind is not one of ${RECORD_KINDS.join(', ')}`);
  const incoming = takeApart(rest);
  return incoming === undefined
    ? refused('the line is no JSON object')
    : { submissions: [{ kind: known, incoming }], problems: [], ignored: 0 };
}

async function otlp(signal: 'traces' | 'logs', text: string, readOtlp: ReadOtlp): Promise<ReadLine> {
  try {
    const { records, rejected, ignored } = await readOtlp(signal, Buffer.from(text));
    return { submissions: records, problems: rejected.map(({ problem }) => problem), ignored };
  } catch (error) {
    return refused(error instanceof Error ? error.message : String(error));
  }
}

function refused(problem: string): ReadLine {
  return { submissions: [], problems: [problem], ignored: 0 };
}
