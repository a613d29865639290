import { Buffer } from 'node:buffer';
import { COLUMNS, type Column, fromRecord, name, said } from '../engine/columns.ts';
import { ask, type Engine, type Row } from '../engine/duckdb.ts';
import { parquetFiles } from '../engine/parquetfiles.ts';

/** Some rows of a sealed segment that follow each other. */
export interface Batch {
  readonly rows: number;
  /** The leaf hashes of what they hold under `record`. */
  readonly leaves: Buffer;
  /** Rows with a column that says something else than the record. */
  readonly differing: number;
  /** The least and the greatest `occurredAt` of the records, in milliseconds since the epoch; infinite where none has one. */
  readonly first: number;
  readonly last: number;
}

/** Rows asked for at a time: several row groups, so that both threads have work. */
const BATCH = 122_880;
/** Rows whose hashes are one text. */
const BLOCK = 1024;

/** SQL: 0x00 and the line, hashed (RFC 6962, section 2.1), in hex. A row without a record is an empty line. */
const LEAF = "sha256('\\x00'::BLOB || coalesce(encode(record), ''::BLOB))";

const FROM_RECORD = fromRecord(COLUMNS);

/** SQL: a sealed segment's rows and, in `said`, what their records say; NULL where a record is no JSON. */
export function compared(path: string): string {
  return comparedBy(path, `TRY(${FROM_RECORD})`);
}

function comparedBy(path: string, said: string): string {
  return `(SELECT *, ${said} AS said FROM ${parquetFiles([path])})`;
}

/** SQL: whether a row's columns say something else than its record. */
export function differs(columns: readonly Column[]): string {
  const each = columns.map((column) => `${name(column.name)} IS DISTINCT FROM ${said('said', column)}`);
  return each.length === 0 ? 'false' : `(${each.join(' OR ')})`;
}

/**
 * Reads a sealed segment from its first row to its last; asks for the next rows while the caller looks at these.
 * @param columns those to compare with the records
 * @throws Error with DuckDB's words where the file cannot be read
 */
export function readBatches(engine: Engine, path: string, columns: readonly Column[]): AsyncGenerator<Batch> {
  const time = 'epoch_ms(said."occurredAt")';
  const select = `${LEAVES}, min(${time})::DOUBLE AS first, max(${time})::DOUBLE AS last,
    count(*) FILTER (WHERE ${differs(columns)})::INTEGER AS differing`;
  return inTurn(async (from) => {
    try {
      return batchOf(await ask(engine, rowsFrom(from, select, comparedBy(path, FROM_RECORD))));
    } catch {
      // A record that is no JSON ends the query. To look at each by itself takes longer.
      return batchOf(await ask(engine, rowsFrom(from, select, compared(path))));
    }
  });
}

/** All the leaf hashes of a sealed segment. @throws Error with DuckDB's words where the file cannot be read */
export async function readLeaves(engine: Engine, path: string): Promise<Buffer> {
  const batches: Buffer[] = [];
  const file = parquetFiles([path]);
  const read = async (from: number) => batchOf(await ask(engine, rowsFrom(from, LEAVES, file)));
  for await (const { leaves } of inTurn(read)) batches.push(leaves);
  return Buffer.concat(batches);
}

async function* inTurn(read: (from: number) => Promise<Batch>): AsyncGenerator<Batch> {
  let next = read(0);
  for (let from = BATCH; ; from += BATCH) {
    const batch = await next;
    const isLast = batch.rows < BATCH;
    if (!isLast) {
      next = read(from);
      // Whoever stops before asks for no answer to it.
      next.catch(() => undefined);
    }
    yield batch;
    if (isLast) return;
  }
}

const LEAVES = `count(*)::INTEGER AS rows, string_agg(${LEAF}, '' ORDER BY file_row_number) AS leaves`;

function rowsFrom(from: number, select: string, relation: string): string {
  const block = `file_row_number // ${BLOCK}`;
  return `SELECT ${select} FROM ${relation} WHERE file_row_number BETWEEN ${from} AND ${from + BATCH - 1}
    GROUP BY ${block} ORDER BY ${block}`;
}

function batchOf(blocks: readonly Row[]): Batch {
  const numbers = (column: string) => blocks.map((block) => block[column]).filter(isNumber);
  const sum = (column: string) => numbers(column).reduce((total, one) => total + one, 0);
  return {
    rows: sum('rows'),
    leaves: Buffer.from(blocks.map(({ leaves }) => String(leaves)).join(''), 'hex'),
    differing: sum('differing'),
    first: Math.min(...numbers('first')),
    last: Math.max(...numbers('last')),
  };
}

function isNumber(value: unknown): value is number {
  return typeof value === 'number';
}
