import { expect, test } from 'vitest';
import { hashObject, type Oid } from '../../src/git/object.ts';
import { encodeTree } from '../../src/git/tree.ts';
import { compareRuns } from '../../src/git/treediff.ts';
import { SeenHistory } from '../../src/trail/seenhistory.ts';

const entry = (name: string, digit: string) => ({ mode: '100644', name, oid: digit.repeat(40) as Oid });

function folder(digits: string) {
  const bytes = encodeTree(
    [...digits].map((digit, at) => entry(`file-${at}`, digit)),
    'sha1',
  );
  return { kind: 'tree' as const, bytes, oid: hashObject('sha1', { kind: 'tree', bytes }) };
}

test('how two trees differ is known of those that were read one after the other at one path', () => {
  const seen = new SeenHistory('sha1');
  const [one, two, three] = [folder('111'), folder('121'), folder('1214')];
  for (const tree of [one, two, three]) expect(seen.scanTree('prompts/', tree)?.bytes).toEqual(tree.bytes);
  seen.scanTree('', one);

  const difference = (before: Oid, after: Oid) => {
    const runs = seen.runsBetween(before, after);
    return runs && compareRuns(runs, 'sha1');
  };
  expect(difference(one.oid, two.oid)).toEqual({
    before: [entry('file-1', '1')],
    after: [entry('file-1', '2')],
  });
  expect(difference(two.oid, three.oid)).toEqual({ before: [], after: [entry('file-3', '4')] });
  expect(difference(one.oid, three.oid)).toBeUndefined();
  expect(difference(two.oid, one.oid)).toBeUndefined();
  expect(difference(three.oid, one.oid)).toBeUndefined();
});

test('what is no tree is not one, and is not taken for the tree before the next', () => {
  const seen = new SeenHistory('sha1');
  const [one, two] = [folder('11'), folder('12')];
  const broken = { ...one, bytes: one.bytes.subarray(1), oid: 'f'.repeat(40) as Oid };
  expect(seen.scanTree('', broken)).toBeUndefined();
  seen.scanTree('', one);
  expect(seen.scanTree('', broken)).toBeUndefined();
  seen.scanTree('', two);
  expect(seen.runsBetween(one.oid, two.oid)).toBeDefined();
});

test('trees that have little in common are not kept', () => {
  const seen = new SeenHistory('sha1');
  const [one, two] = [folder('1'.repeat(50)), folder('2'.repeat(50))];
  seen.scanTree('', one);
  expect(seen.scanTree('', two)?.ends).toHaveLength(50);
  expect(seen.runsBetween(one.oid, two.oid)).toBeUndefined();
});
