import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import { errorCode, isAbsent } from '../files.ts';
import { below, type PathPattern, pathPattern } from './patterns.ts';

/** The patterns of one file; `folder` is where they begin, `''` for the working tree's top. */
export interface IgnoreFile {
  readonly folder: string;
  /** In the file's order: the last that matches decides. */
  readonly rules: readonly { readonly pattern: PathPattern; readonly ignore: boolean }[];
}

/**
 * Reads a `.gitignore` or its like; one that is not there has no patterns. Source: gitignore(5).
 * @param inTree true for a file of the working tree: it is not followed where it is a symbolic link
 */
export async function readIgnoreFile(
  file: string,
  folder: string,
  ignoreCase: boolean,
  inTree: boolean,
): Promise<IgnoreFile> {
  try {
    const handle = await open(file, constants.O_RDONLY | (inTree ? (constants.O_NOFOLLOW ?? 0) : 0));
    try {
      return parseIgnoreFile(await handle.readFile('utf8'), folder, ignoreCase);
    } finally {
      await handle.close();
    }
  } catch (error) {
    if (isAbsent(error) || ['ELOOP', 'EISDIR'].includes(errorCode(error))) {
      return { folder, rules: [] };
    }
    throw error;
  }
}

function parseIgnoreFile(text: string, folder: string, ignoreCase: boolean): IgnoreFile {
  const rules = text
    .replace(/^\ufeff/, '')
    .split('\n')
    .map((line) => trimEnd(line.replace(/\r$/, '')))
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => ({
      pattern: pathPattern(line.startsWith('!') ? line.slice(1) : line, ignoreCase),
      ignore: !line.startsWith('!'),
    }));
  return { folder, rules };
}

/** Drops spaces at the end, but not one behind a backslash. */
function trimEnd(line: string): string {
  const kept = /^(?:[^\\ ]|\\.|\\$| +(?=[^ ]))*/s.exec(line)?.[0];
  return kept ?? line;
}

/** @param files the ones that count most first */
export function isIgnored(path: string, isFolder: boolean, files: readonly IgnoreFile[]): boolean {
  for (const { folder, rules } of files) {
    const name = below(folder, path);
    const rule =
      name === undefined
        ? undefined
        : rules.findLast(({ pattern }) => (isFolder || !pattern.foldersOnly) && pattern.matches(name));
    if (rule !== undefined) {
      return rule.ignore;
    }
  }
  return false;
}
