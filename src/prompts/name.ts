/** A prompt's name: its path under the prompts folder without the suffix. */
export type PromptName = string & { readonly __promptName: true };

const SEGMENT = /^[a-z0-9][a-z0-9._-]*$/;
const MAX_LENGTH = 200;

/** The name that stands for the policy in approvals; no prompt may have it. */
export const POLICY_NAME = 'policy';

export const PROMPT_SUFFIXES = ['.prompt.yml', '.prompt.yaml'] as const;

/** What is wrong with a name, in words that complete "the name X …"; `undefined` when nothing is. */
export function promptNameProblem(text: string): string | undefined {
  if (text.length === 0) return 'is empty';
  if (text.length > MAX_LENGTH) return `is longer than ${MAX_LENGTH} characters`;
  if (text === POLICY_NAME) return 'is kept for the policy, which promptaudit policy show shows';
  for (const segment of text.split('/')) {
    if (segment.length === 0) return 'has an empty segment';
    if (!SEGMENT.test(segment)) {
      return `has the segment ${JSON.stringify(segment)}: use a-z, 0-9, '.', '_' and '-', beginning with a letter or digit`;
    }
    if (segment.includes('..')) return "has '..' in it, which git does not allow in a ref";
    if (segment.endsWith('.lock'))
      return "has a segment that ends in '.lock', which git does not allow in a ref";
    if (segment.endsWith('.')) return "has a segment that ends in '.', which git does not allow in a ref";
  }
  return undefined;
}

export function parsePromptName(text: string): PromptName | undefined {
  return promptNameProblem(text) === undefined ? (text as PromptName) : undefined;
}

/** Whether a word is the path of a prompt's file, or would be one, where a name may have been asked for. */
export function isPromptPath(word: string): boolean {
  return PROMPT_SUFFIXES.some((suffix) => word.endsWith(suffix));
}

/** The name of the prompt at a repository path, `undefined` where the path is no prompt file of `folder`. Not validated. */
export function promptNameAt(folder: string, path: string): string | undefined {
  if (!path.startsWith(`${folder}/`)) return undefined;
  for (const suffix of PROMPT_SUFFIXES) {
    if (path.endsWith(suffix)) return path.slice(folder.length + 1, -suffix.length);
  }
  return undefined;
}
