import type { Engine } from '../engine/duckdb.ts';
import { conditionOf, failed } from './condition.ts';
import type { CallFilter } from './filter.ts';
import { query, type Row } from './query.ts';
import { relation } from './relation.ts';
import type { Scope } from './search.ts';
import { relevantSources, type Sources } from './sources.ts';

const PERIODS = ['hour', 'day', 'week', 'month'] as const;
export type Period = (typeof PERIODS)[number];

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
/** From Monday, 29 December 1969, to the epoch: there is no time before that, so that no number here is below zero. */
const SINCE_MONDAY = 3 * DAY;

/** The beginning of the period, in milliseconds since the epoch: by whole numbers, as DuckDB's calendar is ten times as slow. */
const PERIOD_SQL: Readonly<Record<Period, string>> = {
  hour: `epoch_ms(occurred_at) // ${HOUR} * ${HOUR}`,
  day: `epoch_ms(occurred_at) // ${DAY} * ${DAY}`,
  week: `(epoch_ms(occurred_at) + ${SINCE_MONDAY}) // ${7 * DAY} * ${7 * DAY} - ${SINCE_MONDAY}`,
  month: "epoch_ms(date_trunc('month', make_timestamp(epoch_us(occurred_at))))",
};

const DIMENSION_SQL = {
  prompt: 'gen_ai_prompt_name',
  version: 'gen_ai_prompt_version',
  environment: 'environment',
  model: 'coalesce(gen_ai_request_model, gen_ai_response_model)',
  provider: 'gen_ai_provider_name',
  workflow: 'workflow',
  user: 'user_id',
  service: 'service_name',
  conversation: 'gen_ai_conversation_id',
  status: `CASE WHEN ${failed(undefined)} THEN 'error' ELSE 'ok' END`,
  kind: 'kind',
  action: 'access_action',
  outcome: 'access_outcome',
  ...PERIOD_SQL,
} as const;

/** What calls can be counted by. */
export type Dimension = keyof typeof DIMENSION_SQL;

/** What takes time to find out, and is left out unless asked for. */
export const MEASURES = ['latency', 'users'] as const;
type Measure = (typeof MEASURES)[number];

const MEASURE_SQL: Readonly<Record<Measure, string>> = {
  latency: 'quantile_disc(latency_ms, [0.5, 0.95, 0.99]) AS latency',
  users: 'count(DISTINCT user_id)::DOUBLE AS users',
};

export interface StatsQuestion extends Scope {
  /** None: everything in one row. */
  readonly by: readonly Dimension[];
  /** Adds to each row how many calls there were in each of these. */
  readonly over?: Period;
  readonly measures: readonly Measure[];
  /** How many rows at most, those with the most calls; all where it is left out. */
  readonly limit?: number;
}

export interface Point {
  /** When the period begins, as a canonical time. */
  readonly at: string;
  readonly calls: number;
}

export interface StatsRow {
  /** One a dimension, in the order asked for; `undefined` where the calls do not say. Periods are canonical times. */
  readonly keys: readonly (string | undefined)[];
  readonly calls: number;
  readonly errors: number;
  readonly inputTokens: number;
  readonly outputTokens: number;
  /** US dollars; `undefined` where no call says. */
  readonly cost: number | undefined;
  /** Milliseconds; `undefined` where none is known. Each is a latency that was measured, none is between two. */
  readonly latency: { readonly p50: number; readonly p95: number; readonly p99: number } | undefined;
  /** How many different users; `undefined` where that was not asked for. */
  readonly users: number | undefined;
  /** Periods that had calls, in time order. */
  readonly series: readonly Point[];
}

/**
 * Counts calls. Accesses are counted in their stead, or beside them, only where the question is about them: by the filter's
 * kind or actor, or a dimension that only they have.
 * @returns rows with the most calls first; by time where the first dimension is one
 * @throws Failure where a file cannot be read
 */
export async function stats(
  engine: Engine,
  sources: Sources,
  filter: CallFilter,
  question: StatsQuestion,
): Promise<readonly StatsRow[]> {
  const { by, over, measures, limit } = question;
  const meantFilter = ofCalls(filter, by);
  const meant = relevantSources(sources, meantFilter, question.ranges);
  const { sql: where, values } = conditionOf(meantFilter, question.ids);
  const keys = by.map((dimension, index) => `${DIMENSION_SQL[dimension]} AS key${index}`);
  const group = by.length === 0 ? '' : ` GROUP BY ${by.map((_, index) => `key${index}`).join(', ')}`;
  const select = [...keys, ...totals(meantFilter), ...measures.map((measure) => MEASURE_SQL[measure])].join(
    ', ',
  );
  const from = relation(meant, `${select} ${where}`);
  const order = by.map((_, index) => `key${index}`);
  const sorting = startsWithTime(by) ? order : ['calls DESC', ...order];
  const most = limit === undefined ? '' : ` LIMIT ${Math.trunc(limit)}`;
  const statement = `SELECT ${select} FROM ${from} WHERE ${where}${group} HAVING calls > 0 ORDER BY ${sorting.join(', ')}${most}`;
  const rows = await query(engine, meant, statement, values);
  const series = new Map<string, Point[]>(rows.map((row) => [identity(row, by), []]));
  if (over !== undefined) {
    const counted = [...keys, `${PERIOD_SQL[over]} AS begins`, 'count(*)::DOUBLE AS calls'].join(', ');
    const places = relation(meant, `${counted} ${where}`);
    const points = `SELECT ${counted} FROM ${places} WHERE ${where} GROUP BY ${[...order, 'begins'].join(', ')} ORDER BY begins`;
    for (const row of await query(engine, meant, points, values))
      series.get(identity(row, by))?.push({ at: timeText(row.begins), calls: Number(row.calls) });
  }
  return rows.map((row) => statsRow(row, by, series.get(identity(row, by)) ?? []));
}

function totals({ kind }: CallFilter): readonly string[] {
  return [
    'count(*)::DOUBLE AS calls',
    `(count(*) FILTER (WHERE ${failed(kind)}))::DOUBLE AS errors`,
    'coalesce(sum(gen_ai_usage_input_tokens), 0)::DOUBLE AS input_tokens',
    'coalesce(sum(gen_ai_usage_output_tokens), 0)::DOUBLE AS output_tokens',
    'sum(cost_usd) AS cost',
  ];
}

function ofCalls(filter: CallFilter, by: readonly Dimension[]): CallFilter {
  const asksOfAccesses =
    filter.kind !== undefined ||
    filter.actor !== undefined ||
    by.some((dimension) => dimension === 'kind' || dimension === 'action' || dimension === 'outcome');
  return asksOfAccesses ? filter : { ...filter, kind: 'call' };
}

function startsWithTime([first]: readonly Dimension[]): boolean {
  return PERIODS.some((period) => period === first);
}

function identity(row: Row, by: readonly Dimension[]): string {
  return JSON.stringify(keysOf(row, by).map((key) => key ?? null));
}

function keysOf(row: Row, by: readonly Dimension[]): (string | undefined)[] {
  return by.map((dimension, index) => {
    const value = row[`key${index}`];
    if (value === null || value === undefined) return undefined;
    return startsWithTime([dimension]) ? timeText(value) : String(value);
  });
}

function timeText(milliseconds: unknown): string {
  return new Date(Number(milliseconds)).toISOString();
}

function statsRow(row: Row, by: readonly Dimension[], series: readonly Point[]): StatsRow {
  const [p50, p95, p99] = Array.isArray(row.latency) ? row.latency.map(Number) : [];
  const known = p50 !== undefined && p95 !== undefined && p99 !== undefined;
  return {
    keys: keysOf(row, by),
    calls: Number(row.calls),
    errors: Number(row.errors),
    inputTokens: Number(row.input_tokens),
    outputTokens: Number(row.output_tokens),
    cost: row.cost === null || row.cost === undefined ? undefined : Number(row.cost),
    latency: known ? { p50, p95, p99 } : undefined,
    users: row.users === undefined ? undefined : Number(row.users),
    series,
  };
}
