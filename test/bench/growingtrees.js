/** The notes tree, every state of which goes into the pack. */
export class Notes {
  root;
  #codecs;
  #keep;
  #top;
  /** @type {Map<string, { tree: import('../../src/ledger/uniformtree.ts').UniformTree, notes: Map<string, Buffer> }>} */
  #folders = new Map();

  constructor(codecs, keep) {
    this.#codecs = codecs;
    this.#keep = keep;
    this.#top = new codecs.UniformTree('folders', 'sha1');
    this.root = codecs.emptyTree('sha1');
  }

  append(commit, entry) {
    const name = commit.slice(0, 2);
    const folder = this.#folders.get(name) ?? {
      tree: new this.#codecs.UniformTree('notes', 'sha1'),
      notes: new Map(),
    };
    this.#folders.set(name, folder);
    const before = folder.notes.get(commit);
    const note = Buffer.from(before === undefined ? entry : `${before}\n${entry}`);
    folder.notes.set(commit, note);
    folder.tree.put(commit.slice(2), this.#keep({ kind: 'blob', bytes: note }));
    this.#top.put(name, this.#keep(folder.tree.object, `notes ${name}`));
    this.root = this.#keep(this.#top.object, 'notes');
  }
}

/** The tree object of a folder of files. A new name costs encoding it anew, a changed file the copying of an id. */
export class PromptFolder {
  bytes = Buffer.alloc(0);
  #codecs;
  /** @type {Map<string, import('../../src/git/object.ts').Oid>} */
  #files = new Map();

  constructor(codecs) {
    this.#codecs = codecs;
  }

  put(name, oid) {
    const known = this.#files.has(name);
    this.#files.set(name, oid);
    if (known) {
      const entry = Buffer.from(`100644 ${name}\0`);
      this.bytes.write(oid, this.bytes.indexOf(entry) + entry.length, 'hex');
    } else {
      const entries = [...this.#files].map(([file, id]) => ({ mode: '100644', name: file, oid: id }));
      this.bytes = this.#codecs.encodeTree(entries, 'sha1');
    }
  }
}
