import { isRefName } from '../refname.ts';

/** A full ref name, or `HEAD`. Only such a name becomes a path. */
export function isRefOrHead(name: string): boolean {
  return name === 'HEAD' || isRefName(name);
}

/** Whether each worktree has its own ref of this name. Source: git-worktree(1), "REFS". */
export function isPerWorktree(name: string): boolean {
  return name === 'HEAD' || /^refs\/(?:bisect|worktree|rewritten)\//.test(name);
}
