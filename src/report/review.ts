import { diffText } from './diff.ts';
import { jsonDocument } from './json.ts';
import { hang, span, wrap, wrapText } from './layout.ts';
import { shortOid } from './oid.ts';
import type { ReviewRow } from './rows.ts';
import { approvalSpans } from './status.ts';
import type { Page } from './style.ts';
import { formatTime, relativeTime } from './time.ts';

/** `{schema: "promptaudit/review@1", waiting: [{prompt, version, commit, author, time, reason, approvals, against, diff}]}` */
export function reviewJson(rows: readonly ReviewRow[]): string {
  return jsonDocument({
    schema: 'promptaudit/review@1',
    waiting: rows.map((row) => ({ ...row, time: formatTime(row.time), against: row.against ?? null })),
  });
}

/** Each version that waits for the reader, why it was made, what it still needs, and its diff. */
export function reviewText(rows: readonly ReviewRow[], page: Page): string {
  if (rows.length === 0) return 'Nothing waits for your review.\n';
  return rows.map((row) => `${headLines(row, page).join('\n')}\n\n${changes(row, page)}`).join('\n');
}

function headLines(row: ReviewRow, page: Page): string[] {
  const { style } = page;
  const against = row.against === undefined ? 'the first version' : `compared with v${row.against}`;
  const when = `${formatTime(row.time)}  ${relativeTime(row.time, page.now)}`;
  return [
    ...wrap(
      [span(`${row.prompt} v${row.version}`, style.strong), span(`  ${against}`, style.dim)],
      page.width,
    ),
    ...hang([span('  ')], [span(`${row.author}  ${when}  ${shortOid(row.commit)}`, style.dim)], page.width),
    ...(row.reason === '' ? [] : wrapText(row.reason, page.width, '  ')),
    ...hang([span('  needs ')], approvalSpans(row.approvals, style), page.width),
  ];
}

function changes({ diff }: ReviewRow, page: Page): string {
  const text = diffText(diff, page);
  return text === '' ? 'No change in meaning.\n' : text;
}
