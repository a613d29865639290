import { parseCommitLinks } from './commit.ts';
import type { Oid } from './object.ts';
import { type GitStore, ObjectCorrupt } from './store.ts';
import { parseEntries, type TreeEntry, typeOfEntry } from './tree.ts';

/**
 * Whether HEAD's tree has anything at a path, or a link on the way there: what a checkout puts into the working tree. Letters
 * of either case count, since not every file system tells them apart.
 *
 * @param path in lower case
 * @throws ObjectMissing, ObjectCorrupt
 */
export async function isCommitted(store: GitStore, path: string): Promise<boolean> {
  const { oid } = await store.head();
  if (oid === undefined) return false;
  const links = parseCommitLinks((await store.read(oid)).bytes);
  if (links === undefined) throw new ObjectCorrupt(oid);
  let folders: readonly Oid[] = [links.tree];
  for (const segment of path.split('/')) {
    const entries = (await Promise.all(folders.map((folder) => entriesOf(store, folder)))).flat();
    const there = entries.filter(({ name }) => name.toLowerCase() === segment);
    if (there.some((entry) => typeOfEntry(entry) !== 'folder')) return true;
    folders = there.map((entry) => entry.oid);
  }
  return folders.length > 0;
}

async function entriesOf(store: GitStore, oid: Oid): Promise<readonly TreeEntry[]> {
  const { kind, bytes } = await store.read(oid);
  const parse = kind === 'tree' ? parseEntries(bytes, store.layout.objectFormat) : undefined;
  if (!parse?.ok) throw new ObjectCorrupt(oid);
  return parse.entries;
}
