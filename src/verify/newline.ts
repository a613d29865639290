import { parseCommitLinks } from '../git/commit.ts';
import type { Oid } from '../git/object.ts';
import { type GitStore, NotACommit, ObjectCorrupt, ObjectMissing } from '../git/store.ts';

/** Commits that a push adds to a branch's line of first parents. */
export interface NewLine {
  /** Newest first. */
  readonly commits: readonly Oid[];
  /** The commit below them: of a line that is known, or where the registry began; `undefined` where they go to a root of their own. */
  readonly end: Oid | undefined;
}

/**
 * Walks down from `tip` and, step by step with it, from what is known, until they meet: it takes as long as they have moved
 * apart, however long the history below is.
 * @param founding where the registry began: nothing below it is anybody's concern
 * @throws ObjectMissing, ObjectCorrupt, NotACommit where the line from `tip` cannot be followed
 */
export async function newLine(
  store: GitStore,
  tip: Oid,
  known: readonly Oid[],
  founding: Oid,
): Promise<NewLine> {
  const commits: Oid[] = [];
  const places = new Map<Oid, number>();
  const met = new Set<Oid>();
  const own = store.firstParents(tip, founding)[Symbol.asyncIterator]();
  let others = known.map((oid) => readable(store.firstParents(oid, founding)));
  let walking = true;
  try {
    while (walking || others.length > 0) {
      const steps = await Promise.all(others.map((line) => line.next()));
      others = others.filter((_, index) => steps[index]?.done !== true);
      for (const { done, value: oid } of steps) {
        if (done) continue;
        const place = places.get(oid);
        if (place !== undefined) return { commits: commits.slice(0, place), end: oid };
        met.add(oid);
      }
      const step = walking ? await own.next() : undefined;
      if (step === undefined) continue;
      if (step.done) walking = false;
      else if (met.has(step.value)) return { commits, end: step.value };
      else {
        places.set(step.value, commits.length);
        commits.push(step.value);
      }
    }
  } finally {
    await Promise.all([own, ...others].map((line) => line.return?.()));
  }
  return { commits, end: (await isChildOf(store, commits.at(-1), founding)) ? founding : undefined };
}

/** A line as far as it can be read: what is known only ever shortens the work. */
export async function* readable(line: AsyncIterable<Oid>): AsyncGenerator<Oid, void, undefined> {
  try {
    yield* line;
  } catch (error) {
    const cut =
      error instanceof ObjectMissing || error instanceof ObjectCorrupt || error instanceof NotACommit;
    if (!cut) throw error;
  }
}

async function isChildOf(store: GitStore, oid: Oid | undefined, parent: Oid): Promise<boolean> {
  const object = oid && (await store.read(oid));
  return object?.kind === 'commit' && parseCommitLinks(object.bytes)?.parents[0] === parent;
}
