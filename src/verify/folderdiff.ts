import type { ObjectFormat, Oid } from '../git/object.ts';
import { type ScannedTree, scannedTree } from '../git/scannedtree.ts';
import type { GitStore, ReadResult } from '../git/store.ts';
import { type TreeEntry, typeOfEntry } from '../git/tree.ts';
import { compareRuns, type DifferingRuns, differingRuns, type TreeDifference } from '../git/treediff.ts';
import type { SeenHistory } from '../trail/seenhistory.ts';

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
  isWanted(path: string, entry: TreeEntry): boolean;
}

/** A tree may hold itself many times over under different names, and name more than any memory has room for. */
const MOST = 200_000;

/** Changes that lead to more folders and files than are looked at in one go. */
export class TooManyFiles extends Error {
  override readonly name = 'TooManyFiles';
  /** The commit, as `at` counts them, that leads to most of what was met, if one does. */
  readonly largest: number | undefined;

  constructor(met: Iterable<Pick<FolderChange, 'at'>>) {
    super('more folders and files than are looked at in one go');
    const counts = new Map<number, number>();
    for (const { at } of met) counts.set(at, (counts.get(at) ?? 0) + 1);
    [this.largest] = Array.from(counts).find(([, count]) => count > MOST / 2) ?? [];
  }
}

/** The same changes in parts that are fewer: what is too much at once may be little a commit. None where there is one change. */
export function inParts(
  changes: readonly FolderChange[],
  { largest }: TooManyFiles,
): readonly (readonly FolderChange[])[] {
  if (changes.length < 2) return [];
  const place = changes.findIndex(({ at }) => at === largest);
  const cuts = place === -1 ? [Math.ceil(changes.length / 2)] : [place, place + 1];
  const parts = [0, ...cuts].map((cut, index) => changes.slice(cut, cuts[index]));
  return parts.filter((part) => part.length > 0);
}

/**
 * What commits introduced, level by level, so that each level is one stream of reads. Folders that a commit left alone
 * are not looked into.
 *
 * @param changes in the order of their commits, so that one's `before` is mostly the next one's `after`
 * @param seen says how trees differ that were read before
 * @throws TooManyFiles
 */
export async function introducedFiles(
  store: GitStore,
  changes: readonly FolderChange[],
  filter: PathFilter,
  seen?: SeenHistory,
): Promise<FolderDifference> {
  const files: IntroducedFile[] = [];
  const unreadable = new Map<Oid, UnreadableObject>();
  let level: readonly FolderChange[] = changes;
  while (level.length > 0) {
    const deeper: FolderChange[] = [];
    const take = (change: FolderChange, runs: DifferingRuns): void => {
      descend(change, compareRuns(runs, store.layout.objectFormat), filter, deeper, files);
      if (deeper.length + files.length > MOST) throw new TooManyFiles([...deeper, ...files]);
    };
    for (const problem of await compareLevel(store, level, take, seen)) unreadable.set(problem.oid, problem);
    level = deeper.sort((a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : a.at - b.at));
  }
  return { files, unreadable: [...unreadable.values()] };
}

/** Hands over what each change brought, in order; reads only what was not read before. Answers what could not be had. */
async function compareLevel(
  store: GitStore,
  level: readonly FolderChange[],
  take: (change: FolderChange, runs: DifferingRuns) => void,
  seen: SeenHistory | undefined,
): Promise<readonly UnreadableObject[]> {
  const changes = level.filter(({ before, after }) => before !== after);
  const known = changes.map(({ before, after }) => before && seen?.runsBetween(before, after));
  const others = readChanges(
    store,
    changes.filter((_, index) => known[index] === undefined),
  );
  const unreadable: UnreadableObject[] = [];
  try {
    for (const [index, change] of changes.entries()) {
      const { runs, problems } = known[index] ? { runs: known[index], problems: [] } : await next(others);
      if (runs !== undefined) take(change, runs);
      unreadable.push(...problems);
    }
  } finally {
    await others.return(undefined);
  }
  return unreadable;
}

async function next(changes: AsyncGenerator<ReadChange, undefined>): Promise<ReadChange> {
  const { value } = await changes.next();
  return value ?? { runs: undefined, problems: [] };
}

function descend(
  { at, path: folder }: FolderChange,
  difference: TreeDifference,
  filter: PathFilter,
  deeper: FolderChange[],
  files: IntroducedFile[],
): void {
  const folders = new Map(difference.before.filter(isFolder).map(({ name, oid }) => [name, oid]));
  for (const entry of difference.after) {
    const { mode, name, oid } = entry;
    const path = folder === '' ? name : `${folder}/${name}`;
    if (!isFolder(entry)) {
      if (filter.isWanted(path, entry)) files.push({ at, path, mode, oid });
    } else if (filter.leadsTo(path)) {
      deeper.push({ at, path, before: folders.get(name), after: oid });
    }
  }
}

function isFolder(entry: TreeEntry): boolean {
  return typeOfEntry(entry) === 'folder';
}

type Side = ScannedTree | UnreadableObject;

interface ReadChange {
  /** `undefined` where what came after cannot be had. */
  readonly runs: DifferingRuns | undefined;
  readonly problems: readonly UnreadableObject[];
}

const EMPTY: ScannedTree = { bytes: Buffer.alloc(0), ends: [] };

/** Reads both sides of every change, keeping no more than those of one change: large folders are many megabytes. */
async function* readChanges(
  store: GitStore,
  changes: readonly FolderChange[],
): AsyncGenerator<ReadChange, undefined, undefined> {
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
      yield compared(before, after);
    }
  } finally {
    await results.return?.();
  }
}

function compared(before: Side, after: Side): ReadChange {
  const problems = [before, after].filter((side) => 'state' in side);
  const old = 'state' in before ? EMPTY : before;
  return { runs: 'state' in after ? undefined : differingRuns(old, after), problems };
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
