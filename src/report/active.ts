import { jsonDocument } from './json.ts';
import { span } from './layout.ts';
import { shortOid } from './oid.ts';
import type { ActiveRow } from './rows.ts';
import type { Page } from './style.ts';
import { type Cell, type Column, table } from './table.ts';
import { formatTime, relativeTime } from './time.ts';

/** The `promptaudit/active@1` document (design section 4). `at` is in seconds since the epoch. */
export function activeJson(at: number, rows: readonly ActiveRow[]): string {
  return jsonDocument({
    schema: 'promptaudit/active@1',
    at: formatTime(at),
    active: rows.map((row) => ({
      prompt: row.prompt,
      environment: row.environment,
      version: row.version,
      commit: row.commit,
      contentDigest: row.contentDigest,
      since: formatTime(row.since),
      sequence: row.sequence,
      deployedBy: row.deployedBy,
      kind: row.kind,
      approvedBy: row.approvedBy,
    })),
  });
}

/** From here on there is room for a column of each. */
const WIDE = 120;

/** What is active where, since when, and by whom; `at` is a moment that was asked for, in seconds since the epoch. */
export function activeText(at: number | undefined, rows: readonly ActiveRow[], page: Page): string {
  if (at !== undefined && at * 1000 > page.now.getTime())
    return `${formatTime(at)} is still to come. As it is now:\n${activeText(undefined, rows, page)}`;
  if (at !== undefined) {
    const then = { ...page, now: new Date(at * 1000) };
    const what = rows.length === 0 ? 'Nothing was active.\n' : activeText(undefined, rows, then);
    return `As it was at ${formatTime(at)}:\n${what}`;
  }
  if (rows.length === 0) return 'Nothing is active.\n';
  const lines = page.width < WIDE ? narrowTable(rows, page) : wideTable(rows, page);
  return `${lines.join('\n')}\n`;
}

function narrowTable(rows: readonly ActiveRow[], page: Page): string[] {
  return table(
    [...WHAT_AND_WHERE, { title: 'since' }, { title: 'deployed by', fit: 'wrap' }],
    rows.map((row) => [
      ...whatAndWhere(row, page),
      [span(relativeTime(row.since, page.now))],
      [...deployer(row, page), span(`, approved by ${approvers(row)}`)],
    ]),
    page,
  );
}

function wideTable(rows: readonly ActiveRow[], page: Page): string[] {
  return table(
    [
      ...WHAT_AND_WHERE,
      { title: 'commit' },
      { title: 'since' },
      { title: 'deployed by', fit: 'wrap' },
      { title: 'approved by', fit: 'wrap' },
    ],
    rows.map((row) => [
      ...whatAndWhere(row, page),
      [span(shortOid(row.commit), page.style.dim)],
      [span(formatTime(row.since))],
      deployer(row, page),
      [span(approvers(row))],
    ]),
    page,
  );
}

const WHAT_AND_WHERE: readonly Column[] = [
  { title: 'prompt', fit: 'wrap' },
  { title: 'environment', fit: 'wrap' },
  { title: 'version', align: 'right' },
];

function whatAndWhere(row: ActiveRow, { style }: Page): Cell[] {
  return [[span(row.prompt, style.strong)], [span(row.environment)], [span(`v${row.version}`, style.accent)]];
}

function deployer({ deployedBy, kind }: ActiveRow, { style }: Page): Cell {
  return kind === 'emergency'
    ? [span(`${deployedBy} `), span('as an EMERGENCY', style.bad)]
    : [span(deployedBy)];
}

function approvers({ approvedBy }: ActiveRow): string {
  return approvedBy.length === 0 ? 'nobody' : approvedBy.join(', ');
}
