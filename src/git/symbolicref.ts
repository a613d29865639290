/** git's limit on refs that name refs (SYMREF_MAXDEPTH). */
export const MAX_SYMBOLIC = 5;

/** The name in a ref's file that is symbolic, which may not be that of a ref. Source: git-symbolic-ref(1). */
export function symbolicTarget(text: string): string | undefined {
  return /^ref:\s*(\S(?:.*\S)?)\s*$/.exec(text)?.[1];
}
