/** Scripts that put no spaces between words: each character is a word. */
const UNSPACED = String.raw`[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}]\p{M}*`;
const WORD = String.raw`(?:(?!${UNSPACED})[\p{L}\p{M}\p{N}_])+`;
const TOKEN = new RegExp(String.raw`\{\{[ \t]*\w+[ \t]*\}\}|${UNSPACED}|${WORD}|\s+|.`, 'gsu');

/** A text as variables, words, white space and single other characters; joined, they are the text again. */
export function wordsOf(text: string): readonly string[] {
  return text.match(TOKEN) ?? [];
}

/** How often each word occurs; white space left out. */
export interface WordBag {
  readonly counts: ReadonlyMap<string, number>;
  readonly size: number;
}

export function bagOf(words: readonly string[]): WordBag {
  const counts = new Map<string, number>();
  let size = 0;
  for (const word of words) {
    if (word.trim() === '') continue;
    counts.set(word, (counts.get(word) ?? 0) + 1);
    size += 1;
  }
  return { counts, size };
}

/** The share of words that two texts have in common, from 0 to 1 (Dice's coefficient over bags of words). */
export function likeness(one: WordBag, other: WordBag): number {
  if (one.size + other.size === 0) return 1;
  const [small, large] = one.counts.size <= other.counts.size ? [one, other] : [other, one];
  let common = 0;
  for (const [word, count] of small.counts) common += Math.min(count, large.counts.get(word) ?? 0);
  return (2 * common) / (one.size + other.size);
}
