import {
  FIELD_NAMES,
  type FieldName,
  fieldSpec,
  isFieldName,
  REQUIRED,
  type RecordKind,
} from '../record/fields.ts';
import { PARTS } from '../record/model.ts';
import { fieldWriter, WRITERS } from '../record/values.ts';

/** In UTF-16 code units: as `readRecord` has it. */
export const MAX_LINE = 65_536;
/** In bytes of UTF-8. */
export const MAX_LINE_BYTES = 3 * MAX_LINE;

export const TOO_LONG = `it is longer than ${MAX_LINE} characters`;

const BRACE = 0x7b;
const DECODER = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Why these bytes are not the canonical form of a record of that kind; `undefined` where they are. Takes anything. */
export function lineProblem(line: Uint8Array, kind: RecordKind): string | undefined {
  if (line.length > MAX_LINE_BYTES) return TOO_LONG;
  // Errors are dear, and a file that is none of ours may have a million such lines.
  if (line[0] !== BRACE) return 'it is not a JSON object';
  let text: string;
  try {
    text = DECODER.decode(line);
  } catch {
    return 'it is not UTF-8';
  }
  if (text.length > MAX_LINE) return TOO_LONG;
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return 'it is not JSON';
  }
  const given = new Map(Object.entries(Object(value)));
  return fieldProblem(given, kind) ?? (canonical(given) === text ? undefined : 'it is not canonical JSON');
}

function fieldProblem(given: ReadonlyMap<string, unknown>, kind: RecordKind): string | undefined {
  for (const [name, value] of given) {
    if (!isFieldName(name)) return 'it has a field that no record has';
    const { of = kind } = fieldSpec(name);
    if (of !== kind) return `${name} has no place in a record of kind ${kind}`;
    if (written(name, value) === undefined) return `${name} is not ${fieldWriter(name).expected}`;
  }
  if (given.get('kind') !== kind) return `it is not a record of kind ${kind}`;
  const always = ['schema', 'id', 'occurredAt', 'recordedAt', ...REQUIRED[kind]];
  const missing = always.find((name) => !given.has(name));
  return missing === undefined ? undefined : `${missing} is missing`;
}

function canonical(given: ReadonlyMap<string, unknown>): string {
  const pairs = FIELD_NAMES.filter((name) => given.has(name)).map(
    (name) => `"${name}":${written(name, given.get(name))}`,
  );
  return `{${pairs.join(',')}}`;
}

function written(name: FieldName, value: unknown): string | undefined {
  return fieldSpec(name).type === 'content' ? writeContent(value) : fieldWriter(name).write(value);
}

function writeContent(value: unknown): string | undefined {
  if (!Array.isArray(value) || value.length === 0 || value.length > PARTS.length) return undefined;
  const items = value.map((item) =>
    writeObject(item, {
      bytes: WRITERS.integer,
      digest: WRITERS.digest,
      part: (part) => (PARTS.some((one) => one === part) ? JSON.stringify(part) : undefined),
      redactions: (list) => (list === undefined ? '' : writeRedactions(list)),
    }),
  );
  return items.includes(undefined) ? undefined : `[${items.join(',')}]`;
}

function writeRedactions(value: unknown): string | undefined {
  if (!Array.isArray(value) || value.length === 0) return undefined;
  const items = value.map((item) => writeObject(item, { count: WRITERS.integer, rule: WRITERS.text }));
  return items.includes(undefined) ? undefined : `[${items.join(',')}]`;
}

/** Keys in the order given; a member that is written as nothing is left out. */
function writeObject(
  value: unknown,
  members: Readonly<Record<string, (member: unknown) => string | undefined>>,
): string | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const given = new Map(Object.entries(value));
  const pairs: string[] = [];
  for (const [name, write] of Object.entries(members)) {
    const text = write(given.get(name));
    if (text === undefined) return undefined;
    if (text !== '') pairs.push(`"${name}":${text}`);
  }
  return `{${pairs.join(',')}}`;
}
