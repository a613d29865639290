import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Oid } from '../../src/git/object.ts';
import { type ScannedTree, scannedTree } from '../../src/git/scannedtree.ts';
import { encodeTree, parseTree, type TreeEntry } from '../../src/git/tree.ts';
import { compareRuns, differingRuns } from '../../src/git/treediff.ts';

const oid = (digit: string) => digit.repeat(40) as Oid;

function tree(entries: readonly TreeEntry[]): ScannedTree {
  const scanned = scannedTree(encodeTree(entries, 'sha1'), 'sha1');
  if (scanned === undefined) throw new Error('it is no tree');
  return scanned;
}

const compareTrees = (before: ScannedTree, after: ScannedTree) =>
  compareRuns(differingRuns(before, after), 'sha1');

const file = (name: string, digit: string, mode = '100644'): TreeEntry => ({ mode, name, oid: oid(digit) });

describe('the difference of two trees', () => {
  test('is the entries that changed, came and went', () => {
    const before = [file('a', '1'), file('b', '1'), file('c', '1'), file('d', '1'), file('e', '1')];
    const after = [file('a', '1'), file('b', '2'), file('c', '1'), file('cc', '3'), file('e', '1', '40000')];
    expect(compareTrees(tree(before), tree(after))).toEqual({
      before: [before[1], before[3], before[4]],
      after: [after[1], after[3], after[4]],
    });
  });

  test('is nothing between equal trees, and all of a tree beside an empty one', () => {
    const entries = [file('a', '1'), file('b', '2')];
    expect(compareTrees(tree(entries), tree(entries))).toEqual({ before: [], after: [] });
    expect(compareTrees(tree([]), tree(entries))).toEqual({ before: [], after: entries });
    expect(compareTrees(tree(entries), tree([]))).toEqual({ before: entries, after: [] });
  });

  test('does not take the bytes of an id for an entry', () => {
    // The ends of both are the same bytes: what is an entry of its own in one is a part of an id in the other.
    const tail = Buffer.concat([Buffer.from('100644 z\0'), Buffer.alloc(20, 7)]);
    const hidden = `${'07'.repeat(11)}${Buffer.from('100644 z\0').toString('hex')}` as Oid;
    const one = scannedTree(tail, 'sha1');
    const whole = Buffer.concat([Buffer.from('100644 y\0'), Buffer.from(hidden, 'hex')]);
    const other = scannedTree(whole, 'sha1');
    if (one === undefined || other === undefined) throw new Error('they are no trees');
    const { before, after } = compareTrees(other, one);
    expect([before.map(({ name }) => name), after.map(({ name }) => name)]).toEqual([['y'], ['z']]);
  });

  test("is both entries of a name that is a file's and a folder's", () => {
    const id = Buffer.alloc(20, 0x11);
    const bytes = Buffer.concat([Buffer.from('100644 a\0'), id, Buffer.from('40000 a\0'), id]);
    const twice = scannedTree(bytes, 'sha1');
    if (twice === undefined) throw new Error('it is no tree');
    const entries = [file('a', '1'), file('a', '1', '40000')];
    expect(compareTrees(tree([]), twice)).toEqual({ before: [], after: entries });
    expect(compareTrees(twice, tree([file('a', '1')]))).toEqual({ before: [entries[1]], after: [] });
  });

  test('is refused of what is no tree', () => {
    expect(scannedTree(Buffer.from('100644 a'), 'sha1')).toBeUndefined();
  });

  test('is what comparing entry by entry gives, whatever the trees', () => {
    const entries = fc
      .uniqueArray(fc.tuple(fc.constantFrom(...'abcdefgh'), fc.constantFrom('1', '2'), fc.boolean()), {
        selector: ([name]) => name,
      })
      .map((all) => all.map(([name, digit, folder]) => file(name, digit, folder ? '40000' : '100644')));
    fc.assert(
      fc.property(entries, entries, (one, two) => {
        const [a, b] = [tree(one), tree(two)];
        const listed = ({ bytes }: ScannedTree) => {
          const parsed = parseTree(bytes, 'sha1');
          return parsed.ok ? parsed.entries : [];
        };
        const without = (some: readonly TreeEntry[], others: readonly TreeEntry[]) =>
          some.filter((x) => !others.some((y) => x.name === y.name && x.mode === y.mode && x.oid === y.oid));
        expect(compareTrees(a, b)).toEqual({
          before: without(listed(a), listed(b)),
          after: without(listed(b), listed(a)),
        });
      }),
      { numRuns: 1000 },
    );
  });
});
