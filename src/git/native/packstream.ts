import { Buffer } from 'node:buffer';
import { createHash } from 'node:crypto';
import { deflateSync } from 'node:zlib';
import type { NewObject, ObjectFormat, ObjectKind } from '../object.ts';

const TYPES = { commit: 1, tree: 2, blob: 3, tag: 4 } as const satisfies Record<ObjectKind, number>;

/** Objects as a pack without deltas, version 2. Source: gitformat-pack(5), "pack-*.pack files have the following format". */
export function encodePack(format: ObjectFormat, objects: readonly NewObject[], level: number): Buffer {
  const header = Buffer.alloc(12);
  header.write('PACK');
  header.writeUInt32BE(2, 4);
  header.writeUInt32BE(objects.length, 8);
  const parts: Buffer[] = [header];
  for (const { kind, bytes } of objects) {
    parts.push(entryHeader(TYPES[kind], bytes.length), deflateSync(bytes, { level }));
  }
  const body = Buffer.concat(parts);
  return Buffer.concat([body, createHash(format).update(body).digest()]);
}

/** Three bits of type and four of size, then seven bits of size a byte, the lowest first. */
function entryHeader(type: number, size: number): Buffer {
  const bytes: number[] = [];
  let first = (type << 4) | (size & 0x0f);
  for (let rest = Math.floor(size / 16); rest > 0; rest = Math.floor(rest / 128)) {
    bytes.push(first | 0x80);
    first = rest & 0x7f;
  }
  return Buffer.from([...bytes, first]);
}
