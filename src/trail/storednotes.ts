import { emptyTree, hashObject, type NewObject, type Oid } from '../git/object.ts';
import { treeReader } from '../git/readtree.ts';
import type { GitStore } from '../git/store.ts';
import type { TreeEntry } from '../git/tree.ts';
import { appendNote, type Noted, noteEntry } from '../ledger/notestree.ts';
import type { NotesLedger } from './state.ts';

/**
 * The notes tree as the repository holds it, grown event by event. Writers take the new objects from it; a replay that
 * goes on from a verified head uses it in place of all the messages before.
 */
export class StoredNotes implements NotesLedger {
  /** Objects that the appended entries made, each once. */
  readonly made: Map<Oid, NewObject>;
  private readonly store: GitStore;
  private current: Oid;
  /** The run that was given last. */
  private last: Promise<unknown> = Promise.resolve();

  /**
   * @param root a verified root tree
   * @param remade objects of it that the repository may lack, and that are to be written with the new ones
   */
  constructor(store: GitStore, root: Oid, remade: ReadonlyMap<Oid, NewObject> = new Map()) {
    this.store = store;
    this.current = root;
    this.made = new Map(remade);
  }

  get root(): Oid {
    return this.current;
  }

  treesAfter(run: readonly (Noted | undefined)[]): Promise<readonly Oid[]> {
    const trees = this.last.then(() => this.appendAll(run));
    trees.catch(() => {});
    this.last = trees;
    return trees;
  }

  private async appendAll(run: readonly (Noted | undefined)[]): Promise<readonly Oid[]> {
    const trees: Oid[] = [];
    for (const noted of run) {
      if (noted !== undefined) {
        const outdated = await this.grow(noted.about, noteEntry(noted.message, noted.time, noted.email));
        // Nobody writes what is read: kept, a note that grows would be there once for each of its entries.
        for (const oid of outdated) this.made.delete(oid);
      }
      trees.push(this.current);
    }
    return trees;
  }

  /** @throws ObjectMissing, ObjectCorrupt when the repository does not hold the tree that was verified */
  async append(commit: Oid, entry: string): Promise<Oid> {
    await this.grow(commit, entry);
    return this.current;
  }

  /** As `append`; answers the objects in whose place others are now. */
  private async grow(commit: Oid, entry: string): Promise<readonly Oid[]> {
    const { objectFormat } = this.store.layout;
    if (commit.length !== this.current.length) return [];
    const outdated = [this.current];
    const root = await this.tree(this.current);
    const folder = root.find(({ name }) => name === commit.slice(0, 2));
    const subtree = folder && (await this.tree(folder.oid));
    const file = subtree?.find(({ name }) => name === commit.slice(2));
    const note = file && (this.made.get(file.oid) ?? (await this.store.read(file.oid))).bytes;
    const appended = appendNote(objectFormat, { root, subtree, note }, commit, entry);
    for (const object of appended.objects) this.made.set(hashObject(objectFormat, object), object);
    this.current = appended.root;
    for (const before of [folder, file]) if (before !== undefined) outdated.push(before.oid);
    return outdated;
  }

  private async tree(oid: Oid): Promise<readonly TreeEntry[]> {
    return oid === emptyTree(this.store.layout.objectFormat) ? [] : treeReader(this.store, this.made)(oid);
  }
}
