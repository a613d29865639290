import { matchesGlob } from './glob.ts';
import { holdersOf } from './holders.ts';
import type { EnvironmentName, NarrowRule, Policy, PrincipalId } from './model.ts';

/** So many approvals by distinct principals of these, the version's author left out. */
interface ApprovalDemand {
  readonly need: number;
  /** Everybody whose approval counts: holders of the role `approver`, and of the rule's `approvers` where it lists them. */
  readonly from: ReadonlySet<PrincipalId>;
  /** The rule lists its `approvers`. */
  readonly listed: boolean;
}

/** What a deployment demands: the environment's own rules and every narrower one that applies, the strictest of each. */
export interface Demands {
  /** The most that any of them asks for. */
  readonly approvals: number;
  /**
   * Every one of these has to be met. None of them follows from another, so that each unmet one is worth saying; there is
   * always at least one, if only for no approvals at all.
   */
  readonly approvalDemands: readonly ApprovalDemand[];
  readonly promoteFrom: EnvironmentName | undefined;
  readonly separateDeployer: boolean;
  /** Seconds in `promoteFrom`. */
  readonly soak: number;
}

/** In an environment that the policy does not have: an approval that nobody can give. */
const NO_ENVIRONMENT = {
  approvals: 1,
  approvers: [],
  promoteFrom: undefined,
  separateDeployer: true,
  soak: 0,
};

/** By policy, then by environment and prompt: a ledger asks the same of the same policy over and over. */
const known = new WeakMap<Policy, Map<string, Demands>>();

/** What the policy demands of a deployment of any version of this prompt. Where it has no such environment, what cannot be met. */
export function demandsOn(policy: Policy, prompt: string, environment: EnvironmentName): Demands {
  let ofPolicy = known.get(policy);
  if (ofPolicy === undefined) {
    ofPolicy = new Map();
    known.set(policy, ofPolicy);
  }
  const name = `${environment} ${prompt}`;
  let demands = ofPolicy.get(name);
  if (demands === undefined) {
    demands = gatherDemands(policy, prompt, environment);
    ofPolicy.set(name, demands);
  }
  return demands;
}

function gatherDemands(policy: Policy, prompt: string, environment: EnvironmentName): Demands {
  const listed = policy.environments.get(environment);
  const own = listed === undefined ? NO_ENVIRONMENT : { ...listed, approvers: undefined };
  const all = [own, ...policy.rules.filter((rule) => applies(rule, prompt, environment))];
  const holders = holdersOf(policy, 'approver');
  return {
    approvals: Math.max(...all.map((rule) => rule.approvals)),
    approvalDemands: strictest(all.map((rule) => approvalDemand(rule, holders))),
    promoteFrom: own.promoteFrom,
    separateDeployer: all.some((rule) => rule.separateDeployer),
    soak: Math.max(...all.map((rule) => rule.soak)),
  };
}

function applies(rule: NarrowRule, prompt: string, environment: EnvironmentName): boolean {
  if (!(rule.environments?.includes(environment) ?? true)) return false;
  return rule.prompts.some((glob) => matchesGlob(glob, prompt));
}

function approvalDemand(
  rule: Pick<NarrowRule, 'approvals' | 'approvers'>,
  holders: readonly PrincipalId[],
): ApprovalDemand {
  const listed = rule.approvers && new Set(rule.approvers);
  const from = new Set(listed === undefined ? holders : holders.filter((id) => listed.has(id)));
  return { need: rule.approvals, from, listed: listed !== undefined };
}

/** Leaves out each demand that another one meets: of no fewer, out of no more people. */
function strictest(demands: readonly ApprovalDemand[]): readonly ApprovalDemand[] {
  return demands.filter(
    (demand, index) =>
      !demands.some(
        (other, at) => at !== index && implies(other, demand) && (at < index || !implies(demand, other)),
      ),
  );
}

function implies(one: ApprovalDemand, other: ApprovalDemand): boolean {
  if (one.need < other.need || one.from.size > other.from.size) return false;
  return [...one.from].every((id) => other.from.has(id));
}

/** How far approvals meet the demand that is nearest to failing. All demands are met when `have` is at least `need`. */
export interface ApprovalProgress {
  readonly have: number;
  readonly need: number;
  /** Whose approvals count for it. */
  readonly counted: readonly PrincipalId[];
  /** Who else could approve so that it counts. */
  readonly candidates: readonly PrincipalId[];
  readonly demand: ApprovalDemand;
}

/**
 * The one figure for a table: where several rules list different approvers, that of the demand that lacks most (of equals,
 * the one that needs most). `approvals`: the distinct principals whose approval stands.
 */
export function approvalProgress(
  demands: Demands,
  approvals: readonly PrincipalId[],
  author: PrincipalId,
): ApprovalProgress {
  return eachProgress(demands, approvals, author).reduce((worst, next) => {
    const closer = next.have - next.need - (worst.have - worst.need) || worst.need - next.need;
    return closer < 0 ? next : worst;
  });
}

/** The same for every demand. */
export function eachProgress(
  demands: Demands,
  approvals: readonly PrincipalId[],
  author: PrincipalId,
): readonly ApprovalProgress[] {
  const standing = new Set(approvals);
  return demands.approvalDemands.map((demand) => {
    const able = [...demand.from].filter((id) => id !== author);
    const counted = able.filter((id) => standing.has(id));
    const candidates = able.filter((id) => !standing.has(id));
    return { have: counted.length, need: demand.need, counted, candidates, demand };
  });
}
