import { thresholdReached } from '../policy/evaluate.ts';
import type { Policy, PrincipalId } from '../policy/model.ts';
import { newRevocations, revocationsIn } from '../policy/revocations.ts';
import { POLICY_NAME } from '../prompts/name.ts';
import { decisionOf } from './fold.ts';
import type { Acknowledgement, PolicyVersion, TrailEvent } from './model.ts';
import { standingDecisions } from './standing.ts';
import { type OpenPolicyVersion, policyInForce, type TrailState } from './state.ts';

/** Adds a policy event, or a decision on a policy, to the state; a policy comes into force when its threshold is reached. */
export function foldPolicyEvent(state: TrailState, event: TrailEvent, policy: Policy | undefined): void {
  const { detail, actor } = event;
  if (detail === undefined || actor === undefined) return;
  if (detail.event === 'policy' && policy !== undefined) {
    const version: OpenPolicyVersion = {
      number: detail.version,
      sequence: event.sequence,
      commit: detail.commit,
      contentDigest: detail.contentDigest,
      policy,
      supporters: [actor.principal],
      signedWith: [actor.key],
      decisions: [],
      inForceFrom: undefined,
    };
    state.policies.push(version);
    settle(state, version, event.sequence);
  } else if ('prompt' in detail && detail.prompt === POLICY_NAME && 'tagObject' in detail) {
    const version = state.policies[detail.version - 1];
    if (version === undefined) return;
    version.decisions.push(decisionOf(detail, event, actor));
    version.signedWith.push(actor.key);
    const proposer = version.supporters[0];
    const approvals = standingDecisions(version.decisions, '*').approvals;
    version.supporters = [
      ...new Set<PrincipalId>(proposer === undefined ? approvals : [proposer, ...approvals]),
    ];
    settle(state, version, event.sequence);
  }
}

/** In force from the event at which the threshold of the policy before it is reached, unless an admin's rejection stands. */
function settle(state: TrailState, version: OpenPolicyVersion, sequence: number): void {
  const current = policyInForce(state);
  if (version.inForceFrom !== undefined || (current !== undefined && current.number > version.number)) return;
  const rejected = standingDecisions(version.decisions, '*').rejections.length > 0;
  if (current === undefined || (!rejected && thresholdReached(current.policy, version.supporters))) {
    version.inForceFrom = sequence;
    reachBack(state.acknowledgements, current?.policy, version.policy);
  }
}

/** What follows from a key's events no longer counting was not there when it was acknowledged before. */
function reachBack(acknowledgements: Acknowledgement[], current: Policy | undefined, next: Policy): void {
  const reached = Math.min(...newRevocations(current, next).values());
  for (const [index, one] of acknowledgements.entries()) {
    if (reached < one.before) acknowledgements[index] = { ...one, before: reached };
  }
}

/** From where on the policies in force revoke keys from a position before the policy itself: replay must start again with these. */
export function retroactiveRevocations(policies: readonly PolicyVersion[]): ReadonlyMap<string, number> {
  const revoked = new Map<string, number>();
  for (const { policy, inForceFrom } of policies) {
    if (inForceFrom === undefined) continue;
    for (const [key, from] of revocationsIn(policy)) {
      if (from < inForceFrom) revoked.set(key, Math.min(revoked.get(key) ?? Infinity, from));
    }
  }
  return revoked;
}
