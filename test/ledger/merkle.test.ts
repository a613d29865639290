import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  HASH_SIZE,
  inclusionPath,
  isIncluded,
  leafHash,
  merkleRoot,
  merkleTree,
  rootFromPath,
} from '../../src/ledger/merkle.ts';

/** The inputs, roots and paths that the reference implementations of RFC 6962 are tested with. */
const INPUTS = [
  '',
  '00',
  '10',
  '2021',
  '3031',
  '40414243',
  '5051525354555657',
  '606162636465666768696a6b6c6d6e6f',
];
const ROOTS = [
  'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
  '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d',
  'fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125',
  'aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77',
  'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
  '4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4',
  '76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef',
  'ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c',
  '5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328',
];
const PATHS = [
  { leaf: 0, size: 1, path: [] },
  {
    leaf: 0,
    size: 8,
    path: [
      '96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7',
      '5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e',
      '6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4',
    ],
  },
  {
    leaf: 5,
    size: 8,
    path: [
      'bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b',
      'ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0',
      'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
    ],
  },
  {
    leaf: 2,
    size: 3,
    path: ['fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125'],
  },
  {
    leaf: 1,
    size: 5,
    path: [
      '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d',
      '5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e',
      'bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b',
    ],
  },
];

const hashes = INPUTS.map((hex) => leafHash(Buffer.from(hex, 'hex')));
const tree = (size: number) => Buffer.concat(hashes.slice(0, size));

/** RFC 6962, section 2.1, word for word. */
function mth(entries: readonly Buffer[]): Buffer {
  const digest = (...parts: Uint8Array[]) => createHash('sha256').update(Buffer.concat(parts)).digest();
  const [only] = entries;
  if (only === undefined) return digest();
  if (entries.length === 1) return digest(Buffer.of(0), only);
  let k = 1;
  while (2 * k < entries.length) k *= 2;
  return digest(Buffer.of(1), mth(entries.slice(0, k)), mth(entries.slice(k)));
}

const entries = fc.array(
  fc.uint8Array({ maxLength: 4 }).map((bytes) => Buffer.from(bytes)),
  { maxLength: 70 },
);

describe('the Merkle tree', () => {
  it.each(ROOTS.map((root, size) => ({ size, root })))('of $size leaves has the known root', (known) => {
    expect(merkleRoot(tree(known.size)).toString('hex')).toBe(known.root);
  });

  it.each(PATHS)('finds the known path of leaf $leaf in a tree of $size', ({ leaf, size, path }) => {
    expect(inclusionPath(tree(size), leaf).map((node) => node.toString('hex'))).toEqual(path);
  });

  it.each(PATHS)('follows the known path of leaf $leaf in a tree of $size to its root', (known) => {
    const path = known.path.map((hex) => Buffer.from(hex, 'hex'));
    expect(rootFromPath(hashes[known.leaf]!, known.leaf, known.size, path)?.toString('hex')).toBe(
      ROOTS[known.size],
    );
  });

  it('is the one of the definition, also where it grows piece by piece', () => {
    fc.assert(
      fc.property(entries, fc.nat(), (list, cut) => {
        const leaves = Buffer.concat(list.map((entry) => leafHash(entry)));
        const growing = merkleTree();
        const middle = (cut % (list.length + 1)) * HASH_SIZE;
        growing.append(leaves.subarray(0, middle));
        growing.root();
        growing.append(leaves.subarray(middle));
        expect(growing.size).toBe(list.length);
        expect(growing.root()).toEqual(mth(list));
        expect(merkleRoot(leaves)).toEqual(mth(list));
      }),
    );
  });

  it('proves each of its leaves, and a leaf at no other index or size', () => {
    fc.assert(
      fc.property(entries, fc.nat(), fc.nat(90), fc.nat(90), (list, pick, index, size) => {
        fc.pre(list.length > 0);
        const leaves = Buffer.concat(list.map((entry, at) => leafHash(Buffer.of(at, ...entry))));
        const [root, own] = [merkleRoot(leaves), pick % list.length];
        const leaf = leaves.subarray(own * HASH_SIZE, (own + 1) * HASH_SIZE);
        const path = inclusionPath(leaves, own);
        expect(isIncluded(leaf, own, list.length, path, root)).toBe(true);
        if (index !== own) expect(isIncluded(leaf, index, list.length, path, root)).toBe(false);
        const other = leafHash(Buffer.from('another'));
        expect(isIncluded(other, own, list.length, path, root)).toBe(false);
        // A wrong size may have a path of the same shape: it must at least not throw, and never lead to another root.
        expect([undefined, root.toString('hex')]).toContain(
          rootFromPath(leaf, own, size, path)?.toString('hex'),
        );
      }),
    );
  });

  it('refuses a path with anything changed, added or left out', () => {
    for (const known of PATHS) {
      const [leaf, root] = [hashes[known.leaf]!, Buffer.from(ROOTS[known.size]!, 'hex')];
      const path = known.path.map((hex) => Buffer.from(hex, 'hex'));
      const check = (changed: readonly Uint8Array[]) =>
        isIncluded(leaf, known.leaf, known.size, changed, root);
      expect(check(path)).toBe(true);
      for (const [place, node] of path.entries()) {
        const flipped = Buffer.from(node);
        flipped[7]! ^= 4;
        expect(check(path.with(place, flipped))).toBe(false);
        expect(check(path.toSpliced(place, 1))).toBe(false);
        expect(check(path.with(place, node.subarray(1)))).toBe(false);
      }
      for (const extra of [Buffer.alloc(0), root, leaf]) {
        expect(check([...path, extra])).toBe(false);
        expect(check([extra, ...path])).toBe(false);
      }
    }
  });

  it('finds numbers from outside that no tree has not to be proven', () => {
    const [leaf] = hashes;
    for (const [index, size] of [
      [0, 0],
      [1, 1],
      [-1, 1],
      [0.5, 1],
      [0, 1.5],
      [Number.NaN, 1],
      [0, Number.POSITIVE_INFINITY],
      [2 ** 53, 2 ** 54],
    ] as const) {
      expect(rootFromPath(leaf!, index, size, [])).toBeUndefined();
    }
    expect(rootFromPath(Buffer.alloc(31), 0, 1, [])).toBeUndefined();
    expect(rootFromPath(leaf!, 0, 2 ** 53 - 1, Array(53).fill(leaf))).toBeInstanceOf(Buffer);
  });

  it('takes no bytes that are not whole hashes, and no leaf that is not there', () => {
    expect(() => merkleRoot(Buffer.alloc(33))).toThrow(RangeError);
    expect(() => inclusionPath(Buffer.alloc(64), 2)).toThrow(RangeError);
    expect(() => inclusionPath(Buffer.alloc(0), 0)).toThrow(RangeError);
  });
});
