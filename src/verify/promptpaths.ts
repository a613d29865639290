import { isLinkEntry } from '../git/tree.ts';
import { POLICY_PATH } from '../policy/names.ts';
import { parsePromptName, promptNameAt } from '../prompts/name.ts';
import type { PathFilter } from './folderdiff.ts';

/**
 * Where content of a registry stands: prompt files below `folder`; a link (symbolic, or a submodule) in the place of that
 * folder or of one in it that a prompt's name can lead through, behind which anything may be read; and the policy, which says
 * where a registry arrived on a branch.
 */
export function promptPaths(folder: string): PathFilter {
  const isAbove = (path: string, other: string) => other.startsWith(`${path}/`);
  const leadsToPrompts = (path: string) =>
    path === folder ||
    isAbove(path, folder) ||
    (isAbove(folder, path) && parsePromptName(`${path.slice(folder.length + 1)}/any`) !== undefined);
  return {
    leadsTo: (path) =>
      path === folder || isAbove(path, folder) || isAbove(folder, path) || isAbove(path, POLICY_PATH),
    isWanted: (path, entry) =>
      promptNameAt(folder, path) !== undefined ||
      path === POLICY_PATH ||
      (isLinkEntry(entry) && leadsToPrompts(path)),
  };
}
