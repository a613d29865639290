import type { Outcome } from '../../calls/record/fields.ts';
import { span } from '../layout.ts';
import type { Page, Paint, Style } from '../style.ts';
import { type Cell, type Column, table } from '../table.ts';
import { amount, count, formatTime } from '../time.ts';
import { dollars, duration } from './amounts.ts';
import { numberOf, promptOf, readLine, type ShownRecord, textOf, tokensOf } from './record.ts';

/** What one column shows of a record; `below`: on the second line of a narrow page. */
interface View extends Column {
  readonly below?: true;
  readonly show: (record: ShownRecord, style: Style) => Cell;
}

/** From here on a record is one line. */
const WIDE = 150;
/** Below this nothing stands side by side. */
const NARROW = 78;

const CALL_VIEWS: readonly View[] = [
  { title: 'time', show: timeCell },
  { title: 'prompt', fit: 'truncate', show: (record, style) => [span(promptOf(record), style.strong)] },
  { title: 'environment', fit: 'truncate', show: plain('promptaudit.environment') },
  { title: 'model', fit: 'truncate', show: modelCell },
  { title: 'user', fit: 'truncate', show: plain('user.id') },
  { title: 'id', below: true, show: idCell },
  { title: 'tokens', align: 'right', below: true, show: (record) => numberCell(tokensOf(record), amount) },
  { title: 'latency', align: 'right', below: true, show: latencyCell },
  {
    title: 'cost',
    align: 'right',
    below: true,
    show: (record) => numberCell(numberOf(record, 'promptaudit.cost_usd'), dollars),
  },
  { title: 'status', fit: 'truncate', below: true, show: statusCell },
];

const ACCESS_VIEWS: readonly View[] = [
  { title: 'time', show: timeCell },
  {
    title: 'actor',
    fit: 'truncate',
    show: (record, style) => [span(textOf(record, 'promptaudit.access.actor'), style.strong)],
  },
  { title: 'action', fit: 'truncate', show: plain('promptaudit.access.action') },
  { title: 'object', fit: 'truncate', show: plain('promptaudit.access.object') },
  { title: 'outcome', show: outcomeCell },
  { title: 'id', below: true, show: idCell },
  {
    title: 'rows',
    align: 'right',
    below: true,
    show: (record) => numberCell(numberOf(record, 'promptaudit.access.rows'), amount),
  },
  { title: 'purpose', fit: 'truncate', below: true, show: plain('promptaudit.access.purpose') },
];

/** Records as people read them, calls before accesses, each in the order given; `''` where there are none. */
export function callsText(lines: readonly string[], page: Page): string {
  const records = lines.map(readLine);
  const calls = records.filter((record) => record.kind !== 'access');
  const accesses = records.filter((record) => record.kind === 'access');
  const both = calls.length > 0 && accesses.length > 0;
  const title = (text: string): string[] => (both ? [page.style.strong(text)] : []);
  const text = [
    ...(calls.length > 0 ? [...title(count(calls.length, 'call')), ...listing(CALL_VIEWS, calls, page)] : []),
    ...(both
      ? ['', page.style.strong(accesses.length === 1 ? '1 access' : `${accesses.length} accesses`)]
      : []),
    ...(accesses.length > 0 ? listing(ACCESS_VIEWS, accesses, page) : []),
  ];
  return text.map((line) => `${line}\n`).join('');
}

/** A line a record where there is room for it; else two, each aligned with its like, the second set in. */
function listing(views: readonly View[], records: readonly ShownRecord[], page: Page): string[] {
  const cells = (some: readonly View[]): Cell[][] =>
    records.map((record) => some.map(({ show }) => show(record, page.style)));
  if (page.width >= WIDE || page.width < NARROW) return table(views, cells(views), page);
  const above = views.filter(({ below }) => !below);
  const below = views.filter((view) => view.below);
  const first = table(above, cells(above), page);
  const second = table(below, cells(below), { ...page, width: page.width - 2 });
  return first.flatMap((line, index) => [line, `  ${second[index] ?? ''}`.trimEnd()]);
}

function plain(name: Parameters<typeof textOf>[1]): View['show'] {
  return (record) => [span(textOf(record, name))];
}

function timeCell(record: ShownRecord, style: Style): Cell {
  const time = textOf(record, 'occurredAt');
  return [span(formatTime(Date.parse(time) / 1000), style.accent)];
}

function idCell(record: ShownRecord, style: Style): Cell {
  return [span(textOf(record, 'id'), style.dim)];
}

function modelCell(record: ShownRecord): Cell {
  return [span(textOf(record, 'gen_ai.request.model') || textOf(record, 'gen_ai.response.model'))];
}

function latencyCell(record: ShownRecord): Cell {
  return numberCell(numberOf(record, 'promptaudit.latency_ms'), duration);
}

function numberCell(value: number | undefined, show: (value: number) => string): Cell {
  return value === undefined ? [] : [span(show(value))];
}

function statusCell(record: ShownRecord, style: Style): Cell {
  const error = textOf(record, 'error.type');
  return error === '' ? [span('ok', style.good)] : [span(error, style.bad)];
}

function outcomeCell(record: ShownRecord, style: Style): Cell {
  const outcome = textOf(record, 'promptaudit.access.outcome');
  const paints: Readonly<Record<Outcome, Paint>> = {
    allowed: style.good,
    denied: style.bad,
    failed: style.caution,
  };
  return [span(outcome, Object.hasOwn(paints, outcome) ? paints[outcome as Outcome] : style.bad)];
}
