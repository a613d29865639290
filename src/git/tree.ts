import { Buffer } from 'node:buffer';
import { Failure } from '../failure.ts';
import { asBuffer, decodeUtf8 } from './bytes.ts';
import type { ObjectFormat, Oid } from './object.ts';

export interface TreeEntry {
  /** Octal digits as the tree has them: `100644`, `100755`, `120000`, `160000`, `40000`. */
  readonly mode: string;
  /** Where the name is not UTF-8, an approximation of it, and `rawName` is there. */
  readonly name: string;
  readonly oid: Oid;
  readonly rawName?: Buffer;
}

export type TreeParse =
  | { readonly ok: true; readonly entries: readonly TreeEntry[] }
  | { readonly ok: false; readonly problem: string };

/** The mode of an entry that is itself a tree. */
export const TREE_MODE = '40000';

const MODE = /^[1-7][0-7]{4,5}$/;
const OID_BYTES = { sha1: 20, sha256: 32 } as const;
const NUL = Buffer.alloc(1);

/**
 * Parses a tree object's body. Strict: order, no name twice, no name that a path cannot have, no leading zero; so a tree
 * that is `ok` is encoded back to the same bytes by `encodeTree`. Source: git's tree object format (`fsck.c`, `fsck_tree`).
 */
export function parseTree(bytes: Uint8Array, format: ObjectFormat): TreeParse {
  const body = asBuffer(bytes);
  const width = OID_BYTES[format];
  const entries: TreeEntry[] = [];
  let at = 0;
  while (at < body.length) {
    const space = body.indexOf(0x20, at);
    const nul = body.indexOf(0, at);
    if (space === -1 || nul === -1 || space > nul || nul + 1 + width > body.length) {
      return { ok: false, problem: `entry ${entries.length + 1} is cut short` };
    }
    const raw = body.subarray(space + 1, nul);
    const name = decodeUtf8(raw);
    entries.push({
      mode: body.toString('latin1', at, space),
      name: name ?? raw.toString('utf8'),
      oid: body.toString('hex', nul + 1, nul + 1 + width) as Oid,
      ...(name === undefined ? { rawName: Buffer.from(raw) } : {}),
    });
    at = nul + 1 + width;
  }
  const problem = problemOf(entries);
  return problem === undefined ? { ok: true, entries } : { ok: false, problem };
}

/**
 * A tree object's body; entries in any order.
 * @throws Failure for entries that `parseTree` would not take
 */
export function encodeTree(entries: readonly TreeEntry[], format: ObjectFormat): Buffer {
  const sorted = entries.map((entry) => ({ entry, key: sortKey(entry) }));
  sorted.sort((a, b) => Buffer.compare(a.key, b.key));
  const problem = problemOf(sorted.map(({ entry }) => entry));
  const alien = entries.find(({ oid }) => oid.length !== 2 * OID_BYTES[format]);
  if (problem !== undefined) throw new Failure(`cannot write a tree: ${problem}`);
  if (alien !== undefined) throw new Failure(`cannot write a tree: ${alien.oid} is no ${format} object id`);
  return Buffer.concat(
    sorted.flatMap(({ entry }) => [
      Buffer.from(`${entry.mode} `),
      nameBytes(entry),
      NUL,
      Buffer.from(entry.oid, 'hex'),
    ]),
  );
}

function nameBytes(entry: TreeEntry): Buffer {
  return entry.rawName ?? Buffer.from(entry.name);
}

/** git compares a folder's name as if it ended in `/` (`base_name_compare`). */
function sortKey(entry: TreeEntry): Buffer {
  return entry.mode === TREE_MODE ? Buffer.concat([nameBytes(entry), Buffer.from('/')]) : nameBytes(entry);
}

function problemOf(entries: readonly TreeEntry[]): string | undefined {
  const names = new Set<string>();
  let before: Buffer = Buffer.alloc(0);
  for (const [index, entry] of entries.entries()) {
    const key = sortKey(entry);
    const name = nameBytes(entry).toString('latin1');
    if (!MODE.test(entry.mode)) return `entry ${index + 1} has the mode ${JSON.stringify(entry.mode)}`;
    if (!isEntryName(name)) return `entry ${index + 1} has the name ${JSON.stringify(entry.name)}`;
    if (names.has(name)) return `entry ${index + 1} has a name that another has`;
    if (index > 0 && Buffer.compare(before, key) >= 0) return `entry ${index + 1} is out of order`;
    names.add(name);
    before = key;
  }
  return undefined;
}

function isEntryName(name: string): boolean {
  return name !== '' && name !== '.' && name !== '..' && !/[/\0]/.test(name) && name.toLowerCase() !== '.git';
}
