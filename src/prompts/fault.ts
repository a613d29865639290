import type { PromptProblem } from './model.ts';

/** A problem before its place is known as a line: `offset` counts UTF-16 code units from the start of the file. */
export interface Fault {
  readonly offset: number;
  readonly severity: PromptProblem['severity'];
  readonly code: string;
  readonly message: string;
}

/** Faults as problems with lines and columns, in the order of the file. */
export function placeFaults(faults: readonly Fault[], text: string, path: string): readonly PromptProblem[] {
  const starts = lineStarts(text);
  return faults
    .toSorted((one, other) => one.offset - other.offset)
    .map(({ offset, severity, code, message }) => {
      const line = lastAtMost(starts, offset);
      return { path, line: line + 1, column: offset - (starts[line] ?? 0) + 1, severity, code, message };
    });
}

function lineStarts(text: string): readonly number[] {
  const starts = [0];
  for (let newline = text.indexOf('\n'); newline !== -1; newline = text.indexOf('\n', newline + 1)) {
    starts.push(newline + 1);
  }
  return starts;
}

/** Index of the last of the ascending numbers that is not greater than `limit`; 0 where all are. */
function lastAtMost(numbers: readonly number[], limit: number): number {
  let low = 0;
  let high = numbers.length - 1;
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if ((numbers[middle] ?? 0) <= limit) low = middle;
    else high = middle - 1;
  }
  return low;
}
