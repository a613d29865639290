/** One step of an alignment: an item of each side, or of one side only. Indices are from 0. */
export interface Aligned {
  readonly before: number | undefined;
  readonly after: number | undefined;
}

/** More pairs than this are not compared: then only items at the same position may become a pair. */
const MAX_PAIRS = 10_000;

/**
 * Pairs items of two lists, in order and without crossings, so that the sum of the pairs' scores is greatest. A score is
 * from 0 (not to be paired) upwards. Items that are left come where they stand, those of the older list first.
 */
export function align(
  before: number,
  after: number,
  score: (before: number, after: number) => number,
): readonly Aligned[] {
  if (before * after > MAX_PAIRS) return byPosition(before, after, score);
  const scores = Array.from({ length: before }, (_, row) =>
    Array.from({ length: after }, (_, column) => score(row, column)),
  );
  const sums = bestSums(scores, before, after);
  const sum = (row: number, column: number): number => sums[row]?.[column] ?? 0;
  const steps: Aligned[] = [];
  let row = 0;
  let column = 0;
  while (row < before || column < after) {
    const gain = scores[row]?.[column] ?? 0;
    if (gain > 0 && sum(row, column) === gain + sum(row + 1, column + 1)) {
      steps.push({ before: row++, after: column++ });
    } else if (row < before && sum(row, column) === sum(row + 1, column)) {
      steps.push({ before: row++, after: undefined });
    } else {
      steps.push({ before: undefined, after: column++ });
    }
  }
  return steps;
}

/** At each place, the greatest sum of scores that the rest of both lists allows. */
function bestSums(
  scores: readonly (readonly number[])[],
  before: number,
  after: number,
): readonly (readonly number[])[] {
  const sums = Array.from({ length: before + 1 }, () => new Array<number>(after + 1).fill(0));
  for (let row = before - 1; row >= 0; row--) {
    const current = sums[row] ?? [];
    const below = sums[row + 1] ?? [];
    for (let column = after - 1; column >= 0; column--) {
      const paired = (scores[row]?.[column] ?? 0) + (below[column + 1] ?? 0);
      current[column] = Math.max(paired, below[column] ?? 0, current[column + 1] ?? 0);
    }
  }
  return sums;
}

function byPosition(
  before: number,
  after: number,
  score: (before: number, after: number) => number,
): readonly Aligned[] {
  return Array.from({ length: Math.max(before, after) }).flatMap((_, index): Aligned[] => {
    if (index < before && index < after && score(index, index) > 0) return [{ before: index, after: index }];
    const steps: Aligned[] = [];
    if (index < before) steps.push({ before: index, after: undefined });
    if (index < after) steps.push({ before: undefined, after: index });
    return steps;
  });
}
