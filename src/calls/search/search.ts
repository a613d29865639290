import { Failure } from '../../failure.ts';
import type { Engine } from '../engine/duckdb.ts';
import { type Condition, conditionOf } from './condition.ts';
import type { CallFilter } from './filter.ts';
import { query, type Row } from './query.ts';
import { readParquet, relation } from './relation.ts';
import { relevantSources, type Sources, type TimeRange } from './sources.ts';

/** What narrows a question beside the filter itself. */
export interface Scope {
  /** Of sealed segments, by their names: what the ledger says of their time. */
  readonly ranges?: ReadonlyMap<string, TimeRange>;
  /** The calls in whose content `filter.text` was found. */
  readonly ids?: readonly string[];
}

export interface SearchOptions extends Scope {
  /** How many records at most; all where it is left out. */
  readonly limit?: number;
  /** How many to pass over first. */
  readonly offset?: number;
  /** By `occurredAt`. */
  readonly order: 'newest' | 'oldest';
}

/** Records whose texts are in memory at once: 1 KiB each as a rule, and at most 64 KiB. */
const BATCH = 4096;

/**
 * The lines of the records that are meant, exactly as they are sealed. What they are is settled at once, from few columns; their
 * texts are read as they are asked for. The engine must stay open until the last one was taken.
 * @throws Failure where a file cannot be read
 */
export async function* search(
  engine: Engine,
  sources: Sources,
  filter: CallFilter,
  options: SearchOptions,
): AsyncGenerator<string> {
  const meant = relevantSources(sources, filter, options.ranges);
  const hits = `hits_${await freshName(engine, meant)}`;
  const total = await collectHits(engine, meant, hits, conditionOf(filter, options.ids), options);
  try {
    for (let first = 0; first < total; first += BATCH) yield* await readTexts(engine, meant, hits, first);
  } finally {
    await query(engine, meant, `DROP TABLE ${hits}`);
  }
}

async function freshName(engine: Engine, sources: Sources): Promise<string> {
  const [row] = await query(engine, sources, "SELECT replace(uuid()::VARCHAR, '-', '') AS name");
  return String(row?.name);
}

/** Writes where the wanted records stand, in order, into a temporary table. @returns how many they are */
async function collectHits(
  engine: Engine,
  sources: Sources,
  table: string,
  { sql, values }: Condition,
  { limit, offset, order }: SearchOptions,
): Promise<number> {
  const way = order === 'newest' ? 'DESC' : 'ASC';
  const sorting = `occurred_at ${way}, file ${way}, row ${way}`;
  const page = [
    ...(limit === undefined ? [] : [`LIMIT ${wholeNumber(limit)}`]),
    ...(offset === undefined ? [] : [`OFFSET ${wholeNumber(offset)}`]),
  ].join(' ');
  const from = relation(sources, `${sql} ${sorting}`);
  const chosen = `SELECT file, row, line FROM ${from} WHERE ${sql} ORDER BY ${sorting} ${page}`;
  const placed = `SELECT row_number() OVER () - 1 AS place, * FROM (${chosen})`;
  const [row] = await query(engine, sources, `CREATE TEMP TABLE ${table} AS ${placed}`, values);
  return Number(row?.Count ?? 0);
}

/** The records' lines of one batch of hits, in their order. */
async function readTexts(engine: Engine, sources: Sources, table: string, first: number): Promise<string[]> {
  const batch = `hit.place >= ${first} AND hit.place < ${first + BATCH}`;
  const parts = await query(
    engine,
    sources,
    `SELECT file::DOUBLE AS file, min(row)::DOUBLE AS first, max(row)::DOUBLE AS last FROM ${table} hit WHERE ${batch} AND file IS NOT NULL GROUP BY file ORDER BY file`,
  );
  const places = parts.map(({ file }) => Number(file));
  const paths = places.flatMap((place) => sources.sealed[place]?.path ?? []);
  const open = `SELECT hit.place, hit.line AS record, NULL AS file FROM ${table} hit WHERE ${batch} AND hit.file IS NULL`;
  const sealed = `SELECT hit.place, it.record, hit.file::DOUBLE AS file FROM ${table} hit JOIN ${readParquet(paths)} it
    ON it.file_index = list_position([${places.join(', ')}]::INTEGER[], hit.file) - 1 AND it.file_row_number = hit.row
    WHERE ${batch} AND it.file_row_number BETWEEN ${least(parts)} AND ${greatest(parts)}`;
  const both = paths.length === 0 ? open : `${open} UNION ALL ${sealed}`;
  const rows = await query(engine, sources, `SELECT record, file FROM (${both}) ORDER BY place`);
  return rows.map(({ record, file }) => {
    if (typeof record === 'string') return record;
    throw withoutRecord(sources, file);
  });
}

/** @param file a sealed segment's place */
export function withoutRecord({ sealed }: Sources, file: unknown): Failure {
  const path = sealed[Number(file)]?.path;
  return new Failure(`${path} holds a row without a record: run promptaudit calls verify`);
}

/** Rows' bounds as constants: a join alone has DuckDB look at more of a file than it must. */
function least(parts: readonly Row[]): number {
  return parts.reduce((all, { first }) => Math.min(all, Number(first)), Number.MAX_SAFE_INTEGER);
}

function greatest(parts: readonly Row[]): number {
  return parts.reduce((all, { last }) => Math.max(all, Number(last)), 0);
}

function wholeNumber(value: number): string {
  if (!Number.isSafeInteger(value) || value < 0) throw new Failure(`${value} is no number of records`);
  return String(value);
}

/** How many records are meant. @throws Failure where a file cannot be read */
export async function count(
  engine: Engine,
  sources: Sources,
  filter: CallFilter,
  { ranges, ids }: Scope = {},
): Promise<number> {
  const meant = relevantSources(sources, filter, ranges);
  const { sql, values } = conditionOf(filter, ids);
  const statement = `SELECT count(*)::DOUBLE AS records FROM ${relation(meant, sql)} WHERE ${sql}`;
  const [row] = await query(engine, meant, statement, values);
  return Number(row?.records ?? 0);
}
