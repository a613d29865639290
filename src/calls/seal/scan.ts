import { Buffer } from 'node:buffer';
import { open, rm } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import { Failure } from '../../failure.ts';
import { errorReason } from '../../git/files.ts';
import { HASH_SIZE, type MerkleTree, merkleTree } from '../../ledger/merkle.ts';
import type { RecordKind } from '../record/fields.ts';
import { openPlain } from '../store/plainfile.ts';
import { LeafFile } from './leaffile.ts';
import { MAX_LINE_BYTES } from './lineproblem.ts';
import { type Damaged, type Part, type PartScan, scanPart } from './scanpart.ts';
import type { ThreadAnswer, ThreadTask } from './scanthread.ts';

/** Beside this module, compiled or not. */
const THREAD = new URL(import.meta.url.replace(/scan(?=\.[jt]s$)/, 'scanthread'));

export interface Scan {
  /** Those that are records. */
  readonly records: number;
  readonly merkleRoot: Buffer;
  /** In the file's order. */
  readonly damaged: readonly Damaged[];
}

/** A file from so many bytes on is worth a second thread. */
const LARGE = 64 << 20;
const LF = 10;

/**
 * Scans an open segment (`scanPart`): a large one in two halves at a time, one of them by a thread of its own.
 * @throws Failure where it cannot be read, or the leaf hashes cannot be written
 * @param leaves the file that the leaf hashes are written to, HASH_SIZE bytes each, in order; written over, and so is its
 *   neighbour `<leaves>.rest`, which goes again
 * @param large from how many bytes on
 */
export async function scanSegment(
  path: string,
  kind: RecordKind,
  leaves: string,
  large = availableParallelism() > 1 ? LARGE : Number.POSITIVE_INFINITY,
): Promise<Scan> {
  const middle = await middleOf(path, large).catch((error) => {
    throw new Failure(`${path} cannot be read: ${errorReason(error)}`);
  });
  const kept = await LeafFile.make(leaves);
  const rest = `${leaves}.rest`;
  const other =
    middle === undefined ? undefined : new PartThread({ path, kind, from: middle, to: undefined }, rest);
  const tree = merkleTree();
  const take = (some: Buffer): void => {
    tree.append(some);
    kept.write(some);
  };
  try {
    const first = await scanPart({ path, kind, from: 0, to: middle }, take);
    let second = await other?.scan();
    if (second !== undefined) await readLeaves(rest, take);
    else if (other !== undefined) second = await scanPart(other.part, take);
    await kept.sync();
    return scanOf(tree, first, second);
  } finally {
    await other?.close();
    await kept.close();
    // Whatever else is there was told by who wanted to write there.
    if (other !== undefined) await rm(rest, { force: true }).catch(() => {});
  }
}

/** Where the first line behind the middle begins; `undefined` where the file is smaller, or its middle is one endless line. */
async function middleOf(path: string, large: number): Promise<number | undefined> {
  const file = await open(path, 'r');
  try {
    const { size } = await file.stat();
    if (size < large) return undefined;
    const half = Math.floor(size / 2);
    const bytes = Buffer.alloc(Math.min(MAX_LINE_BYTES + 1, size - half));
    const { bytesRead } = await file.read(bytes, 0, bytes.length, half);
    const end = bytes.subarray(0, bytesRead).indexOf(LF);
    return end < 0 ? undefined : half + end + 1;
  } finally {
    await file.close();
  }
}

/** Scans a part on a thread of its own, from now on. */
class PartThread {
  readonly part: Part;
  readonly #worker: Worker;
  readonly #answer: Promise<PartScan | undefined>;

  constructor(part: Part, leaves: string) {
    this.part = part;
    const workerData: ThreadTask = { part, leaves };
    this.#worker = new Worker(THREAD, { workerData });
    this.#answer = new Promise((resolve, reject) => {
      this.#worker.once('message', (answer: ThreadAnswer) =>
        'scan' in answer ? resolve(answer.scan) : reject(new Failure(answer.problem)),
      );
      this.#worker.once('error', () => resolve(undefined));
      this.#worker.once('exit', () => resolve(undefined));
    });
    // It may fail before anybody waits for it.
    this.#answer.catch(() => {});
  }

  /** @returns `undefined` where the thread did not start, or ended @throws Failure as `scanPart` */
  scan(): Promise<PartScan | undefined> {
    return this.#answer;
  }

  async close(): Promise<void> {
    await this.#worker.terminate();
  }
}

/** Bytes: a whole number of hashes. */
const CHUNK = 1 << 20;

/** @throws Failure where they cannot be read; what `take` throws */
async function readLeaves(path: string, take: (leaves: Buffer) => void): Promise<void> {
  const unread = (error: unknown): never => {
    throw new Failure(`${path} cannot be read: ${errorReason(error)}`);
  };
  const file = await openPlain(path).catch(unread);
  try {
    const bytes = Buffer.alloc(CHUNK);
    for (let at = 0; ; ) {
      const { bytesRead } = await file.read(bytes, 0, CHUNK, at).catch(unread);
      const whole = bytesRead - (bytesRead % HASH_SIZE);
      if (whole === 0) return;
      take(bytes.subarray(0, whole));
      at += whole;
    }
  } finally {
    await file.close();
  }
}

function scanOf(tree: MerkleTree, first: PartScan, second: PartScan | undefined): Scan {
  const { lines, damaged } = first;
  const later = second?.damaged.map((one) => ({ ...one, line: one.line + lines })) ?? [];
  const [last, next] = [damaged.at(-1), later[0]];
  const isOne = last !== undefined && last.why === next?.why && last.line + last.lines === next.line;
  const together = isOne
    ? [
        ...damaged.slice(0, -1),
        { ...last, lines: last.lines + next.lines, length: last.length + next.length },
        ...later.slice(1),
      ]
    : [...damaged, ...later];
  return { records: tree.size, merkleRoot: tree.root(), damaged: together };
}
