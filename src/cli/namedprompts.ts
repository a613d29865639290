import { Failure } from '../failure.ts';
import { matchesGlob } from '../policy/glob.ts';
import { promptNameAt } from '../prompts/name.ts';
import { unknownPrompt } from '../trail/resolve.ts';
import type { Trail } from '../trail/trail.ts';

/**
 * Which prompts somebody named, among those that there are: by name, by the path of a file, by a folder of prompts, or by a
 * pattern as a policy has them (`triage/*`). None named are all.
 * @throws Failure for a word that no prompt goes by
 */
export function namedPrompts(
  words: readonly string[],
  folder: string,
  known: readonly string[],
): (prompt: string) => boolean {
  if (words.length === 0) return () => true;
  const patterns = words.map((word) => patternOf(word, folder, known));
  return (prompt) => patterns.some((pattern) => matchesGlob(pattern, prompt));
}

/** The same, of the prompts that the ledger has. */
export async function registeredPrompts(
  words: readonly string[],
  trail: Trail,
): Promise<(prompt: string) => boolean> {
  if (words.length === 0) return () => true;
  const summaries = await trail.summaries();
  const known = summaries.flatMap(({ name, latest }) => (latest === undefined ? [] : [name]));
  return namedPrompts(words, trail.policy.policy.prompts, known);
}

function patternOf(word: string, folder: string, known: readonly string[]): string {
  const inside = word.startsWith(`${folder}/`) ? word.slice(folder.length + 1) : word;
  const name = promptNameAt(folder, word) ?? inside.replace(/\/$/, '');
  const within = `${name}/**`;
  // As on a command line of git, a slash at the end says that it is a folder, which may be called as a prompt is.
  const patterns = word.endsWith('/') ? [within] : [name, within];
  const pattern = patterns.find((one) => known.some((prompt) => matchesGlob(one, prompt)));
  if (pattern !== undefined) return pattern;
  if (isAround(word.replace(/\/+$/, ''), folder)) return '**';
  if (/[*?]/.test(name))
    throw new Failure(`no prompt matches ${JSON.stringify(word)}: see them with promptaudit list`);
  throw unknownPrompt(name, known);
}

/** Whether a path is that of the folder of prompts, or of one that it is in. */
function isAround(path: string, folder: string): boolean {
  return path === '.' || path === folder || folder.startsWith(`${path}/`);
}
