import { createHash } from 'node:crypto';

/** A full object id: 40 (SHA-1) or 64 (SHA-256) lower-case hex digits. */
export type Oid = string & { readonly __oid: true };

export type ObjectFormat = 'sha1' | 'sha256';

export type ObjectKind = 'commit' | 'tree' | 'blob' | 'tag';

/** An object's kind and body: the bytes after git's `<kind> <size>\0` header. */
export interface NewObject {
  readonly kind: ObjectKind;
  readonly bytes: Uint8Array;
}

/** An object whose bytes were hashed again and are known to be the ones that `oid` names. */
export interface GitObject extends NewObject {
  readonly oid: Oid;
}

const OID = /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/;

/** Narrows a string to an object id; `undefined` where it is not one. */
export function parseOid(text: string): Oid | undefined {
  return OID.test(text) ? (text as Oid) : undefined;
}

/** git's object id: the hash of `<kind> <size>\0<bytes>`. Source: gitformat-loose(5), Git Objects chapter of Pro Git. */
export function hashObject(format: ObjectFormat, object: NewObject): Oid {
  const hash = createHash(format);
  hash.update(`${object.kind} ${object.bytes.length}\0`);
  hash.update(object.bytes);
  return hash.digest('hex') as Oid;
}

/** The empty tree of a format, which genesis has. */
export function emptyTree(format: ObjectFormat): Oid {
  return hashObject(format, { kind: 'tree', bytes: new Uint8Array(0) });
}
