/** Bytes of a needle that are looked for first; what is shorter is no needle. */
const WINDOW = 24;
/** Of a needle; no more of it is compared. */
const LONGEST = 256;
const BASE = 257;
const FILTER_BITS = 20;
/** BASE ** (WINDOW - 1), modulo 2 ** 32. */
const LEADING = Array.from({ length: WINDOW - 1 }).reduce<number>((power) => Math.imul(power, BASE), 1);

/** Finds any of many byte strings in one pass: Karp and Rabin's rolling hash, modulo 2 ** 32. */
export class Needles {
  readonly #byHash = new Map<number, Buffer[]>();
  /** Whether any needle's hash has these low bits. */
  readonly #filter = new Uint8Array(1 << FILTER_BITS);

  /** What is longer than 256 bytes is looked for by its first 256; what is shorter than 24 would be found by chance, and is left out. */
  add(bytes: Buffer): void {
    if (bytes.length < WINDOW) return;
    const needle = Buffer.from(bytes.subarray(0, LONGEST));
    const hash = hashOf(needle);
    const same = this.#byHash.get(hash) ?? [];
    if (same.some((one) => one.equals(needle))) return;
    this.#byHash.set(hash, [...same, needle]);
    this.#filter[hash & (this.#filter.length - 1)] = 1;
  }

  /** Whether one of them is in there. @param chunks follow each other */
  async isIn(chunks: AsyncIterable<Buffer>): Promise<boolean> {
    let carried: Buffer = Buffer.alloc(0);
    for await (const chunk of chunks) {
      const bytes = carried.length === 0 ? chunk : Buffer.concat([carried, chunk]);
      if (this.#isInBytes(bytes)) return true;
      carried = Buffer.from(bytes.subarray(Math.max(0, bytes.length - LONGEST + 1)));
    }
    return false;
  }

  #isInBytes(bytes: Buffer): boolean {
    if (this.#byHash.size === 0 || bytes.length < WINDOW) return false;
    const mask = this.#filter.length - 1;
    let hash = hashOf(bytes);
    for (let end = WINDOW; ; end += 1) {
      if (this.#filter[hash & mask] === 1 && this.#isAt(bytes, end - WINDOW, hash)) return true;
      if (end === bytes.length) return false;
      const leaving = Math.imul(bytes[end - WINDOW] ?? 0, LEADING);
      hash = (Math.imul(hash - leaving, BASE) + (bytes[end] ?? 0)) | 0;
    }
  }

  #isAt(bytes: Buffer, start: number, hash: number): boolean {
    const needles = this.#byHash.get(hash) ?? [];
    return needles.some((needle) => bytes.subarray(start, start + needle.length).equals(needle));
  }
}

function hashOf(bytes: Buffer): number {
  let hash = 0;
  for (let at = 0; at < WINDOW; at += 1) hash = (Math.imul(hash, BASE) + (bytes[at] ?? 0)) | 0;
  return hash;
}
