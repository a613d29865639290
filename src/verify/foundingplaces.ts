import type { Oid } from '../git/object.ts';
import type { GitStore } from '../git/store.ts';
import { readCommitLinks } from './commitlinks.ts';
import { introducedFiles, TooManyFiles } from './folderdiff.ts';
import { promptPaths } from './promptpaths.ts';

/** A file's place and content, as one text. */
export function placeOf({ oid, path }: { readonly oid: Oid; readonly path: string }): string {
  return `${oid} ${path}`;
}

/**
 * What stood at the prompts' places when the registry was founded. Where it arrives on a branch that goes to a root of its own,
 * that is let by, as it is where it was founded. Where it cannot be read, nothing is.
 */
export async function foundingPlaces(
  store: GitStore,
  founding: Oid,
  folder: string,
): Promise<ReadonlySet<string>> {
  const places = new Set<string>();
  for await (const commit of readCommitLinks(store, [founding])) {
    if ('state' in commit) continue;
    const whole = { at: 0, path: '', before: undefined, after: commit.tree };
    try {
      const { files } = await introducedFiles(store, [whole], promptPaths(folder));
      for (const file of files) places.add(placeOf(file));
    } catch (error) {
      if (!(error instanceof TooManyFiles)) throw error;
    }
  }
  return places;
}
