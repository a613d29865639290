/** What one request takes of the room. */
export interface Claim {
  /** Takes more; false where there is no room for it, and nothing is taken. */
  grow(bytes: number): boolean;
  /** The request is whole and waits for its answer; false where too many do. */
  wait(): boolean;
  /** Gives everything back. */
  release(): void;
}

/** How much the collector may hold at once. */
export class Room {
  readonly #bytes: number;
  readonly #requests: number;
  #heldBytes = 0;
  #waiting = 0;

  constructor(bytes: number, requests: number) {
    this.#bytes = bytes;
    this.#requests = requests;
  }

  /** Whether a request with a body of so many bytes may come in. Takes nothing: a sender that only promises holds no room. */
  admits(bytes: number): boolean {
    return this.#heldBytes + bytes <= this.#bytes && this.#waiting < this.#requests;
  }

  claim(): Claim {
    let held = 0;
    let waits = false;
    return {
      grow: (bytes) => {
        if (this.#heldBytes + bytes > this.#bytes) return false;
        this.#heldBytes += bytes;
        held += bytes;
        return true;
      },
      wait: () => {
        if (this.#waiting >= this.#requests) return false;
        this.#waiting += 1;
        waits = true;
        return true;
      },
      release: () => {
        this.#heldBytes -= held;
        held = 0;
        if (waits) this.#waiting -= 1;
        waits = false;
      },
    };
  }
}
