/** How many refs git reads, one named by the other, until it gives up (SYMREF_MAXDEPTH). */
export const MAX_SYMBOLIC = 5;

/**
 * The name in a ref's file that is symbolic, which may not be that of a ref. Only what git calls white space stands around it:
 * a name may well end in another, such as U+00A0. Source: git-symbolic-ref(1); git's refs/files-backend.c, ctype.c.
 */
export function symbolicTarget(text: string): string | undefined {
  return /^ref:[ \t\n\r]*([^ \t\n\r](?:.*[^ \t\n\r])?)[ \t\n\r]*$/s.exec(text)?.[1];
}
