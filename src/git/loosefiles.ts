import { Buffer } from 'node:buffer';
import { lstatSync, readdirSync, type Stats } from 'node:fs';
import { join } from 'node:path';
import { Failure } from '../failure.ts';
import { errorCode, isAbsent } from './files.ts';
import { isPerWorktree } from './refname.ts';
import type { RepositoryLayout } from './store.ts';

type Folders = Pick<RepositoryLayout, 'gitDir' | 'commonDir'>;

/** A file in the place of a ref, whose name may not be one that a ref can have. */
export interface LooseFile {
  readonly name: string;
  /** As bytes, since what stands in a folder need not be UTF-8. */
  readonly path: Buffer;
}

/**
 * To resolve a ref git takes a link whose text is `refs/…` for a symbolic ref, and to list refs it takes what the link leads to,
 * if anything. So that nobody is shown one and given the other, there is no link below `refs`; `refs` itself may be one, as
 * `git-new-workdir` makes it. Source: gitrepository-layout(5), `refs`; git-config(1), `core.preferSymlinkRefs`.
 * @throws Failure where one stands in the place of the ref, or on the way there
 */
export function refuseLinkedRef(folders: Folders, name: string): void {
  const segments = name.split('/');
  for (let end = 2; end <= segments.length; end += 1) {
    const way = segments.slice(0, end).join('/');
    const found = standingAt(join(rootOf(folders, name), way));
    if (found?.isSymbolicLink() === true) throw linked(way);
    if (found?.isDirectory() !== true) return;
  }
}

/**
 * Files below a folder of refs that git looks at, in no order; none where there is no such folder.
 * @throws Failure where one of them is a link
 */
export function looseFiles(folders: Folders, folder: string): readonly LooseFile[] {
  const found: LooseFile[] = [];
  for (const root of new Set([folders.commonDir, folders.gitDir])) {
    const waiting: LooseFile[] = [{ name: folder, path: Buffer.from(join(root, folder)) }];
    for (let at = waiting.pop(); at !== undefined; at = waiting.pop()) {
      for (const entry of entriesOf(at.path)) {
        const name = `${at.name}/${entry.name.toString()}`;
        if (isSkipped(entry.name)) continue;
        const path = Buffer.concat([at.path, SLASH, entry.name]);
        if (entry.isDirectory()) waiting.push({ name, path });
        else if (root !== rootOf(folders, name)) continue;
        else if (entry.isSymbolicLink()) throw linked(name);
        else found.push({ name, path });
      }
    }
  }
  return found;
}

const SLASH = Buffer.from('/');

/** Each worktree has a few refs of its own. */
function rootOf({ gitDir, commonDir }: Folders, name: string): string {
  return isPerWorktree(name) ? gitDir : commonDir;
}

/** What git passes over without a word: hidden files, and the locks of refs. */
function isSkipped(name: Buffer): boolean {
  return name[0] === 0x2e || name.subarray(-5).equals(LOCK);
}

const LOCK = Buffer.from('.lock');

function linked(name: string): Failure {
  return new Failure(
    `ref ${name} is broken: a symbolic link stands in its place, which git reads now one way and now another; delete that link, and make the ref anew with git update-ref or git symbolic-ref`,
  );
}

function standingAt(path: string): Stats | undefined {
  try {
    return lstatSync(path, { throwIfNoEntry: false });
  } catch (error) {
    if (isAbsent(error) || errorCode(error) === 'ENAMETOOLONG') return undefined;
    throw error;
  }
}

function entriesOf(path: Buffer) {
  try {
    return readdirSync(path, { withFileTypes: true, encoding: 'buffer' });
  } catch (error) {
    if (isAbsent(error)) return [];
    throw error;
  }
}
