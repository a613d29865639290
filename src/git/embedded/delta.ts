import { LARGEST_OBJECT } from '../object.ts';
import { DamagedObject } from './damage.ts';

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
  if (length > LARGEST_OBJECT) {
    throw new DamagedObject('a delta whose result is larger than any object that is read');
  }
  const parts: Uint8Array[] = [];
  while (!reader.atEnd()) {
    const command = reader.byte();
    if (command === 0) {
      throw new DamagedObject('a delta with a reserved instruction');
    }
    if (command < 0x80) {
      parts.push(reader.take(command));
      continue;
    }
    const offset = reader.number(command, 4);
    const size = reader.number(command >> 4, 3) || 0x10000;
    if (offset + size > base.length) {
      throw new DamagedObject('a delta that copies from beyond its base');
    }
    parts.push(base.subarray(offset, offset + size));
  }
  const total = parts.reduce((sum, part) => sum + part.length, 0);
  if (total !== length) {
    throw new DamagedObject('a delta whose result has another size');
  }
  return Buffer.concat(parts, total);
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
