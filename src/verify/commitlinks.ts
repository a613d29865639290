import { parseCommitLinks } from '../git/commit.ts';
import type { Oid } from '../git/object.ts';
import type { GitStore, ReadResult } from '../git/store.ts';
import type { CommitLinks, SeenHistory } from '../trail/seenhistory.ts';
import type { UnreadableObject } from './folderdiff.ts';

/** The links of commits in order, of those that were not seen before by reading them. */
export async function* readCommitLinks(
  store: GitStore,
  oids: readonly Oid[],
  seen?: SeenHistory,
): AsyncGenerator<CommitLinks | UnreadableObject, void, undefined> {
  const strangers = oids.filter((oid) => seen?.linksOf(oid) === undefined);
  const results = store.readMany(strangers)[Symbol.asyncIterator]();
  try {
    for (const oid of oids) {
      const known = seen?.linksOf(oid);
      const next = known === undefined ? await results.next() : undefined;
      if (known !== undefined) yield known;
      else yield next === undefined || next.done ? { oid, state: 'missing' } : linksOf(next.value);
    }
  } finally {
    await results.return?.();
  }
}

function linksOf(result: ReadResult): CommitLinks | UnreadableObject {
  if (result.state !== 'present') return result;
  const { oid, kind, bytes } = result.object;
  const links = kind === 'commit' ? parseCommitLinks(bytes) : undefined;
  return links === undefined
    ? { oid, state: 'malformed' }
    : { oid, tree: links.tree, parent: links.parents[0] };
}

/** A stretch of commits that nobody has seen costs a process where it is long. */
const MOST_STRETCHES = 8;

/**
 * First parents as `GitStore.firstParents` says, without asking for those that were seen before.
 * @throws ObjectMissing, ObjectCorrupt, NotACommit
 */
export async function* firstParentLine(
  store: Pick<GitStore, 'firstParents'>,
  seen: SeenHistory,
  tip: Oid,
  until: Oid,
): AsyncGenerator<Oid, void, undefined> {
  let next: Oid | undefined = tip;
  for (let stretch = 1; next !== undefined; stretch += 1) {
    for (let known = seen.linksOf(next); known !== undefined; known = seen.linksOf(next)) {
      if (next === until) return;
      yield next;
      if (known.parent === undefined) return;
      next = known.parent;
    }
    const from: Oid = next;
    next = undefined;
    for await (const oid of store.firstParents(from, until)) {
      if (stretch < MOST_STRETCHES && seen.linksOf(oid) !== undefined) {
        next = oid;
        break;
      }
      yield oid;
    }
  }
}
