import type { Oid } from '../git/object.ts';
import type { GitStore, ReadResult } from '../git/store.ts';
import { parseTree, type TreeEntry } from '../git/tree.ts';
import { sha256 } from '../ledger/digest.ts';
import type { Sha256 } from '../ledger/event.ts';

/** What stands at a path of a tree. */
export type FileEvidence =
  | { readonly state: 'present'; readonly oid: Oid; readonly mode: string; readonly bytes: Uint8Array; readonly digest: Sha256 }
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
export async function readFiles(store: GitStore, wanted: readonly Wanted[]): Promise<readonly FileEvidence[]> {
  const descents = wanted.map(
    ({ tree, path }): Descent => ({ at: tree, segments: path.split('/'), mode: '40000', ended: undefined }),
  );
  for (;;) {
    const open = descents.filter((descent) => descent.ended === undefined);
    if (open.length === 0) break;
    const objects = await readDistinct(store, open);
    const entries = new Map<Oid, ReadonlyMap<string, TreeEntry> | undefined>();
    for (const descent of open) {
      const result = objects.get(descent.at);
      if (result?.state !== 'present') descent.ended = { state: result?.state ?? 'missing', oid: descent.at };
      else step(descent, result, entries, store.layout.objectFormat);
    }
  }
  return descents.map((descent) => descent.ended ?? { state: 'absent' });
}

async function readDistinct(store: GitStore, open: readonly Descent[]): Promise<ReadonlyMap<Oid, ReadResult>> {
  const found = new Map<Oid, ReadResult>();
  for await (const result of store.readMany(new Set(open.map((descent) => descent.at)))) {
    found.set(result.state === 'present' ? result.object.oid : result.oid, result);
  }
  return found;
}

function step(
  descent: Descent,
  result: Extract<ReadResult, { state: 'present' }>,
  entries: Map<Oid, ReadonlyMap<string, TreeEntry> | undefined>,
  format: GitStore['layout']['objectFormat'],
): void {
  const { object } = result;
  const [segment, ...rest] = descent.segments;
  if (segment === undefined) {
    descent.ended =
      object.kind === 'blob' && (descent.mode === '100644' || descent.mode === '100755')
        ? { state: 'present', oid: object.oid, mode: descent.mode, bytes: object.bytes, digest: sha256(object.bytes) }
        : { state: 'absent' };
    return;
  }
  if (!entries.has(object.oid)) {
    const parsed = object.kind === 'tree' ? parseTree(object.bytes, format) : undefined;
    entries.set(object.oid, parsed?.ok ? new Map(parsed.entries.map((entry) => [entry.name, entry])) : undefined);
  }
  const entry = entries.get(object.oid)?.get(segment);
  const descends = entry && (rest.length === 0 ? entry.mode.startsWith('100') : entry.mode === '40000');
  if (!descends) {
    descent.ended = { state: 'absent' };
    return;
  }
  descent.at = entry.oid;
  descent.mode = entry.mode;
  descent.segments = rest;
}
