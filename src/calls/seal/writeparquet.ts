import { open, stat } from 'node:fs/promises';
import { Failure } from '../../failure.ts';
import { errorReason } from '../../git/files.ts';
import { sealedColumns } from '../engine/columns.ts';
import { ask, type Engine, isOutOfMemory, literal, singleThreaded } from '../engine/duckdb.ts';
import type { RecordKind } from '../record/fields.ts';
import { MAX_LINE_BYTES } from './lineproblem.ts';
import { type Scan, scanSegment } from './scan.ts';

/**
 * Rows of a row group: each thread that writes or reads holds one. The second is for records so large that those of the
 * first do not fit into memory.
 */
const ROW_GROUPS = [20_480, 256] as const;
/** Of the file, at a time and thread, in bytes; must hold several lines. */
const BUFFER = 8 << 20;

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
  await mustBeFile(source);
  const writing = copyLines(engine, source, target, ROW_GROUPS[0]).then(
    (rows) => ({ rows, error: undefined }),
    (error: unknown) => ({ rows: undefined, error }),
  );
  const scan = await scanSegment(source, kind).catch(async (error) => {
    engine.connection.interrupt();
    await writing;
    throw new Failure(`${source} cannot be read: ${errorReason(error)}`);
  });
  if (scan.damaged.length > 0) engine.connection.interrupt();
  let { rows, error } = await writing;
  if (scan.damaged.length > 0 || scan.records === 0) return scan;
  try {
    if (error !== undefined && isOutOfMemory(error)) {
      rows = await singleThreaded(engine, () => copyLines(engine, source, target, ROW_GROUPS[1]));
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
  const [answer] = await ask(
    engine,
    `COPY (${sealedColumns(lines)}) TO ${literal(target)}
     (FORMAT parquet, COMPRESSION zstd, COMPRESSION_LEVEL 1, ROW_GROUP_SIZE ${rowGroup})`,
  );
  return Number(answer?.Count);
}

async function mustBeFile(path: string): Promise<void> {
  // A path that is not there would be taken as a pattern.
  const found = await stat(path).catch((error) => {
    throw new Failure(`${path} cannot be read: ${errorReason(error)}`);
  });
  if (!found.isFile()) throw new Failure(`${path} cannot be read: it is not a file`);
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
