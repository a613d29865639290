import { Refusal } from '../failure.ts';
import type { Oid } from '../git/object.ts';
import { parseDecisionTagRef } from '../ledger/decisiontag.ts';
import type { DecisionKind, EnvironmentSet, Sha256 } from '../ledger/event.ts';
import { evaluateDecision } from '../policy/evaluate.ts';
import type { EnvironmentName, PrincipalId } from '../policy/model.ts';
import type { Decision } from '../trail/model.ts';
import { standingDecisions } from '../trail/standing.ts';
import { environmentWords, type Plan } from './plan.ts';
import type { Asker } from './plandeployment.ts';

/** What is decided on: a prompt version, or a policy version under the name `policy`. */
export interface DecisionSubject {
  readonly prompt: string;
  readonly version: number;
  readonly commit: Oid;
  readonly contentDigest: Sha256;
  readonly author: PrincipalId;
  readonly decisions: readonly Decision[];
  /** The event of its newest emergency deployment, by environment: it is reviewed by approvals after that. */
  readonly emergencies: ReadonlyMap<EnvironmentName | '*', number>;
}

export interface DecisionRequest {
  readonly decision: DecisionKind;
  readonly environments: EnvironmentSet;
  /** Whose decision; the asker's own unless an admin revokes another's. */
  readonly of: PrincipalId;
  readonly meaning: string;
  /** Decision tags that stand on the version already, so that a new one gets a name of its own. */
  readonly tags: readonly string[];
}

/** @throws Refusal with every unmet rule, or when the decision would change nothing */
export function planDecision(asker: Asker, subject: DecisionSubject, request: DecisionRequest): Plan {
  const { decision, environments, of, meaning } = request;
  const { prompt, version, commit, contentDigest, author } = subject;
  const verb = { approval: 'approve', rejection: 'reject', revocation: 'revoke a decision on' }[decision];
  const what = `${prompt} v${version}`;
  const reasons = evaluateDecision(asker.policy, {
    prompt,
    version,
    decision,
    principal: asker.principal.id,
    of,
    author,
  });
  if (reasons.length > 0) throw new Refusal(`cannot ${verb} ${what}`, reasons);
  if (changesNothing(asker, subject, request)) throw new Refusal(nothingToDo(what, request));
  const ordinal = nextOrdinal(subject, request);
  return {
    steps: [
      {
        step: 'decision',
        decision,
        prompt,
        version,
        commit,
        contentDigest,
        environments,
        of,
        ordinal,
        meaning,
      },
    ],
  };
}

/** The environments that a set stands for today; the policy's own decisions have just the one. */
function places(
  asker: Asker,
  subject: DecisionSubject,
  environments: EnvironmentSet,
): readonly (EnvironmentName | '*')[] {
  if (subject.prompt === 'policy') return ['*'];
  return environments === '*'
    ? [...asker.policy.environments.keys()]
    : (environments as readonly EnvironmentName[]);
}

function changesNothing(asker: Asker, subject: DecisionSubject, request: DecisionRequest): boolean {
  return places(asker, subject, request.environments).every((environment) => {
    const standing = standingDecisions(subject.decisions, environment).decisions.get(request.of);
    if (request.decision === 'revocation') return standing === undefined;
    const toReview = request.decision === 'approval' ? (subject.emergencies.get(environment) ?? 0) : 0;
    return standing?.decision === request.decision && standing.sequence > toReview;
  });
}

function nothingToDo(what: string, { decision, environments, of }: DecisionRequest): string {
  const where = environmentWords(environments);
  if (decision === 'revocation')
    return `${of} has no standing decision on ${what} for ${where}, so there is nothing to revoke`;
  const done = decision === 'approval' ? 'approved' : 'rejected';
  return `${of} has ${done} ${what} for ${where} already`;
}

function nextOrdinal(subject: DecisionSubject, request: DecisionRequest): number {
  const taken = [...request.tags, ...subject.decisions.map((decision) => decision.tag)]
    .map(parseDecisionTagRef)
    .filter((tag) => tag?.prompt === subject.prompt && tag.version === subject.version)
    .filter((tag) => tag?.decision === request.decision && tag.principal === request.of)
    .map((tag) => tag?.ordinal ?? 0);
  return Math.max(0, ...taken) + 1;
}
