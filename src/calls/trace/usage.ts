import type { PromptVersion } from '../../trail/model.ts';
import type { Engine } from '../engine/duckdb.ts';
import { query, type Row } from '../search/query.ts';
import { relation } from '../search/relation.ts';
import { relevantSources, type Sources, type TimeRange } from '../search/sources.ts';
import type { Usage } from './model.ts';
import type { Stay } from './stays.ts';
import { VERSION_TEXT } from './verdict.ts';

/** Where records are asked for. */
export interface Records {
  readonly engine: Engine;
  readonly sources: Sources;
  /** Of sealed segments, by their names: what the ledger says of their time. */
  readonly ranges?: ReadonlyMap<string, TimeRange>;
}

/** How the calls of a prompt used one of its versions. */
export interface UsageRows {
  /** By environment; `undefined`: the calls do not say where. */
  readonly environments: readonly { readonly environment: string | undefined; readonly used: Usage }[];
  /** By the sequence that a stay began with: those that used it, and those of the same prompt that did not. */
  readonly stays: ReadonlyMap<number, { readonly used: Usage; readonly others: Usage }>;
  /** Calls that used it outside of all stays. */
  readonly outside: number;
}

export const NO_USAGE: Usage = {
  calls: 0,
  errors: 0,
  first: undefined,
  last: undefined,
  users: 0,
  newest: [],
};

/** Whether a call used version $2 of prompt $1, whose content is $3: by its number, or where it says none by its digest. */
const USED = `CASE WHEN gen_ai_prompt_name IS NOT NULL AND gen_ai_prompt_version IS NOT NULL
  THEN regexp_full_match(gen_ai_prompt_version, '${VERSION_TEXT}') AND ltrim(gen_ai_prompt_version, 'v') = $2
    AND coalesce(prompt_digest = $3, true)
  ELSE coalesce(prompt_digest = $3, false) END`;

const CALLS = `SELECT id, user_id, environment, epoch_ms(occurred_at) AS moment, error_type IS NOT NULL AS failed, ${USED} AS used`;
const ABOUT =
  "kind = 'call' AND (gen_ai_prompt_name = $1 OR (gen_ai_prompt_name IS NULL AND prompt_digest = $3))";

const STAYS = `SELECT one.* FROM (SELECT unnest(from_json($4::JSON,
  '[{"environment": "VARCHAR", "sequence": "BIGINT", "since": "BIGINT", "till": "BIGINT"}]')) AS one)`;

const COUNTED = `count(*) AS calls, count(*) FILTER (failed) AS errors, min(moment) AS first, max(moment) AS last,
  count(DISTINCT user_id) AS users, arg_max(id, moment, 5) AS newest`;

/** Counts the calls of a version's prompt. @throws Failure where a file cannot be read */
export async function usageOf(
  { engine, sources, ranges }: Records,
  prompt: string,
  version: PromptVersion,
  stays: readonly Stay[],
): Promise<UsageRows> {
  const meant = relevantSources(sources, { kind: 'call' }, ranges);
  const calls = `${CALLS} FROM ${relation(meant, `${CALLS} ${ABOUT}`)} WHERE ${ABOUT}`;
  const sql = `WITH made AS (${calls}), stay AS (${STAYS})
    SELECT used, made.environment AS environment, stay.sequence AS sequence,
      grouping(made.environment) = 1 AS by_stay, ${COUNTED}
    FROM made LEFT JOIN stay ON stay.environment = made.environment AND stay.since <= moment AND moment < stay.till
    GROUP BY GROUPING SETS ((used, made.environment), (used, stay.sequence)) ORDER BY calls DESC, environment`;
  const spans = stays.map(({ environment, activation, from, to }) => {
    return { environment, sequence: activation.sequence, since: from, till: to };
  });
  const values = [prompt, String(version.number), version.contentDigest, JSON.stringify(spans)];
  const rows = await query(engine, meant, sql, values);
  const byStay = rows.filter((row) => row.by_stay === true);
  const inStay = (used: boolean, sequence: number | null): Usage => {
    const row = byStay.find((one) => one.used === used && sequenceOf(one) === sequence);
    return row === undefined ? NO_USAGE : usage(row);
  };
  return {
    environments: rows
      .filter((row) => row.by_stay !== true && row.used === true)
      .map((row) => ({
        environment: typeof row.environment === 'string' ? row.environment : undefined,
        used: usage(row),
      })),
    stays: new Map(
      stays.map(({ activation: { sequence } }) => [
        sequence,
        { used: inStay(true, sequence), others: inStay(false, sequence) },
      ]),
    ),
    outside: inStay(true, null).calls,
  };
}

function sequenceOf({ sequence }: Row): number | null {
  return sequence === null ? null : Number(sequence);
}

function usage(row: Row): Usage {
  return {
    calls: Number(row.calls),
    errors: Number(row.errors),
    first: Number(row.first),
    last: Number(row.last),
    users: Number(row.users),
    newest: Array.isArray(row.newest) ? row.newest.map(String) : [],
  };
}
