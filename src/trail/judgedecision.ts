import type { ParsedTag } from '../git/tag.ts';
import { formatDecisionTag, parseDecisionTagRef, tagNameAt, tagOfDecision } from '../ledger/decisiontag.ts';
import type { DecisionDetail } from '../ledger/event.ts';
import { evaluateDecision } from '../policy/evaluate.ts';
import type { PrincipalId } from '../policy/model.ts';
import { POLICY_NAME } from '../prompts/name.ts';
import { type Case, judgeObject } from './case.ts';
import { finding, findingsOf } from './findings.ts';
import { judgeSameVersion, unknownVersion } from './judgedeployment.ts';
import type { Decision, Finding, PromptHistory } from './model.ts';

/** An approval, rejection or revocation: of a version that is there, by somebody who may, with a signed tag that says the same. */
export async function judgeDecision(one: Case<DecisionDetail>): Promise<readonly Finding[]> {
  const { detail, place } = one;
  const subject = await decidedOn(one);
  if (subject === undefined) return [unknownVersion(one)];
  const tag = judgeObject(one.evidence.tag, 'tag', { ...one, misread: 'approval/tag-mismatch' });
  const owner = (parseDecisionTagRef(detail.tag)?.principal ?? one.actor.principal) as PrincipalId;
  return [
    ...judgeSameVersion(one, subject),
    ...tag.findings,
    ...(tag.value === undefined ? [] : judgeTag(one, tag.value)),
    ...judgeTagRef(one, subject.decisions),
    ...findingsOf(
      evaluateDecision(one.policy, {
        prompt: detail.prompt,
        version: detail.version,
        decision: detail.event,
        principal: one.actor.principal,
        of: owner,
        author: subject.author,
      }),
      place,
    ),
  ];
}

/** The prompt version or policy version that is decided on; `author` is who put it to the ledger. */
async function decidedOn({ detail, state }: Case<DecisionDetail>) {
  if (detail.prompt === POLICY_NAME) {
    const version = state.policies[detail.version - 1];
    const author = version?.supporters[0];
    return version && author && { ...version, author };
  }
  const history = await state.prompts.get(detail.prompt as PromptHistory['name']);
  return history?.versions[detail.version - 1];
}

/** The tag says, byte for byte, what its event says, of the same commit, and under the name at which it stands. */
function judgeTag({ event, detail, place }: Case<DecisionDetail>, tag: ParsedTag): readonly Finding[] {
  const at = { ...place, ref: detail.tag, object: detail.tagObject };
  const found: Finding[] = [];
  if (tag.name !== tagNameAt(detail.tag)) {
    found.push(
      finding(
        'approval/tag-mismatch',
        at,
        `the tag of event ${place.sequence} calls itself ${JSON.stringify(tag.name)}, not ${tagNameAt(detail.tag)}`,
      ),
    );
  }
  const message = formatDecisionTag(tagOfDecision(event.registry, detail, event.reason));
  if (tag.object !== detail.commit || tag.type !== 'commit' || tag.message !== message) {
    found.push(
      finding('approval/tag-mismatch', at, `${detail.tag} does not say what event ${place.sequence} says`),
    );
  }
  return found;
}

/** One ref holds one tag: a second decision that claims the same would make the first one's look moved for ever. */
function judgeTagRef(
  { detail, place }: Case<DecisionDetail>,
  decisions: readonly Decision[],
): readonly Finding[] {
  const earlier = decisions.find(({ tag }) => tag === detail.tag);
  if (earlier === undefined) return [];
  const at = { ...place, ref: detail.tag, object: detail.tagObject };
  return [
    finding('approval/tag-mismatch', at, `${detail.tag} is the tag of event ${earlier.sequence} already`),
  ];
}
