import type { GitStore } from '../../src/git/store.ts';

/** Counts the objects that commands read, and the commits that they walk through. */
export class Meter {
  read = 0;

  readonly wrap = (store: GitStore): GitStore =>
    new Proxy(store, {
      get: (_, key) => {
        const value: unknown = Reflect.get(store, key, store);
        if (typeof value !== 'function') return value;
        return (...args: unknown[]) => {
          if (key === 'read') this.read += 1;
          const answer: unknown = Reflect.apply(value, store, args);
          return key === 'readMany' || key === 'firstParents' ? this.counting(answer) : answer;
        };
      },
    });

  private async *counting(items: unknown): AsyncGenerator<unknown> {
    for await (const item of items as AsyncIterable<unknown>) {
      this.read += 1;
      yield item;
    }
  }
}
