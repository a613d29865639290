import {
  type FieldName,
  type FieldType,
  fieldSpec,
  OUTCOMES,
  RECORD_KINDS,
  RECORD_SCHEMA,
} from './fields.ts';

/** The greatest length of a text, in UTF-16 code units. */
export const MAX_TEXT = 4096;
const MAX_TEXTS = 64;

/** A value's canonical JSON (RFC 8785, section 3.2.2), or `undefined` where the type does not take it. */
type Writer = (value: unknown) => string | undefined;

/** Needs no escape: printable ASCII but for the quotation mark and the reverse solidus. */
const PLAIN = /^[ !#-[\]-~]+$/;
/** Those of ASCII, and those that terminals take as the beginning of a command all the same (U+0080 to U+009F). */
const CONTROL = /\p{Cc}/u;
const LONE_SURROGATE = /\p{Surrogate}/u;
const DIGITS = /^(?:0|-?[1-9][0-9]{0,15})$/;
const DECIMAL = /^-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]{1,3})?$/;
const UUID = new RegExp(`^${[8, 4, 4, 4, 12].map(hexDigits).join('-')}$`);
const TRACE = new RegExp(`^(?!0{32})${hexDigits(32)}$`);
const SPAN = new RegExp(`^(?!0{16})${hexDigits(16)}$`);
const DIGEST = new RegExp(`^sha256:${hexDigits(64)}$`);
/** Nearly every time there is: of a day that every month has, as records write it. */
const PLAIN_TIME =
  /^(?:19[7-9]\d|[2-9]\d{3})-(?:0[1-9]|1[0-2])-(?:0[1-9]|1\d|2[0-8])T(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d\.\d{3}Z$/;
/** RFC 3339, section 5.6, with at most nine fractional digits and no leap second. */
const TIME =
  /^\d{4}-\d\d-\d\dT(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d{1,9})?(?:Z|[+-](?:[01]\d|2[0-3]):[0-5]\d)$/i;

export const WRITERS: Readonly<Record<FieldType, Writer>> = {
  text: writeText,
  integer: (value) => writeInteger(value, 0),
  signed: (value) => writeInteger(value, Number.MIN_SAFE_INTEGER),
  number: writeNumber,
  boolean: (value) => (typeof value === 'boolean' ? String(value) : undefined),
  texts: writeTexts,
  time: (value) => quoted(canonicalTime(value)),
  uuid: (value) => quoted(matchingHex(value, UUID)),
  trace: (value) => quoted(matchingHex(value, TRACE)),
  span: (value) => quoted(matchingHex(value, SPAN)),
  digest: (value) => quoted(matching(value, DIGEST)),
  outcome: (value) => quoted(OUTCOMES.find((one) => one === value)),
  kind: (value) => quoted(RECORD_KINDS.find((one) => one === value)),
  schema: (value) => (value === RECORD_SCHEMA ? quoted(RECORD_SCHEMA) : undefined),
  content: (value) => JSON.stringify(value),
};

/** For an expression: lower-case ones, written out, since `{64}` would be counted, which takes three times as long. */
export function hexDigits(count: number): string {
  return '[0-9a-f]'.repeat(count);
}

/** Completes "… is not …". */
const EXPECTED: Readonly<Record<FieldType, string>> = {
  text: `a text of 1 to ${MAX_TEXT} characters without control characters`,
  integer: 'a whole number from 0 to 2^53 - 1',
  signed: 'a whole number between -2^53 and 2^53',
  number: 'a finite number',
  boolean: 'true or false',
  texts: `a list of at most ${MAX_TEXTS} texts`,
  time: 'a time such as 2026-11-21T10:11:12.345Z',
  uuid: 'a UUID',
  trace: 'a trace id of 32 hex digits',
  span: 'a span id of 16 hex digits',
  digest: 'sha256: and 64 lower-case hex digits',
  outcome: `one of ${OUTCOMES.join(', ')}`,
  kind: `one of ${RECORD_KINDS.join(', ')}`,
  schema: RECORD_SCHEMA,
  content: 'content',
};

/** How a field's value is written, and what it has to be. */
export function fieldWriter(name: FieldName): { readonly write: Writer; readonly expected: string } {
  const { type, least } = fieldSpec(name);
  if (least === undefined) return { write: WRITERS[type], expected: EXPECTED[type] };
  return { write: writeNotNegative, expected: `${EXPECTED[type]}, 0 or more` };
}

/** `YYYY-MM-DDTHH:MM:SS.sssZ` from an RFC 3339 time or a Date; `undefined` where it is neither. */
export function canonicalTime(value: unknown): string | undefined {
  if (value instanceof Date) return fromMilliseconds(value.getTime());
  if (typeof value !== 'string') return undefined;
  if (PLAIN_TIME.test(value)) return value;
  if (!TIME.test(value)) return undefined;
  // By the standard Date.parse takes capitals only; other forms it reads by the machine's own time zone.
  const milliseconds = Date.parse(value.toUpperCase());
  // It lets 30 February be 2 March.
  const date = new Date(`${value.slice(0, 10)}T00:00:00Z`);
  if (Number.isNaN(date.getTime()) || date.getUTCDate() !== Number(value.slice(8, 10))) return undefined;
  return fromMilliseconds(milliseconds);
}

/** `undefined` outside of 1970 to 9999. */
export function fromMilliseconds(milliseconds: number): string | undefined {
  if (!(milliseconds >= 0 && milliseconds < 253_402_300_800_000)) return undefined;
  return new Date(milliseconds).toISOString();
}

function writeText(value: unknown): string | undefined {
  const text = typeof value === 'number' && Number.isSafeInteger(value) ? String(value) : value;
  if (typeof text !== 'string' || text.length === 0 || text.length > MAX_TEXT) return undefined;
  if (PLAIN.test(text)) return `"${text}"`;
  return CONTROL.test(text) || LONE_SURROGATE.test(text) ? undefined : JSON.stringify(text);
}

/** A protobuf mapping writes 64-bit numbers as strings (ProtoJSON format, "int64"). */
function writeInteger(value: unknown, least: number): string | undefined {
  const number = typeof value === 'string' && DIGITS.test(value) ? Number(value) : value;
  const fits = typeof number === 'number' && Number.isSafeInteger(number) && number >= least;
  return fits ? String(number + 0) : undefined;
}

function writeNumber(value: unknown): string | undefined {
  const number = typeof value === 'string' && DECIMAL.test(value) ? Number(value) : value;
  return typeof number === 'number' && Number.isFinite(number) ? String(number + 0) : undefined;
}

function writeNotNegative(value: unknown): string | undefined {
  const text = writeNumber(value);
  return text?.startsWith('-') ? undefined : text;
}

function writeTexts(value: unknown): string | undefined {
  if (!Array.isArray(value) || value.length > MAX_TEXTS) return undefined;
  // By hand: an array that is not plain may have any `map`, and one with holes leaves them out of it.
  let texts = '';
  for (let at = 0; at < value.length; at += 1) {
    const text = writeText(value[at]);
    if (text === undefined) return undefined;
    texts += at === 0 ? text : `,${text}`;
  }
  return `[${texts}]`;
}

/** In lower case, as nearly all are that come. */
function matchingHex(value: unknown, pattern: RegExp): string | undefined {
  return (
    matching(value, pattern) ??
    (typeof value === 'string' ? matching(value.toLowerCase(), pattern) : undefined)
  );
}

function matching(value: unknown, pattern: RegExp): string | undefined {
  return typeof value === 'string' && pattern.test(value) ? value : undefined;
}

function quoted(text: string | undefined): string | undefined {
  return text === undefined ? undefined : `"${text}"`;
}
