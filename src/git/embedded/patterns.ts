import { wildmatch } from './wildmatch.ts';

/** One pattern of a `.gitignore` or `.gitattributes` file, ready to be asked. */
export interface PathPattern {
  /** Matches folders only (the pattern ended in `/`). */
  readonly foldersOnly: boolean;
  /** @param path relative to the folder in which the pattern's file lies, `/`-separated. */
  matches(path: string): boolean;
}

/**
 * A pattern with a slash that is not its last character is about the path from its file's folder on; any other is
 * about the last segment alone. Source: gitignore(5), PATTERN FORMAT.
 */
export function pathPattern(text: string, ignoreCase: boolean): PathPattern {
  const foldersOnly = text.endsWith('/');
  const body = foldersOnly ? text.slice(0, -1) : text;
  const match = wildmatch(body.startsWith('/') ? body.slice(1) : body, ignoreCase);
  const matches = body.includes('/')
    ? match
    : (path: string): boolean => match(path.slice(path.lastIndexOf('/') + 1));
  return { foldersOnly, matches };
}

/** The path below `folder` (`''` is the top), or `undefined` where it lies elsewhere. */
export function below(folder: string, path: string): string | undefined {
  if (folder === '') {
    return path;
  }
  return path.startsWith(`${folder}/`) ? path.slice(folder.length + 1) : undefined;
}
