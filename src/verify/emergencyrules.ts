import type { Detail } from '../ledger/event.ts';
import { approvalProgress, demandsOn } from '../policy/evaluate.ts';
import type { EnvironmentName } from '../policy/model.ts';
import type { PromptName } from '../prompts/name.ts';
import { formatTime } from '../report/time.ts';
import { finding } from '../trail/findings.ts';
import type { TrailEvent } from '../trail/model.ts';
import { approvalsSince, standingDecisions } from '../trail/standing.ts';
import type { RegistryEvidence, RegistryRule } from './evidence.ts';

/** Each emergency was approved afterwards, in the time that the policy of the day gave. */
export const emergenciesAreReviewed: RegistryRule = (evidence) =>
  evidence.emergencies.flatMap((event) => {
    const review = emergencyReview(evidence, event);
    if (review === undefined || review.approved || evidence.now <= review.deadline) return [];
    const place = { sequence: event.sequence, prompt: review.prompt, version: review.version };
    const message = `the emergency deployment of ${review.prompt} v${review.version} to ${review.environment} was not approved afterwards, by ${formatTime(review.deadline)}`;
    return [{ ...finding('deployment/unreviewed-emergency', place, message), since: review.deadline }];
  });

interface Review extends Pick<Detail<'deployment'>, 'prompt' | 'version' | 'environment'> {
  /** Seconds since the epoch. */
  readonly deadline: number;
  readonly approved: boolean;
}

/**
 * How the review of an emergency stands, for which only what was approved after it counts; one approval is asked for even where
 * the policy asks for none. Where nobody deploys
 * what they approved themselves, nobody reviews their own emergency either.
 */
export function emergencyReview(
  evidence: Pick<RegistryEvidence, 'state' | 'book'>,
  event: TrailEvent,
): Review | undefined {
  const { detail, actor } = event;
  const policy = evidence.state.policies[event.policy - 1]?.policy;
  if (detail?.event !== 'deployment' || policy === undefined) return undefined;
  const version = evidence.book.opened.get(detail.prompt as PromptName)?.versions[detail.version - 1];
  if (version === undefined) return undefined;
  const environment = detail.environment as EnvironmentName;
  const deadline = event.time + policy.emergency.reviewWithin;
  const given = version.decisions.filter((decision) => decision.time <= deadline);
  const standing = standingDecisions(given, environment);
  const demands = demandsOn(policy, detail.prompt, environment);
  const by = approvalsSince(standing, event.sequence).filter(
    (id) => !demands.separateDeployer || id !== actor?.principal,
  );
  const progress = approvalProgress(demands, by, version.author);
  const approved = standing.rejections.length === 0 && progress.have >= Math.max(1, progress.need);
  return { prompt: detail.prompt, version: detail.version, environment, deadline, approved };
}
