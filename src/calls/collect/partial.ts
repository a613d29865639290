import type { Signal } from '../otlp/decode.ts';

const NOUNS: Readonly<Record<Signal, string>> = { traces: 'span', logs: 'log record' };
/** How many problems a sender is told, and how long each may be, in UTF-16 code units. */
const TOLD = 3;
const LENGTH = 200;
const HALF = /[\ud800-\udbff]$/;

/** What was not kept of a request, for its sender; `undefined` where all was. */
export function partialSuccess(
  signal: Signal,
  problems: readonly string[],
): { readonly rejected: number; readonly message: string } | undefined {
  if (problems.length === 0) return undefined;
  const counts = new Map<string, number>();
  for (const problem of problems) counts.set(problem, (counts.get(problem) ?? 0) + 1);
  const told = Array.from(counts)
    .slice(0, TOLD)
    .map(([problem, count]) => (count === 1 ? cut(problem) : `${cut(problem)} (${count} times)`));
  const more = counts.size > TOLD ? [`and ${counts.size - TOLD} more`] : [];
  const count =
    problems.length === 1 ? `1 ${NOUNS[signal]} was` : `${problems.length} ${NOUNS[signal]}s were`;
  const message = `${count} not kept: ${[...told, ...more].join('; ')}`;
  return { rejected: problems.length, message };
}

function cut(text: string): string {
  return text.length <= LENGTH ? text : `${text.slice(0, LENGTH - 1).replace(HALF, '')}…`;
}
