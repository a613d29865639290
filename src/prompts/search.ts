import { createContext, Script } from 'node:vm';
import { Failure } from '../failure.ts';

export interface SearchPattern {
  readonly kind: 'text' | 'regex';
  readonly value: string;
  readonly ignoreCase: boolean;
}

export interface SearchMatch {
  /** 1-based. */
  readonly line: number;
  /** 1-based, in UTF-16 code units. */
  readonly column: number;
  /** In UTF-16 code units; at least 1. */
  readonly length: number;
  /** The whole line, without its newline. */
  readonly text: string;
}

/** How long one text may be searched with a regular expression. */
const TIMEOUT_MS = 2000;

/**
 * Where a pattern occurs in a text, line by line: `^` and `$` are a line's ends, and nothing matches across lines. Empty
 * matches do not count. A regular expression is JavaScript's, with the `u` flag; one that backtracks for more than two
 * seconds is stopped.
 * @throws Failure for an empty pattern, an invalid regular expression, or one that takes too long.
 */
export function searchText(text: string, pattern: SearchPattern): readonly SearchMatch[] {
  const expression = compile(pattern);
  if (pattern.kind === 'text') return searchLines(text, expression);
  return withinTime(pattern, () => searchLines(text, expression));
}

function compile({ kind, value, ignoreCase }: SearchPattern): RegExp {
  if (value === '') throw new Failure('there is nothing to search for: give a pattern');
  const source = kind === 'text' ? value.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&') : value;
  try {
    return new RegExp(source, ignoreCase ? 'giu' : 'gu');
  } catch (error) {
    const why = error instanceof Error ? error.message.replace(/^.*: /, '') : 'invalid';
    throw new Failure(
      `${JSON.stringify(value)} is no regular expression (${why}): mend it, or search for plain text`,
    );
  }
}

function searchLines(text: string, expression: RegExp): readonly SearchMatch[] {
  return text
    .split(/\r?\n/)
    .flatMap((line, index) =>
      [...line.matchAll(expression)]
        .filter((match) => match[0] !== '')
        .map((match) => ({ line: index + 1, column: match.index + 1, length: match[0].length, text: line })),
    );
}

/** The virtual machine's watchdog ends even a search that never leaves the regular expression engine. */
function withinTime<Result>(pattern: SearchPattern, search: () => Result): Result {
  const results: Result[] = [];
  const context = createContext({ search: () => results.push(search()) });
  try {
    new Script('search()').runInContext(context, { timeout: TIMEOUT_MS });
  } catch (error) {
    if (!isTimeout(error)) throw error;
  }
  const [result] = results;
  if (result === undefined) {
    const advice = 'avoid nested repetition such as (a+)+';
    throw new Failure(
      `${JSON.stringify(pattern.value)} took more than ${TIMEOUT_MS / 1000} seconds on one text: ${advice}`,
    );
  }
  return result;
}

/** The error is of another realm, where `instanceof` does not reach. */
function isTimeout(error: unknown): boolean {
  return (
    typeof error === 'object' &&
    error !== null &&
    'code' in error &&
    error.code === 'ERR_SCRIPT_EXECUTION_TIMEOUT'
  );
}
