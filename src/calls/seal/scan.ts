import { Buffer, isUtf8 } from 'node:buffer';
import { hash } from 'node:crypto';
import { writeSync } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { Failure } from '../../failure.ts';
import { errorReason } from '../../git/files.ts';
import { HASH_SIZE, type MerkleTree, merkleTree } from '../../ledger/merkle.ts';
import type { RecordKind } from '../record/fields.ts';
import { makePlain } from '../store/plainfile.ts';
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

export interface Scan {
  /** Those that are records. */
  readonly records: number;
  readonly merkleRoot: Buffer;
  /** In the file's order. */
  readonly damaged: readonly Damaged[];
}

const LF = 10;
const CHUNK = 1 << 20;
/** Above this many entries, lines that follow each other share one whatever their faults, so that the list stays bounded. */
const SINGLE_ENTRIES = 1000;

/**
 * Reads an open segment line by line: judges each line, and hashes those that are records as the Merkle tree's leaves.
 * Memory stays the same for a file of any size and lines of any length.
 * @throws Failure where the one cannot be read or the other cannot be written
 * @param leaves the file that the leaf hashes are written to, 32 bytes each, in order; written over
 */
export async function scanSegment(path: string, kind: RecordKind, leaves: string): Promise<Scan> {
  const file = await open(path, 'r').catch((error) => fail(path, 'read', error));
  let kept: FileHandle | undefined;
  try {
    kept = await makePlain(leaves).catch((error) => fail(leaves, 'written', error));
    const scan = await new Scanner(kind, new Kept(leaves, kept))
      .scan(file)
      .catch((error) => fail(path, 'read', error));
    await kept.sync();
    return scan;
  } finally {
    await kept?.close();
    await file.close();
  }
}

function fail(path: string, doing: string, error: unknown): never {
  if (error instanceof Failure) throw error;
  throw new Failure(`${path} cannot be ${doing}: ${errorReason(error)}`);
}

/** Where the leaf hashes go. */
class Kept {
  readonly #path: string;
  readonly #file: FileHandle;

  constructor(path: string, file: FileHandle) {
    this.#path = path;
    this.#file = file;
  }

  write(leaves: Buffer): void {
    try {
      for (let at = 0; at < leaves.length; ) at += writeSync(this.#file.fd, leaves, at);
    } catch (error) {
      fail(this.#path, 'written', error);
    }
  }
}

class Scanner {
  readonly #kind: RecordKind;
  readonly #kept: Kept;
  readonly #plain: PlainLines;
  readonly #tree: MerkleTree = merkleTree();
  readonly #leaves = Buffer.alloc(4096 * HASH_SIZE);
  #pending = 0;
  #line = 0;
  /** Of the line that comes next. */
  #offset = 0;
  readonly #damaged: Damaged[] = [];

  constructor(kind: RecordKind, kept: Kept) {
    this.#kind = kind;
    this.#kept = kept;
    this.#plain = new PlainLines(kind);
  }

  async scan(file: FileHandle): Promise<Scan> {
    // The byte before a line is where the prefix of its leaf goes.
    const bytes = Buffer.allocUnsafe(1 + CHUNK);
    let have = 0;
    /** Bytes of a line that are gone already, for it is too long to be held. */
    let skipped = 0;
    for (;;) {
      const { bytesRead } = await file.read(bytes, 1 + have, CHUNK - have);
      if (bytesRead === 0) break;
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
    return { records: this.#tree.size, merkleRoot: this.#tree.root(), damaged: this.#damaged };
  }

  /** Takes whole lines. */
  #take(bytes: Buffer, from: number, to: number): void {
    const text = isUtf8(bytes.subarray(from, to)) ? bytes.toString('latin1', from, to) : '';
    for (let start = from; start < to; ) {
      const end = this.#plain.end(text, start - from) + from;
      const isPlain = end > start && end - start <= MAX_LINE;
      const next = isPlain ? end : bytes.indexOf(LF, start) + 1;
      const why = isPlain ? undefined : lineProblem(bytes.subarray(start, next - 1), this.#kind);
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
    const leaves = this.#leaves.subarray(0, this.#pending);
    this.#tree.append(leaves);
    this.#kept.write(leaves);
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
