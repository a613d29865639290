import type { Oid } from '../object.ts';
import type { ReadResult } from '../store.ts';

/** Objects asked for in one go: at first, and at most. */
const FIRST = 32;
const MOST = 512;
/** How many such groups may be under way. */
const ABREAST = 3;
/** How many bytes a group may hold if all its objects are as large as the largest lately. */
const MEMORY = 8 * 1024 * 1024;

/** Looks objects up some way ahead of who consumes them, many in one go, and answers those in the order asked for. */
export async function* readAhead(
  oids: Iterable<Oid>,
  lookUp: (oids: readonly Oid[]) => Promise<readonly ReadResult[]>,
): AsyncGenerator<readonly ReadResult[], void, undefined> {
  const source = oids[Symbol.iterator]();
  const underWay: Promise<readonly ReadResult[]>[] = [];
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
      const next = underWay.shift();
      if (next === undefined) return;
      const results = await next;
      for (const result of results) largest = Math.max(sizeOf(result), largest * 0.99);
      yield results;
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
