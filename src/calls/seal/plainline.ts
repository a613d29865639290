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

/**
 * A record's canonical JSON as one regular expression, over bytes of UTF-8 taken as Latin-1. It takes what nearly every
 * record is made of and nothing that is not canonical: texts that need no escape, numbers of few digits, days that every
 * month has. What it does not take may still be a record, see `lineProblem`.
 */

// Bytes from 0x80 on are the caller's to check, but that 0xc2 may begin a control character. Fewer bytes than a text may
// have characters.
const TEXT = '"[ !#-\\[\\]-~\\x80-\\xc1\\xc3-\\xff]{1,2048}"';
const INTEGER = '(?:0|[1-9][0-9]{0,14})';
const DAY = '(?:19[7-9]|[2-9][0-9][0-9])[0-9]-(?:0[1-9]|1[0-2])-(?:0[1-9]|1[0-9]|2[0-8])';
const EVERY_DAY = `(?:${DAY}|(?:19[7-9]|[2-9][0-9][0-9])[0-9]-(?:(?:0[13-9]|1[0-2])-(?:29|30)|(?:0[13578]|1[02])-31))`;
const DIGEST = '"sha256:[0-9a-f]{64}"';
const REDACTIONS = `\\[${listOf(`\\{"count":${INTEGER},"rule":${TEXT}\\}`, 64)}\\]`;

const FRACTION = '(?:0|[1-9][0-9]{0,8})\\.[0-9]{0,5}[1-9]';
const NOT_NEGATIVE = `(?:${INTEGER}|${FRACTION})`;

const FORMS: Readonly<Record<FieldType, string>> = {
  text: TEXT,
  integer: INTEGER,
  signed: `(?:0|-?[1-9][0-9]{0,14})`,
  // At most 15 significant digits: no other decimal so short is the same double, so it is the shortest for it.
  number: `(?:0|-?[1-9][0-9]{0,14}|-?${FRACTION})`,
  boolean: '(?:true|false)',
  texts: `\\[(?:${listOf(TEXT, 64)})?\\]`,
  time: `"${EVERY_DAY}T(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]\\.[0-9]{3}Z"`,
  uuid: '"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"',
  trace: '"(?!0{32})[0-9a-f]{32}"',
  span: '"(?!0{16})[0-9a-f]{16}"',
  digest: DIGEST,
  outcome: '"(?:allowed|denied|failed)"',
  kind: '"KIND"',
  schema: `"${RECORD_SCHEMA}"`,
  content: `\\[${listOf(`\\{"bytes":${INTEGER},"digest":${DIGEST},"part":"(?:${PARTS.join('|')})"(?:,"redactions":${REDACTIONS})?\\}`, PARTS.length)}\\]`,
};

function formOf(name: FieldName): string {
  const { type, least } = fieldSpec(name);
  return least === undefined ? FORMS[type] : NOT_NEGATIVE;
}

function listOf(item: string, most: number): string {
  return `${item}(?:,${item}){0,${most - 1}}`;
}

/**
 * Sticky; takes a line with its line feed. Keep for a file: making it costs more than a line.
 * @param shape the fields that the line has, no more and no fewer; any that a record may have unless given
 */
export function plainLine(kind: RecordKind, shape?: ReadonlySet<string>): RegExp {
  const always: ReadonlySet<string> =
    shape ?? new Set(['schema', 'kind', 'id', 'occurredAt', 'recordedAt', ...REQUIRED[kind]]);
  const names = FIELD_NAMES.filter(
    (name) => [undefined, kind].includes(fieldSpec(name).of) && shape?.has(name) !== false,
  );
  const pivot = names.indexOf('schema');
  const parts = names.map((name, at) => {
    const pair = `"${name.replaceAll('.', '\\.')}":${formOf(name).replace('KIND', kind)}`;
    const separated = at < pivot ? `${pair},` : at > pivot ? `,${pair}` : pair;
    return always.has(name) ? separated : `(?:${separated})?`;
  });
  return new RegExp(`\\{${parts.join('')}\\}\\n`, 'y');
}
