import { Buffer } from 'node:buffer';
import { Failure } from '../failure.ts';
import { asBuffer, decodeUtf8 } from './bytes.ts';
import { type ObjectFormat, OID_BYTES, type Oid } from './object.ts';
import { type EntryPlace, scanTree, typeOfMode } from './treescan.ts';

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

/** What an entry is to git. */
export function typeOfEntry({ mode }: Pick<TreeEntry, 'mode'>): ReturnType<typeof typeOfMode> {
  return typeOfMode(mode);
}

/** A file with content of its own, executable or not. */
export function isFileEntry(entry: Pick<TreeEntry, 'mode'>): boolean {
  return typeOfEntry(entry) === 'file';
}

/** A symbolic link or a submodule: what is behind it is not in the tree. */
export function isLinkEntry(entry: Pick<TreeEntry, 'mode'>): boolean {
  const type = typeOfEntry(entry);
  return type === 'link' || type === 'submodule';
}

const MODE = /^[1-7][0-7]{4,5}$/;
const NUL = Buffer.alloc(1);

/**
 * Parses a tree object's body. Strict: order, no name twice, no name that a path cannot have, no leading zero; so a tree
 * that is `ok` is encoded back to the same bytes by `encodeTree`. Source: git's tree object format (`fsck.c`, `fsck_tree`).
 */
export function parseTree(bytes: Uint8Array, format: ObjectFormat): TreeParse {
  const parse = parseEntries(bytes, format);
  if (!parse.ok) return parse;
  const names = new Set<string>();
  for (const entry of parse.entries) {
    const name = nameBytes(entry).toString('latin1');
    if (names.has(name))
      return { ok: false, problem: `the name ${JSON.stringify(entry.name)} is both a file's and a folder's` };
    names.add(name);
  }
  return parse;
}

/** As `parseTree`, but for a name that is both a file's and a folder's. */
export function parseEntries(bytes: Uint8Array, format: ObjectFormat): TreeParse {
  const body = asBuffer(bytes);
  const width = OID_BYTES[format];
  const entries: TreeEntry[] = [];
  const problem = scanTree(body, width, (place) => entries.push(readEntry(body, width, place)));
  return problem === undefined ? { ok: true, entries } : { ok: false, problem };
}

function readEntry(body: Buffer, width: number, { start, name, nul }: EntryPlace): TreeEntry {
  const raw = body.subarray(name, nul);
  const text = decodeUtf8(raw);
  return {
    mode: body.toString('latin1', start, name - 1),
    name: text ?? raw.toString('utf8'),
    oid: body.toString('hex', nul + 1, nul + 1 + width) as Oid,
    ...(text === undefined ? { rawName: Buffer.from(raw) } : {}),
  };
}

/**
 * A tree object's body; entries in any order.
 * @throws Failure for entries that `parseTree` would not take
 */
export function encodeTree(entries: readonly TreeEntry[], format: ObjectFormat): Buffer {
  for (const entry of entries) demandWritable(entry, format);
  const sorted = entries.map((entry) => ({ entry, key: sortKey(entry) }));
  sorted.sort((a, b) => Buffer.compare(a.key, b.key));
  const bytes = Buffer.concat(
    sorted.flatMap(({ entry }) => [
      Buffer.from(`${entry.mode} `),
      nameBytes(entry),
      NUL,
      Buffer.from(entry.oid, 'hex'),
    ]),
  );
  const parsed = parseTree(bytes, format);
  if (!parsed.ok) throw new Failure(`cannot write a tree: ${parsed.problem}`);
  return bytes;
}

/** Its parts are what they will be taken for when the bytes are read. */
function demandWritable(entry: TreeEntry, format: ObjectFormat): void {
  const { mode, name, oid } = entry;
  if (!MODE.test(mode) || nameBytes(entry).includes(0)) {
    throw new Failure(`cannot write a tree: ${JSON.stringify(`${mode} ${name}`)} is no entry`);
  }
  if (oid.length !== 2 * OID_BYTES[format]) {
    throw new Failure(`cannot write a tree: ${oid} is no ${format} object id`);
  }
}

function nameBytes(entry: TreeEntry): Buffer {
  return entry.rawName ?? Buffer.from(entry.name);
}

/** git compares a folder's name as if it ended in `/` (`base_name_compare`). */
function sortKey(entry: TreeEntry): Buffer {
  return typeOfEntry(entry) === 'folder'
    ? Buffer.concat([nameBytes(entry), Buffer.from('/')])
    : nameBytes(entry);
}
