import { LARGEST_OBJECT } from '../object.ts';
import { DamagedObject } from './damage.ts';

/** In three bytes. */
const LARGEST_COPY = 0xffffff;

/**
 * Rebuilds an object from its base and a delta. Source: gitformat-pack(5), "Deltified representation".
 * @throws DamagedObject
 */
export function applyDelta(base: Uint8Array, delta: Uint8Array): Uint8Array {
  const reader = new DeltaReader(delta);
  if (reader.size() !== base.length) {
    throw new DamagedObject('a delta for a base of another size');
  }
  const length = reader.size();
  // No byte of a delta makes more than one copy. A size that is spelled out too far is no number.
  if (!(length <= Math.min(LARGEST_OBJECT, delta.length * LARGEST_COPY))) {
    throw new DamagedObject('a delta whose result is larger than any object that is read');
  }
  const result = Buffer.allocUnsafe(length);
  let at = 0;
  // A delta has as many parts as it has bytes, or nearly: each is put in its place, and none is kept.
  const put = (part: Uint8Array): void => {
    if (part.length > length - at) {
      throw new DamagedObject('a delta whose result is longer than it says');
    }
    result.set(part, at);
    at += part.length;
  };
  while (!reader.atEnd()) {
    const command = reader.byte();
    if (command === 0) {
      throw new DamagedObject('a delta with a reserved instruction');
    }
    if (command < 0x80) {
      put(reader.take(command));
      continue;
    }
    const offset = reader.number(command, 4);
    const size = reader.number(command >> 4, 3) || 0x10000;
    if (offset + size > base.length) {
      throw new DamagedObject('a delta that copies from beyond its base');
    }
    put(base.subarray(offset, offset + size));
  }
  if (at !== length) {
    throw new DamagedObject('a delta whose result is shorter than it says');
  }
  return result;
}

class DeltaReader {
  private readonly bytes: Uint8Array;
  private at = 0;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
  }

  atEnd(): boolean {
    return this.at === this.bytes.length;
  }

  byte(): number {
    const byte = this.bytes[this.at];
    if (byte === undefined) {
      throw new DamagedObject('a delta that is cut short');
    }
    this.at += 1;
    return byte;
  }

  /** Seven bits a byte, the lowest first. */
  size(): number {
    let size = 0;
    let scale = 1;
    for (let byte = 0x80; byte >= 0x80; scale *= 0x80) {
      byte = this.byte();
      size += (byte & 0x7f) * scale;
    }
    return size;
  }

  /** Little-endian, with only those of its `width` bytes there whose bit is set. */
  number(present: number, width: number): number {
    let number = 0;
    for (let index = 0; index < width; index += 1) {
      if ((present & (1 << index)) !== 0) {
        number += this.byte() * 2 ** (8 * index);
      }
    }
    return number;
  }

  take(length: number): Uint8Array {
    if (this.at + length > this.bytes.length) {
      throw new DamagedObject('a delta that is cut short');
    }
    this.at += length;
    return this.bytes.subarray(this.at - length, this.at);
  }
}
