import { Failure } from '../failure.ts';
import { emptyTree, hashObject, type NewObject, type ObjectFormat, type Oid } from './object.ts';
import { encodeTree, TREE_MODE, type TreeEntry } from './tree.ts';

/** Reads and parses one tree. It is never asked for the empty tree, which need not be stored. */
export type ReadTree = (oid: Oid) => Promise<readonly TreeEntry[]>;

export interface TreeEdit {
  readonly root: Oid;
  /** The trees that are new, deepest first; none when nothing changed. */
  readonly objects: readonly NewObject[];
}

/** What stands at a path, given as its segments (at least one); `undefined` when nothing does. */
export async function lookupPath(
  read: ReadTree,
  root: Oid,
  path: readonly string[],
): Promise<TreeEntry | undefined> {
  let tree: Oid | undefined = root;
  let found: TreeEntry | undefined;
  for (const segment of path) {
    if (tree === undefined) return undefined;
    found = findEntry(await entriesOf(read, tree), segment);
    tree = found?.mode === TREE_MODE ? found.oid : undefined;
  }
  return found;
}

/**
 * The trees in which one path holds another entry, or none (`undefined`); folders left empty go too.
 * @throws Failure when a file stands where the path needs a folder
 */
export async function replacePath(
  read: ReadTree,
  root: Oid,
  path: readonly string[],
  entry: Pick<TreeEntry, 'mode' | 'oid'> | undefined,
): Promise<TreeEdit> {
  const [segment] = path;
  if (segment === undefined) throw new Failure('a path in a tree has at least one name');
  const format = formatOf(root);
  const before = await entriesOf(read, root);
  const changed = await replaceIn(read, format, before, path, entry);
  if (changed.entries === before) return { root, objects: [] };
  const tree: NewObject = { kind: 'tree', bytes: encodeTree(changed.entries, format) };
  return { root: hashObject(format, tree), objects: [...changed.objects, tree] };
}

interface Replaced {
  readonly entries: readonly TreeEntry[];
  readonly objects: readonly NewObject[];
}

/** Answers the very same `entries` when the path holds what it should already. */
async function replaceIn(
  read: ReadTree,
  format: ObjectFormat,
  entries: readonly TreeEntry[],
  [segment = '', ...rest]: readonly string[],
  entry: Pick<TreeEntry, 'mode' | 'oid'> | undefined,
): Promise<Replaced> {
  const standing = findEntry(entries, segment);
  if (rest.length === 0) {
    const same = standing?.oid === entry?.oid && standing?.mode === entry?.mode;
    return { entries: same ? entries : withEntry(entries, segment, entry), objects: [] };
  }
  if (standing !== undefined && standing.mode !== TREE_MODE) {
    if (entry === undefined) return { entries, objects: [] };
    throw new Failure(`${JSON.stringify(segment)} is a file in this tree, not a folder`);
  }
  const below = standing === undefined ? [] : await entriesOf(read, standing.oid);
  const changed = await replaceIn(read, format, below, rest, entry);
  if (changed.entries === below) return { entries, objects: [] };
  if (changed.entries.length === 0) return { entries: withEntry(entries, segment, undefined), objects: [] };
  const tree: NewObject = { kind: 'tree', bytes: encodeTree(changed.entries, format) };
  const link = { mode: TREE_MODE, oid: hashObject(format, tree) };
  return { entries: withEntry(entries, segment, link), objects: [...changed.objects, tree] };
}

function withEntry(
  entries: readonly TreeEntry[],
  name: string,
  entry: Pick<TreeEntry, 'mode' | 'oid'> | undefined,
): readonly TreeEntry[] {
  const others = entries.filter((other) => other.name !== name || other.rawName !== undefined);
  return entry === undefined ? others : [...others, { mode: entry.mode, name, oid: entry.oid }];
}

function findEntry(entries: readonly TreeEntry[], name: string): TreeEntry | undefined {
  return entries.find((entry) => entry.name === name && entry.rawName === undefined);
}

async function entriesOf(read: ReadTree, oid: Oid): Promise<readonly TreeEntry[]> {
  return oid === emptyTree(formatOf(oid)) ? [] : read(oid);
}

function formatOf(oid: Oid): ObjectFormat {
  return oid.length === 40 ? 'sha1' : 'sha256';
}
