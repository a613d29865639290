import { Buffer } from 'node:buffer';
import { open } from 'node:fs/promises';
import { Failure } from '../../failure.ts';
import { errorReason } from '../../git/files.ts';
import { COLUMNS, withColumns } from '../engine/columns.ts';
import { ask, type Engine, isOutOfMemory, literal, singleThreaded, writing } from '../engine/duckdb.ts';
import type { RecordKind } from '../record/fields.ts';
import { makePlain } from '../store/plainfile.ts';
import { MAX_LINE_BYTES } from './lineproblem.ts';
import { type Scan, scanSegment } from './scan.ts';

/** How rows are written. Each thread holds several row groups, so that of larger records there are fewer rows in one. */
interface Grouping {
  readonly rows: number;
  readonly threads: 1 | 2;
}
/** By how many bytes a line has; what the columns take comes on top. */
const BY_LENGTH: readonly (Grouping & { readonly upTo: number })[] = [
  { upTo: 1152, rows: 8192, threads: 2 },
  { upTo: 3072, rows: 4096, threads: 2 },
];
const OF_LARGEST: Grouping = { rows: 256, threads: 1 };
/** Bytes of lines that are looked at, and how far it is from there to the next that are. */
const SAMPLE = { length: 1 << 20, every: 32 << 20 } as const;
/** Of the file, at a time and thread, in bytes; must hold several lines. */
const BUFFER = 4 << 20;
const LF = 10;

/**
 * Writes a Parquet file of a segment's lines, and scans the lines meanwhile. Where the scan finds lines that are no
 * records, the file is not to be used.
 * @throws Failure where the one cannot be read or the other cannot be written
 */
export async function writeParquet(
  engine: Engine,
  kind: RecordKind,
  source: string,
  target: string,
): Promise<Scan> {
  const length = await longestMean(source).catch((error) => {
    throw new Failure(`${source} cannot be read: ${errorReason(error)}`);
  });
  const grouping = BY_LENGTH.find(({ upTo }) => length <= upTo) ?? OF_LARGEST;
  const copying = writing(engine, () => copyLines(engine, source, target, grouping)).then(
    (rows) => ({ rows, error: undefined }),
    (error: unknown) => ({ rows: undefined, error }),
  );
  const scan = await scanSegment(source, kind, leavesBeside(target)).catch(async (error) => {
    engine.connection.interrupt();
    await copying;
    throw error;
  });
  if (scan.damaged.length > 0) engine.connection.interrupt();
  let { rows, error } = await copying;
  if (scan.damaged.length > 0 || scan.records === 0) return scan;
  try {
    if (error !== undefined && isOutOfMemory(error)) {
      rows = await copyLines(engine, source, target, OF_LARGEST);
    } else if (error !== undefined) {
      throw error;
    }
    await syncFile(target);
  } catch (cause) {
    throw new Failure(`${target} cannot be written: ${firstLine(cause)}`);
  }
  if (rows !== scan.records) throw changed(source);
  return scan;
}

/** Where a conversion leaves the leaf hashes of its target. */
export function leavesBeside(target: string): string {
  return `${target}.leaves`;
}

/** Of a segment that says one thing and then another. */
export function changed(source: string): Failure {
  return new Failure(
    `${source} changed while it was being sealed: make sure that nobody writes to it, and seal again`,
  );
}

async function copyLines(
  engine: Engine,
  source: string,
  target: string,
  { rows, threads }: Grouping,
): Promise<number> {
  // A record has no control characters, so none of them is cut at the delimiter.
  const lines = `read_csv(${literal(source)}, columns = {'record': 'VARCHAR'}, delim = '\\x01', quote = '', escape = '',
    comment = '', header = false, auto_detect = false, compression = 'none', hive_partitioning = false,
    max_line_size = ${MAX_LINE_BYTES + 1}, buffer_size = ${BUFFER})`;
  await makeEmpty(target);
  const copy = `COPY (${withColumns(lines, COLUMNS)}) TO ${literal(target)}
    (USE_TMP_FILE false, FORMAT parquet, COMPRESSION zstd, COMPRESSION_LEVEL 1, ROW_GROUP_SIZE ${rows},
     WRITE_BLOOM_FILTER false)`;
  const [answer] = await (threads === 1
    ? singleThreaded(engine, () => ask(engine, copy))
    : ask(engine, copy));
  return Number(answer?.Count);
}

/** Of the lines of a sample, on average, where they are longest: who sends them may send short ones first. */
async function longestMean(path: string): Promise<number> {
  const file = await open(path, 'r');
  try {
    const { size } = await file.stat();
    const bytes = Buffer.alloc(Math.min(SAMPLE.length, size));
    let longest = 0;
    for (let at = 0; at < size; at += SAMPLE.every) {
      await file.read(bytes, 0, bytes.length, Math.min(at, size - bytes.length));
      longest = Math.max(longest, bytes.length / Math.max(linesIn(bytes), 1));
    }
    return longest;
  } finally {
    await file.close();
  }
}

function linesIn(bytes: Buffer): number {
  let lines = 0;
  for (let at = bytes.indexOf(LF); at >= 0; at = bytes.indexOf(LF, at + 1)) lines += 1;
  return lines;
}

/** DuckDB, which would make a file that all can read, writes to the one that is there. */
async function makeEmpty(path: string): Promise<void> {
  await (await makePlain(path)).close();
}

async function syncFile(path: string): Promise<void> {
  const file = await open(path, 'r+');
  try {
    await file.sync();
  } finally {
    await file.close();
  }
}

function firstLine(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.message.split('\n')[0] ?? '';
}
