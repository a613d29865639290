import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Oid } from '../../src/git/object.ts';
import { entryNamed, scannedTree } from '../../src/git/scannedtree.ts';
import { parseTree, type TreeEntry } from '../../src/git/tree.ts';
import { differingRuns, scannedAfter } from '../../src/git/treediff.ts';

const A = 'a'.repeat(40) as Oid;
const B = 'b'.repeat(40) as Oid;

function raw(...entries: readonly [mode: string, name: string, oid?: string][]): Buffer {
  return Buffer.concat(
    entries.flatMap(([mode, name, oid = A]) => [Buffer.from(`${mode} ${name}\0`), Buffer.from(oid, 'hex')]),
  );
}

/** `null` where the bytes are no tree. */
function find(bytes: Buffer, name: string): TreeEntry | undefined | null {
  const tree = scannedTree(bytes, 'sha1');
  return tree === undefined ? null : entryNamed(tree, name, 'sha1');
}

const someEntries = fc.array(
  fc.tuple(
    fc.constantFrom('100644', '100755', '40000', '1'),
    fc.constantFrom('a', 'a.b', 'a-b', '.git', 'b', ''),
  ),
  { maxLength: 5 },
);

/** Of any bytes, so often such as make a tree after all. */
const someBytes = fc
  .tuple(someEntries, fc.nat({ max: 200 }), fc.nat({ max: 255 }))
  .map(([entries, at, byte]) => {
    const bytes = raw(...entries);
    if (at < bytes.length) bytes[at] = byte;
    return bytes;
  });

describe('entryNamed', () => {
  const tree = raw(['100644', 'a'], ['100755', 'a.b', B], ['40000', 'a0'], ['120000', 'b']);

  it.each([
    ['a', { mode: '100644', name: 'a', oid: A }],
    ['a.b', { mode: '100755', name: 'a.b', oid: B }],
    ['a0', { mode: '40000', name: 'a0', oid: A }],
    ['b', { mode: '120000', name: 'b', oid: A }],
    ['c', undefined],
    ['', undefined],
    ['a\0', undefined],
  ])('finds %j', (name, entry) => {
    expect(find(tree, name)).toEqual(entry);
  });

  it('does not find a name that only stands in an object id', () => {
    const id = Buffer.from('100644 b\0..........!').toString('hex');
    expect(find(raw(['100644', 'a', id]), 'b')).toBeUndefined();
  });

  it('does not take the beginning of an object id for the end of a name', () => {
    const id = Buffer.from('\0...................').toString('hex');
    expect(find(raw(['100644', 'a', id]), 'a\0')).toBeUndefined();
  });

  it('finds neither where a file and a folder have the name that it looks for', () => {
    const twice = raw(['100644', 'a'], ['100644', 'a.b'], ['40000', 'a']);
    expect(find(twice, 'a')).toBeUndefined();
    expect(find(twice, 'a.b')).toEqual({ mode: '100644', name: 'a.b', oid: A });
  });

  it('finds in any bytes what parseTree finds in them', () => {
    fc.assert(
      fc.property(someBytes, (bytes) => {
        const parsed = parseTree(bytes, 'sha1');
        for (const name of ['a', 'a.b', 'b']) {
          const found = find(bytes, name);
          if (parsed.ok) expect(found).toEqual(parsed.entries.find((entry) => entry.name === name));
          else if (!parsed.problem.includes('is both')) expect(found).toBeNull();
        }
      }),
      { numRuns: 500 },
    );
  });
});

describe('a tree beside the one before it', () => {
  const state = fc
    .tuple(someEntries, fc.array(fc.tuple(fc.nat({ max: 200 }), fc.nat({ max: 255 })), { maxLength: 3 }))
    .map(([entries, changes]): readonly [Buffer, Buffer] => {
      const before = raw(...entries);
      const after = Buffer.from(before);
      for (const [at, byte] of changes) if (at < after.length) after[at] = byte;
      return [before, after];
    });

  it('is what it is by itself, and differs from it as two trees do', () => {
    let alike = 0;
    fc.assert(
      fc.property(state, fc.boolean(), ([one, other], longer) => {
        const before = scannedTree(one, 'sha1');
        const bytes = longer ? Buffer.concat([other, raw(['100644', 'z'])]) : other;
        const alone = scannedTree(bytes, 'sha1');
        if (before === undefined) return;
        const beside = scannedAfter(before, bytes, 'sha1');
        expect(beside?.tree).toEqual(alone);
        if (alone === undefined || beside === undefined) return;
        if (beside.tree.ends === before.ends) alike += 1;
        const { before: gone, after: come } = differingRuns(before, alone);
        expect(beside.runs.before.equals(gone)).toBe(true);
        expect(beside.runs.after.equals(come)).toBe(true);
      }),
      { numRuns: 2000 },
    );
    expect(alike).toBeGreaterThan(100);
  });
});
