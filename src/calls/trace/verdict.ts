import type { CallRecord } from '../record/model.ts';
import type { ApprovalState } from './approval.ts';
import type { TraceFacts } from './facts.ts';
import { contentKey, looseContentKey, type Subject, versionKey } from './subjects.ts';

/**
 * What is to be said of a call, one of these:
 * - `ok`: what it used was active there then, and approved
 * - `emergency`: it was active as an emergency deployment that still could be approved afterwards
 * - `never-approved`: it was active, but fewer approvals stood than the environment asks for
 * - `not-deployed`: the registry has it, but it was not active there then
 * - `mismatch`: its version is not of its digest
 * - `unknown-version`, `unknown-digest`, `unknown-prompt`: the registry has no such
 * - `no-environment`, `no-version`, `no-prompt`: it does not say
 */
export const VERDICTS = [
  'never-approved',
  'not-deployed',
  'mismatch',
  'unknown-version',
  'unknown-digest',
  'unknown-prompt',
  'emergency',
  'no-environment',
  'no-version',
  'no-prompt',
  'ok',
] as const;
export type Verdict = (typeof VERDICTS)[number];

/** Nobody's fault, unless somebody asks that every call say what it used. */
const SILENT: ReadonlySet<Verdict> = new Set(['no-environment', 'no-version', 'no-prompt']);

export function isFault(verdict: Verdict, strict: boolean): boolean {
  if (verdict === 'ok' || verdict === 'emergency') return false;
  return strict || !SILENT.has(verdict);
}

export const STATE_VERDICT: Readonly<Record<ApprovalState, Verdict>> = {
  approved: 'ok',
  emergency: 'emergency',
  unapproved: 'never-approved',
};

/** A version as calls name it: `12`, or `v12`. */
export const VERSION_TEXT = 'v?[1-9][0-9]{0,8}';
const VERSION = new RegExp(`^${VERSION_TEXT}$`);

export interface JudgedCall {
  readonly verdict: Verdict;
  /** What it used, where the registry has it; of a `mismatch`, what its version is. */
  readonly subject: Subject | undefined;
}

/** The same as `reconcile` does in SQL, for one call. */
export function judgeCall(
  call: CallRecord,
  facts: Pick<TraceFacts, 'prompts'>,
  subjects: ReadonlyMap<string, Subject>,
): JudgedCall {
  const prompt = call['gen_ai.prompt.name'];
  const version = call['gen_ai.prompt.version'];
  const digest = call['promptaudit.prompt.digest'];
  const environment = call['promptaudit.environment'];
  const unresolved = (verdict: Verdict): JudgedCall => ({ verdict, subject: undefined });
  if (prompt === undefined && digest === undefined) return unresolved('no-prompt');
  if (prompt !== undefined && !facts.prompts.has(prompt)) return unresolved('unknown-prompt');
  if (version === undefined && digest === undefined) return unresolved('no-version');
  const byNumber = prompt !== undefined && version !== undefined;
  const key = keyOf(prompt, version, digest);
  const subject = key === undefined ? undefined : subjects.get(key);
  if (subject === undefined) return unresolved(byNumber ? 'unknown-version' : 'unknown-digest');
  if (digest !== undefined && digest !== subject.digest) return { verdict: 'mismatch', subject };
  if (environment === undefined) return { verdict: 'no-environment', subject };
  const at = Date.parse(call.occurredAt);
  const piece = subject.pieces.get(environment)?.find(({ from, to }) => from <= at && at < to);
  return { verdict: piece === undefined ? 'not-deployed' : STATE_VERDICT[piece.state], subject };
}

function keyOf(
  prompt: string | undefined,
  version: string | undefined,
  digest: string | undefined,
): string | undefined {
  if (prompt !== undefined && version !== undefined)
    return VERSION.test(version) ? versionKey(prompt, version.replace('v', '')) : undefined;
  if (digest === undefined) return undefined;
  return prompt === undefined ? looseContentKey(digest) : contentKey(prompt, digest);
}
