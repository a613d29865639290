import { Failure } from '../failure.ts';
import type { Oid } from '../git/object.ts';
import type { GitStore } from '../git/store.ts';
import { POLICY_PATH } from '../policy/names.ts';
import type { CommitLinks } from '../trail/seenhistory.ts';
import { readCommitLinks } from './commitlinks.ts';
import {
  type FolderChange,
  inParts,
  introducedFiles,
  TooManyFiles,
  type UnreadableObject,
} from './folderdiff.ts';
import { foundingPlaces, placeOf } from './foundingplaces.ts';
import type { NewLine } from './newline.ts';
import { promptPaths } from './promptpaths.ts';

/** What a commit brought to a place of the registry. */
export interface BroughtFile {
  readonly commit: Oid;
  readonly path: string;
  readonly mode: string;
  readonly oid: Oid;
}

export interface Introduction {
  /** Newest commit first. */
  readonly files: readonly BroughtFile[];
  readonly unreadable: readonly UnreadableObject[];
  /** Commits that bring more than can be looked at. */
  readonly tooLarge: readonly Oid[];
}

/** Commits whose trees are compared in one go. */
const BATCH = 1024;
/** Files that are remembered of one line; whatever more it brings is too large. */
const MOST_FILES = 1_000_000;

/**
 * What each commit of a line brought, compared with its first parent. Of a line that goes to a root of its own, what stands at
 * its tip, what came with the policy file or after it, and what stood there then: below, there was no registry. What the
 * registry itself was founded on is let by there.
 * @param founding the commit that brought the first policy
 */
export async function introducedOn(
  store: GitStore,
  line: NewLine,
  folder: string,
  founding: Oid,
): Promise<Introduction> {
  const reader = new LineReader(store, folder);
  for (let at = 0; at < line.commits.length; at += BATCH) {
    const next = at + BATCH;
    await reader.read(line.commits.slice(at, next), line.commits[next] ?? line.end);
  }
  const [tip] = line.commits;
  if (line.end !== undefined || tip === undefined) return reader;
  const { files } = reader;
  const arrival = files.findLast(({ path }) => path === POLICY_PATH)?.commit;
  const since = files.slice(0, files.findLastIndex(({ commit }) => commit === arrival) + 1);
  const [atTip, atArrival] = await Promise.all([tip, arrival].map((oid) => standingAt(store, folder, oid)));
  const old = await foundingPlaces(store, founding, folder);
  return {
    files: [
      ...(atTip?.files ?? []),
      ...since,
      ...(atArrival?.files ?? []).filter((file) => !old.has(placeOf(file))),
    ],
    unreadable: [reader, atTip, atArrival].flatMap((one) => one?.unreadable ?? []),
    tooLarge: [...new Set([reader, atTip, atArrival].flatMap((one) => one?.tooLarge ?? []))],
  };
}

/** All that stands there, as if the commit had brought it. */
async function standingAt(store: GitStore, folder: string, commit: Oid | undefined): Promise<Introduction> {
  const reader = new LineReader(store, folder);
  if (commit !== undefined) await reader.readWhole(commit);
  return reader;
}

class LineReader implements Introduction {
  readonly files: BroughtFile[] = [];
  readonly unreadable: UnreadableObject[] = [];
  readonly tooLarge: Oid[] = [];
  readonly #store: GitStore;
  readonly #folder: string;

  constructor(store: GitStore, folder: string) {
    this.#store = store;
    this.#folder = folder;
  }

  /** @param oids each, as git says, the first parent of the one before it, and `below` that of the last */
  async read(oids: readonly Oid[], below: Oid | undefined): Promise<void> {
    const commits = await this.#links(below === undefined ? oids : [...oids, below]);
    const changes = commits.map(({ oid, tree, parent }, at): FolderChange => {
      const before = commits[at + 1];
      if (before?.oid !== parent && at < oids.length && this.unreadable.length === 0)
        throw new Failure(`git says that ${before?.oid ?? 'nothing'} comes before ${oid}, which it does not`);
      return { at, path: '', before: before?.tree, after: tree };
    });
    await this.#compare(commits, changes.slice(0, oids.length));
  }

  async readWhole(oid: Oid): Promise<void> {
    const commits = await this.#links([oid]);
    await this.#compare(
      commits,
      commits.map(({ tree }, at) => ({ at, path: '', before: undefined, after: tree })),
    );
  }

  async #links(oids: readonly Oid[]): Promise<CommitLinks[]> {
    const commits: CommitLinks[] = [];
    for await (const commit of readCommitLinks(this.#store, oids)) {
      if ('state' in commit) this.unreadable.push(commit);
      else commits.push(commit);
    }
    return commits;
  }

  async #compare(commits: readonly CommitLinks[], changes: readonly FolderChange[]): Promise<void> {
    try {
      const { files, unreadable } = await introducedFiles(this.#store, changes, promptPaths(this.#folder));
      this.unreadable.push(...unreadable);
      if (this.files.length + files.length > MOST_FILES) throw new TooManyFiles(files);
      for (const { at, path, mode, oid } of [...files].sort((a, b) => a.at - b.at)) {
        const commit = commits[at]?.oid;
        if (commit !== undefined) this.files.push({ commit, path, mode, oid });
      }
    } catch (error) {
      if (!(error instanceof TooManyFiles)) throw error;
      const parts = inParts(changes, error);
      for (const part of parts) await this.#compare(commits, part);
      const alone = parts.length === 0 ? changes[0] && commits[changes[0].at] : undefined;
      if (alone !== undefined) this.tooLarge.push(alone.oid);
    }
  }
}
