import { Buffer } from 'node:buffer';
import {
  emptyTree,
  HEADER_ROOM,
  hashInPlace,
  hashObject,
  type NewObject,
  type ObjectFormat,
  OID_BYTES,
  type Oid,
} from '../git/object.ts';
import type { TreeEntry } from '../git/tree.ts';
import type { EventDetail } from './event.ts';
import { ownText } from './owntext.ts';
import { UniformTree } from './uniformtree.ts';

/** The trailers that a note leaves out: they say where the event stands in the ledger, and what the note is about. */
const LEFT_OUT = /^(?:Previous|Registry|Commit): .*\n/gm;

/** 9999-12-31T23:59:59Z, in seconds: the last moment that a four-digit year can name. */
const LAST_TIME = 253_402_300_799;

const LINE_FEED = 0x0a;

/** The commit that an event is about, and whose note it so adds to; `undefined` where it leaves the notes as they are. */
export function annotatedCommit(detail: EventDetail): Oid | undefined {
  return 'commit' in detail ? detail.commit : undefined;
}

/**
 * What an event adds to the note on its commit: who and when, the subject, the trailers.
 * @param message the event's message as `decodeEvent` takes it
 * @param time seconds since the epoch, as the ledger commit's committer line says it; a later one than the year 9999 has is
 * written as the end of that year
 */
export function noteEntry(message: string, time: number, email: string): string {
  const moment = new Date(Math.min(time, LAST_TIME) * 1000).toISOString().replace('.000Z', 'Z');
  const subject = message.slice(0, message.indexOf('\n'));
  const facts = message.slice(message.lastIndexOf('\n\n') + 2).replace(LEFT_OUT, '');
  return `${moment} ${email}\n${subject}\n${facts}`;
}

/** What an event may add to the notes: what its ledger commit says, as `noteEntry` takes it. */
export interface Noted {
  /** The commit that the event is about. */
  readonly about: Oid;
  readonly message: string;
  /** Seconds since the epoch. */
  readonly time: number;
  readonly email: string;
}

/**
 * The tree that the ledger's messages amount to, one event at a time, without reading any: what each ledger commit's
 * tree must be. An entry costs the hashing of its note, of one folder and of the top.
 */
export class NotesTree {
  readonly #format: ObjectFormat;
  readonly #top: UniformTree;
  readonly #folders = new Map<string, Folder>();
  #root: Oid;

  private constructor(format: ObjectFormat) {
    this.#format = format;
    this.#top = new UniformTree('folders', format);
    this.#root = emptyTree(format);
  }

  static empty(format: ObjectFormat): NotesTree {
    return new NotesTree(format);
  }

  get root(): Oid {
    return this.#root;
  }

  /** Everything that the tree is made of, each object before those that name it. Views, good until the next `append`. */
  get objects(): readonly NewObject[] {
    const folders = [...this.#folders.values()].flatMap(({ tree, notes }) => [
      ...Array.from(notes.values(), ({ bytes }): NewObject => ({ kind: 'blob', bytes })),
      tree.object,
    ]);
    return [...folders, this.#top.object];
  }

  /**
   * Adds an entry to a commit's note and answers the new root. An id of the other object format names no commit of this
   * repository and has no place in the tree, which then stays as it is.
   */
  append(commit: Oid, entry: string): Oid {
    if (commit.length !== 2 * OID_BYTES[this.#format]) return this.#root;
    const [folderName, name] = pathOf(commit);
    const folder = this.#folder(folderName);
    const note = folder.notes.get(name) ?? folder.begin(name);
    note.add(entry);
    folder.tree.put(name, note.oid(this.#format));
    this.#top.put(folderName, folder.tree.oid);
    this.#root = this.#top.oid;
    return this.#root;
  }

  /** The root behind each event of a run; `undefined` stands for one that adds nothing. */
  appendAll(run: readonly (Noted | undefined)[]): readonly Oid[] {
    return run.map((noted) => {
      if (noted === undefined) return this.#root;
      return this.append(noted.about, noteEntry(noted.message, noted.time, noted.email));
    });
  }

  #folder(name: string): Folder {
    const known = this.#folders.get(name);
    if (known !== undefined) return known;
    const folder = new Folder(this.#format);
    this.#folders.set(name, folder);
    return folder;
  }
}

/** A folder's tree, and the notes in it by name. */
class Folder {
  readonly tree: UniformTree;
  readonly notes = new Map<string, Note>();

  constructor(format: ObjectFormat) {
    this.tree = new UniformTree('notes', format);
  }

  begin(name: string): Note {
    const note = new Note();
    this.notes.set(ownText(name), note);
    return note;
  }
}

/** Bytes that a note's space is a multiple of: of tens of thousands, each with room to spare, the room would be much. */
const STEP = 256;

/** A note that grows. A verifier keeps all of them, so they lie where no garbage collector has to go over them. */
class Note {
  #space = Buffer.allocUnsafeSlow(2 * STEP);
  /** The note begins behind room for what is hashed before it. */
  #end = HEADER_ROOM;

  /** A view, good until the next `add`. */
  get bytes(): Buffer {
    return this.#space.subarray(HEADER_ROOM, this.#end);
  }

  oid(format: ObjectFormat): Oid {
    return hashInPlace(format, 'blob', this.#space, this.#end);
  }

  /** Entries are joined by one blank line. */
  add(entry: string): void {
    const start = this.#end === HEADER_ROOM ? HEADER_ROOM : this.#end + 1;
    const end = start + Buffer.byteLength(entry);
    if (end > this.#space.length) this.#grow(end);
    if (start > this.#end) this.#space[this.#end] = LINE_FEED;
    this.#space.write(entry, start);
    this.#end = end;
  }

  #grow(least: number): void {
    const space = Buffer.allocUnsafeSlow(STEP * Math.ceil(least / STEP));
    this.#space.copy(space, 0, 0, this.#end);
    this.#space = space;
  }
}

/** The part of the notes tree, as it is in the repository, that one more entry on one commit changes. */
export interface NotesOnPath {
  readonly root: readonly TreeEntry[];
  /** The entries of the commit's folder; `undefined` when there is none yet. */
  readonly subtree: readonly TreeEntry[] | undefined;
  /** The commit's note; `undefined` when there is none yet. */
  readonly note: Uint8Array | undefined;
}

/**
 * The objects that put one more entry on a commit's note: the note, its folder and the root, in this order.
 * @throws Failure when a tree that is there is not of the ledger's form.
 */
export function appendNote(
  format: ObjectFormat,
  current: NotesOnPath,
  commit: Oid,
  entry: string,
): { readonly root: Oid; readonly objects: readonly NewObject[] } {
  const [folderName, name] = pathOf(commit);
  const note: NewObject = { kind: 'blob', bytes: extendNote(current.note, entry) };
  const folder = uniformTree('notes', format, current.subtree ?? []);
  folder.put(name, hashObject(format, note));
  const top = uniformTree('folders', format, current.root);
  top.put(folderName, folder.oid);
  return { root: top.oid, objects: [note, folder.object, top.object] };
}

function uniformTree(
  kind: 'folders' | 'notes',
  format: ObjectFormat,
  entries: readonly TreeEntry[],
): UniformTree {
  const tree = new UniformTree(kind, format);
  for (const entry of entries) tree.put(entry.name, entry.oid);
  return tree;
}

/** One level of fan-out, always: folder and file name. */
function pathOf(commit: Oid): readonly [folder: string, file: string] {
  return [commit.slice(0, 2), commit.slice(2)];
}

/** Entries are joined by one blank line. */
function extendNote(note: Uint8Array | undefined, entry: string): Buffer {
  const added = Buffer.from(entry);
  return note === undefined ? added : Buffer.concat([note, Buffer.of(LINE_FEED), added]);
}
