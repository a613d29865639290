/**
 * What names of refs never hold: control characters, letters that mean something to git, empty components, such as begin with a
 * dot or end in `.lock`, and a dot or slash at the end. Source: git-check-ref-format(1), rules 1, 3 to 10.
 */
const FORBIDDEN = /[\0-\x20\x7f~^:?*[\\]|\.\.|@\{|\/[./]|\.lock(?:\/|$)|[./]$/;

/** True for a full ref name, `refs/…`, that git would take (git-check-ref-format(1)). */
export function isRefName(name: string): boolean {
  return name.startsWith('refs/') && !FORBIDDEN.test(name);
}

/** A full ref name, or `HEAD`. Only such a name becomes a path. */
export function isRefOrHead(name: string): boolean {
  return name === 'HEAD' || isRefName(name);
}

/** Whether each worktree has its own ref of this name. Source: git-worktree(1), "REFS". */
export function isPerWorktree(name: string): boolean {
  return name === 'HEAD' || /^refs\/(?:bisect|worktree|rewritten)\//.test(name);
}
