import { Failure } from '../failure.ts';
import { nearest } from '../prompts/nearest.ts';

/** The command line, or an environment variable that stands for a part of it, is not one of ours. Exit code 2. */
export class UsageError extends Failure {}

/** @throws UsageError where the word is none of the choices, with the one that was most likely meant */
export function oneOf<C extends string>(word: string, choices: readonly C[]): C {
  const found = choices.find((choice) => choice === word);
  if (found !== undefined) return found;
  const meant = nearest(word, choices);
  const hint = meant === undefined ? '' : `: did you mean ${meant}?`;
  throw new UsageError(`${JSON.stringify(word)} is none of ${choices.join(', ')}${hint}`);
}
