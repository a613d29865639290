import type { Reason } from '../failure.ts';
import { type ApprovalProgress, type Demands, eachProgress } from './demands.ts';
import { formatDuration } from './duration.ts';
import { ableTo, canSign, inARow } from './holders.ts';
import type { EnvironmentName, Policy, PrincipalId } from './model.ts';

/** What is known of one deployment, made or planned, at its position of the ledger. */
export interface DeploymentFacts {
  readonly prompt: string;
  readonly version: number;
  readonly environment: EnvironmentName;
  readonly kind: 'rollout' | 'rollback' | 'emergency';
  readonly author: PrincipalId;
  readonly deployer: PrincipalId;
  /** Distinct principals whose standing decision that covers this environment is an approval. */
  readonly approvals: readonly PrincipalId[];
  /** Those whose standing decision is an approval for any environment at all. */
  readonly approvers: readonly PrincipalId[];
  /** Distinct principals whose standing decision that covers this environment is a rejection. */
  readonly rejections: readonly PrincipalId[];
  /** The longest continuous stay of this version in each environment, in seconds up to the event; absent: never there. */
  readonly stays: ReadonlyMap<EnvironmentName, number>;
  /** The version that is active there now. */
  readonly active: number | undefined;
  /** This version was active there before. */
  readonly wasActive: boolean;
  readonly reason: string;
}

/** One rule about deployments: the reasons why these facts break it. */
export type DeploymentRule = (facts: DeploymentFacts, demands: Demands, policy: Policy) => readonly Reason[];

function what({ prompt, version }: DeploymentFacts): string {
  return `${prompt} v${version}`;
}

function ref({ prompt, version }: DeploymentFacts): string {
  return `${prompt}@${version}`;
}

/** What is active already is not deployed again. */
export const changesSomething: DeploymentRule = (facts) => {
  if (facts.active !== facts.version) return [];
  const message = `${what(facts)} is active in ${facts.environment} already`;
  return [
    {
      rule: 'deployment/replaces',
      message,
      remedy: `nothing is to be done: see promptaudit active -e ${facts.environment}`,
    },
  ];
};

/** A standing rejection blocks. */
export const notRejected: DeploymentRule = (facts) => {
  if (facts.rejections.length === 0) return [];
  const message = `${what(facts)} is rejected for ${facts.environment} by ${inARow(facts.rejections)}`;
  const remedy = `commit a better version, or ask ${inARow(facts.rejections)} to run: promptaudit revoke ${ref(facts)} -m "…"`;
  return [{ rule: 'deployment/unapproved', message, remedy }];
};

/** Enough approvals stand, by those whose approvals count. */
export const approved: DeploymentRule = (facts, demands, policy) =>
  eachProgress(demands, facts.approvals, facts.author)
    .filter(({ have, need }) => have < need)
    .map((progress) => unapproved(facts, progress, policy));

function unapproved(
  facts: DeploymentFacts,
  { have, need, counted, candidates, demand }: ApprovalProgress,
  policy: Policy,
): Reason {
  const able = candidates.filter((id) => canSign(policy, id));
  const only = demand.listed ? ` (only those of ${inARow([...demand.from])} count)` : '';
  const by = have === 0 ? '' : `: ${inARow(counted)}`;
  const message = `${what(facts)} has ${have} of ${need} approval${need === 1 ? '' : 's'} for ${facts.environment}${only}${by}`;
  const lacking = need - have;
  const command = `promptaudit approve ${ref(facts)} -e ${facts.environment} -m "…"`;
  if (able.length < lacking) {
    const others =
      able.length === 0 ? 'nobody else can approve it' : `only ${inARow(able)} can still approve it`;
    const how = demand.listed ? '' : ' (promptaudit policy add <email> --role approver)';
    const remedy = `${others}: ask an admin to let more people approve${how}, and then them to run: ${command}`;
    return { rule: 'deployment/unapproved', message, remedy };
  }
  const whom =
    able.length === lacking ? inARow(able) : `${lacking === 1 ? 'one' : lacking} of ${inARow(able)}`;
  return { rule: 'deployment/unapproved', message, remedy: `ask ${whom} to run: ${command}` };
}

/** This exact version has been where it must have been before, for as long as it must. */
export const promoted: DeploymentRule = (facts, { promoteFrom, soak }) => {
  if (promoteFrom === undefined) return [];
  const stay = facts.stays.get(promoteFrom);
  if (stay === undefined) {
    const message = `${what(facts)} was never deployed to ${promoteFrom}, from where ${facts.environment} takes its versions`;
    const remedy = `deploy it there first: promptaudit deploy ${ref(facts)} -e ${promoteFrom}`;
    return [{ rule: 'deployment/promotion', message, remedy }];
  }
  if (stay >= soak) return [];
  const message = `${what(facts)} was in ${promoteFrom} for ${formatDuration(stay)} of the ${formatDuration(soak)} that ${facts.environment} asks for`;
  const remedy = `let it stay active in ${promoteFrom} for ${formatDuration(soak)} without a break, and deploy again`;
  return [{ rule: 'deployment/soak', message, remedy }];
};

/** A rollback goes back. */
export const wasThere: DeploymentRule = (facts) => {
  if (facts.wasActive) return [];
  const message = `${what(facts)} was never active in ${facts.environment}, so there is no going back to it`;
  const remedy = `deploy it instead: promptaudit deploy ${ref(facts)} -e ${facts.environment}`;
  return [{ rule: 'deployment/promotion', message, remedy }];
};

/** Where the policy says so, whoever deploys has neither written nor approved. */
export const separated: DeploymentRule = (facts, demands, policy) => {
  const { author, approvers, deployer } = facts;
  if (!demands.separateDeployer) return [];
  const did = [
    ...(deployer === author ? ['wrote'] : []),
    ...(approvers.includes(deployer) ? ['approved'] : []),
  ];
  if (did.length === 0) return [];
  const others = ableTo(policy, 'deployer').filter((id) => id !== author && !approvers.includes(id));
  const message = `${deployer} ${did.join(' and ')} ${what(facts)} and so must not deploy it to ${facts.environment}`;
  const remedy =
    others.length === 0
      ? 'ask an admin to give the role deployer to somebody who neither wrote nor approved it: promptaudit policy add <email> --role deployer'
      : `ask ${inARow(others, 'or')} to deploy it`;
  return [{ rule: 'deployment/separation', message, remedy }];
};

/**
 * A character that leaves something to read: of those that do not, Unicode counts all but the braille blank. What is not assigned yet
 * is one, or the answer would change with the release of Unicode that gives it to a letter.
 */
const SHOWN = /[^\p{Z}\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Default_Ignorable_Code_Point}\u2800]/u;

/** An emergency waives nothing for somebody who does not say why. */
export const explained: DeploymentRule = (facts) => {
  if (SHOWN.test(facts.reason)) return [];
  const message = `an emergency deployment of ${what(facts)} to ${facts.environment} needs a reason`;
  return [{ rule: 'deployment/unapproved', message, remedy: 'say why with -m "…"' }];
};
