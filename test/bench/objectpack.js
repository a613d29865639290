import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { open, readFile } from 'node:fs/promises';
import { deflateSync } from 'node:zlib';

/** @typedef {import('../../src/git/object.ts').NewObject} NewObject */

const TYPES = { commit: 1, tree: 2, blob: 3, tag: 4 };
const OFS_DELTA = 6;
/** git's own limit (`pack.depth`). */
const DEEPEST = 50;
const HEADER_BYTES = 12;

/**
 * Writes a pack as it grows, version 2, to a file. Objects that are given the same `line` are versions of one another and
 * become deltas, as git would make them: a registry is mostly trees that differ in one entry.
 * Source: gitformat-pack(5).
 */
export class ObjectPack {
  #file;
  #out;
  #offset = HEADER_BYTES;
  #count = 0;
  /** @type {Map<string, { bytes: Uint8Array, offset: number, depth: number }>} */
  #lines = new Map();

  /** @param {string} file */
  constructor(file) {
    this.#file = file;
    this.#out = createWriteStream(file);
    this.#out.write(Buffer.alloc(HEADER_BYTES));
  }

  /**
   * @param {NewObject} object its bytes may be reused by the caller afterwards
   * @param {string} [line]
   */
  add({ kind, bytes }, line) {
    const base = line === undefined ? undefined : this.#lines.get(line);
    const delta = base && base.depth < DEEPEST ? deltaBetween(base.bytes, bytes) : undefined;
    const saves = delta !== undefined && delta.length < bytes.length / 2;
    const offset = this.#offset;
    if (saves) {
      this.#write(
        entryHeader(OFS_DELTA, delta.length),
        distance(offset - base.offset),
        deflateSync(delta, { level: 1 }),
      );
    } else {
      this.#write(entryHeader(TYPES[kind], bytes.length), deflateSync(bytes, { level: 1 }));
    }
    this.#count += 1;
    const depth = saves ? base.depth + 1 : 0;
    if (line !== undefined) this.#lines.set(line, { bytes: Buffer.from(bytes), offset, depth });
  }

  #write(...parts) {
    for (const part of parts) {
      this.#offset += part.length;
      this.#out.write(part);
    }
  }

  /** Waits until what was written is no longer in memory. */
  async drain() {
    if (this.#out.writableNeedDrain) await once(this.#out, 'drain');
  }

  /** Completes the file: the count at its beginning, the checksum at its end. */
  async close() {
    this.#out.end();
    await once(this.#out, 'close');
    const header = Buffer.alloc(HEADER_BYTES);
    header.write('PACK');
    header.writeUInt32BE(2, 4);
    header.writeUInt32BE(this.#count, 8);
    const handle = await open(this.#file, 'r+');
    await handle.write(header, 0, HEADER_BYTES, 0);
    const checksum = createHash('sha1')
      .update(await readFile(this.#file))
      .digest();
    await handle.write(checksum, 0, checksum.length, this.#offset);
    await handle.close();
  }
}

/** Type and size: three bits and four, then seven bits of size a byte, the lowest first. */
function entryHeader(type, size) {
  const rest = varint(Math.floor(size / 16));
  const first = (type << 4) | (size & 0x0f);
  return size < 16 ? Buffer.from([first]) : Buffer.from([first | 0x80, ...rest]);
}

/** Seven bits a byte, the lowest first. */
function varint(value) {
  const bytes = [];
  let rest = value;
  for (; rest > 127; rest = Math.floor(rest / 128)) bytes.push((rest & 0x7f) | 0x80);
  return [...bytes, rest];
}

/** How far back the base is: seven bits a byte, the highest first, each further byte counting from one more. */
function distance(value) {
  const bytes = [value & 0x7f];
  for (let rest = Math.floor(value / 128); rest > 0; rest = Math.floor(rest / 128)) {
    rest -= 1;
    bytes.unshift((rest & 0x7f) | 0x80);
  }
  return Buffer.from(bytes);
}

/** What is the same at both ends is copied, what is between is given. */
function deltaBetween(before, after) {
  const most = Math.min(before.length, after.length);
  let start = 0;
  while (start < most && before[start] === after[start]) start += 1;
  let end = 0;
  while (end < most - start && before[before.length - 1 - end] === after[after.length - 1 - end]) end += 1;
  const parts = [Buffer.from([...varint(before.length), ...varint(after.length)]), ...copies(0, start)];
  for (let at = start; at < after.length - end; at += 127) {
    const piece = after.subarray(at, Math.min(at + 127, after.length - end));
    parts.push(Buffer.from([piece.length]), piece);
  }
  return Buffer.concat([...parts, ...copies(before.length - end, end)]);
}

/** Copy instructions with a four-byte offset and a two-byte size. */
function copies(from, length) {
  const found = [];
  for (let done = 0; done < length; ) {
    const size = Math.min(length - done, 0xffff);
    const instruction = Buffer.alloc(7);
    instruction[0] = 0x80 | 0x0f | 0x30;
    instruction.writeUInt32LE(from + done, 1);
    instruction.writeUInt16LE(size, 5);
    found.push(instruction);
    done += size;
  }
  return found;
}
