import { Buffer } from 'node:buffer';
import { createHash, hash } from 'node:crypto';

/** A full object id: 40 (SHA-1) or 64 (SHA-256) lower-case hex digits. */
export type Oid = string & { readonly __oid: true };

export type ObjectFormat = 'sha1' | 'sha256';

/** The length of a raw object id; in hex it has twice as many digits. */
export const OID_BYTES = { sha1: 20, sha256: 32 } as const;

export type ObjectKind = 'commit' | 'tree' | 'blob' | 'tag';

/** The most bytes of one object that are read. */
export const LARGEST_OBJECT = 512 * 1024 * 1024;

/** The most bytes of a commit or of a tag that are kept: of a longer one the headers, for whoever walks through history. */
export const LONGEST_COMMIT = 256 * 1024;

/** An object's kind and body: the bytes after git's `<kind> <size>\0` header. */
export interface NewObject {
  readonly kind: ObjectKind;
  readonly bytes: Uint8Array;
}

/** An object whose bytes were hashed again and are known to be the ones that `oid` names. */
export interface GitObject extends NewObject {
  readonly oid: Oid;
  /** Of a commit or a tag that is too long, whose `bytes` are the first `LONGEST_COMMIT` and one more: SHA-256 of all, in hex. */
  readonly sha256?: string;
}

const OID = /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/;

/** Narrows a string to an object id; `undefined` where it is not one. */
export function parseOid(text: string): Oid | undefined {
  return OID.test(text) ? (text as Oid) : undefined;
}

/** git's object id: the hash of `<kind> <size>\0<bytes>`. Source: gitformat-loose(5), Git Objects chapter of Pro Git. */
export function hashObject(format: ObjectFormat, { kind, bytes }: NewObject): Oid {
  const header = `${kind} ${bytes.length}\0`;
  if (header.length + bytes.length > workspace.length) {
    return createHash(format).update(header).update(bytes).digest('hex') as Oid;
  }
  workspace.write(header, 0, 'latin1');
  workspace.set(bytes, header.length);
  return hash(format, workspace.subarray(0, header.length + bytes.length), 'hex') as Oid;
}

/** Whether only the start of an object is kept. */
export function isTooLong(kind: ObjectKind, size: number): boolean {
  return (kind === 'commit' || kind === 'tag') && size > LONGEST_COMMIT;
}

/** What is kept of an object, in memory of its own where that is not all. */
export function keptOf(object: GitObject): GitObject {
  const { kind, bytes } = object;
  if (!isTooLong(kind, bytes.length)) return object;
  return {
    ...object,
    bytes: Buffer.from(bytes.subarray(0, LONGEST_COMMIT + 1)),
    sha256: hash('sha256', bytes, 'hex'),
  };
}

/** Bytes that `hashInPlace` needs before a body. */
export const HEADER_ROOM = 32;

/** The id of an object whose body is `space` from `HEADER_ROOM` to `end`; its header is put into the room before that. */
export function hashInPlace(format: ObjectFormat, kind: ObjectKind, space: Buffer, end: number): Oid {
  const header = `${kind} ${end - HEADER_ROOM}\0`;
  const start = HEADER_ROOM - header.length;
  space.write(header, start, 'latin1');
  return hash(format, space.subarray(start, end), 'hex') as Oid;
}

/** Where most objects are put together for hashing in one call, which leaves nothing behind to be collected. */
const workspace = Buffer.allocUnsafeSlow(32 * 1024);

/** The empty tree of a format, which genesis has. */
export function emptyTree(format: ObjectFormat): Oid {
  return hashObject(format, { kind: 'tree', bytes: new Uint8Array(0) });
}
