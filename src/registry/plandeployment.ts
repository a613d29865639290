import { type Reason, Refusal } from '../failure.ts';
import type { DeploymentKind } from '../ledger/event.ts';
import { evaluateDeployment, roleReasons } from '../policy/evaluate.ts';
import type { EnvironmentName, Policy, Principal } from '../policy/model.ts';
import { deploymentFacts, retiredReasons } from '../trail/judgedeployment.ts';
import type { PromptHistory, PromptVersion } from '../trail/model.ts';
import { activeIn } from '../trail/standing.ts';
import type { Plan } from './plan.ts';

/** Who asks, when, and under which policy. */
export interface Asker {
  readonly policy: Policy;
  readonly principal: Principal;
  /** Seconds since the epoch. */
  readonly time: number;
}

export interface DeploymentRequest {
  readonly environment: EnvironmentName;
  readonly kind: DeploymentKind;
  readonly reason: string;
  readonly reference: string | undefined;
}

/** @throws Refusal with every unmet rule */
export function planDeployment(
  asker: Asker,
  history: PromptHistory,
  version: PromptVersion,
  request: DeploymentRequest,
): Plan {
  const { environment, kind, reason, reference } = request;
  const { time, principal } = asker;
  const facts = deploymentFacts(history, version, {
    environment,
    kind,
    deployer: principal.id,
    time,
    reason,
  });
  const reasons: readonly Reason[] = [...evaluateDeployment(asker.policy, facts), ...retiredReasons(history)];
  const what = `${history.name} v${version.number}`;
  if (reasons.length > 0) {
    const verb = kind === 'rollback' ? `roll back to ${what} in` : `deploy ${what} to`;
    throw new Refusal(`cannot ${verb} ${environment}`, reasons);
  }
  return {
    steps: [
      {
        step: 'deployment',
        prompt: history.name,
        version: version.number,
        commit: version.commit,
        contentDigest: version.contentDigest,
        environment,
        replaces: facts.active,
        kind,
        reference,
        reason,
      },
    ],
  };
}

/** The version that a rollback goes to unless told otherwise: the one that the active one replaced. */
export function rollbackTarget(history: PromptHistory, environment: EnvironmentName): PromptVersion {
  const active = activeIn(history.activations, environment);
  if (active === undefined) {
    throw new Refusal(
      `nothing of ${history.name} is active in ${environment}, so there is nothing to roll back`,
    );
  }
  const before = history.activations.findLast(
    (activation) => activation.environment === environment && activation.sequence < active.sequence,
  );
  const version = before?.version === undefined ? undefined : history.versions[before.version - 1];
  if (version === undefined) {
    throw new Refusal(
      `${history.name} v${active.version} replaced nothing in ${environment}: name the version to go back to with --to, or run promptaudit withdraw ${history.name} -e ${environment}`,
    );
  }
  return version;
}

/** @throws Refusal when nothing is active there, or the role is not held */
export function planWithdrawal(
  asker: Asker,
  history: PromptHistory,
  request: Pick<DeploymentRequest, 'environment' | 'reason' | 'reference'>,
): Plan {
  const { environment, reason, reference } = request;
  const active = activeIn(history.activations, environment);
  const version = active?.version === undefined ? undefined : history.versions[active.version - 1];
  if (version === undefined)
    throw new Refusal(
      `nothing of ${history.name} is active in ${environment}, so there is nothing to withdraw`,
    );
  const reasons = roleReasons(asker.policy, asker.principal.id, 'deployer', `withdraw ${history.name}`);
  if (reasons.length > 0)
    throw new Refusal(`cannot withdraw ${history.name} v${version.number} from ${environment}`, reasons);
  const { number, commit } = version;
  return {
    steps: [
      { step: 'withdrawal', prompt: history.name, version: number, commit, environment, reference, reason },
    ],
  };
}
