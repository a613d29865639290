import { checkedText, withChecksum } from './checksum.ts';
import { IndexDamaged } from './damaged.ts';
import { appendTo, textOf } from './files.ts';

/**
 * Values that change now and then, by key, in one file: `<key> <revision> <JSON>` a line, behind a checksum. A change is a
 * new line at the end. Which revision of a key counts, the core says; lines of others are of the past, or of another
 * process that has read on further, or were cut short by a crash.
 */
export interface Value {
  /** Without blanks. */
  readonly key: string;
  /** Grows with every change; of one key and revision there is one value. */
  readonly revision: number;
  readonly json: string;
}

/**
 * Adds lines to a file that is there, or begins one. Where another process has deleted it since, it must not be begun
 * again: it would lack what it held.
 * @throws a system error
 */
export function appendValues(file: string, values: readonly Value[], begin: boolean): void {
  if (values.length === 0 && !begin) return;
  const lines = values.map(({ key, revision, json }) => withChecksum(`${key} ${revision} ${json}`));
  // The line before may have been cut short.
  appendTo(file, `\n${lines.join('\n')}\n`, begin);
}

export interface FiledValues {
  /** The JSON of every key that was asked for. */
  readonly values: ReadonlyMap<string, string>;
  /** Lines of the file, of whatever revision. */
  readonly lines: number;
}

/** @throws IndexDamaged where one of these revisions is not there */
export function readValues(file: string, revisions: ReadonlyMap<string, number>): FiledValues {
  const values = new Map<string, string>();
  let lines = 0;
  for (const line of textOf(file).split('\n')) {
    if (line === '') continue;
    lines += 1;
    const [head = '', key = '', revision] = LINE.exec(line) ?? [];
    if (head === '' || revisions.get(key) !== Number(revision)) continue;
    if (checkedText(line) !== undefined) values.set(key, line.slice(head.length));
  }
  if (values.size !== revisions.size) throw new IndexDamaged(`${file} lacks ${revisions.size - values.size}`);
  return { values, lines };
}

/** What stands before the JSON. */
const LINE = /^\S+ (\S+) (\d+) /;
