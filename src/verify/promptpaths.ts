import { isLinkEntry } from '../git/tree.ts';
import { POLICY_PATH } from '../policy/names.ts';
import { parsePromptName, promptNameAt } from '../prompts/name.ts';
import type { IntroducedFile, PathFilter } from './folderdiff.ts';

/**
 * Where content of a registry stands: prompt files below `folder`; a link (symbolic, or a submodule) in the place of that
 * folder or of one in it that a prompt's name can lead through, behind which anything may be read; and the policy, which says
 * where a registry arrived on a branch. What differs from those of prompts by case alone, or by characters that do not show,
 * counts: macOS and Windows take it for one.
 */
export function promptPaths(folder: string): PathFilter {
  const prompts = folded(folder);
  const isAbove = (path: string, other: string) => other.startsWith(`${path}/`);
  // Below the folder, case counts: a link at README.md is nothing strange.
  const leadsToPrompts = (path: string, place: string) =>
    place === prompts ||
    isAbove(place, prompts) ||
    (isAbove(prompts, place) && parsePromptName(`${path.slice(prompts.length + 1)}/any`) !== undefined);
  return {
    leadsTo: (path) => {
      if (path.length > LONGEST_PATH) return false;
      const place = folded(path);
      return (
        place === prompts || isAbove(place, prompts) || isAbove(prompts, place) || isAbove(path, POLICY_PATH)
      );
    },
    isWanted: (path, entry) => {
      const place = folded(path);
      return (
        promptNameAt(prompts, place) !== undefined ||
        path === POLICY_PATH ||
        (isLinkEntry(entry) && leadsToPrompts(path, place))
      );
    },
  };
}

/** No checkout has a file behind a longer path, and no prompt a name so long. Source: limits.h(0P), `PATH_MAX` on Linux. */
const LONGEST_PATH = 4096;

/** What stands at a path that is wanted and not the policy's; `lookalike`: what some checkouts alone have in a prompt's place. */
export type PlaceKind = 'file' | 'link' | 'lookalike';

export function placeKind(folder: string, { path, mode }: Pick<IntroducedFile, 'path' | 'mode'>): PlaceKind {
  if (isLinkEntry({ mode })) return 'link';
  return promptNameAt(folder, path) === undefined ? 'lookalike' : 'file';
}

/** Characters that HFS+ passes over in names. Source: git's `utf8.c`, `next_hfs_char`. */
const PASSED_OVER = /[\u200c-\u200f\u202a-\u202e\u206a-\u206f\ufeff]/g;

/** The same for paths that a file system which ignores case takes for the same; by both mappings, as some letters have but one. */
function folded(path: string): string {
  return path.replace(PASSED_OVER, '').toUpperCase().toLowerCase();
}
