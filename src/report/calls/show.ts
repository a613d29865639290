import type { ContentAnswer } from '../../calls/content/read.ts';
import { FIELDS, type FieldName } from '../../calls/record/fields.ts';
import { jsonDocument, jsonLine } from '../json.ts';
import { hang, paint, span, wrapText } from '../layout.ts';
import type { Page } from '../style.ts';
import { linesOf, sanitize } from '../text.ts';
import { relativeTime } from '../time.ts';
import { promptOf, readLine, type ShownRecord, textOf } from './record.ts';

const NAMES = Object.keys(FIELDS) as readonly FieldName[];
/** Said in the heading already. */
const HEADING: readonly FieldName[] = ['kind', 'id'];

/** `{schema: "promptaudit/call@1", record, content?: [{part, state, text}]}`; `text` is null where it cannot be shown. */
export function callJson(line: string, content: readonly ContentAnswer[] | undefined): string {
  const record = readLine(line);
  if (content === undefined) return jsonDocument({ schema: 'promptaudit/call@1', record });
  const shown = content.map((one) => ({
    part: one.part,
    state: one.state,
    text: one.state === 'valid' ? one.text : null,
  }));
  return jsonDocument({ schema: 'promptaudit/call@1', record, content: shown });
}

const STATES: Readonly<Record<ContentAnswer['state'], string>> = {
  valid: '',
  altered: 'it is not what the record vouches for',
  encrypted: 'it is encrypted: give an identity with --identity',
  locked: 'it is encrypted to others',
  missing: 'it is not there: it was erased, purged, or taken away (promptaudit calls verify tells)',
};

/** What was said, part by part, for reading. */
export function contentText(content: readonly ContentAnswer[], { style, width }: Page): string {
  if (content.length === 0) return 'nothing of what was said was kept\n';
  return content
    .map((one) => {
      const heading = paint([span(one.part, style.strong)]);
      const text = one.state === 'valid' ? one.text : STATES[one.state];
      const lines = linesOf(text).flatMap((line) => wrapText(sanitize(line), width, '  '));
      return `${[heading, ...lines].join('\n')}\n`;
    })
    .join('\n');
}

/** One record in full: every field that it has, by its own name. */
export function callText(line: string, page: Page): string {
  const record = readLine(line);
  const shown = NAMES.filter((name) => record[name] !== undefined && !HEADING.includes(name));
  const margin = Math.min(Math.max(...shown.map((name) => name.length)), Math.floor(page.width / 2));
  const lines = [
    paint([span(`${textOf(record, 'kind')} ${textOf(record, 'id')}`, page.style.strong), ...about(record)]),
    ...shown.flatMap((name) =>
      hang(
        [span(`${name.padEnd(margin)}  `, page.style.dim)],
        [span(valueText(record[name])), ...age(record, name, page)],
        page.width,
      ),
    ),
  ];
  return lines.map((text) => `${text.trimEnd()}\n`).join('');
}

function about(record: ShownRecord): ReturnType<typeof span>[] {
  const prompt = promptOf(record);
  return prompt === '' ? [] : [span(`  ${prompt}`)];
}

function age(record: ShownRecord, name: FieldName, page: Page): ReturnType<typeof span>[] {
  if (FIELDS[name].type !== 'time') return [];
  const seconds = Date.parse(textOf(record, name)) / 1000;
  return Number.isNaN(seconds) ? [] : [span(` (${relativeTime(seconds, page.now)})`, page.style.dim)];
}

function valueText(value: unknown): string {
  if (typeof value === 'string') return value;
  if (Array.isArray(value) && value.every((one) => typeof one === 'string')) return value.join(', ');
  return typeof value === 'object' && value !== null ? jsonLine(value) : String(value);
}
