import { type Column, name } from '../engine/columns.ts';
import { ask, type Engine, literal } from '../engine/duckdb.ts';
import { parquetFiles } from '../engine/parquetfiles.ts';
import type { Finding } from './findings.ts';

/** Rows of a Parquet file that its footer speaks of together. */
interface RowGroup {
  readonly id: number;
  /** The number of its first row, from 0. */
  readonly start: number;
  readonly rows: number;
}

/** Row groups looked at together. */
const AT_ONCE = 256;

/** Tables of the engine's own. */
const [TOLD, HELD] = ['footer_told', 'footer_held'];

/**
 * What the footer says of the columns of each row group, where it is not so. Whoever asks for some of the records is shown
 * none of a row group whose least and greatest value, or count of nulls, rule them out: so a footer that lies hides records
 * that are there. A Bloom filter does the same and cannot be compared, so segments have none.
 * @throws Error with DuckDB's words where the file cannot be read
 */
export async function footerFindings(
  engine: Engine,
  path: string,
  columns: readonly Column[],
): Promise<Finding[]> {
  try {
    await ask(engine, `CREATE OR REPLACE TEMP TABLE ${TOLD} AS ${told(path)}`);
    const lies = await liesOf(engine, path, columns.filter(isPlain));
    const filters = await ask(engine, `SELECT DISTINCT path_in_schema AS name FROM ${TOLD} WHERE bloomed`);
    return [
      ...lies,
      ...filters.map(({ name: column }): Finding => {
        const message = `its column ${column} has a Bloom filter, which no segment has`;
        return { kind: 'footer', column: String(column), message };
      }),
    ];
  } finally {
    for (const table of [TOLD, HELD]) await ask(engine, `DROP TABLE IF EXISTS ${table}`);
  }
}

/** SQL: what is told of each column of each row group, but for `record`, by which nobody asks. */
function told(path: string): string {
  return `SELECT row_group_id, row_group_num_rows, path_in_schema, stats_null_count, stats_min, stats_min_value, stats_max,
      stats_max_value, bloom_filter_offset IS NOT NULL AS bloomed
    FROM parquet_metadata(${literal(path)}) WHERE path_in_schema <> 'record'`;
}

/** Of lists and structs it says nothing that rows are ruled out by. */
function isPlain({ type }: Column): boolean {
  return !type.endsWith(']') && !type.endsWith(')');
}

async function liesOf(engine: Engine, path: string, columns: readonly Column[]): Promise<Finding[]> {
  const counts = new Map<string, number>();
  const groups = await rowGroups(engine);
  // A query takes a while before it looks at anything: one for all columns.
  const lies = columns.map((column, at) => `WHEN ${literal(column.name)} THEN ${isLie(column, at)}`);
  for (let at = 0; at < groups.length && columns.length > 0; at += AT_ONCE) {
    const held = heldIn(path, groups.slice(at, at + AT_ONCE), columns);
    await ask(engine, `CREATE OR REPLACE TEMP TABLE ${HELD} AS ${held}`);
    const rows = await ask(
      engine,
      `SELECT path_in_schema AS name, count(*)::DOUBLE AS lies FROM ${HELD} JOIN ${TOLD} USING (row_group_id)
       WHERE CASE path_in_schema ${lies.join(' ')} END GROUP BY 1`,
    );
    for (const row of rows)
      counts.set(String(row.name), (counts.get(String(row.name)) ?? 0) + Number(row.lies));
  }
  return columns.flatMap(({ name: column }): Finding[] => {
    const count = counts.get(column);
    if (count === undefined) return [];
    const where = count === 1 ? '1 row group' : `${count} row groups`;
    const message = `what it says of the values of column ${column} in ${where} is not so, and hides records from whoever searches`;
    return [{ kind: 'footer', column, message }];
  });
}

async function rowGroups(engine: Engine): Promise<readonly RowGroup[]> {
  const rows = await ask(
    engine,
    `SELECT DISTINCT row_group_id::DOUBLE AS id, row_group_num_rows::DOUBLE AS rows FROM ${TOLD} ORDER BY id`,
  );
  let start = 0;
  return rows.map((row) => {
    const group = { id: Number(row.id), start, rows: Number(row.rows) };
    start += group.rows;
    return group;
  });
}

/** SQL: the least and the greatest value, and the count of nulls, of each column of these row groups. */
function heldIn(path: string, groups: readonly RowGroup[], columns: readonly Column[]): string {
  const [first, last] = [groups[0], groups.at(-1)];
  const held = columns.map(({ name: column }, at) => {
    const values = name(column);
    return `min(${values}) AS least${at}, max(${values}) AS most${at}, count(*) - count(${values}) AS nulls${at}`;
  });
  return `SELECT ${groupOf(groups)} AS row_group_id, ${held.join(', ')} FROM ${parquetFiles([path])}
    WHERE file_row_number BETWEEN ${first?.start} AND ${last?.start} + ${last?.rows} - 1 GROUP BY 1`;
}

/** SQL: the row group that a row is in. */
function groupOf(groups: readonly RowGroup[]): string {
  const middle = groups.length >> 1;
  const [only] = groups;
  if (middle === 0) return String(only?.id);
  const [before, behind] = [groups.slice(0, middle), groups.slice(middle)];
  return `CASE WHEN file_row_number < ${behind[0]?.start} THEN ${groupOf(before)} ELSE ${groupOf(behind)} END`;
}

/** SQL: whether rows would be ruled out that are there. What is told may reach further than the values do. */
function isLie({ type }: Column, at: number): string {
  const beyond = (said: string, sign: '>' | '<', value: string) =>
    `${said} IS NOT NULL AND coalesce(TRY_CAST(${said} AS ${type}) ${sign} ${value}, ${value} IS NOT NULL)`;
  return [
    `stats_null_count <> nulls${at}`,
    beyond('stats_min', '>', `least${at}`),
    beyond('stats_min_value', '>', `least${at}`),
    beyond('stats_max', '<', `most${at}`),
    beyond('stats_max_value', '<', `most${at}`),
  ].join(' OR ');
}
