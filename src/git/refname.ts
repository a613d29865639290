/** A control character or one that ref names never hold. Source: git-check-ref-format(1), rules 4, 5, 8 to 10. */
const FORBIDDEN = /[\0-\x20\x7f~^:?*[\\]|\.\.|@\{/;

/** True for a full ref name, `refs/…`, that git would take (git-check-ref-format(1)). */
export function isRefName(name: string): boolean {
  if (!name.startsWith('refs/') || FORBIDDEN.test(name) || name.endsWith('.')) return false;
  return name.split('/').every((part) => part !== '' && !part.startsWith('.') && !part.endsWith('.lock'));
}
