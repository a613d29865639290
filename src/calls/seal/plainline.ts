import {
  FIELD_NAMES,
  type FieldName,
  type FieldType,
  fieldSpec,
  RECORD_SCHEMA,
  REQUIRED,
  type RecordKind,
} from '../record/fields.ts';
import { PARTS } from '../record/model.ts';
import { hexDigits, MAX_TEXT } from '../record/values.ts';

/**
 * A record's canonical JSON as one regular expression, over bytes of UTF-8 taken as Latin-1. It takes what nearly every
 * record is made of and nothing that is not canonical: texts that need no escape, numbers of few digits, days that every
 * month has. What it does not take may still be a record, see `lineProblem`.
 */

// Bytes from 0x80 on are the caller's to check, but that 0xc2 may begin a control character.
const IN_TEXT = '[ !#-\\[\\]-~\\x80-\\xc1\\xc3-\\xff]';
/** Fewer bytes than a text may have characters. */
const TEXT = `"${IN_TEXT}{1,2048}"`;
/** Of a line that is no longer than a text may be. A run that is not counted takes half the time. */
const UNCOUNTED_TEXT = `"${IN_TEXT}+"`;
const INTEGER = '(?:0|[1-9][0-9]{0,14})';
const DAY = '(?:19[7-9]|[2-9][0-9][0-9])[0-9]-(?:0[1-9]|1[0-2])-(?:0[1-9]|1[0-9]|2[0-8])';
const EVERY_DAY = `(?:${DAY}|(?:19[7-9]|[2-9][0-9][0-9])[0-9]-(?:(?:0[13-9]|1[0-2])-(?:29|30)|(?:0[13578]|1[02])-31))`;
const DIGEST = `"sha256:${hexDigits(64)}"`;

const FRACTION = '(?:0|[1-9][0-9]{0,8})\\.[0-9]{0,5}[1-9]';
const NOT_NEGATIVE = `(?:${INTEGER}|${FRACTION})`;

const FORMS = formsWith(TEXT);
const UNCOUNTED_FORMS = formsWith(UNCOUNTED_TEXT);

type Forms = Readonly<Record<FieldType, string>>;

function formsWith(text: string): Forms {
  const redactions = `\\[${listOf(`\\{"count":${INTEGER},"rule":${text}\\}`, 64)}\\]`;
  return {
    text,
    integer: INTEGER,
    signed: `(?:0|-?[1-9][0-9]{0,14})`,
    // At most 15 significant digits: no other decimal so short is the same double, so it is the shortest for it.
    number: `(?:0|-?[1-9][0-9]{0,14}|-?${FRACTION})`,
    boolean: '(?:true|false)',
    texts: `\\[(?:${listOf(text, 64)})?\\]`,
    time: `"${EVERY_DAY}T(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]\\.[0-9]{3}Z"`,
    uuid: `"${[8, 4, 4, 4, 12].map(hexDigits).join('-')}"`,
    trace: `"(?!0{32})${hexDigits(32)}"`,
    span: `"(?!0{16})${hexDigits(16)}"`,
    digest: DIGEST,
    outcome: '"(?:allowed|denied|failed)"',
    kind: '"KIND"',
    schema: `"${RECORD_SCHEMA}"`,
    content: `\\[${listOf(`\\{"bytes":${INTEGER},"digest":${DIGEST},"part":"(?:${PARTS.join('|')})"(?:,"redactions":${redactions})?\\}`, PARTS.length)}\\]`,
  };
}

function formOf(name: FieldName, forms: Forms): string {
  const { type, least } = fieldSpec(name);
  return least === undefined ? forms[type] : NOT_NEGATIVE;
}

function listOf(item: string, most: number): string {
  return `${item}(?:,${item}){0,${most - 1}}`;
}

/** In bytes, with the line feed. */
export const LONGEST_SHAPED = MAX_TEXT;

/**
 * Sticky; takes a line with its line feed. Keep for a file: making it costs more than a line.
 * @param shape the fields that the line has, no more and no fewer; any that a record may have unless given. With it, the line
 *   must not be longer than LONGEST_SHAPED: how long its texts are is not looked at
 */
export function plainLine(kind: RecordKind, shape?: ReadonlySet<string>): RegExp {
  const always: ReadonlySet<string> =
    shape ?? new Set(['schema', 'kind', 'id', 'occurredAt', 'recordedAt', ...REQUIRED[kind]]);
  const names = FIELD_NAMES.filter(
    (name) => [undefined, kind].includes(fieldSpec(name).of) && shape?.has(name) !== false,
  );
  const forms = shape === undefined ? FORMS : UNCOUNTED_FORMS;
  const pivot = names.indexOf('schema');
  const parts = names.map((name, at) => {
    const pair = `"${name.replaceAll('.', '\\.')}":${formOf(name, forms).replace('KIND', kind)}`;
    const separated = at < pivot ? `${pair},` : at > pivot ? `,${pair}` : pair;
    return always.has(name) ? separated : `(?:${separated})?`;
  });
  return new RegExp(`\\{${parts.join('')}\\}\\n`, 'y');
}
