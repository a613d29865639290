import { createHash } from 'node:crypto';
import { Failure } from '../../failure.ts';
import type { Oid } from '../object.ts';

/** One entry of the index, kept as the bytes that it is. */
export interface IndexEntry {
  readonly path: Buffer;
  /** 0, or 1 to 3 for the sides of a conflict. */
  readonly stage: number;
  readonly oid: Oid;
  /** All before the path: stat data, id, flags. 62 bytes, or 64 with extended flags. */
  readonly head: Buffer;
}

export interface IndexFile {
  readonly entries: readonly IndexEntry[];
  /** Extensions that stay true when an entry changes, as they were. */
  readonly extensions: readonly Buffer[];
}

export const EMPTY_INDEX: IndexFile = { entries: [], extensions: [] };

const HEAD = 62;
const FLAGS_AT = 60;
const EXTENDED = 0x4000;
const CHECKSUM = 20;
/** What a conflict was before it was resolved. All other optional extensions are caches over the entries. */
const KEPT_EXTENSION = 'REUC';

/**
 * Parses an index of version 2, 3 or 4. Source: gitformat-index(5).
 * @throws Failure for a damaged one, and for split and sparse ones
 */
export function parseIndex(bytes: Buffer): IndexFile {
  const end = bytes.length - CHECKSUM;
  if (end < 12 || bytes.toString('latin1', 0, 4) !== 'DIRC' || !isSound(bytes)) {
    throw damaged();
  }
  const version = bytes.readUInt32BE(4);
  if (version < 2 || version > 4) {
    throw unsupported(`version ${version}`);
  }
  const reader = new EntryReader(bytes.subarray(0, end), version);
  const entries: IndexEntry[] = [];
  for (let count = bytes.readUInt32BE(8); count > 0; count -= 1) {
    entries.push(reader.next());
  }
  return { entries, extensions: parseExtensions(bytes.subarray(reader.at, end)) };
}

/** A checksum of zeros says that none was made (index.skipHash). */
function isSound(bytes: Buffer): boolean {
  const said = bytes.subarray(-CHECKSUM);
  return said.every((byte) => byte === 0) || checksum(bytes.subarray(0, -CHECKSUM)).equals(said);
}

function checksum(bytes: Buffer): Buffer {
  return createHash('sha1').update(bytes).digest();
}

class EntryReader {
  at = 12;
  private readonly bytes: Buffer;
  private readonly version: number;
  private before = Buffer.alloc(0);

  constructor(bytes: Buffer, version: number) {
    this.bytes = bytes;
    this.version = version;
  }

  next(): IndexEntry {
    const start = this.at;
    if (start + HEAD > this.bytes.length) {
      throw damaged();
    }
    const flags = this.bytes.readUInt16BE(start + FLAGS_AT);
    const length = (flags & EXTENDED) === 0 ? HEAD : HEAD + 2;
    this.at = start + length;
    const kept = this.version === 4 ? this.before.length - this.number() : 0;
    const end = this.bytes.indexOf(0, this.at);
    if (end === -1 || kept < 0) {
      throw damaged();
    }
    const path = Buffer.concat([this.before.subarray(0, kept), this.bytes.subarray(this.at, end)]);
    this.before = path;
    this.at = this.version === 4 ? end + 1 : start + paddedLength(length + path.length);
    const head = this.bytes.subarray(start, start + length);
    const oid = head.toString('hex', 40, 60) as Oid;
    return { path, stage: (flags >> 12) & 3, oid, head };
  }

  /** How much of the path before to cut off: the encoding of a pack's delta offset. */
  private number(): number {
    let value = -1;
    for (let byte = 0x80; byte >= 0x80; ) {
      byte = this.bytes[this.at] ?? 0;
      this.at += 1;
      value = (value + 1) * 0x80 + (byte & 0x7f);
    }
    return value;
  }
}

/** Entries are padded with one to eight NULs to a multiple of eight. */
function paddedLength(length: number): number {
  return (length + 8) & ~7;
}

function parseExtensions(bytes: Buffer): readonly Buffer[] {
  const kept: Buffer[] = [];
  for (let at = 0; at < bytes.length; ) {
    if (at + 8 > bytes.length) {
      throw damaged();
    }
    const name = bytes.toString('latin1', at, at + 4);
    const end = at + 8 + bytes.readUInt32BE(at + 4);
    if (!/^[A-Z]/.test(name)) {
      throw unsupported(
        name === 'link' ? 'a split index' : name === 'sdir' ? 'a sparse index' : `the extension ${name}`,
      );
    }
    if (name === KEPT_EXTENSION) {
      kept.push(bytes.subarray(at, end));
    }
    at = end;
  }
  return kept;
}

/** Version 2, or 3 where an entry has extended flags, as git itself chooses. */
export function serializeIndex(index: IndexFile): Buffer {
  const header = Buffer.from('DIRC\0\0\0\0\0\0\0\0', 'latin1');
  header.writeUInt32BE(index.entries.some(({ head }) => head.length > HEAD) ? 3 : 2, 4);
  header.writeUInt32BE(index.entries.length, 8);
  const entries = index.entries.map(({ head, path }) => {
    const length = head.length + path.length;
    return Buffer.concat([head, path], paddedLength(length));
  });
  const body = Buffer.concat([header, ...entries, ...index.extensions]);
  return Buffer.concat([body, checksum(body)]);
}

function damaged(): Failure {
  return new Failure('the index is damaged: with git at hand, remove .git/index and run git reset');
}

function unsupported(what: string): Failure {
  return new Failure(
    `the index has ${what}, which only git itself reads: install git 2.34 or newer and use --git native`,
  );
}
