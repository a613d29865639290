import type { NewObject, Oid } from './object.ts';
import { type GitStore, ObjectCorrupt } from './store.ts';
import { parseTree } from './tree.ts';
import type { ReadTree } from './treeedit.ts';

/** Reads trees from the store, or first from objects that are made but not written yet. */
export function treeReader(store: GitStore, made: ReadonlyMap<Oid, NewObject>): ReadTree {
  return async (oid) => {
    const object = made.get(oid) ?? (await store.read(oid));
    const parsed = object.kind === 'tree' ? parseTree(object.bytes, store.layout.objectFormat) : undefined;
    if (!parsed?.ok) throw new ObjectCorrupt(oid);
    return parsed.entries;
  };
}
