import type { Dimension, Period, StatsRow } from '../../calls/search/stats.ts';
import { jsonDocument } from '../json.ts';
import { span, wrap } from '../layout.ts';
import { type Page, PLAIN, type Style } from '../style.ts';
import { type Cell, type Column, table } from '../table.ts';
import { visibleWidth } from '../text.ts';
import { amount } from '../time.ts';
import { compact, dollars, duration, share } from './amounts.ts';
import { type Range, sparkline } from './sparkline.ts';

/** What was asked, and what came of it. */
export interface ShownStats {
  readonly by: readonly Dimension[];
  readonly over: Period | undefined;
  readonly rows: readonly StatsRow[];
}

/**
 * `{schema: "promptaudit/call-stats@1", by: [dimension], over, rows: [{by: {dimension: value}, calls, errors, errorRate,
 * inputTokens, outputTokens, costUsd, latencyMs: {p50, p95, p99}, users, series: [{at, calls}]}]}`; what is not known is null
 */
export function statsJson({ by, over, rows }: ShownStats): string {
  return jsonDocument({
    schema: 'promptaudit/call-stats@1',
    by,
    over: over ?? null,
    rows: rows.map((row) => ({
      by: Object.fromEntries(by.map((dimension, index) => [dimension, row.keys[index] ?? null])),
      calls: row.calls,
      errors: row.errors,
      errorRate: row.calls === 0 ? 0 : row.errors / row.calls,
      inputTokens: row.inputTokens,
      outputTokens: row.outputTokens,
      costUsd: row.cost ?? null,
      latencyMs: row.latency ?? null,
      users: row.users ?? null,
      series: row.series,
    })),
  });
}

/** From here on a row is one line, whatever has to be cut off. */
const WIDE = 110;
/** Below this nothing stands side by side. */
const NARROW = 60;
/** What a trend takes at least, in columns. */
const TREND = 12;

/** A table of what was counted; how it went over time takes the width that is left. `''` where nothing was. */
export function statsText({ by, over, rows }: ShownStats, page: Page): string {
  if (rows.length === 0) return '';
  const keys: readonly View[] = by.map((dimension, index) => ({
    title: dimension,
    fit: 'truncate',
    show: (row, style) => keyCell(dimension, row.keys[index], style),
  }));
  const covered = over === undefined ? undefined : coveredBy(over, rows);
  const first = [...keys, ...TOTALS];
  const second = measuresOf(rows);
  const all = [...first, ...second];
  const fits = naturalWidth(all, rows, page) + (covered === undefined ? 0 : TREND + 2) <= page.width;
  if (fits || page.width >= WIDE || page.width < NARROW)
    return joined([...withTrend(all, rows, covered, page), ...legend(covered, page)]);
  const above = plainTable(first, rows, page);
  const below = withTrend(second, rows, covered, { ...page, width: page.width - 2 });
  const lines = above.flatMap((line, index) => [line, `  ${below[index] ?? ''}`]);
  // Where the first line is too wide for its page it is no longer one line a row.
  return joined([
    ...(above.length === below.length ? lines : plainTable(all, rows, page)),
    ...legend(covered, page),
  ]);
}

interface View extends Column {
  readonly show: (row: StatsRow, style: Style) => Cell;
}

function plainTable(views: readonly View[], rows: readonly StatsRow[], page: Page): string[] {
  const cells = rows.map((row) => views.map(({ show }) => show(row, page.style)));
  return table(views, cells, page);
}

/** How wide the table is where nothing of it is broken or cut off. */
function naturalWidth(views: readonly View[], rows: readonly StatsRow[], page: Page): number {
  return widest(plainTable(views, rows, { ...page, style: PLAIN, width: Number.POSITIVE_INFINITY }));
}

function widest(lines: readonly string[]): number {
  return lines.reduce((most, line) => Math.max(most, visibleWidth(line)), 0);
}

/** With one more column where there is something to show in it, as wide as there is room. */
function withTrend(
  views: readonly View[],
  rows: readonly StatsRow[],
  covered: Covered | undefined,
  page: Page,
): string[] {
  if (covered === undefined) return plainTable(views, rows, page);
  const room = Math.max(TREND, page.width - widest(plainTable(views, rows, { ...page, style: PLAIN })) - 2);
  const show = ({ series }: StatsRow, style: Style): Cell => [
    span(sparkline(series, covered.over, covered, room).trimEnd(), style.accent),
  ];
  return plainTable([...views, { title: 'trend', show }], rows, page);
}

interface Covered extends Range {
  readonly over: Period;
}

/** Of all rows, so that their trends can be compared. */
function coveredBy(over: Period, rows: readonly StatsRow[]): Covered | undefined {
  const times = rows.flatMap(({ series }) => series.map(({ at }) => at)).sort();
  const [from] = times;
  const to = times.at(-1);
  return from === undefined || to === undefined ? undefined : { over, from, to };
}

function legend(covered: Covered | undefined, { style, width }: Page): string[] {
  if (covered === undefined) return [];
  const { over, from, to } = covered;
  const text = `trend: calls by ${over}, ${keyText(over, from)} to ${keyText(over, to)}`;
  return wrap([span(text, style.dim)], width);
}

const TOTALS: readonly View[] = [
  { title: 'calls', align: 'right', show: ({ calls }) => [span(amount(calls))] },
  { title: 'errors', align: 'right', show: errorCell },
  { title: 'tokens in', align: 'right', show: ({ inputTokens }) => [span(compact(inputTokens))] },
  { title: 'out', align: 'right', show: ({ outputTokens }) => [span(compact(outputTokens))] },
  { title: 'cost', align: 'right', show: ({ cost }) => [span(cost === undefined ? '-' : dollars(cost))] },
];

/** Those that were asked for. */
function measuresOf(rows: readonly StatsRow[]): View[] {
  const latency: View = { title: 'p50/p95/p99', align: 'right', show: latencyCell };
  const users: View = {
    title: 'users',
    align: 'right',
    show: (row) => (row.users === undefined ? [] : [span(amount(row.users))]),
  };
  return [
    ...(rows.some((row) => row.latency !== undefined) ? [latency] : []),
    ...(rows.some((row) => row.users !== undefined) ? [users] : []),
  ];
}

function errorCell({ errors, calls }: StatsRow, style: Style): Cell {
  return [span(share(errors, calls), errors > 0 ? style.bad : style.dim)];
}

/** In the unit of the greatest. */
function latencyCell({ latency }: StatsRow): Cell {
  if (latency === undefined) return [];
  const values = [latency.p50, latency.p95, latency.p99];
  if (latency.p99 >= 59_950) return [span(values.map(duration).join('/'))];
  if (latency.p99 < 999.5) return [span(`${values.map(Math.round).join('/')} ms`)];
  return [span(`${values.map((value) => (value / 1000).toFixed(value < 9995 ? 2 : 1)).join('/')} s`)];
}

function keyCell(dimension: Dimension, key: string | undefined, style: Style): Cell {
  return key === undefined ? [span('(none)', style.dim)] : [span(keyText(dimension, key), style.strong)];
}

/** As much of a time as its period says. */
function keyText(dimension: Dimension, key: string): string {
  switch (dimension) {
    case 'hour':
      return `${key.slice(0, 16)}Z`;
    case 'day':
    case 'week':
      return key.slice(0, 10);
    case 'month':
      return key.slice(0, 7);
    default:
      return key;
  }
}

function joined(lines: readonly string[]): string {
  return lines.map((line) => `${line.trimEnd()}\n`).join('');
}
