import { jsonDocument } from './json.ts';

/** How many records were given and what became of them. */
export interface Recorded {
  readonly accepted: number;
  readonly duplicates: number;
  readonly refused: number;
  readonly ignored: number;
}

/** `{schema: "promptaudit/recorded@1", accepted, duplicates, refused, ignored}` */
export function recordedJson({ accepted, duplicates, refused, ignored }: Recorded): string {
  return jsonDocument({ schema: 'promptaudit/recorded@1', accepted, duplicates, refused, ignored });
}

/** `recorded 12, 1 there already, 2 refused`. */
export function recordedText({ accepted, duplicates, refused, ignored }: Recorded): string {
  const parts = [`recorded ${accepted}`];
  if (duplicates > 0) parts.push(`${duplicates} there already`);
  if (refused > 0) parts.push(`${refused} refused`);
  if (ignored > 0) parts.push(`${ignored} about something else`);
  return `${parts.join(', ')}\n`;
}

/** What a collector did: `rejected` counts records, `refused` the requests that were not answered with success. */
export interface CollectedCounts extends Recorded {
  readonly requests: number;
  readonly rejected: number;
}

/** `{schema: "promptaudit/collected@1", requests, accepted, duplicates, rejected, ignored, refused}` */
export function collectedJson({
  requests,
  accepted,
  duplicates,
  rejected,
  ignored,
  refused,
}: CollectedCounts): string {
  const counts = { requests, accepted, duplicates, rejected, ignored, refused };
  return jsonDocument({ schema: 'promptaudit/collected@1', ...counts });
}

/** As `recordedText`, and `; 3 requests were turned away` behind it. */
export function collectedText({ rejected, refused, ...counts }: CollectedCounts): string {
  const recorded = recordedText({ ...counts, refused: rejected });
  if (refused === 0) return recorded;
  const away = refused === 1 ? '1 request was turned away' : `${refused} requests were turned away`;
  return `${recorded.trimEnd()}; ${away}\n`;
}
