import type { EnvironmentSet } from '../ledger/event.ts';
import type { EnvironmentName, PrincipalId } from '../policy/model.ts';
import type { Activation, Decision } from './model.ts';

/** The standing decisions on one version for one environment (design 1.5): one a principal at the most. */
export interface Standing {
  readonly approvals: readonly PrincipalId[];
  readonly rejections: readonly PrincipalId[];
  /** The decision that stands, by principal. */
  readonly decisions: ReadonlyMap<PrincipalId, Decision>;
}

function covers(environments: EnvironmentSet, environment: string): boolean {
  return environments === '*' || environments.includes(environment);
}

/**
 * Folds decisions, in ledger order, into those that stand for `environment` (`'*'`: the policy itself, which has none).
 * A principal's later decision takes the place of the earlier; a revocation takes it back.
 */
export function standingDecisions(
  decisions: readonly Decision[],
  environment: EnvironmentName | '*',
): Standing {
  const standing = new Map<PrincipalId, Decision>();
  for (const decision of decisions) {
    if (environment !== '*' && !covers(decision.environments, environment)) continue;
    standing.delete(decision.of);
    if (decision.decision !== 'revocation') standing.set(decision.of, decision);
  }
  const holders = (kind: Decision['decision']) =>
    [...standing.values()].filter((decision) => decision.decision === kind).map((decision) => decision.of);
  return { approvals: holders('approval'), rejections: holders('rejection'), decisions: standing };
}

/** Those of the standing approvals that were given after event `sequence`: none that was there before is a review of it. */
export function approvalsSince({ approvals, decisions }: Standing, sequence: number): readonly PrincipalId[] {
  return approvals.filter((id) => (decisions.get(id)?.sequence ?? 0) > sequence);
}

/** What is active in `environment` after `activations`; `undefined` when nothing is. */
export function activeIn(
  activations: readonly Activation[],
  environment: EnvironmentName,
): Activation | undefined {
  const last = activations.findLast((activation) => activation.environment === environment);
  return last?.version === undefined ? undefined : last;
}

/** Those after an event of the ledger: of all that a prompt ever had, no more than its newest version's are looked at. */
export function activationsSince(
  activations: readonly Activation[],
  sequence: number,
): readonly Activation[] {
  let from = activations.length;
  while (from > 0 && (activations[from - 1]?.sequence ?? 0) > sequence) from -= 1;
  return activations.slice(from);
}

/** The longest continuous stay of `version` in each environment, in seconds up to `now`; absent where it never was. */
export function longestStays(
  activations: readonly Activation[],
  version: number,
  now: number,
): ReadonlyMap<EnvironmentName, number> {
  const stays = new Map<EnvironmentName, number>();
  const since = new Map<EnvironmentName, number>();
  const leave = (environment: EnvironmentName, until: number): void => {
    const from = since.get(environment);
    if (from === undefined) return;
    stays.set(environment, Math.max(stays.get(environment) ?? 0, until - from));
    since.delete(environment);
  };
  for (const activation of activations) {
    leave(activation.environment, activation.time);
    if (activation.version === version) since.set(activation.environment, activation.time);
  }
  for (const environment of [...since.keys()]) leave(environment, now);
  return stays;
}

/** Everybody whose approval stands, for whichever environments. */
export function approversOf(decisions: readonly Decision[]): readonly PrincipalId[] {
  const standing = new Map<PrincipalId, { everywhereElse: boolean; readonly named: Map<string, boolean> }>();
  for (const { of, decision, environments } of decisions) {
    const mine = standing.get(of) ?? { everywhereElse: false, named: new Map() };
    standing.set(of, mine);
    const approves = decision === 'approval';
    if (environments === '*') {
      mine.everywhereElse = approves;
      mine.named.clear();
    } else for (const environment of environments) mine.named.set(environment, approves);
  }
  return [...standing].flatMap(([id, { everywhereElse, named }]) =>
    everywhereElse || [...named.values()].includes(true) ? [id] : [],
  );
}
