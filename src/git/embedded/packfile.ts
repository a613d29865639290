import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import { inflateSync } from 'node:zlib';
import { NoPlainFile, UNWAITING } from '../files.ts';
import { LARGEST_OBJECT, type NewObject, type ObjectKind } from '../object.ts';
import { DamagedObject } from './damage.ts';
import { applyDelta } from './delta.ts';
import type { PackIndex } from './packindex.ts';

const KINDS: Readonly<Record<number, ObjectKind>> = { 1: 'commit', 2: 'tree', 3: 'blob', 4: 'tag' };
const OFS_DELTA = 6;
const REF_DELTA = 7;

/** Neighbours are mostly asked for together, so the file is read in large pieces and the last few are kept. */
const CHUNK = 1 << 18;
const CHUNKS_KEPT = 8;
/** Delta bases kept: most chains share theirs. */
const BASES_KEPT = 64;
const LARGEST_KEPT_BASE = 1 << 16;

/** One entry as it lies in the pack: a whole object, or a delta on the one at `base`, which stays deflated until it is asked for. */
type Entry =
  | { readonly whole: true; readonly object: NewObject }
  | { readonly whole: false; readonly base: number; readonly delta: () => Uint8Array };

/**
 * Reads single objects from a pack. isomorphic-git refuses a whole pack for one damaged byte, holds all of it in
 * memory and unfolds every delta chain anew; an auditor needs the sound objects of a damaged pack.
 * Source: gitformat-pack(5).
 */
export class PackFile {
  private readonly path: string;
  private readonly index: PackIndex;
  private readonly chunks = new Map<number, Promise<Buffer>>();
  private readonly bases = new Map<number, NewObject>();

  constructor(path: string, index: PackIndex) {
    this.path = path;
    this.index = index;
  }

  /** @throws DamagedObject; the system's error where the file cannot be read */
  async read(offset: number): Promise<NewObject> {
    // A chain may be long: one delta of it at a time is inflated.
    const deltas: { readonly offset: number; readonly delta: () => Uint8Array }[] = [];
    const seen = new Set<number>();
    let at = offset;
    let object = this.bases.get(at);
    while (object === undefined) {
      if (seen.has(at)) {
        throw new DamagedObject('a delta that rests on itself');
      }
      seen.add(at);
      const entry = await this.entry(at);
      if (entry.whole) {
        object = entry.object;
        break;
      }
      deltas.push({ offset: at, delta: entry.delta });
      at = entry.base;
      object = this.bases.get(at);
    }
    for (const { offset: resultAt, delta } of deltas.reverse()) {
      this.keep(at, object);
      object = { kind: object.kind, bytes: applyDelta(object.bytes, delta()) };
      at = resultAt;
    }
    return object;
  }

  private keep(offset: number, object: NewObject): void {
    if (object.bytes.length > LARGEST_KEPT_BASE) {
      return;
    }
    this.bases.delete(offset);
    this.bases.set(offset, object);
    for (const oldest of this.bases.keys()) {
      if (this.bases.size <= BASES_KEPT) {
        break;
      }
      this.bases.delete(oldest);
    }
  }

  private async entry(offset: number): Promise<Entry> {
    const bytes = await this.bytesAt(offset);
    let at = 0;
    const next = (): number => {
      const byte = bytes[at];
      if (byte === undefined) {
        throw new DamagedObject('a pack entry that is cut short');
      }
      at += 1;
      return byte;
    };
    const first = next();
    const type = (first >> 4) & 7;
    let size = first & 0x0f;
    for (let byte = first, scale = 0x10; byte >= 0x80; scale *= 0x80) {
      byte = next();
      size += (byte & 0x7f) * scale;
    }
    const kind = KINDS[type];
    if (kind !== undefined) {
      return { whole: true, object: { kind, bytes: inflateExactly(bytes.subarray(at), size) } };
    }
    let base: number | undefined;
    if (type === OFS_DELTA) {
      base = offset - distance(next);
    } else if (type === REF_DELTA) {
      base = this.index.find(bytes.subarray(at, at + 20));
      at += 20;
    }
    if (base === undefined || base < 0) {
      throw new DamagedObject('a pack entry of no known type, or without its base');
    }
    return { whole: false, base, delta: () => inflateExactly(bytes.subarray(at), size) };
  }

  /** From an entry's first byte to its neighbour's. */
  private async bytesAt(offset: number): Promise<Buffer> {
    const end = this.index.next(offset);
    const number = Math.floor(offset / CHUNK);
    const from = offset - number * CHUNK;
    const upTo = end === undefined ? undefined : end - number * CHUNK;
    const chunk = await this.chunk(number);
    if (upTo !== undefined ? upTo <= chunk.length : chunk.length < CHUNK) {
      return chunk.subarray(from, upTo);
    }
    return readRange(this.path, offset, end);
  }

  private chunk(number: number): Promise<Buffer> {
    let chunk = this.chunks.get(number);
    if (chunk === undefined) {
      chunk = readRange(this.path, number * CHUNK, (number + 1) * CHUNK);
      chunk.catch(() => this.chunks.delete(number));
    }
    this.chunks.delete(number);
    this.chunks.set(number, chunk);
    for (const oldest of this.chunks.keys()) {
      if (this.chunks.size <= CHUNKS_KEPT) {
        break;
      }
      this.chunks.delete(oldest);
    }
    return chunk;
  }
}

/** How far before an entry its base begins: big-endian, each step but the last one more than its bits say. */
function distance(next: () => number): number {
  let byte = next();
  let value = byte & 0x7f;
  while (byte >= 0x80) {
    byte = next();
    value = (value + 1) * 0x80 + (byte & 0x7f);
  }
  return value;
}

/** @throws DamagedObject where the stream is broken, or does not hold exactly `size` bytes */
function inflateExactly(bytes: Uint8Array, size: number): Uint8Array {
  if (size > LARGEST_OBJECT) throw new DamagedObject('a pack entry larger than any that is read');
  let inflated: Buffer;
  try {
    const chunkSize = Math.min(Math.max(size + 1, 64), CHUNK);
    inflated = inflateSync(bytes, { maxOutputLength: Math.max(size, 1), chunkSize });
  } catch {
    throw new DamagedObject('a pack entry that does not inflate');
  }
  if (inflated.length !== size) {
    throw new DamagedObject('a pack entry of another size than it says');
  }
  return inflated;
}

/** The bytes from `start` to `end`, or to the end of the file where that comes first or none is given. */
async function readRange(path: string, start: number, end: number | undefined): Promise<Buffer> {
  const handle = await open(path, constants.O_RDONLY | UNWAITING);
  try {
    const found = await handle.stat();
    if (!found.isFile()) {
      throw new NoPlainFile(path, found);
    }
    const { size } = found;
    const length = Math.max(0, Math.min(end ?? size, size) - start);
    const { buffer, bytesRead } = await handle.read(Buffer.allocUnsafe(length), 0, length, start);
    return buffer.subarray(0, bytesRead);
  } finally {
    await handle.close();
  }
}
