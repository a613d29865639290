import { lineProblem } from './text.ts';

const MAX_LENGTH = 200;
/** What git does not allow in a ref (git-check-ref-format(1)), or in the email of a commit. */
const NOT_IN_A_REF = /[ /~^:?*[\\<>]|\.\.|@\{|^\.|\.$|\.lock$/;
/** In a decision tag's ref such an ending counts a person's decisions. */
const ORDINAL_ENDING = /\.[0-9]+$/;

/**
 * What keeps a text from being a principal's id, in words that complete "the principal …"; `undefined` when nothing does.
 * An id is an email address that can also be the last part of a ref. The `@` is what tells it from every segment of a
 * prompt's name, so that no two decision tags can stand in each other's way as file and folder.
 */
export function principalProblem(text: string): string | undefined {
  const problem = lineProblem(text);
  if (problem !== undefined) return problem;
  if (text.length > MAX_LENGTH) return `is longer than ${MAX_LENGTH} characters`;
  if (!/^[^@]+@[^@]+$/.test(text)) return 'is not an email address';
  if (NOT_IN_A_REF.test(text)) return 'has characters that git does not allow in a ref or an email';
  if (ORDINAL_ENDING.test(text))
    return "ends in '.' and a number, which is how a tag counts one person's decisions";
  return undefined;
}
