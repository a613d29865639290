import { Buffer } from 'node:buffer';
import { Failure } from '../failure.ts';
import {
  HEADER_ROOM,
  hashInPlace,
  type NewObject,
  type ObjectFormat,
  OID_BYTES,
  type Oid,
} from '../git/object.ts';

/** What a tree of the notes holds: folders named by the first two digits of commit ids, or notes named by the rest. */
export type UniformKind = 'folders' | 'notes';

const MODE = { folders: '40000 ', notes: '100644 ' } as const;
const FAN_OUT_DIGITS = 2;
const FIRST_CAPACITY = 16;

/**
 * A git tree object's body whose entries all have one mode and names of one length, kept as those bytes: entry *n*
 * is at a place that can be computed, so that finding is a binary search and replacing is a copy of one object id.
 * An entry is `<mode> <name>\0<raw object id>` and entries are sorted by name (gitformat tree; Pro Git, Git Objects).
 */
export class UniformTree {
  readonly #format: ObjectFormat;
  readonly #mode: string;
  readonly #nameLength: number;
  readonly #entryLength: number;
  /** The body, behind room for what is hashed before it. */
  #bytes: Buffer;
  #count = 0;

  constructor(kind: UniformKind, format: ObjectFormat) {
    this.#format = format;
    this.#mode = MODE[kind];
    this.#nameLength = kind === 'folders' ? FAN_OUT_DIGITS : 2 * OID_BYTES[format] - FAN_OUT_DIGITS;
    this.#entryLength = this.#mode.length + this.#nameLength + 1 + OID_BYTES[format];
    this.#bytes = Buffer.alloc(HEADER_ROOM + FIRST_CAPACITY * this.#entryLength);
  }

  /** Where a name stands, or, as a negative number, `~n` for the place `n` at which it would have to be put. */
  #find(name: string): number {
    let low = 0;
    let high = this.#count;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const order = this.#compare(name, this.#startOf(middle) + this.#mode.length);
      if (order === 0) return middle;
      if (order < 0) high = middle;
      else low = middle + 1;
    }
    return ~low;
  }

  /** Names are told apart by their first digits; a native comparison costs more than these take. */
  #compare(name: string, start: number): number {
    for (let at = 0; at < name.length; at += 1) {
      const order = name.charCodeAt(at) - (this.#bytes[start + at] ?? 0);
      if (order !== 0) return order;
    }
    return 0;
  }

  /** Puts an entry, new or in place of the one of that name. @throws Failure for a name of another length. */
  put(name: string, oid: Oid): void {
    if (name.length !== this.#nameLength || oid.length !== 2 * OID_BYTES[this.#format]) {
      throw new Failure(`the notes tree has no place for an entry ${JSON.stringify(name)} ${oid}`);
    }
    const place = this.#find(name);
    const at = place < 0 ? this.#open(~place, name) : this.#startOf(place);
    this.#bytes.write(oid, at + this.#mode.length + name.length + 1, 'hex');
  }

  #startOf(place: number): number {
    return HEADER_ROOM + place * this.#entryLength;
  }

  /** The tree's body. A view, good until the next `put`. */
  get object(): NewObject {
    return { kind: 'tree', bytes: this.#bytes.subarray(HEADER_ROOM, this.#startOf(this.#count)) };
  }

  get oid(): Oid {
    return hashInPlace(this.#format, 'tree', this.#bytes, this.#startOf(this.#count));
  }

  /** Makes room for one entry, which lacks its object still, and answers where it begins. */
  #open(place: number, name: string): number {
    const end = this.#startOf(this.#count);
    if (end === this.#bytes.length)
      this.#bytes = Buffer.concat([this.#bytes, Buffer.alloc(this.#count * this.#entryLength)]);
    const at = this.#startOf(place);
    this.#bytes.copyWithin(at + this.#entryLength, at, end);
    this.#bytes.write(`${this.#mode}${name}\0`, at, 'latin1');
    this.#count += 1;
    return at;
  }
}
