import type { Field } from './fields.ts';
import type { TrailerLine } from './message.ts';
import { quote } from './text.ts';

/** One trailer of a table: its name, and how a property's value becomes its text and back. */
export interface Trailer<T> {
  readonly name: string;
  /** `undefined` where the line is left out. */
  write(value: T): string | undefined;
  read(text: string | undefined): { readonly value: T } | { readonly problem: string };
}

/** The trailers of a record, by property, in the order in which they stand in the message. */
export type Trailers<T> = { readonly [P in keyof T]: Trailer<T[P]> };

export function required<T>(name: string, field: Field<T>): Trailer<T> {
  return {
    name,
    write: (value) => field.format(value),
    read(text) {
      if (text === undefined) return { problem: `the trailer ${name} is missing` };
      const value = field.parse(text);
      return value === undefined
        ? { problem: `${name} is ${quote(text)}, not ${field.expected}` }
        : { value };
    },
  };
}

/** A trailer that is left out when there is nothing to say. */
export function optional<T>(name: string, field: Field<T>): Trailer<T | undefined> {
  const present = required(name, field);
  return {
    name,
    write: (value) => (value === undefined ? undefined : field.format(value)),
    read: (text) => (text === undefined ? { value: undefined } : present.read(text)),
  };
}

/** A trailer that says `none` when there is nothing to say. */
export function orNone<T>(name: string, field: Field<T>): Trailer<T | undefined> {
  const present = required(name, field);
  return {
    name,
    write: (value) => (value === undefined ? 'none' : field.format(value)),
    read: (text) => (text === 'none' ? { value: undefined } : present.read(text)),
  };
}

export function trailerNames<T>(table: Trailers<T>): readonly string[] {
  return entriesOf(table).map(([, { name }]) => name);
}

export function writeTrailers<T>(table: Trailers<T>, record: T): TrailerLine[] {
  const lines: TrailerLine[] = [];
  for (const [property, trailer] of entriesOf(table)) {
    const text = trailer.write(record[property]);
    if (text !== undefined) lines.push([trailer.name, text]);
  }
  return lines;
}

/** Reads every property of a table; adds what is wrong to `problems` and then answers `undefined`. */
export function readTrailers<T>(
  table: Trailers<T>,
  lines: ReadonlyMap<string, string>,
  problems: string[],
): T | undefined {
  const record: { -readonly [P in keyof T]?: T[P] } = {};
  const before = problems.length;
  for (const [property, trailer] of entriesOf(table)) {
    const result = trailer.read(lines.get(trailer.name));
    if ('problem' in result) problems.push(result.problem);
    else record[property] = result.value;
  }
  // Every property of the table was read, and the type of a table demands one entry for each property of T.
  return problems.length === before ? (record as T) : undefined;
}

/** How far a message has been read. */
export interface Cursor {
  readonly text: string;
  at: number;
}

/** The value of the trailer of this name if the line at the cursor is one, which then moves behind that line. */
export function takeLine(cursor: Cursor, name: string): string | undefined {
  const { text, at } = cursor;
  const value = at + name.length + 2;
  if (!text.startsWith(name, at) || !text.startsWith(': ', value - 2)) return undefined;
  const end = text.indexOf('\n', value);
  if (end === -1) return undefined;
  cursor.at = end + 1;
  return text.slice(value, end);
}

/** Takes a record whose lines at the cursor are those that `writeTrailers` would write of it; `undefined` where others are. */
export function takeTrailers<T>(table: Trailers<T>, cursor: Cursor): T | undefined {
  const record: { -readonly [P in keyof T]?: T[P] } = {};
  for (const [property, trailer] of entriesOf(table)) {
    const text = takeLine(cursor, trailer.name);
    const result = trailer.read(text);
    if ('problem' in result || trailer.write(result.value) !== text) return undefined;
    record[property] = result.value;
  }
  // Every property of the table was read, and the type of a table demands one entry for each property of T.
  return record as T;
}

/** Known names, none twice, in this order. Answers the values by name; says what is wrong in `problems`. */
export function trailerValues(
  lines: readonly TrailerLine[],
  names: readonly string[],
  problems: string[],
): ReadonlyMap<string, string> {
  const values = new Map<string, string>();
  let place = -1;
  for (const [name, value] of lines) {
    const expected = names.indexOf(name);
    if (expected === -1) problems.push(`the trailer ${quote(name)} does not belong here`);
    else if (values.has(name)) problems.push(`the trailer ${name} stands there twice`);
    else if (expected < place) problems.push(`the trailer ${name} is out of order`);
    place = Math.max(place, expected);
    values.set(name, value);
  }
  return values;
}

type Entry<T> = { readonly [P in keyof T]: readonly [property: P, trailer: Trailer<T[P]>] }[keyof T];

/** By table: they are few and constant, and every event asks several times. */
const entries = new WeakMap<object, readonly unknown[]>();

function entriesOf<T>(table: Trailers<T>): readonly Entry<T>[] {
  let known = entries.get(table);
  if (known === undefined) {
    known = Object.entries(table);
    entries.set(table, known);
  }
  return known as readonly Entry<T>[];
}
