import { Buffer } from 'node:buffer';
import type { GitObject, ObjectFormat, Oid } from '../git/object.ts';
import { entryNamed } from '../git/scannedtree.ts';
import type { GitStore, ReadResult } from '../git/store.ts';
import { parseEntries, TREE_MODE, type TreeEntry, typeOfEntry } from '../git/tree.ts';
import { sha256 } from '../ledger/digest.ts';
import type { Sha256 } from '../ledger/event.ts';
import { SeenHistory } from './seenhistory.ts';

/** What stands at a path of a tree, with what was kept of a file. */
type Found<Kept> =
  | ({ readonly state: 'present'; readonly oid: Oid; readonly mode: string } & Kept)
  /** No such path, or what is there is no regular file. */
  | { readonly state: 'absent' }
  /** An object on the way could not be read. */
  | { readonly state: 'missing' | 'corrupt'; readonly oid: Oid };

/** What stands at a path of a tree, but for its bytes. */
export type FileEvidence = Found<{ readonly digest: Sha256 }>;

/** What stands at a path of a tree. */
export type ReadFile = Found<{ readonly digest: Sha256; readonly bytes: Uint8Array }>;

interface Wanted {
  readonly tree: Oid;
  readonly path: string;
}

/** Where one path has got to on its way down the trees. */
interface Descent<Kept> {
  readonly path: string;
  /** Where the rest of the path begins; behind its end once it is gone down. */
  from: number;
  at: Oid;
  mode: string;
  ended: Found<Kept> | undefined;
}

/**
 * Reads files out of trees, one stream of reads a level; a tree that several paths share is read once. One answer a path, in
 * order.
 * @param most of a longer file so many bytes are kept, and one more, by which it tells
 */
export function readFiles(
  store: GitStore,
  wanted: readonly Wanted[],
  most = Infinity,
): Promise<readonly ReadFile[]> {
  const seen = new SeenHistory(store.layout.objectFormat);
  return findFiles(store, wanted, seen, (bytes) => ({
    digest: sha256(bytes),
    bytes: bytes.length > most ? Buffer.from(bytes.subarray(0, most + 1)) : bytes,
  }));
}

/**
 * The same without their bytes, which are gone as soon as they were read: they may be more than any memory has room for.
 * @param seen takes note of the trees
 */
export function digestFiles(
  store: GitStore,
  wanted: readonly Wanted[],
  seen: SeenHistory,
): Promise<readonly FileEvidence[]> {
  return findFiles(store, wanted, seen, (bytes) => ({ digest: sha256(bytes) }));
}

/** What is met on the way is gone when the next object comes: trees, too, may be more than any memory has room for. */
async function findFiles<Kept>(
  store: GitStore,
  wanted: readonly Wanted[],
  seen: SeenHistory,
  keep: (bytes: Uint8Array) => Kept,
): Promise<readonly Found<Kept>[]> {
  const descents = wanted.map(
    ({ tree, path }): Descent<Kept> => ({ path, from: 0, at: tree, mode: TREE_MODE, ended: undefined }),
  );
  for (;;) {
    const waiting = byObject(descents.filter((descent) => descent.ended === undefined));
    if (waiting.size === 0) break;
    for await (const result of store.readMany(waiting.keys())) {
      const oid = result.state === 'present' ? result.object.oid : result.oid;
      goOn(waiting.get(oid) ?? [], metOf(result, keep), store.layout.objectFormat, seen);
    }
  }
  return descents.map((descent) => descent.ended ?? { state: 'absent' });
}

function byObject<Kept>(descents: readonly Descent<Kept>[]): ReadonlyMap<Oid, readonly Descent<Kept>[]> {
  const waiting = new Map<Oid, Descent<Kept>[]>();
  for (const descent of descents) {
    const here = waiting.get(descent.at);
    if (here === undefined) waiting.set(descent.at, [descent]);
    else here.push(descent);
  }
  return waiting;
}

/** An object on the way, or at its end. */
type Met<Kept> =
  | { readonly state: 'file'; readonly kept: Kept }
  /** Or what should be one. */
  | { readonly state: 'folder'; readonly object: GitObject }
  | Extract<ReadResult, { readonly state: 'missing' | 'corrupt' }>;

function metOf<Kept>(result: ReadResult, keep: (bytes: Uint8Array) => Kept): Met<Kept> {
  if (result.state !== 'present') return result;
  const { object } = result;
  return object.kind === 'blob' ? { state: 'file', kept: keep(object.bytes) } : { state: 'folder', object };
}

/** Where several paths go through one tree, taking it apart pays. */
const SEVERAL = 3;

/** All that wait for an object go on from it. */
function goOn<Kept>(
  here: readonly Descent<Kept>[],
  met: Met<Kept>,
  format: ObjectFormat,
  seen: SeenHistory,
): void {
  if (met.state === 'missing' || met.state === 'corrupt') {
    for (const descent of here) descent.ended = { state: met.state, oid: descent.at };
    return;
  }
  const entry = met.state === 'folder' ? entriesOf(met.object, here.length, format, seen) : () => undefined;
  for (const descent of here) step(descent, met, entry);
}

/** The entry `name` of the folder at `path`; `undefined` where there is none, and where the object is no well-formed tree. */
type Entries = (path: string, name: string) => TreeEntry | undefined;

function entriesOf(object: GitObject, paths: number, format: ObjectFormat, seen: SeenHistory): Entries {
  if (object.kind !== 'tree') return () => undefined;
  if (paths >= SEVERAL) {
    const entries = entriesByName(object.bytes, format);
    return (_, name) => entries.get(name);
  }
  return (path, name) => {
    const tree = seen.scanTree(path, object);
    return tree && entryNamed(tree, name, format);
  };
}

/** None for a name that two have, as where a tree is looked through for one name. */
function entriesByName(bytes: Uint8Array, format: ObjectFormat): ReadonlyMap<string, TreeEntry | undefined> {
  const parse = parseEntries(bytes, format);
  const entries = new Map<string, TreeEntry | undefined>();
  for (const entry of parse.ok ? parse.entries : []) {
    if (entry.rawName === undefined) entries.set(entry.name, entries.has(entry.name) ? undefined : entry);
  }
  return entries;
}

function step<Kept>(
  descent: Descent<Kept>,
  met: Extract<Met<Kept>, { state: 'file' | 'folder' }>,
  entry: Entries,
): void {
  const { path, from, at: oid, mode } = descent;
  if (from > path.length) {
    descent.ended = met.state === 'file' ? { state: 'present', oid, mode, ...met.kept } : { state: 'absent' };
    return;
  }
  const slash = path.indexOf('/', from);
  const end = slash === -1 ? path.length : slash;
  const next = entry(path.slice(0, from), path.slice(from, end));
  if (next === undefined || typeOfEntry(next) !== (slash === -1 ? 'file' : 'folder')) {
    descent.ended = { state: 'absent' };
    return;
  }
  descent.at = next.oid;
  descent.mode = next.mode;
  descent.from = end + 1;
}
