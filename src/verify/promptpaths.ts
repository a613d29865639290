import { POLICY_PATH } from '../policy/names.ts';
import { promptNameAt } from '../prompts/name.ts';
import type { PathFilter } from './folderdiff.ts';

/** A symbolic link or a submodule. */
const LINK = /^1[26]0000$/;

/**
 * Where content of a registry stands: prompt files below `folder`; a link in the place of that folder, behind which
 * anything may be read; and the policy, which says where a registry arrived on a branch.
 */
export function promptPaths(folder: string): PathFilter {
  const isAbove = (path: string, other: string) => other.startsWith(`${path}/`);
  return {
    leadsTo: (path) =>
      path === folder || isAbove(path, folder) || isAbove(folder, path) || isAbove(path, POLICY_PATH),
    isWanted: (path, mode) =>
      promptNameAt(folder, path) !== undefined ||
      path === POLICY_PATH ||
      (LINK.test(mode) && (path === folder || isAbove(path, folder))),
  };
}
