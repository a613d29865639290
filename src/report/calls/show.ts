import { FIELDS, type FieldName } from '../../calls/record/fields.ts';
import { jsonLine } from '../json.ts';
import { hang, paint, span } from '../layout.ts';
import type { Page } from '../style.ts';
import { relativeTime } from '../time.ts';
import { promptOf, readLine, type ShownRecord, textOf } from './record.ts';

const NAMES = Object.keys(FIELDS) as readonly FieldName[];
/** Said in the heading already. */
const HEADING: readonly FieldName[] = ['kind', 'id'];

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
