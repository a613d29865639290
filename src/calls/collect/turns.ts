/** How many bytes of bodies may be records in memory at once; more wait, in the order they came. */
export class Turns {
  readonly #bytes: number;
  readonly #waiting: { readonly size: number; readonly begin: () => void }[] = [];
  #held = 0;

  constructor(bytes: number) {
    this.#bytes = bytes;
  }

  /** Resolves once there is room for so many bytes, all of it for more than there is; then `end` is called once. */
  take(bytes: number): Promise<{ readonly end: () => void }> {
    const size = Math.min(bytes, this.#bytes);
    const turn = { end: () => this.#end(size) };
    return new Promise((resolve) => {
      this.#waiting.push({ size, begin: () => resolve(turn) });
      this.#next();
    });
  }

  #end(size: number): void {
    this.#held -= size;
    this.#next();
  }

  #next(): void {
    for (let first = this.#waiting[0]; first !== undefined; first = this.#waiting[0]) {
      if (this.#held + first.size > this.#bytes) return;
      this.#waiting.shift();
      this.#held += first.size;
      first.begin();
    }
  }
}
