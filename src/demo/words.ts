/** Words as a POSIX shell takes them; those that need it in double quotes. */
export function shellWords(words: readonly string[]): string {
  return words
    .map((word) => (/^[\w@%+=:,./~-]+$/.test(word) ? word : `"${word.replace(/["$`\\]/g, '\\$&')}"`))
    .join(' ');
}
