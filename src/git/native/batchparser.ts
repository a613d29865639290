import { Buffer } from 'node:buffer';
import { createHash, type Hash } from 'node:crypto';
import { isTooLong, LARGEST_OBJECT, LONGEST_COMMIT, type ObjectKind } from '../object.ts';

/** One answer of `git cat-file --batch`. */
export type BatchAnswer =
  | { readonly state: 'found'; readonly name: string; readonly kind: ObjectKind; readonly bytes: Buffer }
  /** The start of a commit or a tag that is too long, and the hashes of all of it, in hex. */
  | {
      readonly state: 'cut';
      readonly name: string;
      readonly kind: ObjectKind;
      readonly bytes: Buffer;
      readonly oid: string;
      readonly sha256: string;
    }
  | { readonly state: 'missing'; readonly name: string }
  /** More than this reader takes; its bytes were skipped. */
  | { readonly state: 'too-large'; readonly name: string; readonly size: number };

const LONGEST_HEADER = 200;
/** Bytes that are copied more cheaply than they are kept beside much else. */
const SMALL = 4096;

const LINE_FEED = 0x0a;
const EMPTY: Buffer = Buffer.alloc(0);
const FOUND = /^[0-9a-f]+ (?:commit|tree|blob|tag) \d{1,15}$/;
const MISSING = /^([0-9a-f]+) missing$/;

/** The object whose bytes come. */
interface Open {
  readonly name: string;
  readonly kind: ObjectKind;
  readonly size: number;
  /** The bytes that are kept of it. */
  readonly room: number;
  /** Where that is not all of them. */
  readonly hashes: { readonly oid: Hash; readonly sha256: Hash } | undefined;
}

function openObject(name: string, kind: ObjectKind, size: number): Open {
  if (size > LARGEST_OBJECT) return { name, kind, size, room: 0, hashes: undefined };
  if (!isTooLong(kind, size)) return { name, kind, size, room: size, hashes: undefined };
  const oid = createHash(name.length === 64 ? 'sha256' : 'sha1').update(`${kind} ${size}\0`);
  return { name, kind, size, room: LONGEST_COMMIT + 1, hashes: { oid, sha256: createHash('sha256') } };
}

/**
 * Cuts the output of `git cat-file --batch` into answers, however it is cut into chunks.
 * Source: git-cat-file(1), "Batch Output": `<oid> SP <type> SP <size> LF <contents> LF`, or `<name> SP missing LF`.
 */
export class BatchParser {
  readonly #onAnswer: (answer: BatchAnswer) => void;
  #header = '';
  #open: Open | undefined;
  /** The open object's bytes, as many as `#have` says; none are kept of one that is too large. */
  #bytes = EMPTY;
  #have = 0;

  constructor(onAnswer: (answer: BatchAnswer) => void) {
    this.#onAnswer = onAnswer;
  }

  /** Answers false for bytes that are not such output; nothing after them can be understood. */
  push(chunk: Buffer): boolean {
    let at = 0;
    while (at < chunk.length) {
      if (this.#open === undefined) {
        const end = chunk.indexOf(LINE_FEED, at);
        this.#header += chunk.toString('latin1', at, end === -1 ? chunk.length : end);
        if (this.#header.length > LONGEST_HEADER) return false;
        if (end === -1) return true;
        at = end + 1;
        if (!this.#readHeader()) return false;
      } else {
        at = this.#readBytes(chunk, at);
        if (at === -1) return false;
      }
    }
    return true;
  }

  #readHeader(): boolean {
    const header = this.#header;
    this.#header = '';
    if (FOUND.test(header)) {
      const first = header.indexOf(' ');
      const second = header.indexOf(' ', first + 1);
      const kind = header.slice(first + 1, second) as ObjectKind;
      this.#open = openObject(header.slice(0, first), kind, Number(header.slice(second + 1)));
      this.#bytes = EMPTY;
      this.#have = 0;
      return true;
    }
    const name = MISSING.exec(header)?.[1];
    if (name !== undefined) this.#onAnswer({ state: 'missing', name });
    return name !== undefined;
  }

  /** Answers where the chunk goes on behind what belongs to the open object; -1 where its line feed is something else. */
  #readBytes(chunk: Buffer, from: number): number {
    const open = this.#open;
    if (open === undefined) return from;
    const end = Math.min(chunk.length, from + open.size - this.#have);
    this.#keep(chunk.subarray(from, end), open);
    if (end === chunk.length) return end;
    if (chunk[end] !== LINE_FEED) return -1;
    this.#open = undefined;
    this.#onAnswer(this.#answerOf(open));
    return end + 1;
  }

  #answerOf({ name, kind, size, hashes }: Open): BatchAnswer {
    const bytes = this.#bytes;
    if (size > LARGEST_OBJECT) return { state: 'too-large', name, size };
    if (hashes === undefined) return { state: 'found', name, kind, bytes };
    const { oid, sha256 } = hashes;
    return { state: 'cut', name, kind, bytes, oid: oid.digest('hex'), sha256: sha256.digest('hex') };
  }

  /** A large object that came in one piece is not copied out of its chunk; a small one would keep all of that alive. */
  #keep(piece: Buffer, { size, room, hashes }: Open): void {
    hashes?.oid.update(piece);
    hashes?.sha256.update(piece);
    if (piece.length === size && room === size) this.#bytes = size < SMALL ? Buffer.from(piece) : piece;
    else if (this.#have < room) {
      if (this.#have === 0) this.#bytes = Buffer.allocUnsafe(room);
      piece.copy(this.#bytes, this.#have);
    }
    this.#have += piece.length;
  }
}
