import type { Oid } from '../object.ts';
import type { ReadResult } from '../store.ts';

/** Objects asked for in one go: at first, and at most. */
const FIRST = 32;
const MOST = 512;
/** How many such groups may be under way. */
const ABREAST = 3;
/** How many bytes a group may hold if all its objects are as large as the largest lately. */
const MEMORY = 8 * 1024 * 1024;

/** The first of some objects that were looked up, and the others where all at once would be too much to hold. */
export interface Found {
  readonly results: readonly ReadResult[];
  readonly rest: (() => Promise<Found>) | undefined;
}

/** Looks objects up some way ahead of who consumes them, many in one go, and answers those in the order asked for. */
export async function* readAhead(
  oids: Iterable<Oid>,
  lookUp: (oids: readonly Oid[]) => Promise<Found>,
): AsyncGenerator<readonly ReadResult[], void, undefined> {
  const source = oids[Symbol.iterator]();
  const underWay: Promise<Found>[] = [];
  let size = FIRST;
  let largest = 0;
  let ended = false;
  try {
    for (;;) {
      while (!ended && underWay.length < ABREAST) {
        const group = take(source, size);
        ended = group.length < size;
        if (group.length > 0) underWay.push(heard(lookUp(group)));
      }
      if (underWay.length === 0) return;
      // Whatever held on to the first of them would hold on to all.
      for (let found = await underWay.shift(); found !== undefined; found = await found.rest?.()) {
        for (const result of found.results) largest = Math.max(sizeOf(result), largest * 0.99);
        yield found.results;
      }
      size = Math.max(1, Math.min(2 * size, MOST, Math.floor(MEMORY / (largest + 1))));
    }
  } finally {
    if (!ended) source.return?.();
  }
}

function take(source: Iterator<Oid>, count: number): readonly Oid[] {
  const taken: Oid[] = [];
  while (taken.length < count) {
    const next = source.next();
    if (next.done) break;
    taken.push(next.value);
  }
  return taken;
}

/** Nobody may be listening yet when a lookup fails. */
function heard<T>(promise: Promise<T>): Promise<T> {
  promise.catch(() => {});
  return promise;
}

function sizeOf(result: ReadResult): number {
  return result.state === 'present' ? result.object.bytes.length : 0;
}
