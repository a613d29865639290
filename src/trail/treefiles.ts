import type { GitObject, ObjectFormat, Oid } from '../git/object.ts';
import type { GitStore, ReadResult } from '../git/store.ts';
import { findEntry, parseTree, type TreeEntry } from '../git/tree.ts';
import { sha256 } from '../ledger/digest.ts';
import type { Sha256 } from '../ledger/event.ts';

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
  at: Oid;
  segments: readonly string[];
  mode: string;
  ended: FileEvidence | undefined;
}

/** Reads files out of trees, one stream of reads a level; a tree that several paths share is read once. One answer a path, in order. */
export async function readFiles(
  store: GitStore,
  wanted: readonly Wanted[],
): Promise<readonly FileEvidence[]> {
  const descents = wanted.map(
    ({ tree, path }): Descent => ({ at: tree, segments: path.split('/'), mode: '40000', ended: undefined }),
  );
  for (;;) {
    const open = descents.filter((descent) => descent.ended === undefined);
    if (open.length === 0) break;
    const objects = await readDistinct(store, open);
    const folders = new Folders(store.layout.objectFormat, open.length > 2 * objects.size);
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
  const [segment, ...rest] = descent.segments;
  if (segment === undefined) {
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
  const entry = folders.entry(object, segment);
  const descends = entry && (rest.length === 0 ? entry.mode.startsWith('100') : entry.mode === '40000');
  if (!descends) {
    descent.ended = { state: 'absent' };
    return;
  }
  descent.at = entry.oid;
  descent.mode = entry.mode;
  descent.segments = rest;
}

/** Entries of the trees of one level. */
class Folders {
  private readonly format: ObjectFormat;
  /** Several paths go through one tree, so that taking trees apart pays. */
  private readonly shared: boolean;
  private readonly parsed = new Map<Oid, ReadonlyMap<string, TreeEntry>>();

  constructor(format: ObjectFormat, shared: boolean) {
    this.format = format;
    this.shared = shared;
  }

  /** `undefined` where there is none, and where the object is no well-formed tree. */
  entry(object: GitObject, name: string): TreeEntry | undefined {
    if (object.kind !== 'tree') return undefined;
    if (this.shared) return this.entriesOf(object).get(name);
    const search = findEntry(object.bytes, this.format, name);
    return search.ok ? search.entry : undefined;
  }

  private entriesOf({ oid, bytes }: GitObject): ReadonlyMap<string, TreeEntry> {
    const known = this.parsed.get(oid);
    if (known !== undefined) return known;
    const parse = parseTree(bytes, this.format);
    const entries = new Map(parse.ok ? parse.entries.map((entry) => [entry.name, entry]) : []);
    this.parsed.set(oid, entries);
    return entries;
  }
}
