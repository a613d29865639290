import { type Reason, Refusal } from '../../failure.ts';
import { endOf, type Seal } from '../../trail/callsledger.ts';
import type { Engine } from '../engine/duckdb.ts';
import { conditionOf } from '../search/condition.ts';
import { query } from '../search/query.ts';
import { relation } from '../search/relation.ts';
import { count } from '../search/search.ts';
import { relevantSources, type Sources } from '../search/sources.ts';
import type { KnownHold } from './holds.ts';

/** @throws Refusal where a hold covers any of these calls; Failure where that cannot be told */
export async function demandNotHeld(
  engine: Engine,
  sources: Sources,
  holds: readonly KnownHold[],
  ids: readonly string[],
): Promise<void> {
  const reasons: Reason[] = [];
  for (const { hold, filter } of ids.length === 0 ? [] : holds) {
    const records = await count(engine, sources, filter, { ids });
    if (records === 0) continue;
    const covered = ids.length === 1 ? 'the call' : `${records} of the ${ids.length} calls`;
    const message = `hold ${hold.name} covers ${covered}`;
    reasons.push({ rule: 'hold/standing', message, remedy: `ask an admin to release ${hold.name} first` });
  }
  if (reasons.length > 0) throw new Refusal('cannot erase what is held', reasons);
}

/**
 * @param taken the seals whose files a purge would take, all of which are among the sealed sources
 * @throws Refusal where a hold covers any record in them, saying what could be purged; Failure where that cannot be told
 */
export async function demandNoneHeld(
  engine: Engine,
  sources: Sources,
  holds: readonly KnownHold[],
  taken: readonly Seal[],
): Promise<void> {
  const seals = new Map<string, Seal>(taken.map((seal) => [seal.segment, seal]));
  const among = {
    ...sources,
    sealed: sources.sealed.filter(({ segment }) => seals.has(segment.name)),
    open: [],
  };
  const reasons: Reason[] = [];
  for (const { hold, filter } of holds) {
    const meant = relevantSources(among, filter, seals);
    const { sql, values } = conditionOf(filter);
    const rows = await query(
      engine,
      meant,
      `SELECT file::INTEGER AS file, count(*)::INTEGER AS records FROM ${relation(meant, sql)} WHERE ${sql} GROUP BY file`,
      values,
    );
    const records = rows.reduce((sum, row) => sum + Number(row.records), 0);
    if (records === 0) continue;
    const ends = rows.flatMap(({ file }) => {
      const source = meant.sealed[Number(file)];
      const seal = source && seals.get(source.segment.name);
      return seal === undefined ? [] : endOf(seal);
    });
    const [latest = ''] = ends.sort();
    reasons.push({
      rule: 'hold/standing',
      message: `hold ${hold.name} covers ${records} of the records`,
      remedy: `ask an admin to release ${hold.name}, or purge with --before ${latest}, which touches none of them`,
    });
  }
  if (reasons.length > 0) throw new Refusal('cannot purge what is held', reasons);
}
