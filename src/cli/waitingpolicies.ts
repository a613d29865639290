import { diffPolicies } from '../policy/diff.ts';
import type { PrincipalId } from '../policy/model.ts';
import type { PolicyReviewRow } from '../report/rows.ts';
import { standingDecisions } from '../trail/standing.ts';
import type { Trail } from '../trail/trail.ts';

/** The policies that were put forward, are not in force yet, and wait for this reader, who is an admin of the one that is. */
export async function waitingPolicies(
  trail: Trail,
  reader: PrincipalId,
): Promise<readonly PolicyReviewRow[]> {
  const { number: inForce, policy } = trail.policy;
  const isAdmin = (id: PrincipalId) => policy.principals.get(id)?.roles.has('admin') === true;
  if (!isAdmin(reader)) return [];
  return (await trail.policies()).flatMap(
    ({ number, sequence, commit, supporters, decisions, policy: next }) => {
      const [author = ''] = supporters;
      const isDecided =
        supporters.includes(reader) || standingDecisions(decisions, '*').decisions.has(reader);
      if (number <= inForce || isDecided) return [];
      const approvals = { have: supporters.filter(isAdmin).length, need: policy.adminThreshold };
      const changes = diffPolicies(policy, next);
      return [{ version: number, sequence, commit, author, approvals, against: inForce, changes }];
    },
  );
}
