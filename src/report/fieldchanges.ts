import type { FieldChange, PlainMap, PlainValue } from '../prompts/model.ts';
import { isPlainList, isPlainMap } from '../prompts/plain-value.ts';
import { hang, span, wrap } from './layout.ts';
import type { Page } from './style.ts';
import { table } from './table.ts';

/** JSON longer than this is hard to read in a table. */
const SHORT = 60;

/** What changed outside the messages: a table, and below it each list, map or text that is too long for one. */
export function fieldSections(fields: readonly FieldChange[], page: Page): string[][] {
  const long = fields.filter(({ before, after }) => isLong(before) || isLong(after));
  return [
    tableLines(
      fields.filter((field) => !long.includes(field)),
      page,
    ),
    ...long.map((field) => blockLines(field, page)),
  ];
}

function isLong(value: PlainValue | undefined): boolean {
  const json = value === undefined ? '' : JSON.stringify(value);
  return json.length > SHORT && (json.startsWith('{') || json.startsWith('[') || json.includes('\\n'));
}

function tableLines(fields: readonly FieldChange[], page: Page): string[] {
  if (fields.length === 0) return [];
  const { style } = page;
  return table(
    [
      { title: 'field', fit: 'wrap' },
      { title: 'before', fit: 'wrap' },
      { title: 'after', fit: 'wrap' },
    ],
    fields.map(({ path, before, after }) => [
      [span(path, style.strong)],
      [before === undefined ? span('(none)', style.dim) : span(valueText(before), style.bad)],
      [after === undefined ? span('(none)', style.dim) : span(valueText(after), style.good)],
    ]),
    page,
  );
}

function blockLines({ path, before, after }: FieldChange, page: Page): string[] {
  const { style, width } = page;
  const how = before === undefined ? ', added' : after === undefined ? ', removed' : '';
  const side = (value: PlainValue | undefined, mark: string, colour: typeof style.good) =>
    value === undefined
      ? []
      : outline(value).flatMap(({ indent, text }) =>
          hang([span(`  ${mark} ${indent}`, colour)], [span(text, colour)], width).map((line) =>
            line.trimEnd(),
          ),
        );
  return [
    ...wrap([span(`${path}${how}`, style.strong)], width),
    ...side(before, '-', style.bad),
    ...side(after, '+', style.good),
  ];
}

interface OutlineLine {
  readonly indent: string;
  readonly text: string;
}

/** Beyond this many levels a value is one line of JSON. */
const DEEPEST = 8;

/** A value as YAML lays it out, a line each. */
function outline(value: PlainValue, depth = 0): OutlineLine[] {
  if (isText(value)) {
    const lines = value.replace(/\n$/, '').split('\n');
    return [
      { indent: '', text: value.endsWith('\n') ? '|' : '|-' },
      ...lines.map((text) => ({ indent: '  ', text })),
    ];
  }
  if (depth < DEEPEST && isFullList(value)) {
    return value.flatMap((item) => behind(outline(item, depth + 1), '- ', '  '));
  }
  if (depth < DEEPEST && isFullMap(value)) {
    return Object.entries(value).flatMap(([key, item]) => entryOutline(key, item, depth + 1));
  }
  return [{ indent: '', text: valueText(value) }];
}

function entryOutline(key: string, value: PlainValue, depth: number): OutlineLine[] {
  const lines = outline(value, depth);
  const below = depth < DEEPEST && (isFullList(value) || isFullMap(value));
  if (!below) return behind(lines, `${key}: `, '');
  return [{ indent: '', text: `${key}:` }, ...lines.map((line) => deeper(line, '  '))];
}

/** Lines of which the first goes on from a mark, and the others stand below it. */
function behind([first, ...rest]: readonly OutlineLine[], mark: string, indent: string): OutlineLine[] {
  return [{ indent: '', text: `${mark}${first?.text ?? ''}` }, ...rest.map((line) => deeper(line, indent))];
}

/** Of several lines. */
function isText(value: PlainValue): value is string {
  return typeof value === 'string' && value.includes('\n');
}

function isFullList(value: PlainValue): value is readonly PlainValue[] {
  return isPlainList(value) && value.length > 0;
}

function isFullMap(value: PlainValue): value is PlainMap {
  return isPlainMap(value) && Object.keys(value).length > 0;
}

function deeper({ indent, text }: OutlineLine, by: string): OutlineLine {
  return { indent: `${by}${indent}`, text };
}

/** A string that could not be taken for another kind of value stands bare; everything else as JSON. */
function valueText(value: PlainValue): string {
  if (typeof value === 'string' && /^[\p{L}][^\n]*\S$/u.test(value) && !/^(true|false|null)$/i.test(value)) {
    return value;
  }
  return JSON.stringify(value);
}
