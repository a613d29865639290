import type { Reason } from '../failure.ts';
import type { Detail } from '../ledger/event.ts';
import { type DeploymentFacts, evaluateDeployment, roleReasons } from '../policy/evaluate.ts';
import type { EnvironmentName, PrincipalId } from '../policy/model.ts';
import type { Case } from './case.ts';
import { finding, findingsOf } from './findings.ts';
import type { Finding, PromptHistory, PromptVersion } from './model.ts';
import { activationsSince, activeIn, approversOf, longestStays, standingDecisions } from './standing.ts';

/** The facts by which a deployment is judged, whether it has happened or is only planned. */
export function deploymentFacts(
  history: PromptHistory,
  version: PromptVersion,
  request: {
    readonly environment: EnvironmentName;
    readonly kind: DeploymentFacts['kind'];
    readonly deployer: PrincipalId;
    /** Seconds since the epoch. */
    readonly time: number;
    readonly reason: string;
  },
): DeploymentFacts {
  const { environment } = request;
  const standing = standingDecisions(version.decisions, environment);
  const since = activationsSince(history.activations, version.sequence);
  return {
    prompt: history.name,
    version: version.number,
    environment,
    kind: request.kind,
    author: version.author,
    deployer: request.deployer,
    approvals: standing.approvals,
    approvers: approversOf(version.decisions),
    rejections: standing.rejections,
    stays: longestStays(since, version.number, request.time),
    active: activeIn(history.activations, environment)?.version,
    wasActive: since.some(
      (activation) => activation.environment === environment && activation.version === version.number,
    ),
    reason: request.reason,
  };
}

/** A retired prompt is not deployed, neither new nor again. */
export function retiredReasons(history: PromptHistory): readonly Reason[] {
  if (history.retired === undefined) return [];
  return [
    {
      rule: 'version/number',
      message: `${history.name} was retired by event ${history.retired}`,
      remedy: `commit it again first: promptaudit commit ${history.name} -m "…"`,
    },
  ];
}

/** A deployment: of a version that is what the event says, allowed by the policy, in the place of what is active. */
export async function judgeDeployment(one: Case<Detail<'deployment'>>): Promise<readonly Finding[]> {
  const { detail, place } = one;
  const history = await one.state.prompts.get(detail.prompt as PromptHistory['name']);
  const version = history?.versions[detail.version - 1];
  if (history === undefined || version === undefined) return [unknownVersion(one)];
  const facts = deploymentFacts(history, version, {
    environment: detail.environment as EnvironmentName,
    kind: detail.kind,
    deployer: one.actor.principal,
    time: one.time,
    reason: one.event.reason,
  });
  return [
    ...judgeSameVersion(one, version),
    ...(facts.active === detail.replaces ? [] : [wrongReplaces(one, facts.active)]),
    ...findingsOf([...evaluateDeployment(one.policy, facts), ...retiredReasons(history)], place),
  ];
}

/** A withdrawal: by a deployer, of the version that is active there. */
export async function judgeWithdrawal(one: Case<Detail<'withdrawal'>>): Promise<readonly Finding[]> {
  const { detail, place } = one;
  const history = await one.state.prompts.get(detail.prompt as PromptHistory['name']);
  const version = history?.versions[detail.version - 1];
  if (history === undefined || version === undefined) return [unknownVersion(one)];
  const active = activeIn(history.activations, detail.environment as EnvironmentName)?.version;
  return [
    ...judgeSameVersion(one, version),
    ...(active === detail.version ? [] : [wrongReplaces(one, active)]),
    ...findingsOf(
      roleReasons(one.policy, one.actor.principal, 'deployer', `withdraw ${detail.prompt}`),
      place,
    ),
  ];
}

type AboutVersion =
  | Detail<'deployment'>
  | Detail<'withdrawal'>
  | Detail<'approval' | 'rejection' | 'revocation'>;

export function unknownVersion({ detail, place }: Pick<Case<AboutVersion>, 'detail' | 'place'>): Finding {
  return finding(
    'version/number',
    place,
    `there is no ${detail.prompt} v${detail.version} at this position of the ledger`,
  );
}

/** The event's commit and digest are those of the version whose number it names. */
export function judgeSameVersion(
  { detail, place }: Pick<Case<AboutVersion>, 'detail' | 'place'>,
  version: Pick<PromptVersion, 'commit' | 'contentDigest'>,
): readonly Finding[] {
  const what = `${detail.prompt} v${detail.version}`;
  const found: Finding[] = [];
  if (detail.commit !== version.commit) {
    found.push(
      finding(
        'version/commit',
        { ...place, object: detail.commit },
        `commit ${detail.commit.slice(0, 12)} is not the one of ${what}`,
      ),
    );
  }
  if ('contentDigest' in detail && detail.contentDigest !== version.contentDigest) {
    found.push(finding('version/content', place, `the event names another content than that of ${what}`));
  }
  return found;
}

function wrongReplaces(
  { detail, place }: Case<Detail<'deployment'> | Detail<'withdrawal'>>,
  active: number | undefined,
): Finding {
  const there = active === undefined ? 'nothing is' : `v${active} is`;
  const said =
    detail.event === 'withdrawal'
      ? `v${detail.version}`
      : detail.replaces === undefined
        ? 'nothing'
        : `v${detail.replaces}`;
  return finding(
    'deployment/replaces',
    place,
    `the event takes ${said} for active in ${detail.environment}, but ${there}`,
  );
}
