import type { Buffer } from 'node:buffer';
import { asBuffer } from './bytes.ts';
import type { ObjectFormat } from './object.ts';
import { OID_BYTES, parseTree, type TreeEntry } from './tree.ts';
import { scanTree } from './treescan.ts';

/** A tree's body and where each of its entries ends, so that it can be compared with others. */
export interface ScannedTree {
  readonly bytes: Buffer;
  readonly ends: readonly number[];
}

/** `undefined` where git itself would object to the tree. */
export function scannedTree(bytes: Uint8Array, format: ObjectFormat): ScannedTree | undefined {
  const body = asBuffer(bytes);
  const width = OID_BYTES[format];
  const ends: number[] = [];
  const problem = scanTree(body, width, ({ nul }) => ends.push(nul + 1 + width));
  return problem === undefined ? { bytes: body, ends } : undefined;
}

/** The entries that each of two trees has and the other has not, name, mode and object taken together. */
export interface TreeDifference {
  readonly before: readonly TreeEntry[];
  readonly after: readonly TreeEntry[];
}

/**
 * Compares two trees. What they share at their beginnings and at their ends is only compared as bytes: of a large folder
 * in which one file changed, one entry is taken apart.
 */
export function compareTrees(before: ScannedTree, after: ScannedTree, format: ObjectFormat): TreeDifference {
  const head = sharedAtStart(before, after);
  const tail = sharedAtEnd(before, after, head);
  const old = entriesBetween(before, head, tail, format);
  const young = entriesBetween(after, head, tail, format);
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
  const shared = longest(
    Math.min(a.bytes.length, b.bytes.length),
    (from, to) => a.bytes.compare(b.bytes, from, to, from, to) === 0,
  );
  let count = 0;
  while ((a.ends[count] ?? Infinity) <= shared) count += 1;
  return count;
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

function startOf({ ends }: ScannedTree, index: number): number {
  return ends[index - 1] ?? 0;
}

/** The greatest `n` up to `most` such that `same(0, n)` holds, for a claim that holds of every part where it holds of the whole. */
function longest(most: number, same: (from: number, to: number) => boolean): number {
  let known = 0;
  let end = most;
  while (known < end) {
    const middle = Math.ceil((known + end) / 2);
    if (same(known, middle)) known = middle;
    else end = middle - 1;
  }
  return known;
}

/** A run of whole entries is itself the body of a tree. */
function entriesBetween(
  tree: ScannedTree,
  head: number,
  tail: number,
  format: ObjectFormat,
): readonly TreeEntry[] {
  const last = tree.ends.length - tail;
  const parsed = parseTree(tree.bytes.subarray(startOf(tree, head), startOf(tree, last)), format);
  return parsed.ok ? parsed.entries : [];
}
