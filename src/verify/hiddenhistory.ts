import { parseCommitLinks } from '../git/commit.ts';
import type { Oid } from '../git/object.ts';
import type { GitStore, Ref } from '../git/store.ts';
import { finding } from '../trail/findings.ts';
import type { Finding } from '../trail/model.ts';
import type { RegistryEvidence } from './evidence.ts';
import { readable } from './newline.ts';

/** A line of history that is read, by the ref at which it begins. */
interface Line {
  readonly ref: string;
  readonly commits: AsyncIterable<Oid> | Iterable<Oid>;
}

/** The commits at which git is told to end such a line, though its next commit is here; one of each line. */
export async function hiddenHistory(
  store: GitStore,
  lines: readonly Line[],
  shallow: ReadonlySet<Oid>,
): Promise<readonly Ref[]> {
  if (shallow.size === 0) return [];
  const found = await Promise.all(lines.map((line) => endOf(store, line, shallow)));
  return found.flat();
}

async function endOf(store: GitStore, line: Line, shallow: ReadonlySet<Oid>): Promise<readonly Ref[]> {
  for await (const oid of line.commits) {
    if (!shallow.has(oid)) continue;
    const bytes = await bytesAt(store, oid);
    const parent = bytes && parseCommitLinks(bytes)?.parents[0];
    if (parent !== undefined && (await bytesAt(store, parent)) !== undefined)
      return [{ name: line.ref, oid }];
  }
  return [];
}

async function bytesAt(store: GitStore, oid: Oid): Promise<Uint8Array | undefined> {
  for await (const result of store.readMany([oid]))
    if (result.state === 'present') return result.object.bytes;
  return undefined;
}

/** The protected branches, from where the registry began, as far as they can be read. */
export function branchLines(store: GitStore, branches: readonly Ref[], founding: Oid): readonly Line[] {
  return branches.map(({ name, oid }) => ({
    ref: name,
    commits: readable(store.firstParents(oid, founding)),
  }));
}

const UNHIDE =
  'fetch what may be missing with git fetch --unshallow, or delete the file shallow: what is behind this commit is here';

/** What was verified is what git shows: no file ends its history early. */
export const historyIsShown = ({ hidden }: Pick<RegistryEvidence, 'hidden'>): readonly Finding[] => {
  const once = new Map(hidden.map((one) => [one.oid, one]));
  return Array.from(once.values(), ({ name, oid }) =>
    finding(
      'repo/shallow',
      { ref: name, object: oid },
      `the file shallow has git show nothing of ${name} behind ${oid.slice(0, 12)}`,
      UNHIDE,
    ),
  );
};
