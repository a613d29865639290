import type { GitObject, ObjectFormat, Oid } from '../git/object.ts';
import { entryNamed } from '../git/scannedtree.ts';
import type { GitStore, ReadResult } from '../git/store.ts';
import { parseEntries, type TreeEntry } from '../git/tree.ts';
import { sha256 } from '../ledger/digest.ts';
import type { Sha256 } from '../ledger/event.ts';
import { SeenHistory } from './seenhistory.ts';

/** What stands at a path of a tree. */
export type FileEvidence =
  | {
      readonly state: 'present';
      readonly oid: Oid;
      readonly mode: string;
      readonly bytes: Uint8Array;
      readonly digest: Sha256;
    }
  /** No such path, or what is there is no regular file. */
  | { readonly state: 'absent' }
  /** An object on the way could not be read. */
  | { readonly state: 'missing' | 'corrupt'; readonly oid: Oid };

interface Wanted {
  readonly tree: Oid;
  readonly path: string;
}

/** Where one path has got to on its way down the trees. */
interface Descent {
  readonly path: string;
  /** Where the rest of the path begins; behind its end once it is gone down. */
  from: number;
  at: Oid;
  mode: string;
  ended: FileEvidence | undefined;
}

/**
 * Reads files out of trees, one stream of reads a level; a tree that several paths share is read once. One answer a path, in
 * order.
 * @param seen takes note of the trees
 */
export async function readFiles(
  store: GitStore,
  wanted: readonly Wanted[],
  seen = new SeenHistory(store.layout.objectFormat),
): Promise<readonly FileEvidence[]> {
  const descents = wanted.map(
    ({ tree, path }): Descent => ({ path, from: 0, at: tree, mode: '40000', ended: undefined }),
  );
  for (;;) {
    const open = descents.filter((descent) => descent.ended === undefined);
    if (open.length === 0) break;
    const objects = await readDistinct(store, open);
    const folders = new Folders(store.layout.objectFormat, open.length > 2 * objects.size, seen);
    for (const descent of open) {
      const result = objects.get(descent.at);
      if (result?.state !== 'present') descent.ended = { state: result?.state ?? 'missing', oid: descent.at };
      else step(descent, result, folders);
    }
  }
  return descents.map((descent) => descent.ended ?? { state: 'absent' });
}

async function readDistinct(
  store: GitStore,
  open: readonly Descent[],
): Promise<ReadonlyMap<Oid, ReadResult>> {
  const found = new Map<Oid, ReadResult>();
  for await (const result of store.readMany(new Set(open.map((descent) => descent.at)))) {
    found.set(result.state === 'present' ? result.object.oid : result.oid, result);
  }
  return found;
}

function step(
  descent: Descent,
  { object }: Extract<ReadResult, { state: 'present' }>,
  folders: Folders,
): void {
  const { path, from } = descent;
  if (from > path.length) {
    descent.ended =
      object.kind === 'blob' && (descent.mode === '100644' || descent.mode === '100755')
        ? {
            state: 'present',
            oid: object.oid,
            mode: descent.mode,
            bytes: object.bytes,
            digest: sha256(object.bytes),
          }
        : { state: 'absent' };
    return;
  }
  const slash = path.indexOf('/', from);
  const end = slash === -1 ? path.length : slash;
  const entry = folders.entry(object, path.slice(0, from), path.slice(from, end));
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
