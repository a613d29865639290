import { assertNever } from '../../failure.ts';
import type { PromptHistory, PromptVersion } from '../../trail/model.ts';
import type { CallRecord } from '../record/model.ts';
import { approvalsOf } from './approval.ts';
import type { TraceFacts } from './facts.ts';
import type { Stay } from './stays.ts';
import type { Verdict } from './verdict.ts';
import { decidedBy } from './version.ts';

/** What is known of a call. */
interface Known {
  readonly call: CallRecord;
  readonly verdict: Verdict;
  readonly used: PromptVersion | undefined;
  readonly history: PromptHistory | undefined;
  /** What was active where and when the call was made. */
  readonly inForce: Stay | undefined;
  /** The last stay there of what the call used. */
  readonly ownStay: Stay | undefined;
  /** Milliseconds. */
  readonly tolerance: number;
  readonly facts: TraceFacts;
}

/** A verdict in one sentence. */
export function saidOf(known: Known): string {
  const { call, verdict, history } = known;
  const prompt = call['gen_ai.prompt.name'] ?? 'the prompt';
  const digest = call['promptaudit.prompt.digest'];
  const version = call['gen_ai.prompt.version'];
  switch (verdict) {
    case 'ok':
      return `the call used ${what(known)}, which was active in ${place(known)} ${then(known)}`;
    case 'emergency':
      return `the call used ${what(known)}, which was active in ${place(known)} ${then(known)} as an EMERGENCY deployment that nobody had approved yet`;
    case 'never-approved':
      return `the call used ${what(known)}, which was active in ${place(known)} ${then(known)} with ${approvals(known)}`;
    case 'not-deployed':
      return `the call used ${what(known)}, which was not active in ${place(known)} then: ${instead(known)}${unborn(known)}`;
    case 'mismatch':
      return `the call names ${what(known)} and the digest ${digest}, but that is ${owner(known)}`;
    case 'unknown-prompt':
      return `the call names the prompt ${prompt}, which the registry does not have`;
    case 'unknown-version':
      return `the call names version ${version} of ${prompt}, which has ${history?.versions.length ?? 0}, numbered from 1`;
    case 'unknown-digest':
      return `the call names the digest ${digest}, which no version of ${call['gen_ai.prompt.name'] ?? 'any prompt'} has`;
    case 'no-environment':
      return `the call used ${what(known)}, and does not say in which environment`;
    case 'no-version':
      return `the call names the prompt ${prompt}, but neither a version nor a digest`;
    case 'no-prompt':
      return 'the call names no prompt';
    default:
      return assertNever(verdict);
  }
}

function what({ history, used }: Known): string {
  return history === undefined || used === undefined
    ? 'a content that several prompts have'
    : `${history.name} v${used.number}`;
}

function place({ call }: Known): string {
  return call['promptaudit.environment'] ?? '';
}

/** A stay that ended before the call, or began after it, still counts within the tolerance. */
function then({ inForce, used, history, tolerance }: Known): string {
  if (history === undefined || inForce?.version === used) return 'then';
  return `within ${tolerance / 1000} s of then`;
}

function approvals({ ownStay, call, facts }: Known): string {
  const progress =
    ownStay && approvalsOf(ownStay, decidedBy(ownStay.version, Date.parse(call.occurredAt)), facts.policies);
  if (progress === undefined) return 'too few approvals';
  const late =
    ownStay?.activation.kind === 'emergency' ? ', and the time to review the emergency was over' : '';
  return `${progress.have} of ${progress.need} approvals${late}`;
}

function instead({ history, inForce }: Known): string {
  if (inForce !== undefined) return `v${inForce.version.number} was`;
  return history === undefined ? 'nothing of theirs was' : `nothing of ${history.name} was`;
}

/** A version that was registered after it was used was used behind the registry's back. */
function unborn({ used, call, tolerance }: Known): string {
  const early = used !== undefined && used.time * 1000 > Date.parse(call.occurredAt) + tolerance;
  return early ? `, and v${used.number} was registered only later, by event ${used.sequence}` : '';
}

/** Whose content a digest is that is not the named version's. */
function owner({ history, call }: Known): string {
  const digest = call['promptaudit.prompt.digest'];
  const version = history?.versions.findLast(({ contentDigest }) => contentDigest === digest);
  return version === undefined
    ? `of no version of ${history?.name ?? 'it'}`
    : `the content of v${version.number}`;
}
