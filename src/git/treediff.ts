import type { Buffer } from 'node:buffer';
import { Failure } from '../failure.ts';
import { asBuffer } from './bytes.ts';
import { type ObjectFormat, OID_BYTES } from './object.ts';
import { firstAbove, longest, type ScannedTree, scannedTree, sharedLength, startOf } from './scannedtree.ts';
import { parseEntries, type TreeEntry } from './tree.ts';

/**
 * What of two trees is not the same at their beginnings or at their ends. A run of whole entries is itself the body of a tree.
 */
export interface DifferingRuns {
  readonly before: Buffer;
  readonly after: Buffer;
}

/** Only compares bytes: of a large folder in which one file changed, one entry is left. */
export function differingRuns(before: ScannedTree, after: ScannedTree): DifferingRuns {
  const head = sharedAtStart(before, after);
  const tail = sharedAtEnd(before, after, head);
  return { before: runBetween(before, head, tail), after: runBetween(after, head, tail) };
}

/**
 * A tree that may be the next state of another, and in what the two differ; `undefined` where git itself would object to it.
 * Where one entry's object is all that is new, that entry is all that is looked at.
 */
export function scannedAfter(
  before: ScannedTree,
  bytes: Uint8Array,
  format: ObjectFormat,
): { readonly tree: ScannedTree; readonly runs: DifferingRuns } | undefined {
  const body = asBuffer(bytes);
  const { ends } = before;
  const start = sharedLength(before.bytes, body);
  const index = firstAbove(ends, start);
  const end = ends[index] ?? body.length;
  const isOneObject =
    before.bytes.length === body.length &&
    start >= end - OID_BYTES[format] &&
    before.bytes.compare(body, end, body.length, end, body.length) === 0;
  if (isOneObject) {
    const from = startOf(before, index);
    const runs = { before: before.bytes.subarray(from, end), after: body.subarray(from, end) };
    return { tree: { bytes: body, ends }, runs };
  }
  const tree = scannedTree(body, format);
  return tree && { tree, runs: differingRuns(before, tree) };
}

/** The entries that each of two trees has and the other has not, name, mode and object taken together. */
export interface TreeDifference {
  readonly before: readonly TreeEntry[];
  readonly after: readonly TreeEntry[];
}

/** Compares two trees by the runs of entries in which they differ. */
export function compareRuns({ before, after }: DifferingRuns, format: ObjectFormat): TreeDifference {
  const old = entriesOf(before, format);
  const young = entriesOf(after, format);
  // Runs are as short as can be: of one entry each, it is not the same.
  if (old.length < 2 && young.length < 2) return { before: old, after: young };
  const had = new Set(old.map(identity));
  const has = new Set(young.map(identity));
  return {
    before: old.filter((entry) => !has.has(identity(entry))),
    after: young.filter((entry) => !had.has(identity(entry))),
  };
}

function identity({ mode, name, rawName, oid }: TreeEntry): string {
  return `${oid} ${mode} ${rawName?.toString('latin1') ?? name}`;
}

/** How many entries both begin with. Bytes that are the same from the start on are the same entries. */
function sharedAtStart(a: ScannedTree, b: ScannedTree): number {
  return firstAbove(a.ends, sharedLength(a.bytes, b.bytes));
}

/** How many entries both end with, of those behind the first `head`: as far as entries also begin at the same places. */
function sharedAtEnd(a: ScannedTree, b: ScannedTree, head: number): number {
  const [endA, endB] = [a.bytes.length, b.bytes.length];
  const shared = longest(
    Math.min(endA, endB),
    (from, to) => a.bytes.compare(b.bytes, endB - to, endB - from, endA - to, endA - from) === 0,
  );
  const most = Math.min(a.ends.length, b.ends.length) - head;
  let count = 0;
  while (count < most) {
    const length = endA - startOf(a, a.ends.length - count - 1);
    if (length > shared || length !== endB - startOf(b, b.ends.length - count - 1)) break;
    count += 1;
  }
  return count;
}

function runBetween(tree: ScannedTree, head: number, tail: number): Buffer {
  return tree.bytes.subarray(startOf(tree, head), startOf(tree, tree.ends.length - tail));
}

/** A name may be both a file's and a folder's, which git shows and checks out: whoever compares has to see both. */
function entriesOf(run: Buffer, format: ObjectFormat): readonly TreeEntry[] {
  const parsed = parseEntries(run, format);
  if (!parsed.ok) throw new Failure(`trees cannot be compared: ${parsed.problem}; please report this defect`);
  return parsed.entries;
}
