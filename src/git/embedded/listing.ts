import type { Dirent } from 'node:fs';
import { lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { isAbsent } from '../files.ts';
import { type IgnoreFile, isIgnored, readIgnoreFile } from './ignore.ts';

export interface ListingScope {
  /** The working tree's top. */
  readonly root: string;
  /** Ignore files outside the working tree, the ones that count most first. */
  readonly outer: readonly string[];
  readonly ignoreCase: boolean;
  /** Paths that the index has: these are never ignored. */
  readonly tracked: readonly string[];
}

/** Files below a folder (`''` is the top) that are tracked or not ignored, by name. No symbolic link is followed. */
export async function listFiles(scope: ListingScope, folder: string): Promise<readonly string[]> {
  const found = new Set<string>();
  const outer = await Promise.all(
    scope.outer.map((file) => readIgnoreFile(file, '', scope.ignoreCase, false)),
  );
  const rules = await rulesAt(scope, folder, outer);
  if (rules !== undefined) {
    await walk(scope, folder, rules, found);
  }
  for (const path of scope.tracked) {
    if (
      (folder === '' || path.startsWith(`${folder}/`)) &&
      !found.has(path) &&
      (await isFile(scope.root, path))
    ) {
      found.add(path);
    }
  }
  return [...found].sort();
}

/** The ignore files that count in a folder; `undefined` where it, or one above it, is ignored, or is no folder. */
async function rulesAt(
  scope: ListingScope,
  folder: string,
  outer: readonly IgnoreFile[],
): Promise<readonly IgnoreFile[] | undefined> {
  const segments = folder === '' ? [] : folder.split('/');
  let files = [await ignoreFileOf(scope, ''), ...outer];
  for (const [index] of segments.entries()) {
    const path = segments.slice(0, index + 1).join('/');
    if (
      !(await isFolder(scope.root, path)) ||
      (await isNested(scope.root, path)) ||
      isIgnored(path, true, files)
    ) {
      return undefined;
    }
    files = [await ignoreFileOf(scope, path), ...files];
  }
  return files;
}

function ignoreFileOf(scope: ListingScope, folder: string): Promise<IgnoreFile> {
  return readIgnoreFile(join(scope.root, folder, '.gitignore'), folder, scope.ignoreCase, true);
}

/** @param rules those of `folder` itself included */
async function walk(
  scope: ListingScope,
  folder: string,
  rules: readonly IgnoreFile[],
  found: Set<string>,
): Promise<void> {
  for (const entry of await entriesOf(join(scope.root, folder))) {
    const path = folder === '' ? entry.name : `${folder}/${entry.name}`;
    if (entry.name.toLowerCase() === '.git' || isIgnored(path, entry.isDirectory(), rules)) {
      continue;
    }
    if (entry.isFile() || entry.isSymbolicLink()) {
      found.add(path);
    } else if (entry.isDirectory() && !(await isNested(scope.root, path))) {
      await walk(scope, path, [await ignoreFileOf(scope, path), ...rules], found);
    }
  }
}

async function entriesOf(folder: string): Promise<readonly Dirent[]> {
  try {
    return await readdir(folder, { withFileTypes: true });
  } catch (error) {
    if (isAbsent(error)) {
      return [];
    }
    throw error;
  }
}

/** Whether a folder is a repository of its own. */
async function isNested(root: string, folder: string): Promise<boolean> {
  return (await kindOf(join(root, folder, '.git'))) !== 'absent';
}

async function isFolder(root: string, path: string): Promise<boolean> {
  return (await kindOf(join(root, path))) === 'folder';
}

async function isFile(root: string, path: string): Promise<boolean> {
  const segments = path.split('/');
  for (const index of segments.keys()) {
    const part = segments.slice(0, index + 1).join('/');
    const kind = await kindOf(join(root, part));
    if (kind !== (index + 1 < segments.length ? 'folder' : 'file')) {
      return false;
    }
  }
  return true;
}

/** What stands at a path, links not followed: a link counts as a file. */
async function kindOf(path: string): Promise<'file' | 'folder' | 'other' | 'absent'> {
  try {
    const stats = await lstat(path);
    return stats.isDirectory() ? 'folder' : stats.isFile() || stats.isSymbolicLink() ? 'file' : 'other';
  } catch (error) {
    if (isAbsent(error)) {
      return 'absent';
    }
    throw error;
  }
}
