import { Failure } from '../failure.ts';
import type { Oid } from '../git/object.ts';
import { type GitStore, ObjectCorrupt, ObjectMissing } from '../git/store.ts';
import { isFileEntry } from '../git/tree.ts';
import { POLICY_PATH } from '../policy/names.ts';
import { promptNameAt } from '../prompts/name.ts';
import type { CommitLinks, SeenHistory } from '../trail/seenhistory.ts';
import { firstParentLine, readCommitLinks } from './commitlinks.ts';
import {
  type FolderChange,
  type FolderDifference,
  type IntroducedFile,
  inParts,
  introducedFiles,
  type PathFilter,
  TooManyFiles,
  type UnreadableObject,
} from './folderdiff.ts';
import { foundingPlaces, placeOf } from './foundingplaces.ts';
import { type PlaceKind, placeKind, promptPaths } from './promptpaths.ts';
import type { RegisteredContent } from './registeredcontent.ts';

/** Content at a prompt's place on a branch that no version event registered for that prompt. */
export interface UnregisteredContent {
  /** `crowd`: more folders and files than can be looked at. */
  readonly kind: PlaceKind | 'crowd';
  /** Of what stands at a prompt's own place. */
  readonly prompt: string | undefined;
  readonly path: string;
  /** The blob; of a submodule, its commit; of a crowd, the tree that holds it. */
  readonly object: Oid;
  /** The oldest commit on the branch's first-parent line that brought it. */
  readonly commit: Oid;
  /** It is at the branch's tip. */
  readonly stands: boolean;
  /** All the commits on that line that brought it. */
  readonly broughtBy: readonly Oid[];
}

/** What a protected branch holds, from where the registry began. */
export interface BranchContent {
  readonly ref: string;
  readonly unregistered: readonly UnregisteredContent[];
  /** Objects that stood in the way of judging all of it. */
  readonly unreadable: readonly UnreadableObject[];
}

export interface BranchSearch {
  readonly store: GitStore;
  /** The prompts' folder. */
  readonly folder: string;
  readonly registered: Pick<RegisteredContent, 'has'>;
  /** What of the history that is walked was read before. */
  readonly seen: SeenHistory;
  /** The commit that brought the first policy. */
  readonly founding: Oid;
  /** Called with the number of commits looked at. */
  readonly progress?: ((done: number) => void) | undefined;
}

/** Commits whose trees are compared in one go. */
const BATCH = 1024;
/** What is found on a branch one by one; what more a commit brings is a crowd. */
const MOST_FOUND = 20_000;

type Met = Omit<UnregisteredContent, 'stands' | 'broughtBy'>;

/** Reads one branch: every prompt at its tip, and every content that a commit on its first-parent line introduced. */
export class BranchReader {
  readonly #search: BranchSearch;
  /** Commits of lines that lead to the founding one: what such a commit introduced has been looked at. */
  readonly #walked: Set<Oid>;
  readonly #filter: PathFilter;
  readonly #unreadable = new Map<Oid, UnreadableObject>();
  /** By prompt and object. What stands later in it was met later: in an older commit. */
  readonly #found = new Map<string, Met>();
  /** By the same. */
  readonly #arrivals = new Map<string, Oid[]>();
  /** Met since the last commit that brought a policy file: counts only if an older one brings one. */
  #pending: Met[] = [];
  #arrival: CommitLinks | undefined;
  #old: ReadonlySet<string> = new Set();

  constructor(search: BranchSearch, walked: Set<Oid>) {
    this.#search = search;
    this.#walked = walked;
    this.#filter = promptPaths(search.folder);
  }

  async read(tip: Oid): Promise<Omit<BranchContent, 'ref'>> {
    const [commit] = await this.#commits([tip]);
    let standing: ReadonlySet<string> = new Set();
    if (commit !== undefined) {
      const top: FolderChange = { at: 0, path: '', before: undefined, after: commit.tree };
      await this.#judge([commit], [top]);
      this.#settle();
      standing = new Set(this.#found.keys());
      // That the tip has it does not say that its commit brought it.
      this.#arrivals.clear();
      this.#arrival = undefined;
      await this.#walk(tip);
    }
    const unregistered = Array.from(this.#found, ([key, one]) => ({
      ...one,
      stands: standing.has(key),
      broughtBy: this.#arrivals.get(key) ?? [],
    }));
    return { unregistered, unreadable: [...this.#unreadable.values()] };
  }

  async #walk(tip: Oid): Promise<void> {
    const line: Oid[] = [];
    let above: CommitLinks | undefined;
    let batch: Oid[] = [];
    const compare = async () => {
      above = await this.#compare(above, batch);
      batch = [];
    };
    const { store, seen, founding, progress } = this.#search;
    let end: Oid | undefined;
    try {
      for await (const oid of firstParentLine(store, seen, tip, founding)) {
        if (this.#walked.has(oid)) {
          end = oid;
          break;
        }
        line.push(oid);
        if (batch.push(oid) === BATCH) await compare();
        progress?.(line.length);
      }
    } catch (error) {
      if (!(error instanceof ObjectMissing || error instanceof ObjectCorrupt)) throw error;
      const state = error instanceof ObjectMissing ? 'missing' : 'corrupt';
      this.#unreadable.set(error.oid, { oid: error.oid, state });
    }
    if (batch.length > 0) await compare();
    if (above !== undefined) await this.#finish(above, end);
    if (above?.parent === founding || end !== undefined || tip === founding) {
      this.#settle();
      for (const oid of line) this.#walked.add(oid);
    } else if (this.#arrival !== undefined) await this.#judgeArrival(this.#arrival);
  }

  /** Of a line that goes to a root of its own: what stood there when the registry came, whoever had brought it. */
  async #judgeArrival(arrival: CommitLinks): Promise<void> {
    const { store, founding, folder } = this.#search;
    this.#pending = [];
    this.#old = await foundingPlaces(store, founding, folder);
    await this.#judge([arrival], [{ at: 0, path: '', before: undefined, after: arrival.tree }]);
    this.#settle();
  }

  /** What each commit but the last introduced, `above` first; answers that last one. */
  async #compare(above: CommitLinks | undefined, oids: readonly Oid[]): Promise<CommitLinks | undefined> {
    const commits = await this.#commits(oids);
    const run = above === undefined ? commits : [above, ...commits];
    const changes: FolderChange[] = [];
    for (const [at, { oid, tree, parent }] of run.entries()) {
      const below = run[at + 1];
      if (below === undefined) break;
      if (below.oid === parent) changes.push({ at, path: '', before: below.tree, after: tree });
      else if (this.#unreadable.size === 0)
        throw new Failure(`git says that ${below.oid} comes before ${oid}, which that commit does not say`);
    }
    await this.#judge(run, changes);
    return run.at(-1);
  }

  /** The last commit of the line: the root, one above a commit that others settled, or one whose parent cannot be read. */
  async #finish(last: CommitLinks, end: Oid | undefined): Promise<void> {
    const { founding } = this.#search;
    const { parent } = last;
    if (parent !== undefined && parent !== founding && parent !== end) return;
    const below = parent === undefined ? undefined : (await this.#commits([parent]))[0];
    if (parent !== undefined && below === undefined) return;
    await this.#judge([last], [{ at: 0, path: '', before: below?.tree, after: last.tree }]);
  }

  async #judge(commits: readonly CommitLinks[], changes: readonly FolderChange[]): Promise<void> {
    const { store, seen } = this.#search;
    try {
      this.#take(commits, await introducedFiles(store, changes, this.#filter, seen));
    } catch (error) {
      if (!(error instanceof TooManyFiles)) throw error;
      const parts = inParts(changes, error);
      for (const part of parts) await this.#judge(commits, part);
      // What is too much by itself brings what nobody registered.
      const alone = parts.length === 0 ? changes[0] && commits[changes[0].at] : undefined;
      if (alone !== undefined) this.#meetCrowd(alone);
    }
  }

  #take(commits: readonly CommitLinks[], { files, unreadable }: FolderDifference): void {
    const { registered, folder } = this.#search;
    for (const object of unreadable) this.#unreadable.set(object.oid, object);
    const byCommit = [...files].sort((a, b) => a.at - b.at || Number(isPolicy(a)) - Number(isPolicy(b)));
    for (const file of byCommit) {
      const commit = commits[file.at];
      if (commit === undefined) continue;
      if (isPolicy(file)) {
        this.#arrival = commit;
        this.#settle();
        continue;
      }
      if (this.#old.has(placeOf(file))) continue;
      const prompt = promptNameAt(folder, file.path);
      if (prompt !== undefined && isFileEntry(file) && registered.has(prompt, file.oid)) continue;
      if (this.#found.size + this.#pending.length >= MOST_FOUND) {
        this.#meetCrowd(commit);
        continue;
      }
      this.#pending.push({
        kind: placeKind(folder, file),
        prompt,
        path: file.path,
        object: file.oid,
        commit: commit.oid,
      });
    }
  }

  #meetCrowd({ oid: commit, tree: object }: CommitLinks): void {
    const last = this.#pending.at(-1);
    if (last?.kind === 'crowd' && last.commit === commit) return;
    this.#pending.push({ kind: 'crowd', prompt: undefined, path: this.#search.folder, object, commit });
  }

  #settle(): void {
    for (const one of this.#pending) {
      const key = `${one.object} ${one.prompt ?? ''}`;
      this.#found.set(key, one);
      const arrivals = this.#arrivals.get(key) ?? [];
      arrivals.push(one.commit);
      this.#arrivals.set(key, arrivals);
    }
    this.#pending = [];
  }

  /** Those that can be read; the others are noted. */
  async #commits(oids: readonly Oid[]): Promise<CommitLinks[]> {
    const { store, seen } = this.#search;
    const commits: CommitLinks[] = [];
    for await (const commit of readCommitLinks(store, oids, seen)) {
      if ('state' in commit) this.#unreadable.set(commit.oid, commit);
      else commits.push(commit);
    }
    return commits;
  }
}

function isPolicy({ path }: IntroducedFile): boolean {
  return path === POLICY_PATH;
}
