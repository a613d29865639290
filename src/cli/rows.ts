import { approvalProgress, demandsOn } from '../policy/demands.ts';
import type { ApprovalCount } from '../report/rows.ts';
import type { PromptSummary, PromptVersion } from '../trail/model.ts';
import { standingDecisions } from '../trail/standing.ts';
import type { Trail } from '../trail/trail.ts';

/** Which version is active in each environment, in the policy's order; environments that it no longer has come last. */
export function activeNumbers(trail: Trail, summary: PromptSummary): ReadonlyMap<string, number> {
  const active = new Map(
    summary.active.map(({ activation, version }) => [activation.environment, version.number]),
  );
  const order = [...trail.policy.policy.environments.keys(), ...active.keys()];
  return new Map(order.flatMap((name) => (active.has(name) ? [[name, active.get(name) ?? 0] as const] : [])));
}

/** Where what is active came by an emergency deployment. */
export function emergencyPlaces(summary: PromptSummary): ReadonlySet<string> {
  const emergencies = summary.active.filter(({ activation }) => activation.kind === 'emergency');
  return new Set(emergencies.map(({ activation }) => activation.environment));
}

/** How a version's approvals stand in each environment that asks for some. */
export function approvalCounts(
  trail: Trail,
  prompt: string,
  version: PromptVersion,
): readonly ApprovalCount[] {
  const { policy } = trail.policy;
  return [...policy.environments.keys()].flatMap((environment) => {
    const demands = demandsOn(policy, prompt, environment);
    const { approvals, rejections } = standingDecisions(version.decisions, environment);
    const { have, need } = approvalProgress(demands, approvals, version.author);
    return need === 0 ? [] : [{ environment, have, need, rejectedBy: rejections }];
  });
}
