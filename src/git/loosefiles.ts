import { Buffer } from 'node:buffer';
import { lstatSync, readdirSync, type Stats } from 'node:fs';
import { join } from 'node:path';
import { hasOddName, isLinked } from './brokenref.ts';
import { errorCode, isAbsent, NoPlainFile } from './files.ts';
import { isPerWorktree, isRefName } from './refname.ts';
import type { RepositoryLayout } from './store.ts';

type Folders = Pick<RepositoryLayout, 'gitDir' | 'commonDir'>;

/** The file of a ref. */
export interface LooseFile {
  readonly name: string;
  /** As bytes: these need not be UTF-8, and the name has signs in place of those that are not. */
  readonly path: Buffer;
}

/**
 * To resolve a ref git takes a link whose text is `refs/…` for a symbolic ref, and to list refs it takes what the link leads to,
 * if anything. So that nobody is shown one and given the other, there is no link below `refs`; `refs` itself may be one, as
 * `git-new-workdir` makes it. Source: gitrepository-layout(5), `refs`; git-config(1), `core.preferSymlinkRefs`.
 * @throws Failure where one stands in the place of the ref, or on the way there; NoPlainFile where the ref is a pipe, say
 */
export function refuseOddRef(folders: Folders, name: string): void {
  const segments = name.split('/');
  for (let end = 2; end <= segments.length; end += 1) {
    const way = segments.slice(0, end).join('/');
    const found = standingAt(join(rootOf(folders, name), way));
    if (found?.isSymbolicLink() === true) throw isLinked(way);
    if (found?.isDirectory() === true) continue;
    if (found !== undefined && !found.isFile())
      throw new NoPlainFile(join(rootOf(folders, name), way), found);
    return;
  }
}

/**
 * Files of refs below a folder such as `refs/tags`, in no order; none where there is no such folder.
 * @throws Failure where one of them is a link or a pipe, or has a name that no ref can have
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
        else if (!isRefName(name)) throw hasOddName(name);
        else if (entry.isSymbolicLink()) throw isLinked(name);
        else if (!entry.isFile()) throw new NoPlainFile(path, entry);
        else found.push({ name, path });
      }
    }
  }
  return found;
}

const SLASH = Buffer.from('/');

/** The folder that `refs` is in: each worktree has a few refs of its own. */
export function rootOf({ gitDir, commonDir }: Folders, name: string): string {
  return isPerWorktree(name) ? gitDir : commonDir;
}

/** What git passes over without a word: hidden files, and the locks of refs. */
function isSkipped(name: Buffer): boolean {
  return name[0] === 0x2e || name.subarray(-5).equals(LOCK);
}

const LOCK = Buffer.from('.lock');

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
