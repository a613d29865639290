import { Failure } from '../failure.ts';
import type { GitObject, NewObject, ObjectFormat, Oid } from './object.ts';
import type { Remotes } from './remotes.ts';

/**
 * The port through which all of promptaudit reaches a git repository. Two adapters implement it (`native/` and
 * `embedded/`), and one contract suite (`test/git/store-contract.ts`) holds both to these comments.
 *
 * Nothing that it returns is trusted but object bytes, and those are hashed before they are handed over.
 */
export interface GitStore {
  readonly adapter: 'native' | 'embedded';
  readonly layout: RepositoryLayout;
  readonly config: GitConfig;

  /** One object. @throws ObjectMissing, ObjectCorrupt */
  read(oid: Oid): Promise<GitObject>;

  /**
   * Objects in the order asked for, read as a stream with a bounded number under way. Absent and corrupt objects are
   * answers, not errors. The caller may stop early (`return()`), which ends the reading.
   */
  readMany(oids: Iterable<Oid>): AsyncIterable<ReadResult>;

  /** Writes loose objects or a pack; durable on return, visible to nobody until a ref names them. Answers their ids, in order. */
  write(objects: readonly NewObject[]): Promise<readonly Oid[]>;

  /** All ids of objects that begin with these 4 to 64 hex digits. */
  expandOid(prefix: string): Promise<readonly Oid[]>;

  head(): Promise<Head>;

  /** The object id at a full ref name, not peeled; `undefined` where there is no such ref. */
  resolveRef(ref: string): Promise<Oid | undefined>;

  /** Refs whose full name begins with `prefix` (itself ending in `/`, or a full ref name), by name. Not peeled. */
  listRefs(prefix: string): Promise<readonly Ref[]>;

  /**
   * One transaction: either every ref moves from `expected` to `next`, or none does. Ref names are full.
   * A reflog entry is written where git would write one. @throws RefConflict when any ref is not at `expected` or is locked.
   */
  updateRefs(updates: readonly RefUpdate[]): Promise<void>;

  /**
   * Commit ids from `tip` along first parents, newest first, down to the root or to (not including) `until`.
   * The order is git's own claim: callers check parents in the commits' bytes. Stops with ObjectMissing where history is cut,
   * with NotACommit where something else stands.
   */
  firstParents(tip: Oid, until?: Oid): AsyncIterable<Oid>;

  /** The working tree; `undefined` in a bare repository. */
  readonly workTree: WorkTree | undefined;

  /** Writes one value to the repository's own configuration; `add` appends to a multi-valued key unless it is there already. */
  setConfig(key: string, value: string, mode: 'set' | 'add'): Promise<void>;

  /** Other repositories; `undefined` by the embedded adapter. @param ask git may ask for credentials on the terminal */
  remotes(ask: boolean): Promise<Remotes | undefined>;

  /** Ends child processes. After a write, lets git start its own automatic maintenance, detached (native only). */
  close(): Promise<void>;
}

export interface RepositoryLayout {
  readonly objectFormat: ObjectFormat;
  readonly bare: boolean;
  /** Absolute path of this worktree's git directory. */
  readonly gitDir: string;
  /** Absolute path of the git directory that all worktrees share; refs, objects and promptaudit's own state live there. */
  readonly commonDir: string;
  /** Absolute path of the working tree's top; `undefined` when bare. */
  readonly workTree: string | undefined;
  /** True when history is cut short (`shallow` file present). */
  readonly shallow: boolean;
}

/** Configuration as git reads it: system, global, repository, worktree and environment, includes followed, later values win. */
export interface GitConfig {
  /** Last value of a key such as `user.email` or `gpg.ssh.program`; section and name are case-insensitive. */
  get(key: string): string | undefined;
  /** Every value, in git's order. */
  getAll(key: string): readonly string[];
  /** git's boolean rules (`yes`, `on`, `1`, a key with no `=`). */
  getBool(key: string): boolean | undefined;
  /** The subsections of a section, as they are written: the names of remotes for `remote`. */
  sections(section: string): readonly string[];
  /** A value that git documents as a path: `~/` and `~user/` expanded. */
  getPath(key: string): string | undefined;
}

export type ReadResult =
  | { readonly state: 'present'; readonly object: GitObject }
  | { readonly state: 'missing'; readonly oid: Oid }
  | { readonly state: 'corrupt'; readonly oid: Oid };

export interface Ref {
  readonly name: string;
  readonly oid: Oid;
}

/** `expected: undefined` demands that the ref does not exist; `next: undefined` deletes it. */
export interface RefUpdate {
  readonly ref: string;
  readonly expected: Oid | undefined;
  readonly next: Oid | undefined;
  /** The reflog message. */
  readonly message: string;
}

/** Where HEAD points: a branch (unborn when `oid` is `undefined`), or a commit when detached. */
export type Head =
  | { readonly state: 'branch'; readonly ref: string; readonly oid: Oid | undefined }
  | { readonly state: 'detached'; readonly oid: Oid };

export interface WorkTree {
  /** Absolute path of its top. */
  readonly root: string;

  /** Work that git has begun and not finished here, e.g. `merge`, `rebase`, `cherry-pick`, `revert`, `bisect`, `am`. */
  operationUnderWay(): Promise<string | undefined>;

  /** Paths (relative to the top, `/`-separated, by name) of files below `folder` on disk, tracked or not, ignored ones left out. */
  listFiles(folder: string): Promise<readonly string[]>;

  /**
   * The bytes that git would store for these paths: after `.gitattributes` filters and line-ending conversion. One answer
   * a path, in order. A file over `maxBytes` is not read.
   */
  readStored(paths: readonly string[], maxBytes: number): Promise<readonly WorkFile[]>;

  /**
   * What the next commit would bring below `folder` (`''` is the top): entries of the index that HEAD's tree does not have
   * so, by path. Deletions, conflicts, and files that are only intended to be added are left out.
   */
  staged(folder: string): Promise<readonly StagedFile[]>;

  /** Sets the index entry of one path to a blob (`undefined` removes it), leaving every other entry as it is. */
  stage(path: string, entry: { readonly oid: Oid; readonly mode: FileMode } | undefined): Promise<void>;

  /** Writes one file of the working tree (folders are made), temp file then rename, filters the other way applied. */
  writeFile(path: string, bytes: Uint8Array): Promise<void>;

  /** Removes one file of the working tree; nothing happens where there is none, or only one behind a symbolic link. */
  removeFile(path: string): Promise<void>;
}

export type FileMode = '100644' | '100755';

/** An entry of the index. */
export interface StagedFile {
  readonly path: string;
  readonly oid: Oid;
  /** Octal digits as in a tree: `100644`, `100755`, `120000` for a symbolic link, `160000` for a submodule. */
  readonly mode: string;
}

export type WorkFile =
  | { readonly state: 'present'; readonly path: string; readonly bytes: Uint8Array; readonly mode: FileMode }
  | { readonly state: 'absent'; readonly path: string }
  | { readonly state: 'symlink'; readonly path: string }
  | { readonly state: 'too-large'; readonly path: string; readonly bytes: number }
  | { readonly state: 'unreadable'; readonly path: string; readonly why: string };

/** An object that the repository does not have. */
export class ObjectMissing extends Error {
  override readonly name = 'ObjectMissing';
  readonly oid: Oid;

  constructor(oid: Oid) {
    super(`object ${oid} is missing from this repository: fetch it, or restore it from a clone that has it`);
    this.oid = oid;
  }
}

/** An object whose bytes do not hash to the id by which they were asked for, cannot be inflated, or are more than are ever read. */
export class ObjectCorrupt extends Error {
  override readonly name = 'ObjectCorrupt';
  readonly oid: Oid;

  constructor(oid: Oid) {
    super(`object ${oid} is corrupt: its bytes are not what its id says; restore it from another clone`);
    this.oid = oid;
  }
}

/** Something else than a well-formed commit, where history was to be followed through one. */
export class NotACommit extends Failure {
  readonly oid: Oid;

  constructor(oid: Oid) {
    super(`object ${oid} is not a well-formed commit that history could be followed through`);
    this.oid = oid;
  }
}

/** A ref was not where the transaction expected it, or somebody holds its lock: read again, plan again, try again. */
export class RefConflict extends Error {
  override readonly name = 'RefConflict';
  readonly refs: readonly string[];

  constructor(refs: readonly string[]) {
    super(`${refs.join(', ')} moved while this command was at work`);
    this.refs = refs;
  }
}
