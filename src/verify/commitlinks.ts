import { parseCommitLinks } from '../git/commit.ts';
import type { Oid } from '../git/object.ts';
import type { GitStore, ReadResult } from '../git/store.ts';
import type { UnreadableObject } from './folderdiff.ts';

/** What a walk along first parents needs of a commit, in its own bytes' words. */
export interface CommitLinks {
  readonly oid: Oid;
  readonly tree: Oid;
  /** The first parent. */
  readonly parent: Oid | undefined;
}

export async function* readCommitLinks(
  store: GitStore,
  oids: readonly Oid[],
): AsyncGenerator<CommitLinks | UnreadableObject, void, undefined> {
  for await (const result of store.readMany(oids)) yield linksOf(result);
}

function linksOf(result: ReadResult): CommitLinks | UnreadableObject {
  if (result.state !== 'present') return result;
  const { oid, kind, bytes } = result.object;
  const links = kind === 'commit' ? parseCommitLinks(bytes) : undefined;
  return links === undefined
    ? { oid, state: 'malformed' }
    : { oid, tree: links.tree, parent: links.parents[0] };
}
