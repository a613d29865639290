import type { Engine } from '../engine/duckdb.ts';
import { conditionOf } from './condition.ts';
import { query } from './query.ts';
import { relation } from './relation.ts';
import { withoutRecord } from './search.ts';
import type { Source, Sources, TimeRange } from './sources.ts';

/** How far the time in an id may be from when the call happened for a segment to be looked into first. */
const NEAR = 60_000;

/**
 * The lines of the records with an id: one, unless it was sent twice within a while. An id of version 7 says when it was made (RFC 9562,
 * section 5.7), so segments of that time are looked into first, and all others only where those have none: ids may be of any
 * version, and made long after the call.
 * @throws Failure where a file cannot be read
 */
export async function findRecords(
  engine: Engine,
  sources: Sources,
  id: string,
  ranges: ReadonlyMap<string, TimeRange> = new Map(),
): Promise<readonly string[]> {
  const made = timeOf(id);
  const near = ({ segment }: Source): boolean => {
    const range = ranges.get(segment.name);
    if (range === undefined || made === undefined) return true;
    return Date.parse(range.first) - NEAR <= made && made <= Date.parse(range.last) + NEAR;
  };
  const likely = { ...sources, sealed: sources.sealed.filter(near) };
  const found = await all(engine, likely, id);
  if (found.length > 0 || likely.sealed.length === sources.sealed.length) return found;
  return all(engine, { ...sources, sealed: sources.sealed.filter((source) => !near(source)), open: [] }, id);
}

/** In one statement: an id is in so few places that nothing is gained by looking where first. */
async function all(engine: Engine, sources: Sources, id: string): Promise<readonly string[]> {
  const { sql, values } = conditionOf({ id });
  const from = relation(sources, `${sql} occurred_at`);
  const statement = `SELECT record, file::DOUBLE AS file FROM ${from} WHERE ${sql} ORDER BY occurred_at, file, row`;
  const rows = await query(engine, sources, statement, values);
  return rows.map(({ record, file }) => {
    if (typeof record === 'string') return record;
    throw withoutRecord(sources, file);
  });
}

/** Milliseconds since the epoch; `undefined` where the id is not of version 7. */
function timeOf(id: string): number | undefined {
  const [, high, low] = /^([0-9a-f]{8})-([0-9a-f]{4})-7/.exec(id) ?? [];
  return high === undefined || low === undefined ? undefined : Number.parseInt(high + low, 16);
}
