import { createReadStream } from 'node:fs';
import { makePlain } from '../store/plainfile.ts';

const LF = 10;

/** Lines by their numbers, from 1. */
export class LineSet {
  /** First and last of each run, in order, no two touching. */
  readonly #runs: (readonly [first: number, last: number])[] = [];

  constructor(runs: Iterable<readonly [first: number, last: number]>) {
    for (const [first, last] of [...runs].sort(([a], [b]) => a - b)) {
      const before = this.#runs.at(-1);
      if (before !== undefined && before[1] + 1 >= first) {
        this.#runs[this.#runs.length - 1] = [before[0], Math.max(before[1], last)];
      } else {
        this.#runs.push([first, last]);
      }
    }
  }

  get isEmpty(): boolean {
    return this.#runs.length === 0;
  }

  /** The lines that are not in the set, as runs; the last one has no end. */
  *others(): Generator<readonly [first: number, last: number]> {
    let from = 1;
    for (const [first, last] of this.#runs) {
      if (from < first) yield [from, first - 1];
      from = last + 1;
    }
    yield [from, Number.POSITIVE_INFINITY];
  }

  /** For ordinals in rising order: the number of the line that comes at that place, from 0, once the set's are left out. */
  linesAt(ordinals: readonly number[]): number[] {
    const others = this.others();
    let [first, last] = [1, 0];
    let before = 0;
    return ordinals.map((ordinal) => {
      while (ordinal - before > last - first) {
        before += last - first + 1;
        [first, last] = others.next().value ?? [Number.NaN, Number.NaN];
      }
      return first + ordinal - before;
    });
  }
}

/** Copies a file of lines without some of them. */
export async function copyWithout(source: string, target: string, lines: LineSet): Promise<void> {
  const file = await makePlain(target);
  try {
    const others = lines.others();
    let [first, last] = others.next().value ?? [1, Number.POSITIVE_INFINITY];
    let line = 1;
    for await (const chunk of createReadStream(source, { highWaterMark: 1 << 20 }) as AsyncIterable<Buffer>) {
      const kept: Buffer[] = [];
      for (let start = 0; start < chunk.length; ) {
        const feed = chunk.indexOf(LF, start);
        const next = feed < 0 ? chunk.length : feed + 1;
        if (line >= first) kept.push(chunk.subarray(start, next));
        start = next;
        if (feed >= 0) line += 1;
        if (line > last) [first, last] = others.next().value ?? [Number.POSITIVE_INFINITY, 0];
      }
      if (kept.length > 0) await file.writeFile(Buffer.concat(kept));
    }
  } finally {
    await file.close();
  }
}
