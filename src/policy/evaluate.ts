import { assertNever, type Reason } from '../failure.ts';
import { POLICY_NAME } from '../prompts/name.ts';
import { demandsOn } from './demands.ts';
import {
  approved,
  changesSomething,
  type DeploymentFacts,
  type DeploymentRule,
  explained,
  notRejected,
  promoted,
  separated,
  wasThere,
} from './deploymentrules.ts';
import { ableTo, inARow } from './holders.ts';
import type { Policy, PrincipalId, Role } from './model.ts';

export { approvalProgress, demandsOn } from './demands.ts';
export type { DeploymentFacts } from './deploymentrules.ts';

/** An emergency waives the rest: approvals, standing rejections, promotion, soak and separation. */
const RULES: Readonly<Record<DeploymentFacts['kind'], readonly DeploymentRule[]>> = {
  rollout: [changesSomething, notRejected, approved, promoted, separated],
  rollback: [changesSomething, wasThere, notRejected, approved, separated],
  emergency: [changesSomething, explained],
};

const DOING: Readonly<Record<DeploymentFacts['kind'], string>> = {
  rollout: 'deploy',
  rollback: 'roll back to',
  emergency: 'make an emergency deployment of',
};

/** Every rule that a deployment breaks under the policy in force (design 1.5); none when it may take effect. */
export function evaluateDeployment(policy: Policy, facts: DeploymentFacts): readonly Reason[] {
  const { kind, environment, prompt, version } = facts;
  const roles = kind === 'emergency' ? [...policy.emergency.roles] : ['deployer' as const];
  const what = `${DOING[kind]} ${prompt} v${version} ${kind === 'rollback' ? 'in' : 'to'} ${environment}`;
  const role = roleReasons(policy, facts.deployer, roles, what);
  if (!policy.environments.has(environment)) return [...role, unknownEnvironment(policy, environment)];
  const demands = demandsOn(policy, prompt, environment);
  return [...role, ...RULES[kind].flatMap((rule) => rule(facts, demands, policy))];
}

function unknownEnvironment(policy: Policy, environment: string): Reason {
  const known = [...policy.environments.keys()];
  const has = known.length === 0 ? 'no environment' : inARow(known);
  const message = `the policy has no environment ${environment}, so nothing can be approved for it: it has ${has}`;
  return {
    rule: 'deployment/unapproved',
    message,
    remedy: 'name another, or ask an admin to add it to the policy',
  };
}

/** One reason where the principal holds none of the roles. `what` completes "… which is needed to". */
export function roleReasons(
  policy: Policy,
  principal: PrincipalId,
  role: Role | readonly Role[],
  what: string,
  rule: 'signature/role' | 'approval/role' = 'signature/role',
): readonly Reason[] {
  const wanted = typeof role === 'string' ? [role] : role;
  const held = policy.principals.get(principal)?.roles;
  if (wanted.some((one) => held?.has(one))) return [];
  if (wanted.length === 0) {
    const remedy = "ask an admin to name the roles that may, in the policy's emergency section";
    return [{ rule, message: `the policy lets nobody ${what}`, remedy }];
  }
  const message =
    held === undefined
      ? `${principal} is not in the policy, and cannot ${what}`
      : `${principal} does not hold the role ${inARow(wanted, 'or')}, which is needed to ${what}`;
  const holders = [...new Set(wanted.flatMap((one) => ableTo(policy, one)))];
  const grant = `an admin to run: promptaudit policy add ${principal} --role ${wanted[0]}`;
  const remedy = holders.length === 0 ? `ask ${grant}` : `ask ${inARow(holders, 'or')} to do it, or ${grant}`;
  return [{ rule, message, remedy }];
}

/** What is known of one approval, rejection or revocation, made or planned. */
export interface DecisionFacts {
  /** A prompt's name, or `policy`. */
  readonly prompt: string;
  readonly version: number;
  readonly decision: 'approval' | 'rejection' | 'revocation';
  readonly principal: PrincipalId;
  /** Whose decision it is: one's own, unless an admin takes back another's. */
  readonly of: PrincipalId;
  /** The version's author; of a policy, whoever put it forward. */
  readonly author: PrincipalId;
}

/** Every rule that a decision breaks under the policy in force. An author may reject, but not approve. */
export function evaluateDecision(policy: Policy, facts: DecisionFacts): readonly Reason[] {
  const { prompt, version, decision, principal, of, author } = facts;
  const subject = `${prompt} v${version}`;
  const decider: Role = prompt === POLICY_NAME ? 'admin' : 'approver';
  const need = (role: Role | readonly Role[], what: string) =>
    roleReasons(policy, principal, role, what, 'approval/role');
  switch (decision) {
    case 'approval':
      return [
        ...need(decider, `approve ${subject}`),
        ...inOwnName(facts),
        ...(principal === author ? [self(policy, facts, decider)] : []),
      ];
    case 'rejection':
      return [...need(decider, `reject ${subject}`), ...inOwnName(facts)];
    case 'revocation':
      return of === principal
        ? need([decider, 'admin'], `take back a decision on ${subject}`)
        : need('admin', `take back the decision of ${of} on ${subject}`);
    default:
      return assertNever(decision);
  }
}

function inOwnName({ principal, of, decision, prompt, version }: DecisionFacts): readonly Reason[] {
  if (of === principal) return [];
  const message = `the ${decision} of ${prompt} v${version} stands under the name of ${of}, but is by ${principal}`;
  return [{ rule: 'approval/tag-mismatch', message, remedy: `ask ${of} to decide` }];
}

function self(policy: Policy, { principal, prompt, version }: DecisionFacts, role: Role): Reason {
  const others = ableTo(policy, role).filter((id) => id !== principal);
  const did = prompt === POLICY_NAME ? 'put forward' : 'wrote';
  const message = `${principal} ${did} ${prompt} v${version}, and nobody approves their own`;
  const remedy =
    others.length === 0
      ? `ask an admin to give the role ${role} to somebody else: promptaudit policy add <email> --role ${role}`
      : `ask ${inARow(others, 'or')} to run: promptaudit approve ${prompt}@${version} -m "…"`;
  return { rule: 'approval/self', message, remedy };
}

/**
 * Whether `proposer` may put `next` to the ledger: an admin of the policy in force may; where none is in force yet, an admin
 * of the first policy itself. How many admins it takes in the end is `thresholdReached`.
 */
export function evaluatePolicyChange(
  inForce: Policy | undefined,
  next: Policy,
  proposer: PrincipalId,
): readonly Reason[] {
  return roleReasons(inForce ?? next, proposer, 'admin', 'change the policy');
}

/** Whether enough admins of this policy support the one that is to follow it. */
export function thresholdReached(policy: Policy, supporters: Iterable<PrincipalId>): boolean {
  const admins = [...new Set(supporters)].filter((id) => policy.principals.get(id)?.roles.has('admin'));
  return admins.length >= policy.adminThreshold;
}
