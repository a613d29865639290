import type { Oid } from '../object.ts';
import type { ReadResult } from '../store.ts';

/** How many reads may be under way, and how many bytes they may hold if all are as large as the largest lately. */
const MOST = 4096;
const FIRST = 64;
const MEMORY = 32 * 1024 * 1024;

/**
 * Looks objects up some way ahead of who consumes them, many in one go, and answers in the order asked for. A source that waits for
 * earlier answers before it gives more ids is never waited for while an answer is at hand.
 */
export async function* readAhead(
  oids: Iterable<Oid> | AsyncIterable<Oid>,
  lookUp: (oid: Oid) => Promise<ReadResult>,
): AsyncGenerator<ReadResult, void, undefined> {
  const source: Source = Symbol.asyncIterator in oids ? new SlowSource(oids) : new QuickSource(oids);
  const underWay: Promise<ReadResult>[] = [];
  let window = FIRST;
  let largest = 0;
  try {
    for (;;) {
      if (underWay.length <= window / 2) {
        source.take(window - underWay.length, (oid) => underWay.push(settled(lookUp(oid))));
      }
      const next = underWay.shift();
      if (next !== undefined) {
        const result = await next;
        largest = Math.max(sizeOf(result), largest * 0.99);
        window = Math.max(1, Math.min(window + 64, MOST, MEMORY / (largest + 1)));
        yield result;
      } else if (source.ended) {
        source.rethrow();
        return;
      } else {
        await source.wait();
      }
    }
  } finally {
    await source.stop();
  }
}

/** Nobody may be listening yet when a lookup fails. */
function settled(lookup: Promise<ReadResult>): Promise<ReadResult> {
  lookup.catch(() => {});
  return lookup;
}

function sizeOf(result: ReadResult): number {
  return result.state === 'present' ? result.object.bytes.length : 0;
}

/** Where ids come from. */
interface Source {
  /** True when no more will come; some may still be there to take. */
  readonly ended: boolean;
  /** Hands over at most `room` ids that are there already. */
  take(room: number, accept: (oid: Oid) => void): void;
  /** Until there is something to take, or the end. */
  wait(): Promise<void>;
  /** Throws what ended the source too early. */
  rethrow(): void;
  stop(): Promise<void>;
}

/** Ids that are at hand. */
class QuickSource implements Source {
  readonly #iterator: Iterator<Oid>;
  ended = false;

  constructor(oids: Iterable<Oid>) {
    this.#iterator = oids[Symbol.iterator]();
  }

  take(room: number, accept: (oid: Oid) => void): void {
    for (let left = room; left > 0 && !this.ended; left--) {
      const next = this.#iterator.next();
      if (next.done) this.ended = true;
      else accept(next.value);
    }
  }

  async wait(): Promise<void> {}

  rethrow(): void {}

  async stop(): Promise<void> {
    if (!this.ended) this.#iterator.return?.();
  }
}

/** Ids that come one by one; the next is asked for as soon as one came and there is room. */
class SlowSource implements Source {
  readonly #iterator: AsyncIterator<Oid>;
  readonly #came: Oid[] = [];
  #room = 0;
  #pulling = false;
  #wake: () => void = () => {};
  #failure: { readonly error: unknown } | undefined;
  ended = false;

  constructor(oids: AsyncIterable<Oid>) {
    this.#iterator = oids[Symbol.asyncIterator]();
  }

  take(room: number, accept: (oid: Oid) => void): void {
    for (const oid of this.#came.splice(0, Math.max(room, 0))) accept(oid);
    this.#room = room;
    if (!this.#pulling) void this.#pull();
  }

  async #pull(): Promise<void> {
    this.#pulling = true;
    while (!this.ended && this.#came.length < this.#room) {
      try {
        const next = await this.#iterator.next();
        if (next.done) this.ended = true;
        else this.#came.push(next.value);
      } catch (error) {
        this.#failure = { error };
        this.ended = true;
      }
      this.#wake();
    }
    this.#pulling = false;
  }

  async wait(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#wake = resolve;
    });
  }

  rethrow(): void {
    if (this.#failure !== undefined) throw this.#failure.error;
  }

  async stop(): Promise<void> {
    this.#room = 0;
    if (!this.ended) await this.#iterator.return?.();
  }
}
