import { Buffer } from 'node:buffer';
import { Failure } from '../failure.ts';
import { hashObject, type NewObject, type ObjectFormat, type Oid } from '../git/object.ts';

/** What a tree of the notes holds: folders named by the first two digits of commit ids, or notes named by the rest. */
export type UniformKind = 'folders' | 'notes';

const MODE = { folders: '40000 ', notes: '100644 ' } as const;
const FAN_OUT_DIGITS = 2;
const OID_BYTES = { sha1: 20, sha256: 32 } as const;
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
  #bytes: Buffer;
  #count = 0;

  constructor(kind: UniformKind, format: ObjectFormat) {
    this.#format = format;
    this.#mode = MODE[kind];
    this.#nameLength = kind === 'folders' ? FAN_OUT_DIGITS : 2 * OID_BYTES[format] - FAN_OUT_DIGITS;
    this.#entryLength = this.#mode.length + this.#nameLength + 1 + OID_BYTES[format];
    this.#bytes = Buffer.alloc(FIRST_CAPACITY * this.#entryLength);
  }

  /** Where a name stands, or, as a negative number, `~n` for the place `n` at which it would have to be put. */
  #find(name: string): number {
    let low = 0;
    let high = this.#count;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const order = this.#compare(name, middle * this.#entryLength + this.#mode.length);
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
    const at = place < 0 ? this.#open(~place) : place * this.#entryLength;
    const nameEnd = at + this.#bytes.write(`${this.#mode}${name}\0`, at, 'latin1');
    this.#bytes.write(oid, nameEnd, 'hex');
  }

  /** The tree's body. A view, good until the next `put`. */
  get object(): NewObject {
    return { kind: 'tree', bytes: this.#bytes.subarray(0, this.#count * this.#entryLength) };
  }

  get oid(): Oid {
    return hashObject(this.#format, this.object);
  }

  /** Makes room for one entry and answers where it begins. */
  #open(place: number): number {
    const end = this.#count * this.#entryLength;
    if (end === this.#bytes.length) this.#bytes = Buffer.concat([this.#bytes, Buffer.alloc(end)]);
    const at = place * this.#entryLength;
    this.#bytes.copyWithin(at + this.#entryLength, at, end);
    this.#count += 1;
    return at;
  }
}
