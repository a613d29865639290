import fc from 'fast-check';
import { expect, test } from 'vitest';
import { diffHunks, diffSequence, EditBudget } from '../../src/prompts/sequence-diff.ts';

const items = fc.array(fc.constantFrom('a', 'b', 'c', ''), { maxLength: 12 });

function pieces(before: string, after: string, budget = new EditBudget(100)): readonly string[] {
  return diffSequence([...before], [...after], budget).map(
    ({ kind, items: some }) => `${kind} ${some.join('')}`,
  );
}

test('the shortest way', () => {
  expect(pieces('abcde', 'abXde')).toEqual(['same ab', 'removed c', 'added X', 'same de']);
  expect(pieces('ab', 'ab')).toEqual(['same ab']);
  expect(pieces('', '')).toEqual([]);
});

test('where the budget is used up, the middle that differs is replaced whole', () => {
  const budget = new EditBudget(4);
  expect(pieces('axbycz', 'AxByCz', budget)).toEqual(['removed axbyc', 'added AxByC', 'same z']);
  expect(pieces('axb', 'AxB', budget)).toEqual(['removed axb', 'added AxB']);
  expect(pieces('axb', 'AxB')).toEqual(['removed a', 'added A', 'same x', 'removed b', 'added B']);
});

test('what a comparison found is taken from the budget', () => {
  const budget = new EditBudget(6);
  expect(pieces('axb', 'AxB', budget)).toHaveLength(5);
  expect(budget.next).toBe(2);
});

test('stretches are both lists, and hunks say the same', () => {
  fc.assert(
    fc.property(items, items, fc.nat(20), (before, after, edits) => {
      const stretches = diffSequence(before, after, new EditBudget(edits));
      expect(stretches.flatMap(({ kind, items: some }) => (kind === 'added' ? [] : some))).toEqual(before);
      expect(stretches.flatMap(({ kind, items: some }) => (kind === 'removed' ? [] : some))).toEqual(after);
      let [oldEnd, newEnd] = [0, 0];
      for (const { oldStart, removed, newStart, added, same } of diffHunks(
        before,
        after,
        new EditBudget(edits),
      )) {
        expect([oldStart, newStart]).toEqual([oldEnd, newEnd]);
        const [oldSame, newSame] = [oldStart + removed, newStart + added];
        [oldEnd, newEnd] = [oldSame + same, newSame + same];
        expect(before.slice(oldSame, oldEnd)).toEqual(after.slice(newSame, newEnd));
      }
      expect([oldEnd, newEnd]).toEqual([before.length, after.length]);
    }),
  );
});
