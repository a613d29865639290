/** A line that is longer is not read: the largest record is far smaller, and one with all that was said rarely so large. */
const LONGEST = 8 << 20;

/** One line of a file of JSON lines. */
export interface Line {
  /** From 1. */
  readonly number: number;
  /** Without its line end; `undefined` where it is too long to be read. */
  readonly text: string | undefined;
}

/** The lines of a stream that are not blank. */
export async function* linesOf(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Line> {
  const decoder = new TextDecoder();
  let number = 0;
  let rest = '';
  let skipping = false;
  const take = function* (line: string): Generator<Line> {
    number += 1;
    if (skipping || line.length > LONGEST) yield { number, text: undefined };
    else if (line.trim() !== '') yield { number, text: line };
    skipping = false;
  };
  for await (const chunk of chunks) {
    const pieces = (rest + decoder.decode(chunk, { stream: true })).split('\n');
    rest = pieces.pop() ?? '';
    for (const line of pieces) yield* take(line);
    if (rest.length <= LONGEST) continue;
    skipping = true;
    rest = '';
  }
  rest += decoder.decode();
  if (rest !== '' || skipping) yield* take(rest);
}
