/**
 * What comes in groups, one by one; steps are awaited one after the other. By hand, since each step of an async generator
 * leaves more to be collected than what it answers.
 */
export function oneByOne<T>(groups: AsyncGenerator<readonly T[], void, undefined>): AsyncIterable<T> {
  return { [Symbol.asyncIterator]: () => new OneByOne(groups) };
}

class OneByOne<T> implements AsyncIterator<T, undefined> {
  readonly #groups: AsyncGenerator<readonly T[], void, undefined>;
  #group: Iterator<T> = [].values();

  constructor(groups: AsyncGenerator<readonly T[], void, undefined>) {
    this.#groups = groups;
  }

  next(): Promise<IteratorResult<T, undefined>> {
    const next = this.#group.next();
    return next.done ? this.#nextGroup() : Promise.resolve(next);
  }

  async return(): Promise<IteratorResult<T, undefined>> {
    this.#group = [].values();
    await this.#groups.return();
    return { done: true, value: undefined };
  }

  async #nextGroup(): Promise<IteratorResult<T, undefined>> {
    for (;;) {
      const group = await this.#groups.next();
      if (group.done) return { done: true, value: undefined };
      this.#group = group.value[Symbol.iterator]();
      const next = this.#group.next();
      if (!next.done) return next;
    }
  }
}
