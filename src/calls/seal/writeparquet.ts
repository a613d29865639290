import { Buffer } from 'node:buffer';
import { open } from 'node:fs/promises';
import { Failure } from '../../failure.ts';
import { errorReason } from '../../git/files.ts';
import { sealedColumns } from '../engine/columns.ts';
import { ask, type Engine, isOutOfMemory, literal, singleThreaded, writing } from '../engine/duckdb.ts';
import type { RecordKind } from '../record/fields.ts';
import { fileMode } from '../store/modes.ts';
import { MAX_LINE_BYTES } from './lineproblem.ts';
import { type Scan, scanSegment } from './scan.ts';

/** Rows of a row group: each thread that writes or reads holds one, so that of large records there are fewer. */
const ROWS = { most: 8_192, least: 2_048, afterFailure: 256 } as const;
/** In bytes of lines; what the columns take comes on top. */
const ROW_GROUP = 24 << 20;
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
  const rowGroup = await rowsOfGroup(source).catch((error) => {
    throw new Failure(`${source} cannot be read: ${errorReason(error)}`);
  });
  const copying = writing(engine, () => copyLines(engine, source, target, rowGroup)).then(
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
      rows = await singleThreaded(engine, () => copyLines(engine, source, target, ROWS.afterFailure));
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

async function copyLines(engine: Engine, source: string, target: string, rowGroup: number): Promise<number> {
  // A record has no control characters, so none of them is cut at the delimiter.
  const lines = `read_csv(${literal(source)}, columns = {'record': 'VARCHAR'}, delim = '\\x01', quote = '', escape = '',
    comment = '', header = false, auto_detect = false, compression = 'none', hive_partitioning = false,
    max_line_size = ${MAX_LINE_BYTES + 1}, buffer_size = ${BUFFER})`;
  await makeEmpty(target);
  const [answer] = await ask(
    engine,
    `COPY (${sealedColumns(lines)}) TO ${literal(target)}
     (USE_TMP_FILE false, FORMAT parquet, COMPRESSION zstd, COMPRESSION_LEVEL 1, ROW_GROUP_SIZE ${rowGroup})`,
  );
  return Number(answer?.Count);
}

/** By the length of the file's first lines. */
async function rowsOfGroup(path: string): Promise<number> {
  const file = await open(path, 'r');
  try {
    const bytes = Buffer.alloc(1 << 20);
    const { bytesRead } = await file.read(bytes, 0, bytes.length, 0);
    let lines = 0;
    for (let at = 0; at < bytesRead; at += 1) if (bytes[at] === LF) lines += 1;
    const rows = (ROW_GROUP * Math.max(lines, 1)) / Math.max(bytesRead, 1);
    const whole = Math.floor(rows / ROWS.least) * ROWS.least;
    return Math.min(Math.max(whole, ROWS.least), ROWS.most);
  } finally {
    await file.close();
  }
}

/** DuckDB, which would make a file that all can read, writes to the one that is there. */
async function makeEmpty(path: string): Promise<void> {
  await (await open(path, 'w', fileMode(path))).close();
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
