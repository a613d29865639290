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
