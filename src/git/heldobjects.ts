import { parseCommitLinks } from './commit.ts';
import { type GitObject, hashObject, type NewObject, type Oid } from './object.ts';
import { type GitStore, NotACommit, type ReadResult } from './store.ts';

/** Objects that are made one upon the other and written in one go, readable before as if they were there. */
export class HeldObjects {
  /** The repository with what is held on top. What is written through it is written at once. */
  readonly store: GitStore;
  readonly #inner: GitStore;
  readonly #held = new Map<Oid, GitObject>();

  constructor(inner: GitStore) {
    this.#inner = inner;
    this.store = {
      adapter: inner.adapter,
      layout: inner.layout,
      config: inner.config,
      workTree: inner.workTree,
      read: async (oid) => this.#held.get(oid) ?? inner.read(oid),
      readMany: (oids) => this.#readMany(oids),
      firstParents: (tip, until) => this.#firstParents(tip, until),
      write: (objects) => inner.write(objects),
      expandOid: (prefix) => inner.expandOid(prefix),
      head: () => inner.head(),
      resolveRef: (ref) => inner.resolveRef(ref),
      listRefs: (prefix) => inner.listRefs(prefix),
      updateRefs: (updates) => inner.updateRefs(updates),
      setConfig: (key, value, mode) => inner.setConfig(key, value, mode),
      remotes: (ask) => inner.remotes(ask),
      close: () => inner.close(),
    };
  }

  /** Each before those that name it. */
  hold(objects: readonly NewObject[]): void {
    const { objectFormat } = this.#inner.layout;
    for (const object of objects) {
      const oid = hashObject(objectFormat, object);
      this.#held.set(oid, { ...object, oid });
    }
  }

  /** Writes all that is held. */
  async write(): Promise<void> {
    if (this.#held.size === 0) return;
    await this.#inner.write([...this.#held.values()]);
    this.#held.clear();
  }

  async *#readMany(oids: Iterable<Oid>): AsyncGenerator<ReadResult> {
    const wanted = [...oids];
    const rest = this.#inner.readMany(wanted.filter((oid) => !this.#held.has(oid)))[Symbol.asyncIterator]();
    try {
      for (const oid of wanted) {
        const object = this.#held.get(oid);
        if (object !== undefined) {
          yield { state: 'present', object };
          continue;
        }
        const next = await rest.next();
        if (next.done) return;
        yield next.value;
      }
    } finally {
      await rest.return?.();
    }
  }

  async *#firstParents(tip: Oid, until?: Oid): AsyncGenerator<Oid> {
    let at: Oid | undefined = tip;
    for (let held = this.#held.get(tip); held !== undefined; held = at && this.#held.get(at)) {
      if (at === undefined || at === until) return;
      const links = held.kind === 'commit' ? parseCommitLinks(held.bytes) : undefined;
      if (links === undefined) throw new NotACommit(held.oid);
      yield held.oid;
      at = links.parents[0];
    }
    if (at !== undefined && at !== until) yield* this.#inner.firstParents(at, until);
  }
}
