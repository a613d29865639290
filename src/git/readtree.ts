import { Failure } from '../failure.ts';
import type { NewObject, Oid } from './object.ts';
import type { GitStore } from './store.ts';
import { parseTree } from './tree.ts';
import type { ReadTree } from './treeedit.ts';

/**
 * Reads trees from the store, or first from objects that are made but not written yet. What is there whole and is no tree that
 * could be changed is a Failure: no other clone has it in better shape.
 */
export function treeReader(store: GitStore, made: ReadonlyMap<Oid, NewObject>): ReadTree {
  return async (oid) => {
    const { kind, bytes } = made.get(oid) ?? (await store.read(oid));
    if (kind !== 'tree') throw new Failure(`a ${kind} stands where a folder should be: ${oid}`);
    const parsed = parseTree(bytes, store.layout.objectFormat);
    if (parsed.ok) return parsed.entries;
    throw new Failure(
      `in the tree ${oid}, ${parsed.problem}, so that nothing can be committed to it: put it right with git rm or git mv, and commit that`,
    );
  };
}
