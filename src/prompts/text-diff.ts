import { align } from './align.ts';
import type { DiffLine, DiffRun } from './model.ts';
import { diffHunks, diffSequence, type EditBudget, type Hunk } from './sequence-diff.ts';
import { bagOf, likeness, wordsOf } from './words.ts';

/** Lines that share less than this of their words are shown as one removed and one added, not word by word. */
const LEAST_LIKENESS = 0.4;

/** Two texts line by line, and changed lines word by word. A newline at the end does not make another line. */
export function diffText(before: string, after: string, budget: EditBudget): readonly DiffLine[] {
  const [oldLines, newLines] = [linesOf(before), linesOf(after)];
  return diffHunks(oldLines, newLines, budget).flatMap((hunk) => [
    ...changedLines(oldLines, newLines, hunk, budget),
    ...Array.from({ length: hunk.same }, (_, index) => {
      const [row, column] = [hunk.oldStart + hunk.removed + index, hunk.newStart + hunk.added + index];
      return wholeLine('same', oldLines[row] ?? '', row + 1, column + 1);
    }),
  ]);
}

/** The lines of a text, without the empty one behind a newline at the end; an empty text has none. */
function linesOf(text: string): readonly string[] {
  if (text === '') return [];
  return (text.endsWith('\n') ? text.slice(0, -1) : text).split('\n');
}

function changedLines(
  oldLines: readonly string[],
  newLines: readonly string[],
  { oldStart, removed, newStart, added }: Hunk,
  budget: EditBudget,
): readonly DiffLine[] {
  const oldBags = oldLines.slice(oldStart, oldStart + removed).map((line) => bagOf(wordsOf(line)));
  const newBags = newLines.slice(newStart, newStart + added).map((line) => bagOf(wordsOf(line)));
  const steps = align(removed, added, (row, column) => {
    const [one, other] = [oldBags[row], newBags[column]];
    const score = one === undefined || other === undefined ? 0 : likeness(one, other);
    return score < LEAST_LIKENESS ? 0 : score;
  });
  return steps.map((step): DiffLine => {
    const [row, column] = [oldStart + (step.before ?? 0), newStart + (step.after ?? 0)];
    const [went, came] = [oldLines[row] ?? '', newLines[column] ?? ''];
    if (step.after === undefined) return wholeLine('removed', went, row + 1, undefined);
    if (step.before === undefined) return wholeLine('added', came, undefined, column + 1);
    return { kind: 'changed', before: row + 1, after: column + 1, runs: diffWords(went, came, budget) };
  });
}

function wholeLine(
  kind: DiffRun['kind'],
  text: string,
  before: number | undefined,
  after: number | undefined,
): DiffLine {
  return { kind, before, after, runs: text === '' ? [] : [{ kind, text }] };
}

/** White space alone between two changes is taken into them: what reads as one replacement is shown as one. */
function diffWords(before: string, after: string, budget: EditBudget): readonly DiffRun[] {
  const stretches = diffSequence(wordsOf(before), wordsOf(after), budget);
  const runs: DiffRun[] = [];
  let [removed, added] = ['', ''];
  stretches.forEach(({ kind, items }, index) => {
    const text = items.join('');
    const isGap = text.trim() === '' && index > 0 && index < stretches.length - 1;
    if (kind !== 'added' && (kind === 'removed' || isGap)) removed += text;
    if (kind !== 'removed' && (kind === 'added' || isGap)) added += text;
    if (kind !== 'same' || isGap) return;
    runs.push(...replacement(removed, added), { kind, text });
    [removed, added] = ['', ''];
  });
  return [...runs, ...replacement(removed, added)];
}

function replacement(removed: string, added: string): readonly DiffRun[] {
  const runs: readonly DiffRun[] = [
    { kind: 'removed', text: removed },
    { kind: 'added', text: added },
  ];
  return runs.filter((run) => run.text !== '');
}
