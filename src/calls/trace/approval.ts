import { type ApprovalProgress, approvalProgress, demandsOn } from '../../policy/demands.ts';
import type { EnvironmentName, Policy } from '../../policy/model.ts';
import type { Decision, PolicyVersion } from '../../trail/model.ts';
import { standingDecisions } from '../../trail/standing.ts';
import type { Stay } from './stays.ts';

/**
 * - `approved`: as many approvals stand as the environment asks for, which may be none
 * - `emergency`: too few do, but it came as an emergency whose time for review is not over
 * - `unapproved`: too few do
 */
export type ApprovalState = 'approved' | 'emergency' | 'unapproved';

/** Part of a stay through which its approvals were the same. Milliseconds since the epoch; `to` is exclusive. */
export interface ApprovalPiece {
  readonly from: number;
  readonly to: number;
  readonly state: ApprovalState;
}

/** The policy in force at an event of the ledger. */
function policyAt(policies: readonly PolicyVersion[], sequence: number): Policy | undefined {
  const inForce = policies.filter(({ inForceFrom }) => inForceFrom !== undefined && inForceFrom <= sequence);
  return inForce.reduce<PolicyVersion | undefined>(
    (latest, next) => ((latest?.inForceFrom ?? 0) <= (next.inForceFrom ?? 0) ? next : latest),
    undefined,
  )?.policy;
}

/**
 * How approvals stood for a deployment after the event `sequence`. What is asked for is what the policy asked for when it
 * was deployed: changing the policy later changes nothing that happened before (design 1.5).
 */
export function approvalsOf(
  stay: Stay,
  sequence: number,
  policies: readonly PolicyVersion[],
): ApprovalProgress | undefined {
  const policy = policyAt(policies, stay.activation.sequence);
  if (policy === undefined) return undefined;
  const environment = stay.environment as EnvironmentName;
  const decisions = stay.version.decisions.filter((decision) => decision.sequence <= sequence);
  const { approvals } = standingDecisions(decisions, environment);
  return approvalProgress(demandsOn(policy, stay.prompt, environment), approvals, stay.version.author);
}

/** A stay, cut wherever a decision on its version, or the end of the time for review, changed how its approvals stood. */
export function approvalPieces(stay: Stay, policies: readonly PolicyVersion[]): readonly ApprovalPiece[] {
  const { activation, version, end } = stay;
  const until = end?.sequence ?? Number.POSITIVE_INFINITY;
  const later = version.decisions.filter(
    ({ sequence }) => sequence > activation.sequence && sequence < until,
  );
  const moments: readonly Pick<Decision, 'sequence' | 'time'>[] = [activation, ...later];
  const deadline = reviewDeadline(stay, policies);
  const pieces: ApprovalPiece[] = [];
  for (const [index, { sequence, time }] of moments.entries()) {
    const next = moments[index + 1];
    const from = Math.min(Math.max(stay.from, time * 1000), stay.to);
    const to = next === undefined ? stay.to : Math.min(Math.max(from, next.time * 1000), stay.to);
    const progress = approvalsOf(stay, sequence, policies);
    if (progress !== undefined && progress.have >= progress.need) {
      pieces.push({ from, to, state: 'approved' });
      continue;
    }
    const review = Math.min(Math.max(from, deadline), to);
    pieces.push({ from, to: review, state: 'emergency' }, { from: review, to, state: 'unapproved' });
  }
  // The ledger's times are whole seconds: what was replaced within one has a moment, and the tolerance.
  return pieces.filter((piece) => piece.from < piece.to || stay.from === stay.to);
}

/** Until when an emergency deployment may go without approvals; of any other, no time at all. */
function reviewDeadline({ activation, from }: Stay, policies: readonly PolicyVersion[]): number {
  if (activation.kind !== 'emergency') return from;
  const policy = policyAt(policies, activation.sequence);
  return from + (policy?.emergency.reviewWithin ?? 0) * 1000;
}
