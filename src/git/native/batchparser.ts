import { Buffer } from 'node:buffer';
import type { ObjectKind } from '../object.ts';

/** One answer of `git cat-file --batch`. */
export type BatchAnswer =
  | { readonly state: 'found'; readonly name: string; readonly kind: ObjectKind; readonly bytes: Buffer }
  | { readonly state: 'missing'; readonly name: string }
  /** More than this reader takes; its bytes were skipped. */
  | { readonly state: 'too-large'; readonly name: string; readonly size: number };

/** The largest object that is read, in bytes. */
const LARGEST = 512 * 1024 * 1024;

const LONGEST_HEADER = 200;
const LINE_FEED = 0x0a;
const FOUND = /^([0-9a-f]+) (commit|tree|blob|tag) (\d{1,15})$/;
const MISSING = /^([0-9a-f]+) missing$/;

/**
 * Cuts the output of `git cat-file --batch` into answers, however it is cut into chunks.
 * Source: git-cat-file(1), "Batch Output": `<oid> SP <type> SP <size> LF <contents> LF`, or `<name> SP missing LF`.
 */
export class BatchParser {
  readonly #onAnswer: (answer: BatchAnswer) => void;
  #header = '';
  #open:
    | { readonly name: string; readonly kind: ObjectKind; readonly size: number; readonly bytes: Buffer }
    | undefined;
  /** How many of the open object's bytes have come, its line feed counted. */
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
    const found = FOUND.exec(header);
    if (found !== null) {
      const [, name = '', kind, length] = found;
      const size = Number(length);
      this.#open = {
        name,
        kind: kind as ObjectKind,
        size,
        bytes: Buffer.allocUnsafe(size > LARGEST ? 0 : size),
      };
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
    const { name, kind, size, bytes } = open;
    const end = Math.min(chunk.length, from + size - this.#have);
    if (bytes.length === size) chunk.copy(bytes, this.#have, from, end);
    this.#have += end - from;
    if (end === chunk.length) return end;
    if (chunk[end] !== LINE_FEED) return -1;
    this.#open = undefined;
    this.#onAnswer(
      bytes.length === size ? { state: 'found', name, kind, bytes } : { state: 'too-large', name, size },
    );
    return end + 1;
  }
}
