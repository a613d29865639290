import { Failure } from '../../failure.ts';
import { isTooDense, MAX_VALUES } from '../record/density.ts';
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
/** Characters of lines that are: what was said in a thousand calls may be more than there is memory. */
const BATCH_SIZE = 8 << 20;

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
  let size = 0;
  const refuse = (line: number, problems: readonly string[]): void => {
    fed.refused += 1;
    tell({ line, problems });
  };
  const submit = async (): Promise<void> => {
    const taken = batch;
    batch = [];
    size = 0;
    if (taken.length === 0) return;
    const { accepted, duplicates, rejected } = await intake.submit(taken.map(({ submission }) => submission));
    fed.accepted += accepted;
    fed.duplicates += duplicates;
    for (const { index, problems } of rejected) refuse(taken[index]?.line ?? 0, problems);
  };
  const read = async ({ number, text, problem }: Line): Promise<void> => {
    const { submissions, problems, ignored } =
      text === undefined ? refused(problem ?? 'the line cannot be read') : await readLine(text, readOtlp);
    for (const submission of submissions) batch.push({ line: number, submission });
    size += text?.length ?? 0;
    for (const one of problems) refuse(number, [one]);
    fed.ignored += ignored;
  };
  try {
    for await (const line of withPauses(lines)) {
      if (line === 'pause') {
        await submit();
        await intake.tend();
      } else if (fed.refused + fed.accepted + batch.length === 0 && isOpened(line)) {
        refuse(line.number, [SPREAD]);
        break;
      } else await read(line);
      if (batch.length >= BATCH || size >= BATCH_SIZE) await submit();
    }
  } finally {
    // Also where the source broke off: what came before is kept.
    await submit();
  }
  return fed;
}

/** A pretty-printed file, of which no line is JSON, begins so. */
const OPENING: readonly string[] = ['{', '['];
const SPREAD = 'the JSON goes on over the next lines: put each object on one line, as jq -c does';

function isOpened({ text = '' }: Line): boolean {
  return OPENING.includes(text.trim());
}

/** In milliseconds: how long what has come may wait for more. */
const PAUSE = 200;

/** Says when no line has come for a while: a pipe may stay open for days, and what came through it is not to wait for more. */
async function* withPauses(lines: AsyncIterable<Line>): AsyncGenerator<Line | 'pause'> {
  const iterator = lines[Symbol.asyncIterator]();
  try {
    for (;;) {
      const next = iterator.next();
      let late = await lateness(next);
      for (; late; late = await lateness(next)) yield 'pause';
      const item = await next;
      if (item.done === true) return;
      yield item.value;
    }
  } finally {
    await iterator.return?.();
  }
}

/** Whether a promise is not settled within `PAUSE`. */
function lateness(promise: Promise<unknown>): Promise<boolean> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => resolve(true), PAUSE);
    const settled = (): void => {
      clearTimeout(timer);
      resolve(false);
    };
    promise.then(settled, settled);
  });
}

interface ReadLine {
  readonly submissions: readonly Submission[];
  readonly problems: readonly string[];
  readonly ignored: number;
}

async function readLine(text: string, readOtlp: ReadOtlp): Promise<ReadLine> {
  let value: unknown;
  if (isTooDense(Buffer.from(text))) return refused(`the line has more than ${MAX_VALUES} values`);
  try {
    value = JSON.parse(text);
  } catch {
    return refused('the line is no JSON');
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    return refused('the line is no JSON object');
  if ('resourceSpans' in value) return otlp('traces', text, readOtlp);
  if ('resourceLogs' in value) return otlp('logs', text, readOtlp);
  return record(value);
}

function record(value: object): ReadLine {
  const { kind = 'call', ...rest }: { readonly kind?: unknown } = value;
  const known: RecordKind | undefined = RECORD_KINDS.find((one) => one === kind);
  if (known === undefined) return refused(`kind is not one of ${RECORD_KINDS.join(', ')}`);
  try {
    const incoming = takeApart(rest);
    return incoming === undefined
      ? refused('the line is no JSON object')
      : { submissions: [{ kind: known, incoming }], problems: [], ignored: 0 };
  } catch (error) {
    if (error instanceof Failure) return refused(error.message);
    throw error;
  }
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
