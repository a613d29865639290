import type { GitObject, ObjectFormat, Oid } from '../git/object.ts';
import { entryNamed } from '../git/scannedtree.ts';
import type { GitStore, ReadResult } from '../git/store.ts';
import { parseEntries, type TreeEntry } from '../git/tree.ts';
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
 */
export function readFiles(store: GitStore, wanted: readonly Wanted[]): Promise<readonly ReadFile[]> {
  const seen = new SeenHistory(store.layout.objectFormat);
  return findFiles(store, wanted, seen, (bytes) => ({ digest: sha256(bytes), bytes }));
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

async function findFiles<Kept>(
  store: GitStore,
  wanted: readonly Wanted[],
  seen: SeenHistory,
  keep: (bytes: Uint8Array) => Kept,
): Promise<readonly Found<Kept>[]> {
  const descents = wanted.map(
    ({ tree, path }): Descent<Kept> => ({ path, from: 0, at: tree, mode: '40000', ended: undefined }),
  );
  for (;;) {
    const open = descents.filter((descent) => descent.ended === undefined);
    if (open.length === 0) break;
    const objects = await readDistinct(store, open, keep);
    const folders = new Folders(store.layout.objectFormat, open.length > 2 * objects.size, seen);
    for (const descent of open) {
      const met = objects.get(descent.at);
      if (met?.state === 'file' || met?.state === 'folder') step(descent, met, folders);
      else descent.ended = { state: met?.state ?? 'missing', oid: descent.at };
    }
  }
  return descents.map((descent) => descent.ended ?? { state: 'absent' });
}

/** An object on the way, or at its end. */
type Met<Kept> =
  | { readonly state: 'file'; readonly kept: Kept }
  /** Or what should be one. */
  | { readonly state: 'folder'; readonly object: GitObject }
  | { readonly state: 'missing' | 'corrupt' };

async function readDistinct<Kept>(
  store: GitStore,
  open: readonly Descent<Kept>[],
  keep: (bytes: Uint8Array) => Kept,
): Promise<ReadonlyMap<Oid, Met<Kept>>> {
  const found = new Map<Oid, Met<Kept>>();
  for await (const result of store.readMany(new Set(open.map((descent) => descent.at)))) {
    const oid = result.state === 'present' ? result.object.oid : result.oid;
    found.set(oid, metOf(result, keep));
  }
  return found;
}

function metOf<Kept>(result: ReadResult, keep: (bytes: Uint8Array) => Kept): Met<Kept> {
  if (result.state !== 'present') return result;
  const { object } = result;
  return object.kind === 'blob' ? { state: 'file', kept: keep(object.bytes) } : { state: 'folder', object };
}

function step<Kept>(
  descent: Descent<Kept>,
  met: Extract<Met<Kept>, { state: 'file' | 'folder' }>,
  folders: Folders,
): void {
  const { path, from, at: oid, mode } = descent;
  if (from > path.length) {
    const isFile = met.state === 'file' && (mode === '100644' || mode === '100755');
    descent.ended = isFile ? { state: 'present', oid, mode, ...met.kept } : { state: 'absent' };
    return;
  }
  const slash = path.indexOf('/', from);
  const end = slash === -1 ? path.length : slash;
  const entry =
    met.state === 'folder'
      ? folders.entry(met.object, path.slice(0, from), path.slice(from, end))
      : undefined;
  const descends = entry && (slash === -1 ? entry.mode.startsWith('100') : entry.mode === '40000');
  if (!descends) {
    descent.ended = { state: 'absent' };
    return;
  }
  descent.at = entry.oid;
  descent.mode = entry.mode;
  descent.from = end + 1;
}

/** Entries of the trees of one level. */
class Folders {
  private readonly format: ObjectFormat;
  /** Several paths go through one tree, so that taking trees apart pays. */
  private readonly shared: boolean;
  private readonly seen: SeenHistory;
  private readonly parsed = new Map<Oid, ReadonlyMap<string, TreeEntry | undefined>>();

  constructor(format: ObjectFormat, shared: boolean, seen: SeenHistory) {
    this.format = format;
    this.shared = shared;
    this.seen = seen;
  }

  /** The entry `name` of the folder at `path`; `undefined` where there is none, and where the object is no well-formed tree. */
  entry(object: GitObject, path: string, name: string): TreeEntry | undefined {
    if (object.kind !== 'tree') return undefined;
    if (this.shared) return this.entriesOf(object).get(name);
    const tree = this.seen.scanTree(path, object);
    return tree && entryNamed(tree, name, this.format);
  }

  /** By name; none for a name that two have, as where a tree is looked through for one name. */
  private entriesOf({ oid, bytes }: GitObject): ReadonlyMap<string, TreeEntry | undefined> {
    const known = this.parsed.get(oid);
    if (known !== undefined) return known;
    const parse = parseEntries(bytes, this.format);
    const entries = new Map<string, TreeEntry | undefined>();
    for (const entry of parse.ok ? parse.entries : []) {
      if (entry.rawName === undefined) entries.set(entry.name, entries.has(entry.name) ? undefined : entry);
    }
    this.parsed.set(oid, entries);
    return entries;
  }
}
