import { lineProblem } from '../ledger/text.ts';

const MAX_LENGTH = 200;

/** What is wrong with the prompts' folder, in words that complete "the folder …"; `undefined` when nothing is. */
export function folderProblem(text: string): string | undefined {
  const problem = lineProblem(text);
  if (problem !== undefined) return problem;
  if (text.length > MAX_LENGTH) return `is longer than ${MAX_LENGTH} characters`;
  if (text.startsWith('/') || /^[A-Za-z]:/.test(text)) return "is not relative to the repository's top";
  if (text.includes('\\')) return "has a backslash: separate folders with '/'";
  for (const segment of text.split('/')) {
    if (segment === '') return "has an empty segment: write it without '//' and without '/' at the end";
    if (segment === '.' || segment === '..') return `has the segment '${segment}'`;
    if (segment.toLowerCase() === '.git') return "has the segment '.git', which is git's own";
  }
  return text.split('/')[0] === '.promptaudit'
    ? "is inside '.promptaudit', which is for the policy"
    : undefined;
}

/** git-check-ref-format(1), rules 1 to 9, and its `--branch`: no leading dash, not `HEAD`. */
const NOT_IN_A_BRANCH =
  /[\0- ~^:?*[\\\x7f]|\.\.|@\{|^-|^\/|\/$|\/\/|\.$|(?:^|\/)\.|\.lock(?:\/|$)|^(?:@|HEAD)$/;

/** What is wrong with a branch's name, in words that complete "the branch …"; `undefined` when nothing is. */
export function branchProblem(text: string): string | undefined {
  const problem = lineProblem(text);
  if (problem !== undefined) return problem;
  if (text.startsWith('refs/')) return "is a full ref: write the branch's own name";
  return NOT_IN_A_BRANCH.test(text) ? 'is not a name that git allows for a branch' : undefined;
}

/** What a branch that mirrors the ledger is called unless somebody chooses otherwise. */
export const LEDGER_BRANCH = 'promptaudit-ledger';

/** Why no branch can be both: the ledger and the prompts are two histories. A sentence; `undefined` where none is to be. */
export function mirrorProblem({
  ledgerBranch,
  protectedBranches,
}: {
  readonly ledgerBranch: string | undefined;
  readonly protectedBranches: readonly string[];
}): string | undefined {
  if (ledgerBranch === undefined || !protectedBranches.includes(ledgerBranch)) return undefined;
  return `the ledgerBranch ${ledgerBranch} is one of the protectedBranches, and so cannot mirror the ledger: name another, such as ${LEDGER_BRANCH}`;
}
