import { diffHunks, EditBudget } from './sequence-diff.ts';

/** One version of a prompt file. */
export interface VersionText {
  readonly number: number;
  readonly text: string;
}

/** A line of the newest version (without its newline), and the number of the version that brought it. */
export interface BlamedLine {
  readonly line: string;
  readonly version: number;
}

/** Edits that may be searched for between one version and the next. */
const EDITS = 1000;

/**
 * Which version brought each line of the last one. `versions` are in order, oldest first. A line that went and came back
 * belongs to the version that brought it back. Where two versions differ by more than a thousand lines, the whole
 * stretch that differs belongs to the later one.
 */
export function blameLines(versions: readonly VersionText[]): readonly BlamedLine[] {
  let blamed: readonly BlamedLine[] = [];
  for (const { number, text } of versions) {
    const lines = linesOfFile(text);
    const older = blamed;
    const hunks = diffHunks(
      older.map(({ line }) => line),
      lines,
      new EditBudget(EDITS),
    );
    blamed = hunks.flatMap(({ oldStart, removed, newStart, added, same }) => [
      ...lines.slice(newStart, newStart + added).map((line) => ({ line, version: number })),
      ...older.slice(oldStart + removed, oldStart + removed + same),
    ]);
  }
  return blamed;
}

/** A newline at the end of a file ends its last line. */
function linesOfFile(text: string): readonly string[] {
  if (text === '') return [];
  return text.replace(/\r?\n$/, '').split(/\r?\n/);
}
