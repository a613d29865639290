import { Failure } from '../../failure.ts';
import type { Engine } from '../engine/duckdb.ts';
import { type Condition, conditionOf } from '../search/condition.ts';
import type { CallFilter } from '../search/filter.ts';
import { query, type Row } from '../search/query.ts';
import { relation } from '../search/relation.ts';
import { relevantSources, type Sources, type TimeRange } from '../search/sources.ts';
import type { TraceFacts } from './facts.ts';
import { loadFacts } from './reconciletables.ts';
import { isFault, VERDICTS, VERSION_TEXT, type Verdict } from './verdict.ts';

/** A cache of an application may be this old, in milliseconds. */
export const DEFAULT_TOLERANCE = 60_000;
/** How far `occurredAt` may be after `recordedAt`, in milliseconds. */
const SKEW = 5 * 60_000;
/** Groups that are told one by one; a store of unknown digests, each in one call, has millions. */
const MOST_GROUPS = 1000;
const EXAMPLES = 5;

export interface ReconcileOptions {
  /** Milliseconds by which every stay is lengthened at both ends. */
  readonly tolerance: number;
  /** A call that does not say what it used, or where, is a fault too. */
  readonly strict: boolean;
  /** Of sealed segments, by their names: what the ledger says of their time. */
  readonly ranges?: ReadonlyMap<string, TimeRange>;
}

/** Calls of which the same is to be said. Times are milliseconds since the epoch. */
export interface ReconciledGroup {
  /** As the registry knows it, or else as the calls say. */
  readonly prompt: string | undefined;
  /** `12`; of an `unknown-version` what the calls say; not told of a content that several versions have. */
  readonly version: string | undefined;
  /** What the calls say, or else the version's. */
  readonly digest: string | undefined;
  readonly environment: string | undefined;
  readonly verdict: Verdict;
  readonly fault: boolean;
  /** Where the version matters: what was active there then, and the newest event that made it so. */
  readonly active: { readonly version: number; readonly sequence: number } | undefined;
  readonly calls: number;
  readonly first: number;
  readonly last: number;
  /** Distinct users that the calls name. */
  readonly users: number;
  /** Calls that occurred more than five minutes after they were recorded. */
  readonly skewed: number;
  /** Ids of the newest. */
  readonly examples: readonly string[];
}

export interface Reconciliation {
  /** There is no fault. */
  readonly ok: boolean;
  readonly tolerance: number;
  readonly strict: boolean;
  readonly calls: number;
  readonly faults: number;
  readonly skewed: number;
  /** Calls by verdict; each call has one. */
  readonly verdicts: Readonly<Record<Verdict, number>>;
  /** Faults first, then by how many calls they are. */
  readonly groups: readonly ReconciledGroup[];
  /** Groups that are counted above and not listed. */
  readonly more: number;
}

/**
 * Judges every call once: whether the version or content that it names was active in its environment when it occurred, and
 * approved. Memory is bounded: calls stream past the facts, which are small.
 * @throws Failure where the filter asks for what is no call, or a file cannot be read
 */
export async function reconcile(
  engine: Engine,
  sources: Sources,
  facts: TraceFacts,
  filter: CallFilter,
  { tolerance, strict, ranges }: ReconcileOptions,
): Promise<Reconciliation> {
  if (filter.kind === 'access') throw new Failure('only calls use prompts: accesses cannot be reconciled');
  const calls: CallFilter = { ...filter, kind: 'call' };
  const meant = relevantSources(sources, calls, ranges);
  await loadFacts(engine, meant, facts, tolerance);
  const condition = conditionOf(calls);
  const ask = (sql: string, values: readonly string[] = []) => query(engine, meant, sql, values);
  const judged = judgedCalls(meant, condition);
  await ask(`CREATE OR REPLACE TEMP TABLE reconciled AS WITH ${judged} ${GROUPS}`, condition.values);
  const totals = await ask(TOTALS);
  await ask(`CREATE OR REPLACE TEMP TABLE listed AS ${listing(strict)}`);
  const rows = await ask(`WITH ${judged} ${DETAILED}`, condition.values);
  const verdicts = Object.fromEntries(
    VERDICTS.map((verdict) => [verdict, numberOf(totals.find((row) => row.verdict === verdict)?.calls)]),
  ) as Record<Verdict, number>;
  const faults = VERDICTS.filter((verdict) => isFault(verdict, strict));
  const faulty = sum(faults.map((verdict) => verdicts[verdict]));
  return {
    ok: faulty === 0,
    tolerance,
    strict,
    calls: sum(Object.values(verdicts)),
    faults: faulty,
    skewed: sum(totals.map((row) => numberOf(row.skewed))),
    verdicts,
    groups: rows.map((row) => groupOf(row, strict)),
    more: sum(totals.map((row) => numberOf(row.groups))) - rows.length,
  };
}

/** What of a call is looked at. The key is the one of `subjects.ts`. */
const CALLS = `
  SELECT id, user_id, gen_ai_prompt_name AS named, gen_ai_prompt_version AS version_text, prompt_digest AS digest,
    environment, epoch_ms(occurred_at) AS moment, epoch_ms(occurred_at) - epoch_ms(recorded_at) > ${SKEW} AS skewed,
    CASE
      WHEN gen_ai_prompt_name IS NOT NULL AND gen_ai_prompt_version IS NOT NULL THEN
        CASE WHEN regexp_full_match(gen_ai_prompt_version, '${VERSION_TEXT}')
          THEN 'v' || gen_ai_prompt_name || chr(31) || ltrim(gen_ai_prompt_version, 'v') END
      WHEN prompt_digest IS NULL THEN NULL
      WHEN gen_ai_prompt_name IS NOT NULL THEN 'd' || gen_ai_prompt_name || chr(31) || prompt_digest
      ELSE 'x' || prompt_digest
    END AS key`;

/** Each call with its verdict, as `judgeCall` would give it. */
const JUDGED = `
  SELECT made.*, subject.prompt AS known, subject.version AS known_version, subject.digest AS known_digest,
    CASE
      WHEN named IS NULL AND made.digest IS NULL THEN 'no-prompt'
      WHEN named IS NOT NULL AND listed.prompt IS NULL THEN 'unknown-prompt'
      WHEN version_text IS NULL AND made.digest IS NULL THEN 'no-version'
      WHEN subject.key IS NULL AND named IS NOT NULL AND version_text IS NOT NULL THEN 'unknown-version'
      WHEN subject.key IS NULL THEN 'unknown-digest'
      WHEN made.digest <> subject.digest THEN 'mismatch'
      WHEN made.environment IS NULL THEN 'no-environment'
      ELSE coalesce(piece.verdict, 'not-deployed')
    END AS verdict
  FROM made
  LEFT JOIN known_prompt AS listed ON listed.prompt = made.named
  LEFT JOIN known_subject AS subject ON subject.key = made.key
  LEFT JOIN known_piece AS piece ON piece.key = made.key AND piece.environment = made.environment
    AND piece.since <= made.moment AND made.moment < piece.till`;

/** Of these it is worth knowing what was active there; no other call finds a row. */
const TOLD =
  "CASE WHEN verdict IN ('not-deployed', 'never-approved', 'emergency', 'mismatch') THEN judged.known END";

const OF_STAY = `LEFT JOIN known_stay AS stay ON stay.prompt = ${TOLD} AND stay.environment = judged.environment
  AND stay.since <= judged.moment AND judged.moment < stay.till`;

/** What tells groups apart, by the columns' names. */
const APART = {
  prompt: 'coalesce(judged.known, judged.named)',
  version: 'coalesce(judged.known_version, judged.version_text)',
  digest: 'coalesce(judged.digest, judged.known_digest)',
  environment: 'judged.environment',
  verdict: 'judged.verdict',
  active_version: 'stay.version',
} as const;

const GROUPS = `
  SELECT ${Object.entries(APART)
    .map(([name, sql]) => `${sql} AS ${name}`)
    .join(', ')},
    max(stay.sequence) AS active_sequence, count(*) AS calls, min(moment) AS first, max(moment) AS last,
    count(*) FILTER (skewed) AS skewed
  FROM judged ${OF_STAY} GROUP BY ALL`;

/**
 * What takes memory by the call is asked of the listed groups alone, in a second pass: distinct users, and ids.
 */
const DETAILED = `
  SELECT listed.*, users, examples FROM listed JOIN (
    SELECT listed.place AS place, count(DISTINCT user_id) AS users, arg_max(id, moment, ${EXAMPLES}) AS examples
    FROM judged ${OF_STAY} JOIN listed ON ${Object.entries(APART)
      .map(([name, sql]) => `listed.${name} IS NOT DISTINCT FROM ${sql}`)
      .join(' AND ')}
    GROUP BY listed.place
  ) AS detail USING (place) ORDER BY place`;

/** CTEs of which the last is `judged`: every call that is meant. */
function judgedCalls(sources: Sources, { sql }: Condition): string {
  const calls = `${CALLS} FROM ${relation(sources, `${CALLS} ${sql}`)} WHERE ${sql}`;
  return `made AS (${calls}), judged AS (${JUDGED})`;
}

const TOTALS =
  'SELECT verdict, sum(calls) AS calls, sum(skewed) AS skewed, count(*) AS groups FROM reconciled GROUP BY verdict';

function listing(strict: boolean): string {
  const ranks = VERDICTS.map((verdict, rank) => {
    return `WHEN '${verdict}' THEN ${rank + (isFault(verdict, strict) ? 0 : VERDICTS.length)}`;
  });
  const order = `CASE verdict ${ranks.join(' ')} END, calls DESC, prompt, version, digest, environment, active_sequence`;
  return `SELECT row_number() OVER (ORDER BY ${order}) AS place, * FROM reconciled ORDER BY place LIMIT ${MOST_GROUPS}`;
}

function groupOf(row: Row, strict: boolean): ReconciledGroup {
  const verdict = String(row.verdict) as Verdict;
  const active = { version: numberOf(row.active_version), sequence: numberOf(row.active_sequence) };
  return {
    prompt: textOf(row.prompt),
    version: textOf(row.version),
    digest: textOf(row.digest),
    environment: textOf(row.environment),
    verdict,
    fault: isFault(verdict, strict),
    active: row.active_sequence === null ? undefined : active,
    calls: numberOf(row.calls),
    first: numberOf(row.first),
    last: numberOf(row.last),
    users: numberOf(row.users),
    skewed: numberOf(row.skewed),
    examples: Array.isArray(row.examples) ? row.examples.map(String) : [],
  };
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

/** DuckDB counts in 64 bits and sums in 128. */
function numberOf(value: unknown): number {
  return Number(value ?? 0);
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
