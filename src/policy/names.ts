import { principalProblem } from '../ledger/principal.ts';
import type { EnvironmentName, PrincipalId } from './model.ts';

/** The policy file's path in the repository. */
export const POLICY_PATH = '.promptaudit/policy.yml';

/** The most bytes of a policy file. Nor is more read of a key's beside it. */
export const LONGEST_POLICY = 1_048_576;

/** Where the armored OpenPGP key with this fingerprint (upper-case hex) stands. */
export function keyFilePath(fingerprint: string): string {
  return `.promptaudit/keys/${fingerprint}.asc`;
}

const EMAIL = /^[A-Za-z0-9._%+-]+@[A-Za-z0-9.-]+$/;

/** What is wrong with a principal's id, in words that complete "the principal …"; `undefined` when nothing is. */
export function principalIdProblem(text: string): string | undefined {
  if (!EMAIL.test(text))
    return "is not an email address of ASCII letters, digits and '.', '_', '%', '+', '-'";
  if (/(?:^|@)\./.test(text)) return "has a part that begins with '.'";
  return principalProblem(text);
}

export function parsePrincipalId(text: string): PrincipalId | undefined {
  return principalIdProblem(text) === undefined ? (text as PrincipalId) : undefined;
}

const ENVIRONMENT = /^[a-z][a-z0-9-]{0,31}$/;
/** What stands after the `@` of a reference and means something else there (design 1.4). */
const TAKEN = new Map<string, RegExp>([
  ['is kept for references to versions', /^(?:latest|draft)$/],
  ['reads as a commit, being all hex digits', /^[0-9a-f]+$/],
  ["reads as a version's number", /^v[0-9]+$/],
]);

/** What is wrong with an environment's name, in words that complete "the environment …"; `undefined` when nothing is. */
export function environmentNameProblem(text: string): string | undefined {
  if (!ENVIRONMENT.test(text)) return "must be 1 to 32 of a-z, 0-9 and '-', beginning with a letter";
  for (const [problem, pattern] of TAKEN) {
    if (pattern.test(text)) return problem;
  }
  return undefined;
}

export function parseEnvironmentName(text: string): EnvironmentName | undefined {
  return environmentNameProblem(text) === undefined ? (text as EnvironmentName) : undefined;
}
