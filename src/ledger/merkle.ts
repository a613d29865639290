import { Buffer } from 'node:buffer';
import { hash } from 'node:crypto';
import { asBuffer } from '../git/bytes.ts';

/**
 * Merkle hash trees over SHA-256 as in RFC 6962, section 2.1 (and RFC 9162, section 2.1, which is the same tree). Leaf
 * hashes are given as one run of bytes, HASH_SIZE for each leaf, in the leaves' order.
 */
export const HASH_SIZE = 32;

const LEAF = Buffer.of(0);
const NODE = 1;

/** A hash, one character a byte: to make one takes a third of the time of a Buffer. */
type HashText = string;

/** A tree that grows at its end; keeps one node a level. */
export interface MerkleTree {
  readonly size: number;
  /** @throws RangeError where the bytes are no whole number of leaf hashes */
  append(leaves: Uint8Array): void;
  /** The tree's root so far; the hash of nothing for an empty tree. */
  root(): Buffer;
}

export function leafHash(entry: Uint8Array): Buffer {
  return hash('sha256', Buffer.concat([LEAF, entry]), 'buffer');
}

export function merkleRoot(leaves: Uint8Array): Buffer {
  const tree = merkleTree();
  tree.append(leaves);
  return tree.root();
}

export function merkleTree(): MerkleTree {
  /** At level n, the root of the complete subtree of 2^n leaves that waits for its right sibling. */
  const waiting: (HashText | undefined)[] = [];
  let size = 0;

  const rise = (node: HashText, level: number): void => {
    const left = waiting[level];
    waiting[level] = left === undefined ? node : undefined;
    if (left !== undefined) rise(hashPair(left, node), level + 1);
  };

  return {
    get size() {
      return size;
    },
    append: (leaves) => {
      leafCount(leaves);
      for (let at = 0; at < leaves.length; ) {
        const count = size % 2 === 0 && at + HASH_SIZE < leaves.length ? 2 : 1;
        const taken = leaves.subarray(at, at + count * HASH_SIZE);
        if (count === 2) rise(hashNode(taken), 1);
        else rise(textOf(taken), 0);
        size += count;
        at += taken.length;
      }
    },
    root: () => {
      const roots = waiting.filter((node) => node !== undefined);
      if (roots.length === 0) return hash('sha256', '', 'buffer');
      return bytesOf(roots.reduce((right, left) => hashPair(left, right)));
    },
  };
}

/**
 * The audit path of a leaf, from the leaf's sibling up (RFC 6962, section 2.1.1).
 * @throws RangeError where there is no such leaf
 */
export function inclusionPath(leaves: Uint8Array, index: number): Buffer[] {
  const size = leafCount(leaves);
  if (!Number.isInteger(index) || index < 0 || index >= size) {
    throw new RangeError(`there is no leaf ${index} in a tree of ${size}`);
  }
  if (size === 1) return [];
  const half = 2 ** Math.floor(Math.log2(size - 1));
  const [left, right] = [leaves.subarray(0, half * HASH_SIZE), leaves.subarray(half * HASH_SIZE)];
  return index < half
    ? [...inclusionPath(left, index), merkleRoot(right)]
    : [...inclusionPath(right, index - half), merkleRoot(left)];
}

/**
 * The root that a leaf and its audit path lead to (RFC 9162, section 2.1.3.2, without its last comparison); `undefined`
 * where such a path cannot belong to such a leaf. Takes anything from outside.
 * @param leaf its hash
 */
export function rootFromPath(
  leaf: Uint8Array,
  index: number,
  size: number,
  path: readonly Uint8Array[],
): Buffer | undefined {
  if (!Number.isSafeInteger(index) || !Number.isSafeInteger(size)) return undefined;
  if (index < 0 || index >= size || leaf.length !== HASH_SIZE) return undefined;
  let [own, last] = [index, size - 1];
  let root = textOf(leaf);
  for (const sibling of path) {
    if (last === 0 || sibling.length !== HASH_SIZE) return undefined;
    if (own % 2 === 1 || own === last) {
      root = hashPair(textOf(sibling), root);
      while (own % 2 === 0 && own !== 0) [own, last] = [own / 2, Math.floor(last / 2)];
    } else {
      root = hashPair(root, textOf(sibling));
    }
    [own, last] = [Math.floor(own / 2), Math.floor(last / 2)];
  }
  return last === 0 ? bytesOf(root) : undefined;
}

/** Whether the path proves that the leaf is in the tree of that root and size, at that index. */
export function isIncluded(
  leaf: Uint8Array,
  index: number,
  size: number,
  path: readonly Uint8Array[],
  root: Uint8Array,
): boolean {
  return rootFromPath(leaf, index, size, path)?.equals(root) === true;
}

function leafCount(leaves: Uint8Array): number {
  const count = leaves.length / HASH_SIZE;
  if (!Number.isInteger(count)) throw new RangeError(`${leaves.length} bytes are no list of leaf hashes`);
  return count;
}

const pair = Buffer.alloc(1 + 2 * HASH_SIZE, NODE);

function hashPair(left: HashText, right: HashText): HashText {
  pair.write(left, 1, 'latin1');
  pair.write(right, 1 + HASH_SIZE, 'latin1');
  return hash('sha256', pair, 'binary');
}

/** The same of two hashes that lie side by side. */
function hashNode(both: Uint8Array): HashText {
  pair.set(both, 1);
  return hash('sha256', pair, 'binary');
}

function textOf(bytes: Uint8Array): HashText {
  return asBuffer(bytes).toString('latin1');
}

function bytesOf(text: HashText): Buffer {
  return Buffer.from(text, 'latin1');
}
