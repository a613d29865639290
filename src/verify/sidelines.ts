import { parseCommitLinks } from '../git/commit.ts';
import type { Oid } from '../git/object.ts';
import { type GitStore, NotACommit, ObjectCorrupt, ObjectMissing, type Ref } from '../git/store.ts';
import { isFileEntry } from '../git/tree.ts';
import { POLICY_PATH } from '../policy/names.ts';
import { promptNameAt } from '../prompts/name.ts';
import type { BranchContent, BranchSearch, UnregisteredContent } from './branchcontent.ts';
import { type BroughtFile, introducedOn } from './introduced.ts';
import type { JudgedLines } from './judgedlines.ts';
import { newLine, readable } from './newline.ts';
import { placeKind } from './promptpaths.ts';

/**
 * What protected branches held where this clone judged them before, and a merge has made that a side line since: along first
 * parents alone it would look like work on another branch. What is in a branch's history no longer, as it was rewritten, is not
 * asked for again.
 *
 * @returns also where each branch is judged now
 */
export async function readSideLines(
  search: BranchSearch,
  branches: readonly Ref[],
  judged: JudgedLines,
): Promise<{ readonly contents: readonly BranchContent[]; readonly lines: JudgedLines }> {
  const contents: BranchContent[] = [];
  const lines = new Map(judged);
  for (const { name, oid } of branches) {
    const aside = await endsAside(search, oid, judged.get(name) ?? []);
    for (const end of aside) contents.push({ ref: name, ...(await judgeLine(search, oid, end)) });
    lines.set(name, [oid, ...aside]);
  }
  return { contents, lines };
}

/**
 * Those of some commits that are in a branch's history and not on its line of first parents; also those of which that cannot
 * be told. All are looked for in one pass, since they need not be there at all.
 */
async function endsAside(
  { store, founding }: BranchSearch,
  tip: Oid,
  ends: readonly Oid[],
): Promise<readonly Oid[]> {
  const wanted = new Set(ends);
  for (const oid of [tip, founding]) wanted.delete(oid);
  try {
    const line: Oid[] = [];
    if (wanted.size === 0) return [];
    for await (const oid of store.firstParents(tip, founding)) {
      wanted.delete(oid);
      if (wanted.size === 0) return [];
      line.push(oid);
    }
    const parting = await lowestParting(store, line, wanted, founding);
    // What lies below the place where the lines part cannot lead up to the end of one of them.
    const met = new Set([...line, founding]);
    const reached = await reachedFrom(store, line.slice(0, parting), wanted, met);
    return [...wanted].filter((oid) => reached.has(oid));
  } catch (error) {
    if (isUnreadable(error)) return [...wanted];
    throw error;
  }
}

/** The place on a line of first parents above which the lines of all these commits part from it: its length where that is not known. */
async function lowestParting(
  store: GitStore,
  line: readonly Oid[],
  ends: ReadonlySet<Oid>,
  founding: Oid,
): Promise<number> {
  const places = new Map(line.map((oid, place) => [oid, place]));
  const walked = new Set<Oid>();
  let lowest = 0;
  for await (const result of store.readMany(ends)) {
    if (result.state !== 'present') return line.length;
    const place = await partingOf(readable(store.firstParents(result.object.oid, founding)), places, walked);
    lowest = Math.max(lowest, place ?? line.length);
  }
  return lowest;
}

/** @param walked commits of other such lines, which were followed already */
async function partingOf(
  line: AsyncIterable<Oid>,
  places: ReadonlyMap<Oid, number>,
  walked: Set<Oid>,
): Promise<number | undefined> {
  for await (const oid of line) {
    if (walked.has(oid)) return 0;
    walked.add(oid);
    const place = places.get(oid);
    if (place !== undefined) return place;
  }
  return undefined;
}

/**
 * @param met what is not to be followed again
 * @returns those of the wanted that the parents of these commits lead to; all, where some commit cannot be read
 */
async function reachedFrom(
  store: GitStore,
  commits: readonly Oid[],
  wanted: ReadonlySet<Oid>,
  met: Set<Oid>,
): Promise<ReadonlySet<Oid>> {
  const reached = new Set<Oid>();
  for (let level = commits; level.length > 0; ) {
    const next: Oid[] = [];
    for await (const result of store.readMany(level)) {
      const links = result.state === 'present' ? parseCommitLinks(result.object.bytes) : undefined;
      if (links === undefined) return wanted;
      for (const parent of links.parents) {
        if (wanted.has(parent)) reached.add(parent);
        if (!met.has(parent)) next.push(parent);
        met.add(parent);
      }
    }
    if (reached.size === wanted.size) break;
    level = next;
  }
  return reached;
}

async function judgeLine(
  { store, folder, founding, registered }: BranchSearch,
  tip: Oid,
  end: Oid,
): Promise<Omit<BranchContent, 'ref'>> {
  try {
    const line = await newLine(store, end, [tip], founding);
    const { files, unreadable, tooLarge } = await introducedOn(store, line, folder, founding);
    const isRegistered = (file: BroughtFile) => {
      const prompt = promptNameAt(folder, file.path);
      return prompt !== undefined && isFileEntry(file) && registered.has(prompt, file.oid);
    };
    const strangers = files.filter((file) => file.path !== POLICY_PATH && !isRegistered(file));
    return {
      unregistered: [
        ...strangers.map((file) => contentOf(folder, file)),
        ...tooLarge.map((commit) => ({ ...GONE, ...CROWD, path: folder, object: commit, commit })),
      ],
      unreadable,
    };
  } catch (error) {
    if (!isUnreadable(error)) throw error;
    const state = error instanceof ObjectMissing ? 'missing' : 'corrupt';
    return { unregistered: [], unreadable: [{ oid: error.oid, state }] };
  }
}

/** It came once, however many lines of history lead to it: a merge that brings it to the branch's own line counts there. */
const GONE = { stands: false, broughtBy: [] } as const;
const CROWD = { kind: 'crowd', prompt: undefined } as const;

function contentOf(folder: string, file: BroughtFile): UnregisteredContent {
  const { path, oid: object, commit } = file;
  return {
    ...GONE,
    ...{ kind: placeKind(folder, file), prompt: promptNameAt(folder, path), path, object, commit },
  };
}

function isUnreadable(error: unknown): error is ObjectMissing | ObjectCorrupt | NotACommit {
  return error instanceof ObjectMissing || error instanceof ObjectCorrupt || error instanceof NotACommit;
}
