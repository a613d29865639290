import { Buffer, isUtf8 } from 'node:buffer';
import { hash } from 'node:crypto';
import { type FileHandle, open } from 'node:fs/promises';
import { Failure } from '../../failure.ts';
import { errorReason } from '../../git/files.ts';
import { HASH_SIZE } from '../../ledger/merkle.ts';
import type { RecordKind } from '../record/fields.ts';
import { lineProblem, MAX_LINE, MAX_LINE_BYTES, TOO_LONG } from './lineproblem.ts';
import { PlainLines } from './plainlines.ts';

/** Lines of an open segment that are no records: one, or many that follow each other and have the same fault. */
export interface Damaged {
  /** The first one's number, from 1. */
  readonly line: number;
  readonly lines: number;
  /** In bytes, with the line feeds. */
  readonly offset: number;
  readonly length: number;
  /** Completes "line 7 is left out: …". */
  readonly why: string;
}

/** Some of an open segment's bytes: whole lines, but for the last one of a file. */
export interface Part {
  readonly path: string;
  readonly kind: RecordKind;
  /** The first byte. */
  readonly from: number;
  /** The byte behind the last; `undefined` where the part goes to the end of the file. */
  readonly to: number | undefined;
}

export interface PartScan {
  /** Those that are no records too. */
  readonly lines: number;
  /** In the file's order; the lines' numbers count from the beginning of the part. */
  readonly damaged: readonly Damaged[];
}

const LF = 10;
const CHUNK = 1 << 20;
/** Above this many entries, lines that follow each other share one whatever their faults, so that the list stays bounded. */
const SINGLE_ENTRIES = 1000;

/**
 * Reads a part line by line: judges each line, and hashes those that are records as a Merkle tree's leaves. Memory stays the
 * same for a file of any size and lines of any length.
 * @param take is handed the leaf hashes, HASH_SIZE bytes each, in order; its argument is used again
 * @throws Failure where the file cannot be read; what `take` throws
 */
export async function scanPart(part: Part, take: (leaves: Buffer) => void): Promise<PartScan> {
  const { path } = part;
  const file = await open(path, 'r').catch((error) => unread(path, error));
  try {
    return await new Scanner(part, take).scan(file).catch((error) => unread(path, error));
  } finally {
    await file.close();
  }
}

function unread(path: string, error: unknown): never {
  if (error instanceof Failure) throw error;
  throw new Failure(`${path} cannot be read: ${errorReason(error)}`);
}

class Scanner {
  readonly #part: Part;
  readonly #handOn: (leaves: Buffer) => void;
  readonly #plain: PlainLines;
  readonly #leaves = Buffer.alloc(4096 * HASH_SIZE);
  #pending = 0;
  #line = 0;
  /** Of the line that comes next. */
  #offset: number;
  readonly #damaged: Damaged[] = [];

  constructor(part: Part, take: (leaves: Buffer) => void) {
    this.#part = part;
    this.#handOn = take;
    this.#plain = new PlainLines(part.kind);
    this.#offset = part.from;
  }

  async scan(file: FileHandle): Promise<PartScan> {
    const { from, to = Number.POSITIVE_INFINITY } = this.#part;
    // The byte before a line is where the prefix of its leaf goes.
    const bytes = Buffer.allocUnsafe(1 + CHUNK);
    let have = 0;
    /** Bytes of a line that are gone already, for it is too long to be held. */
    let skipped = 0;
    for (let at = from; at < to; ) {
      const { bytesRead } = await file.read(bytes, 1 + have, Math.min(CHUNK - have, to - at), at);
      if (bytesRead === 0) break;
      at += bytesRead;
      const end = 1 + have + bytesRead;
      let start = 1;
      if (skipped > 0) {
        const next = bytes.subarray(start, end).indexOf(LF) + 1;
        if (next > 0) this.#leaveOut(skipped + next, TOO_LONG);
        start += next === 0 ? end - start : next;
        skipped = next === 0 ? skipped + end - 1 : 0;
      }
      const stop = bytes.subarray(start, end).lastIndexOf(LF) + 1 + start;
      this.#take(bytes, start, stop);
      bytes.copy(bytes, 1, stop, end);
      have = end - stop;
      if (have > MAX_LINE_BYTES) [skipped, have] = [have, 0];
    }
    if (skipped + have > 0) this.#leaveOut(skipped + have, 'it is torn: no line feed follows');
    this.#flush();
    return { lines: this.#line, damaged: this.#damaged };
  }

  /** Takes whole lines. */
  #take(bytes: Buffer, from: number, to: number): void {
    const text = isUtf8(bytes.subarray(from, to)) ? bytes.toString('latin1', from, to) : '';
    for (let start = from; start < to; ) {
      const end = this.#plain.end(text, start - from) + from;
      const isPlain = end > start && end - start <= MAX_LINE;
      const next = isPlain ? end : bytes.indexOf(LF, start) + 1;
      const why = isPlain ? undefined : lineProblem(bytes.subarray(start, next - 1), this.#part.kind);
      if (why === undefined) this.#keep(bytes, start, next);
      else this.#leaveOut(next - start, why);
      start = next;
    }
  }

  #keep(bytes: Buffer, start: number, next: number): void {
    bytes[start - 1] = 0;
    const leaf = hash('sha256', bytes.subarray(start - 1, next - 1), 'binary');
    this.#leaves.write(leaf, this.#pending, 'binary');
    this.#pending += HASH_SIZE;
    if (this.#pending === this.#leaves.length) this.#flush();
    this.#line += 1;
    this.#offset += next - start;
  }

  #flush(): void {
    this.#handOn(this.#leaves.subarray(0, this.#pending));
    this.#pending = 0;
  }

  #leaveOut(length: number, why: string): void {
    const last = this.#damaged.at(-1);
    this.#line += 1;
    const follows = last !== undefined && last.line + last.lines === this.#line;
    if (follows && (last.why === why || this.#damaged.length >= SINGLE_ENTRIES)) {
      this.#damaged[this.#damaged.length - 1] = {
        ...last,
        lines: last.lines + 1,
        length: last.length + length,
      };
    } else {
      this.#damaged.push({ line: this.#line, lines: 1, offset: this.#offset, length, why });
    }
    this.#offset += length;
  }
}
