import { diffText } from './diff.ts';
import { jsonDocument } from './json.ts';
import { hang, inFields, span, wrap, wrapText } from './layout.ts';
import { shortOid } from './oid.ts';
import type { PolicyReviewRow, ReviewRow } from './rows.ts';
import { approvalSpans } from './status.ts';
import type { Page } from './style.ts';
import { formatTime, relativeTime } from './time.ts';

/**
 * `{schema: "promptaudit/review@1", waiting: [{prompt, version, commit, author, time, reason, approvals, emergencies, against, diff}],
 * policies: [{version, sequence, commit, author, approvals: {have, need}, against, changes: [{path, before, after}]}]}`
 */
export function reviewJson(rows: readonly ReviewRow[], policies: readonly PolicyReviewRow[]): string {
  return jsonDocument({
    schema: 'promptaudit/review@1',
    waiting: rows.map((row) => ({
      ...row,
      time: formatTime(row.time),
      emergencies: [...row.emergencies],
      against: row.against ?? null,
    })),
    policies: policies.map((row) => ({
      ...row,
      changes: row.changes.map(({ path, before, after }) => ({
        path,
        before: before ?? null,
        after: after ?? null,
      })),
    })),
  });
}

/** Each version that waits for the reader, why it was made, what it still needs, and its diff; policies come first. */
export function reviewText(
  rows: readonly ReviewRow[],
  policies: readonly PolicyReviewRow[],
  page: Page,
): string {
  const blocks = [
    ...policies.map((row) => `${policyLines(row, page).join('\n')}\n`),
    ...rows.map((row) => `${headLines(row, page).join('\n')}\n\n${changes(row, page)}`),
  ];
  return blocks.length === 0 ? 'Nothing waits for your review.\n' : blocks.join('\n');
}

function policyLines(row: PolicyReviewRow, { style, width }: Page): string[] {
  const { version, sequence, author, approvals, against, changes } = row;
  const { have, need } = approvals;
  const what = [span(`policy v${version}`, style.strong), span(`  compared with v${against}`, style.dim)];
  return [
    ...wrap(what, width),
    ...hang([span('  ')], [span(`${author}  event ${sequence}`, style.dim)], width),
    ...hang([span('  needs admins ')], [span(`${have}/${need}`, style.caution)], width),
    '',
    ...changes.flatMap(({ path, before, after }) => {
      const was = before === undefined ? [] : [span(`[-${before}-]`, style.bad)];
      const is = after === undefined ? [] : [span(`{+${after}+}`, style.good)];
      return hang([span('  ')], [span(`${path}  `), ...was, ...is], width);
    }),
  ];
}

function headLines(row: ReviewRow, page: Page): string[] {
  const { style } = page;
  const against = row.against === undefined ? 'the first version' : `compared with v${row.against}`;
  const who = [row.author, formatTime(row.time), relativeTime(row.time, page.now), shortOid(row.commit)];
  const fields = who.map((text) => span(text, style.dim));
  return [
    ...wrap(
      [span(`${row.prompt} v${row.version}`, style.strong), span(`  ${against}`, style.dim)],
      page.width,
    ),
    ...inFields(fields, page.width - 2).map((line) => `  ${line}`),
    ...(row.reason === '' ? [] : wrapText(row.reason, page.width, '  ')),
    ...hang([span('  needs ')], approvalSpans(row.approvals, style, row.emergencies), page.width),
  ];
}

function changes({ diff }: ReviewRow, page: Page): string {
  const text = diffText(diff, page);
  return text === '' ? 'No change in meaning.\n' : text;
}
