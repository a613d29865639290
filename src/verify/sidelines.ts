import { parseCommitLinks } from '../git/commit.ts';
import type { Oid } from '../git/object.ts';
import { type GitStore, NotACommit, ObjectCorrupt, ObjectMissing, type Ref } from '../git/store.ts';
import { POLICY_PATH } from '../policy/names.ts';
import { promptNameAt } from '../prompts/name.ts';
import type { BranchContent, BranchSearch, UnregisteredContent } from './branchcontent.ts';
import { type BroughtFile, introducedOn } from './introduced.ts';
import type { JudgedLines } from './judgedlines.ts';
import { newLine } from './newline.ts';
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
    const aside: Oid[] = [];
    for (const end of judged.get(name) ?? []) {
      if (!(await isAside(search, oid, end))) continue;
      aside.push(end);
      contents.push({ ref: name, ...(await judgeLine(search, oid, end)) });
    }
    lines.set(name, [oid, ...aside]);
  }
  return { contents, lines };
}

/** Whether a commit is in a branch's history, and not on its line of first parents; also where that cannot be told. */
async function isAside({ store, founding }: BranchSearch, tip: Oid, end: Oid): Promise<boolean> {
  if (tip === end) return false;
  try {
    const line = await newLine(store, tip, [end], founding);
    if (line.end === end) return false;
    // What lies below the place where both lines part cannot lead up to the end of one of them.
    const below = new Set([founding]);
    if (line.end !== undefined)
      for await (const oid of store.firstParents(line.end, founding)) below.add(oid);
    return await leadsTo(store, tip, end, below);
  } catch (error) {
    if (isUnreadable(error)) return true;
    throw error;
  }
}

async function leadsTo(store: GitStore, tip: Oid, wanted: Oid, below: ReadonlySet<Oid>): Promise<boolean> {
  const met = new Set([...below, tip]);
  for (let level: readonly Oid[] = [tip]; level.length > 0; ) {
    const next: Oid[] = [];
    for await (const result of store.readMany(level)) {
      const links = result.state === 'present' ? parseCommitLinks(result.object.bytes) : undefined;
      if (links === undefined) return true;
      for (const parent of links.parents) {
        if (parent === wanted) return true;
        if (!met.has(parent)) next.push(parent);
        met.add(parent);
      }
    }
    level = next;
  }
  return false;
}

async function judgeLine(
  { store, folder, founding, registered }: BranchSearch,
  tip: Oid,
  end: Oid,
): Promise<Omit<BranchContent, 'ref'>> {
  try {
    const line = await newLine(store, end, [tip], founding);
    const { files, unreadable, tooLarge } = await introducedOn(store, line, folder, founding);
    const isRegistered = ({ path, mode, oid }: BroughtFile) => {
      const prompt = promptNameAt(folder, path);
      return prompt !== undefined && mode.startsWith('100') && registered.has(prompt, oid);
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
