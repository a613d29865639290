import { quote } from '../../ledger/text.ts';
import { nearest } from '../../prompts/nearest.ts';
import { placeOf } from './aliases.ts';
import { newDraft, put } from './draft.ts';
import {
  FIELD_NAMES,
  type FieldName,
  fieldSpec,
  RECORD_SCHEMA,
  REQUIRED,
  type RecordKind,
} from './fields.ts';
import type { ContentDigest, Part, ReadyRecord } from './model.ts';
import { fieldWriter, fromMilliseconds, WRITERS } from './values.ts';

/** What promptaudit adds to what comes in. */
export interface Stamp {
  /** Milliseconds since the epoch. */
  readonly now: number;
  /** Makes a UUID of version 7. */
  readonly mint: (milliseconds: number) => string;
}

/** A record's fields by their present names, and what was said, apart. */
export interface Incoming {
  readonly fields: Readonly<Record<string, unknown>>;
  readonly content: ReadonlyMap<Part, string>;
}

export type Reading =
  | { readonly ok: true; readonly record: ReadyRecord }
  | { readonly ok: false; readonly problems: readonly string[] };

/** Told of one record: hostile input may have a million things wrong with it. */
const MOST_PROBLEMS = 20;

/** The greatest length of a record's line, in UTF-16 code units: well below what any engine takes as one line of JSON. */
const MAX_LINE = 65_536;

interface Slot {
  readonly name: FieldName;
  /** `"name":` */
  readonly key: string;
  readonly position: number;
  readonly write: (value: unknown) => string | undefined;
  readonly of: RecordKind | undefined;
  readonly ours: boolean;
  /** Completes "… is not …". */
  readonly expected: string;
}

const SLOTS: ReadonlyMap<string, Slot> = new Map(
  FIELD_NAMES.map((name, position) => [name, slotOf(name, position)] as const),
);

function slotOf(name: FieldName, position: number): Slot {
  const { of, ours = false } = fieldSpec(name);
  return { name, key: `"${name}":`, position, of, ours, ...fieldWriter(name) };
}

const EMPTY: readonly string[] = FIELD_NAMES.map(() => '');
const AT = (name: FieldName): number => FIELD_NAMES.indexOf(name);
const [CONTENT, ID, KIND, OCCURRED, RECORDED, SCHEMA] = [
  AT('content'),
  AT('id'),
  AT('kind'),
  AT('occurredAt'),
  AT('recordedAt'),
  AT('schema'),
];

/**
 * Takes apart what comes in: older names become present ones, and what was said is taken out. A name that nobody knows stays
 * a field. @param said whether what was said is wanted: to write it as JSON takes time
 * @returns what is no object as `undefined`
 * @throws Failure where what was said is nested too deeply
 */
export function takeApart(value: unknown, said = true): Incoming | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
  const given = value as Readonly<Record<string, unknown>>;
  for (const name of Object.keys(given)) if (!isPresent(name, given[name])) return rename(given, said);
  return { fields: given, content: NOTHING_SAID };
}

/** As the record has it: not by an older name, and not one text for a list. */
function isPresent(name: string, value: unknown): boolean {
  const slot = SLOTS.get(name);
  return slot !== undefined && !(typeof value === 'string' && slot.write === WRITERS.texts);
}

const NOTHING_SAID: ReadonlyMap<Part, string> = new Map();

function rename(given: Readonly<Record<string, unknown>>, said: boolean): Incoming {
  const draft = newDraft();
  for (const [name, item] of Object.entries(given)) {
    if (item === undefined || item === null) continue;
    const place = placeOf(name);
    if (place?.to === 'content' && !said) continue;
    if (place !== undefined) put(draft, place, item);
    else if (name === '__proto__')
      Object.defineProperty(draft.fields, name, { value: item, enumerable: true });
    else draft.fields[name] = item;
  }
  return draft;
}

/**
 * Makes a record of what came in: checks each field, adds what is ours, and writes the canonical form. `content` is what
 * was kept of what was said. Says all that is wrong at once; throws nothing but what the fields' own getters throw.
 */
export function readRecord(
  fields: Readonly<Record<string, unknown>>,
  kind: RecordKind,
  stamp: Stamp,
  content: readonly ContentDigest[] = [],
): Reading {
  const problems: string[] = [];
  const parts = EMPTY.slice();
  for (const name of Object.keys(fields)) {
    const value = fields[name];
    if (value === undefined || value === null) continue;
    if (problems.length === MOST_PROBLEMS) return { ok: false, problems: [...problems, 'and more'] };
    const slot = SLOTS.get(name);
    if (slot === undefined || slot.ours || (slot.of !== undefined && slot.of !== kind)) {
      problems.push(misplaced(name, slot, kind));
      continue;
    }
    const text = slot.write(value);
    if (text === undefined) problems.push(`${name} is not ${slot.expected}`);
    else parts[slot.position] = slot.key + text;
  }
  for (const name of REQUIRED[kind]) if (parts[AT(name)] === '') problems.push(`${name} is missing`);
  const said = parts[KIND];
  parts[KIND] = `"kind":"${kind}"`;
  if (said !== '' && said !== parts[KIND]) problems.push(`kind is not ${kind}`);
  const recorded = recordedAt(stamp.now);
  if (recorded === undefined) problems.push('the clock of this machine is not set');
  if (problems.length > 0) return { ok: false, problems };
  const given = parts[ID] !== '';
  // Of when it is made: one call that claims to be of the year 9000 would put all later ids there.
  if (!given) parts[ID] = `"id":"${stamp.mint(stamp.now)}"`;
  if (parts[OCCURRED] === '') parts[OCCURRED] = `"occurredAt":"${recorded}"`;
  parts[RECORDED] = `"recordedAt":"${recorded}"`;
  parts[SCHEMA] = `"schema":"${RECORD_SCHEMA}"`;
  if (content.length > 0) parts[CONTENT] = `"content":${contentJson(content)}`;
  const line = joined(parts);
  if (line.length > MAX_LINE)
    return {
      ok: false,
      problems: [`the record is ${line.length} characters long, the limit is ${MAX_LINE}`],
    };
  return { ok: true, record: { kind, id: valueIn(parts[ID], 'id'), given, line } };
}

/** The text in `"name":"text"`. */
function valueIn(part: string | undefined, name: FieldName): string {
  return part?.slice(name.length + 4, -1) ?? '';
}

/** At once, braces too: text that is added up bit by bit stays in as many pieces until it is written, which costs more. */
function joined(parts: readonly string[]): string {
  const there = parts.filter(isThere);
  const last = there.length - 1;
  there[0] = `{${there[0]}`;
  there[last] = `${there[last]}}`;
  return there.join(',');
}

function isThere(part: string): boolean {
  return part !== '';
}

let last: { readonly now: number; readonly text: string | undefined } = { now: Number.NaN, text: undefined };

/** Many records are made within a millisecond. */
function recordedAt(now: number): string | undefined {
  if (now !== last.now) last = { now, text: fromMilliseconds(now) };
  return last.text;
}

function misplaced(name: string, slot: Slot | undefined, kind: RecordKind): string {
  if (slot?.ours) return `${name} is set by promptaudit and cannot be given`;
  if (slot !== undefined) return `${name} has no place in a record of kind ${kind}`;
  const near = nearest(name, FIELD_NAMES);
  const hint = near === undefined ? '' : `, did you mean ${near}?`;
  return `${quote(name)} is no field of a record${hint}`;
}

/** Keys in the order of RFC 8785. */
function contentJson(content: readonly ContentDigest[]): string {
  const items = content.map(({ part, digest, bytes, redactions }) => {
    const fired = redactions?.map(({ rule, count }) => `{"count":${count},"rule":${JSON.stringify(rule)}}`);
    const traces = fired === undefined ? '' : `,"redactions":[${fired.join(',')}]`;
    return `{"bytes":${bytes},"digest":"${digest}","part":"${part}"${traces}}`;
  });
  return `[${items.join(',')}]`;
}
