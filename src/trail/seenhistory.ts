import { Buffer } from 'node:buffer';
import type { ParsedCommit } from '../git/commit.ts';
import type { GitObject, ObjectFormat, Oid } from '../git/object.ts';
import { type ScannedTree, scannedTree } from '../git/scannedtree.ts';
import { type DifferingRuns, scannedAfter } from '../git/treediff.ts';
import { ownText } from '../ledger/owntext.ts';

/** What a walk along first parents needs of a commit, in its own bytes' words. */
export interface CommitLinks {
  readonly oid: Oid;
  readonly tree: Oid;
  /** The first parent. */
  readonly parent: Oid | undefined;
}

/** The tree that was read last at a path. */
interface LastTree {
  readonly path: string;
  oid: Oid;
  tree: ScannedTree;
}

/** A tree, and the one that was read before it at the same path; where their runs are in the bytes kept of all of them. */
interface Change {
  readonly before: Oid;
  readonly start: number;
  readonly middle: number;
  readonly end: number;
}

/** Of hostile or of very long histories, the rest has to be read again: so many of each are kept. */
const MOST = 200_000;
/** In bytes: a run of entries in which two trees differ, and a tree that the next one at its path is compared with. */
const LONGEST_RUN = 1024;
const LARGEST_TREE = 1024 * 1024;
/** Paths whose last tree is kept. */
const PATHS = 8;

/**
 * What one command read of commits and trees, so that whoever walks the same history after it need not read it again. Versions
 * mostly follow each other on a branch: of each tree, only how it differs from the one before it at its path is kept.
 */
export class SeenHistory {
  readonly #format: ObjectFormat;
  readonly #commits = new Map<Oid, CommitLinks>();
  /** The one that was met last first. */
  readonly #last: LastTree[] = [];
  readonly #changes = new Map<Oid, Change>();
  #runs = Buffer.alloc(LONGEST_RUN);
  #end = 0;

  constructor(format: ObjectFormat) {
    this.#format = format;
  }

  addCommit(oid: Oid, { tree, parents: [parent] }: Pick<ParsedCommit, 'tree' | 'parents'>): void {
    if (this.#commits.size >= MOST || this.#commits.has(oid)) return;
    const own = ownText(oid);
    this.#commits.set(own, {
      oid: own,
      tree: ownText(tree),
      parent: parent && (this.#commits.get(parent)?.oid ?? ownText(parent)),
    });
  }

  linksOf(commit: Oid): CommitLinks | undefined {
    return this.#commits.get(commit);
  }

  /** The tree that was read at a path; `undefined` where git itself would object to it. */
  scanTree(path: string, { oid, bytes }: GitObject): ScannedTree | undefined {
    const last = this.#last.find((one) => one.path === path);
    if (last?.oid === oid) return last.tree;
    const after = last && scannedAfter(last.tree, bytes, this.#format);
    const tree = last === undefined ? scannedTree(bytes, this.#format) : after?.tree;
    if (tree === undefined) return undefined;
    const own = ownText(oid);
    if (last !== undefined && after !== undefined) this.#addChange(last.oid, own, after.runs);
    if (bytes.length <= LARGEST_TREE) this.#keepLast(last ?? { path, oid: own, tree }, own, tree);
    return tree;
  }

  /** In what two trees differ that were read one after the other at one path; `undefined` where that is not known. */
  runsBetween(before: Oid, after: Oid): DifferingRuns | undefined {
    const change = this.#changes.get(after);
    if (change?.before !== before) return undefined;
    const { start, middle, end } = change;
    return { before: this.#runs.subarray(start, middle), after: this.#runs.subarray(middle, end) };
  }

  #addChange(before: Oid, oid: Oid, runs: DifferingRuns): void {
    const start = this.#end;
    const middle = start + runs.before.length;
    const end = middle + runs.after.length;
    if (end - start > LONGEST_RUN || this.#changes.size >= MOST) return;
    if (end > this.#runs.length) this.#runs = Buffer.concat([this.#runs], 2 * this.#runs.length);
    runs.before.copy(this.#runs, start);
    runs.after.copy(this.#runs, middle);
    this.#end = end;
    this.#changes.set(oid, { before, start, middle, end });
  }

  #keepLast(last: LastTree, oid: Oid, tree: ScannedTree): void {
    last.oid = oid;
    last.tree = tree;
    if (this.#last[0] === last) return;
    const place = this.#last.indexOf(last);
    if (place !== -1) this.#last.splice(place, 1);
    this.#last.unshift(last);
    if (this.#last.length > PATHS) this.#last.pop();
  }
}
