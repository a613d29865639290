import { DamagedObject } from './damage.ts';

const MAGIC = 0xff744f63;
/** Magic and version, which version 1 has not: it begins with the fan-out. */
const HEADER = 8;
const FANOUT = 256 * 4;
/** Two SHA-1 checksums. */
const TRAILER = 40;

/** A pack's `.idx`, version 1 or 2, for SHA-1. Source: gitformat-pack(5), "Version 1 (original) pack-*.idx files" and "Version 2 pack-*.idx files". */
export class PackIndex {
  readonly count: number;
  private readonly bytes: Buffer;
  /** Where the fan-out begins. */
  private readonly header: number;
  /** From one id to the next, and what stands before the first: version 1 has each offset before its id. */
  private readonly stride: number;
  private readonly lead: number;
  private sorted: Float64Array | undefined;

  /** @throws DamagedObject where these are not the bytes of an index */
  constructor(bytes: Buffer) {
    this.bytes = bytes;
    const original = bytes.length >= 4 && bytes.readUInt32BE(0) !== MAGIC;
    this.header = original ? 0 : HEADER;
    this.stride = original ? 24 : 20;
    this.lead = original ? 4 : 0;
    if (bytes.length < this.header + FANOUT + TRAILER || (!original && bytes.readUInt32BE(4) !== 2)) {
      throw new DamagedObject('not a pack index of version 1 or 2');
    }
    this.count = this.fanout(255);
    let before = 0;
    for (let byte = 0; byte < 256; byte += 1) {
      if (this.fanout(byte) < before) {
        throw new DamagedObject('a pack index whose fan-out goes down');
      }
      before = this.fanout(byte);
    }
    if (bytes.length < this.header + FANOUT + this.count * (original ? 24 : 28) + TRAILER) {
      throw new DamagedObject('a pack index that is cut short');
    }
  }

  /** Number of ids whose first byte is at most `byte`; none for -1. */
  private fanout(byte: number): number {
    return byte < 0 ? 0 : this.bytes.readUInt32BE(this.header + byte * 4);
  }

  private idAt(row: number): Buffer {
    const start = this.header + FANOUT + row * this.stride + this.lead;
    return this.bytes.subarray(start, start + 20);
  }

  /** The first row whose id is not less than `id`. */
  private lowerBound(id: Buffer): number {
    const first = id[0] ?? 0;
    let low = this.fanout(first - 1);
    let high = this.fanout(first);
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.idAt(middle).compare(id) < 0) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return low;
  }

  /** Where an object lies in the pack; `undefined` where it is in none of its rows. */
  find(id: Buffer): number | undefined {
    const row = this.lowerBound(id);
    return row < this.count && this.idAt(row).equals(id) ? this.offsetAt(row) : undefined;
  }

  /** All ids that begin with these hex digits (an odd number of them included). */
  *withPrefix(prefix: string): Iterable<string> {
    for (let row = this.lowerBound(Buffer.from(prefix.padEnd(40, '0'), 'hex')); row < this.count; row += 1) {
      const id = this.idAt(row).toString('hex');
      if (!id.startsWith(prefix)) {
        return;
      }
      yield id;
    }
  }

  private offsetAt(row: number): number {
    if (this.header === 0) {
      return this.bytes.readUInt32BE(FANOUT + row * this.stride);
    }
    const offsets = HEADER + FANOUT + this.count * 24;
    const offset = this.bytes.readUInt32BE(offsets + row * 4);
    if (offset < 0x80000000) {
      return offset;
    }
    const at = offsets + this.count * 4 + (offset - 0x80000000) * 8;
    if (at + 8 > this.bytes.length - TRAILER) {
      throw new DamagedObject('a pack index with an offset outside its table');
    }
    return Number(this.bytes.readBigUInt64BE(at));
  }

  /** Where the entry after the one at `offset` begins; `undefined` for the last one. */
  next(offset: number): number | undefined {
    if (this.sorted === undefined) {
      this.sorted = Float64Array.from({ length: this.count }, (_, row) => this.offsetAt(row)).sort();
    }
    let low = 0;
    let high = this.count;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.sorted[middle] ?? 0) <= offset) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return this.sorted[low];
  }
}
