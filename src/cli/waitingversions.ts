import { approvalProgress, demandsOn } from '../policy/demands.ts';
import type { PrincipalId } from '../policy/model.ts';
import type { ApprovalCount } from '../report/rows.ts';
import type { PromptSummary, PromptVersion } from '../trail/model.ts';
import { approvalsSince, standingDecisions } from '../trail/standing.ts';
import type { Trail } from '../trail/trail.ts';

export interface WaitingVersion {
  readonly version: PromptVersion;
  /** The environments that want approvals, the reader's among those that would count. */
  readonly approvals: readonly ApprovalCount[];
  /** Those of them where it is active by an emergency deployment. */
  readonly emergencies: ReadonlySet<string>;
}

/**
 * The versions of a prompt that lack approvals which this reader may give and has not given: the newest, and each that went
 * live in an emergency, which one approval is asked for even where the policy asks for none.
 */
export function waitingVersions(
  trail: Trail,
  { name, latest, active, retired }: PromptSummary,
  reader: PrincipalId,
): readonly WaitingVersion[] {
  if (latest === undefined || retired !== undefined) return [];
  const { policy } = trail.policy;
  const emergencies = active.filter(({ activation }) => activation.kind === 'emergency');
  const versions = new Map(
    [latest, ...emergencies.map(({ version }) => version)].map((one) => [one.number, one]),
  );
  const newestFirst = [...versions.values()].sort((a, b) => b.number - a.number);
  return newestFirst.flatMap((version) => {
    const places = emergencies.filter((one) => one.version.number === version.number);
    const urgent = new Map<string, number>(
      places.map(({ activation }) => [activation.environment, activation.sequence]),
    );
    const asked = [...policy.environments.keys()].filter(
      (one) => version.number === latest.number || urgent.has(one),
    );
    const approvals = asked.flatMap((environment) => {
      const standing = standingDecisions(version.decisions, environment);
      const given = approvalsSince(standing, urgent.get(environment) ?? 0);
      const progress = approvalProgress(demandsOn(policy, name, environment), given, version.author);
      const need = urgent.has(environment) ? Math.max(1, progress.need) : progress.need;
      const mine = progress.candidates.includes(reader) && !standing.rejections.includes(reader);
      return progress.have < need && mine
        ? [{ environment, have: progress.have, need, rejectedBy: standing.rejections }]
        : [];
    });
    return approvals.length === 0 ? [] : [{ version, approvals, emergencies: new Set(urgent.keys()) }];
  });
}
