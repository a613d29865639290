import type { ObjectFormat, Oid } from '../git/object.ts';
import type { GitStore, ReadResult } from '../git/store.ts';
import { TREE_MODE } from '../git/tree.ts';
import { compareTrees, type ScannedTree, scannedTree } from '../git/treediff.ts';

/** A folder before and after a commit. */
export interface FolderChange {
  /** Which commit, as whoever asks counts them. */
  readonly at: number;
  /** The folder's path; `''` is the top. */
  readonly path: string;
  /** `undefined` where the folder was not there. */
  readonly before: Oid | undefined;
  readonly after: Oid;
}

/** A path that held something else, or nothing, before. */
export interface IntroducedFile {
  readonly at: number;
  readonly path: string;
  readonly mode: string;
  readonly oid: Oid;
}

/** An object that was needed and could not be had. */
export interface UnreadableObject {
  readonly oid: Oid;
  /** `malformed`: its bytes are those of its id, and are not what should stand there. */
  readonly state: 'missing' | 'corrupt' | 'malformed';
}

export interface FolderDifference {
  readonly files: readonly IntroducedFile[];
  readonly unreadable: readonly UnreadableObject[];
}

/** Which paths are asked about: a folder is gone into where `leadsTo` says so, a file answered where `isWanted` does. */
export interface PathFilter {
  leadsTo(folder: string): boolean;
  isWanted(path: string, mode: string): boolean;
}

/** A tree may hold itself many times over under different names, and name more folders than any memory has room for. */
const MOST_FOLDERS = 200_000;

/** Changes that lead to more folders than are looked into at once. */
export class TooManyFolders extends Error {
  override readonly name = 'TooManyFolders';
}

/**
 * What commits introduced, level by level, so that each level is one stream of reads. Folders that a commit left alone
 * are not looked into.
 *
 * @param changes in the order of their commits, so that one's `before` is mostly the next one's `after`
 * @throws TooManyFolders
 */
export async function introducedFiles(
  store: GitStore,
  changes: readonly FolderChange[],
  filter: PathFilter,
): Promise<FolderDifference> {
  const files: IntroducedFile[] = [];
  const unreadable = new Map<Oid, UnreadableObject>();
  let level: readonly FolderChange[] = changes;
  while (level.length > 0) {
    const deeper: FolderChange[] = [];
    for await (const { change, before, after } of readChanges(store, level)) {
      for (const side of [before, after]) if ('state' in side) unreadable.set(side.oid, side);
      if ('state' in after) continue;
      const old = 'state' in before ? EMPTY : before;
      descend(change, compareTrees(old, after, store.layout.objectFormat), filter, deeper, files);
      if (deeper.length > MOST_FOLDERS) throw new TooManyFolders();
    }
    level = deeper.sort((a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : a.at - b.at));
  }
  return { files, unreadable: [...unreadable.values()] };
}

function descend(
  { at, path: folder }: FolderChange,
  difference: ReturnType<typeof compareTrees>,
  filter: PathFilter,
  deeper: FolderChange[],
  files: IntroducedFile[],
): void {
  const folders = new Map(
    difference.before.filter(({ mode }) => mode === TREE_MODE).map(({ name, oid }) => [name, oid]),
  );
  for (const { mode, name, oid } of difference.after) {
    const path = folder === '' ? name : `${folder}/${name}`;
    if (mode !== TREE_MODE) {
      if (filter.isWanted(path, mode)) files.push({ at, path, mode, oid });
    } else if (filter.leadsTo(path)) {
      deeper.push({ at, path, before: folders.get(name), after: oid });
    }
  }
}

type Side = ScannedTree | UnreadableObject;

interface ReadChange {
  readonly change: FolderChange;
  readonly before: Side;
  readonly after: Side;
}

const EMPTY: ScannedTree = { bytes: Buffer.alloc(0), ends: [] };

/** Reads both sides of every change, keeping no more than those of one change: large folders are many megabytes. */
async function* readChanges(
  store: GitStore,
  all: readonly FolderChange[],
): AsyncGenerator<ReadChange, void, undefined> {
  const changes = all.filter(({ before, after }) => before !== after);
  const results = store.readMany(wanted(changes))[Symbol.asyncIterator]();
  let held = new Map<Oid, Side>();
  const sideOf = async (oid: Oid): Promise<Side> => {
    const known = held.get(oid);
    if (known !== undefined) return known;
    const next = await results.next();
    return next.done ? { oid, state: 'missing' } : readTree(next.value, store.layout.objectFormat);
  };
  try {
    for (const change of changes) {
      const after = await sideOf(change.after);
      const before = change.before === undefined ? EMPTY : await sideOf(change.before);
      held = new Map([[change.after, after]]);
      if (change.before !== undefined) held.set(change.before, before);
      yield { change, before, after };
    }
  } finally {
    await results.return?.();
  }
}

/** What `readChanges` asks for, in its order: each side that the change before did not have. */
function* wanted(changes: readonly FolderChange[]): Generator<Oid, void, undefined> {
  let held: readonly Oid[] = [];
  for (const { before, after } of changes) {
    const sides = before === undefined ? [after] : [after, before];
    for (const oid of sides) if (!held.includes(oid)) yield oid;
    held = sides;
  }
}

function readTree(result: ReadResult, format: ObjectFormat): Side {
  if (result.state !== 'present') return result;
  const { oid, kind, bytes } = result.object;
  return (kind === 'tree' ? scannedTree(bytes, format) : undefined) ?? { oid, state: 'malformed' };
}
