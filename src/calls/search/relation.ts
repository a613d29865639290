import { COLUMNS, type Column, fromRecord } from '../engine/columns.ts';
import { literal } from '../engine/duckdb.ts';
import type { OpenSource, Source, Sources } from './sources.ts';

/**
 * A table of all records, as SQL for a FROM clause. Beside the store's columns:
 * - `record`: the line
 * - `line`: the line again where it comes from an open segment, NULL where it is sealed: the texts of sealed records are left
 *   unread until it is known which are wanted
 * - `file`: a sealed segment's place among `sealed`; NULL for an open one
 * - `row`: the row in it; in an open one a number that is the line's own, so that an order by it is always the same, and that of
 *   the ids which were made one after the other within a millisecond
 * @param uses the SQL that will read from it: lines are parsed for no more columns than it names
 */
export function relation({ sealed, open }: Sources, uses: string): string {
  const columns = COLUMNS.filter(({ name }) => new RegExp(`\\b${name}\\b`).test(uses));
  const parts = [
    ...(sealed.length > 0 ? [sealedRows(sealed, columns)] : []),
    ...(open.length > 0 ? [openRows(open, columns)] : []),
  ];
  return `(${parts.length === 0 ? noRows(columns) : parts.join(' UNION ALL BY NAME ')})`;
}

/** A store's folders are no columns. `union_by_name` would keep every file's footer in memory: 200 KB a file. */
const PARQUET_OPTIONS = 'file_row_number=true, union_by_name=false, hive_partitioning=false';

/** Parquet files with `file_row_number` and, where it is named, `file_index` beside their own columns. */
export function readParquet(paths: readonly string[]): string {
  return `read_parquet([${paths.map(literal).join(', ')}], ${PARQUET_OPTIONS})`;
}

function sealedRows(sources: readonly Source[], columns: readonly Column[]): string {
  const names = columns.map(({ name }) => `${name}, `).join('');
  const files = readParquet(sources.map(({ path }) => path));
  return `SELECT ${names}record, file_index::INTEGER AS file, file_row_number::INTEGER AS row, NULL::VARCHAR AS line FROM ${files}`;
}

/** A line is one field, whatever is in it; one that is no text at all is passed over. */
const LINES_OPTIONS =
  "columns={'record': 'VARCHAR'}, delim='\\x01', quote='', escape='', comment='', header=false, auto_detect=false, " +
  "compression='none', hive_partitioning=false, ignore_errors=true, strict_mode=false, filename=true";

/** Whether a line of an open segment is a record; to be asked of `fields`, which is what `parsed` makes. */
const IS_RECORD = 'fields.id IS NOT NULL AND fields.kind IS NOT NULL AND fields."occurredAt" IS NOT NULL';
const ALWAYS: readonly string[] = ['id', 'kind', 'occurredAt'];

/** SQL: the counter of an id of version 7 as ours are made (RFC 9562, section 6.2, method 1), and 19 bits of the line's hash. */
const OPEN_ROW =
  "(coalesce(TRY_CAST('0x' || fields.id[16:18] AS INTEGER), 0) << 19) | (hash(record) >> 45)::INTEGER";

function openRows(sources: readonly OpenSource[], columns: readonly Column[]): string {
  const values = columns.map(({ field, name }) => `fields."${field}" AS ${name}, `).join('');
  const parsed = COLUMNS.filter((column) => ALWAYS.includes(column.field) || columns.includes(column));
  return `SELECT ${values}record, NULL::INTEGER AS file, ${OPEN_ROW} AS row, record AS line FROM ${parse(sources, parsed)} WHERE ${IS_RECORD}`;
}

/** CASE, as a WHERE clause says nothing of what comes first, and what is no JSON must not be parsed. */
function parse(sources: readonly OpenSource[], columns: readonly Column[]): string {
  const torn = sources.flatMap(({ path, torn: digest }) =>
    digest === undefined ? [] : [`(filename = ${literal(path)} AND sha256(record) = ${literal(digest)})`],
  );
  const files = sources.map(({ path }) => literal(path));
  const whole = torn.length === 0 ? '' : ` WHERE NOT (${torn.join(' OR ')})`;
  const fields = `CASE WHEN json_valid(record) THEN ${fromRecord(columns)} END AS fields`;
  return `(SELECT record, ${fields} FROM read_csv([${files.join(', ')}], ${LINES_OPTIONS})${whole})`;
}

function noRows(columns: readonly Column[]): string {
  const nothing = columns.map(({ name, type }) => `NULL::${type} AS ${name}, `).join('');
  return `SELECT ${nothing}NULL::VARCHAR AS record, NULL::INTEGER AS file, NULL::INTEGER AS row, NULL::VARCHAR AS line WHERE false`;
}
