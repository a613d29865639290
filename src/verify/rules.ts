import { parseDecisionTagRef } from '../ledger/decisiontag.ts';
import type { Detail } from '../ledger/event.ts';
import { approvalProgress, demandsOn } from '../policy/evaluate.ts';
import type { EnvironmentName } from '../policy/model.ts';
import type { PromptName } from '../prompts/name.ts';
import { finding } from '../trail/findings.ts';
import type { Finding, TrailEvent } from '../trail/model.ts';
import { standingDecisions } from '../trail/standing.ts';
import type { RepositoryEvidence } from './evidence.ts';

type RepositoryRule = (evidence: RepositoryEvidence) => readonly Finding[];

/** Each decision that took effect has its tag, at its ref. */
const decisionsHaveTheirTags: RepositoryRule = ({ decisions, tags }) => {
  const standing = new Map(tags.map((tag) => [tag.name, tag.oid]));
  return decisions.flatMap(({ sequence, effective, event, prompt, version, tag, tagObject }) => {
    if (!effective) return [];
    const place = { sequence, prompt, version, ref: tag, object: tagObject };
    const oid = standing.get(tag);
    const what = `the tag of event ${sequence} (${event} of ${prompt} v${version})`;
    if (oid === undefined) {
      const restore = `restore it with: git update-ref ${tag} ${tagObject}, and find out who deleted it`;
      return [finding('approval/tag-missing', place, `${what} was deleted`, restore)];
    }
    if (oid === tagObject) return [];
    const back = `put it back with: git update-ref ${tag} ${tagObject}, and find out who moved it`;
    return [finding('approval/tag-moved', place, `${what} was moved to ${oid.slice(0, 12)}`, back)];
  });
};

/** Each tag under the prefix has a name that a decision gives, and an event that recorded it. */
const tagsHaveTheirEvents: RepositoryRule = ({ decisions, tags }) => {
  const recorded = new Set(decisions.map(({ tag }) => tag));
  return tags.flatMap(({ name, oid }) => {
    const place = { ref: name, object: oid };
    const parsed = parseDecisionTagRef(name);
    if (parsed === undefined)
      return [finding('repo/ref-name', place, `${name} is not a name that a decision gives to its tag`)];
    if (recorded.has(name)) return [];
    const { prompt, version } = parsed;
    return [
      finding(
        'approval/unrecorded',
        { ...place, prompt, version },
        `${name} is a tag that no event of the ledger recorded`,
      ),
    ];
  });
};

/** Each emergency was approved afterwards, in the time that the policy of the day gave. */
const emergenciesAreReviewed: RepositoryRule = (evidence) =>
  evidence.emergencies.flatMap((event) => {
    const review = emergencyReview(evidence, event);
    if (review === undefined || review.approved || evidence.now <= review.deadline) return [];
    const { detail } = event;
    const place = { sequence: event.sequence, prompt: review.prompt, version: review.version };
    const until = new Date(review.deadline * 1000).toISOString().replace('.000Z', 'Z');
    const message = `the emergency deployment of ${review.prompt} v${review.version} to ${(detail as Detail<'deployment'>).environment} was not approved by ${until}`;
    return [finding('deployment/unreviewed-emergency', place, message)];
  });

interface Review {
  readonly prompt: string;
  readonly version: number;
  /** Seconds since the epoch. */
  readonly deadline: number;
  readonly approved: boolean;
}

/** How the review of an emergency stands; one approval is asked for even where the policy asks for none. */
export function emergencyReview(evidence: RepositoryEvidence, event: TrailEvent): Review | undefined {
  const { detail } = event;
  const policy = evidence.state.policies[event.policy - 1]?.policy;
  if (detail?.event !== 'deployment' || policy === undefined) return undefined;
  const version = evidence.book.opened.get(detail.prompt as PromptName)?.versions[detail.version - 1];
  if (version === undefined) return undefined;
  const environment = detail.environment as EnvironmentName;
  const deadline = event.time + policy.emergency.reviewWithin;
  const given = version.decisions.filter((decision) => decision.time <= deadline);
  const { approvals, rejections } = standingDecisions(given, environment);
  const progress = approvalProgress(demandsOn(policy, detail.prompt, environment), approvals, version.author);
  const approved = rejections.length === 0 && progress.have >= Math.max(1, progress.need);
  return { prompt: detail.prompt, version: detail.version, deadline, approved };
}

/** The claims about the repository as a whole, each on its own. */
export const REPOSITORY_RULES: readonly RepositoryRule[] = [
  decisionsHaveTheirTags,
  tagsHaveTheirEvents,
  emergenciesAreReviewed,
];
