import type { Oid } from '../git/object.ts';
import { parseDecisionTagRef } from '../ledger/decisiontag.ts';
import { TAG_PREFIX } from '../ledger/event.ts';
import { POLICY_NAME, parsePromptName } from '../prompts/name.ts';
import { finding } from '../trail/findings.ts';
import type { Decision, Finding } from '../trail/model.ts';
import type { Trail } from '../trail/trail.ts';
import type { PushedRef, PushedRefs } from './pushedrefs.ts';
import type { NewDecision, PushRule } from './pushevidence.ts';

const TOGETHER = 'push the ledger and its tags together: promptaudit sync';
const REVOKE = 'a decision is taken back with promptaudit revoke, and its tag stays';

/** The tag of a decision that counts is never moved or deleted, and every other tag is one that an event records. */
export const tagsAreRecorded: PushRule = async ({ refs, trail, decisions }) => {
  const names = [...refs.keys()].filter((ref) => ref.startsWith(TAG_PREFIX));
  const counting = new Map<string, Decision>();
  for (const ref of names) {
    const decision = await decisionAt(trail, ref);
    if (decision !== undefined) counting.set(ref, decision);
  }
  return tagFindings(refs, counting, decisions);
};

/** @param counting decisions that take effect, by their tags' full refs */
export function tagFindings(
  refs: PushedRefs,
  counting: ReadonlyMap<string, Decision>,
  added: ReadonlyMap<string, NewDecision>,
): readonly Finding[] {
  return [...refs.values()].flatMap((pushed) => {
    const { ref } = pushed;
    if (!ref.startsWith(TAG_PREFIX)) return [];
    return tagFinding(pushed, counting.get(ref), added.get(ref)) ?? [];
  });
}

function tagFinding(
  { ref, before, after }: PushedRef,
  counting: Decision | undefined,
  added: NewDecision | undefined,
): Finding | undefined {
  const parsed = parseDecisionTagRef(ref);
  const place = { ref, ...(parsed && { prompt: parsed.prompt, version: parsed.version }) };
  const of = counting && `${ref}, the tag of event ${counting.sequence}`;
  if (after === undefined) {
    if (counting === undefined || before === undefined) return undefined;
    return finding('approval/tag-missing', place, `this push would delete ${of}`, REVOKE);
  }
  if (after === (counting?.tagObject ?? added?.tagObject)) return undefined;
  const at = { ...place, object: after };
  if (counting !== undefined && before !== undefined)
    return finding('approval/tag-moved', at, `this push would move ${of}`, REVOKE);
  if (parsed === undefined)
    return finding('repo/ref-name', at, `${ref} is not a name that a decision gives to its tag`);
  return finding('approval/unrecorded', at, `${ref} is a tag that no event of the ledger records`, TOGETHER);
}

/** The decision that counts and whose tag stands at a ref. */
async function decisionAt(trail: Trail, ref: string): Promise<Decision | undefined> {
  const parsed = parseDecisionTagRef(ref);
  if (parsed === undefined) return undefined;
  const name = parsePromptName(parsed.prompt);
  const versions =
    parsed.prompt === POLICY_NAME
      ? await trail.policies()
      : name === undefined
        ? undefined
        : (await trail.prompt(name))?.versions;
  const version = versions?.find(({ number }) => number === parsed.version);
  return version?.decisions.find(({ tag }) => tag === ref);
}

/** Every decision that is new has its tag after the push. */
export const newDecisionsHaveTheirTags: PushRule = async (evidence) => {
  const standing = await evidence.after([...evidence.decisions.keys()]);
  return [...evidence.decisions.values()].flatMap((decision) => {
    const { sequence, prompt, version, tag, tagObject } = decision;
    const oid = standing.get(tag);
    if (oid === tagObject || !isOwed(evidence.trail.findings, decision)) return [];
    const place = { sequence, prompt, version, ref: tag, object: tagObject };
    const what = `event ${sequence} (${decision.event} of ${prompt} v${version})`;
    if (oid === undefined)
      return [finding('approval/tag-missing', place, `${what} comes without its tag, ${tag}`, TOGETHER)];
    const message = `${what} comes with a tag that stands elsewhere: ${tag} is at ${oid.slice(0, 12)}`;
    return [finding('approval/tag-moved', place, message, TOGETHER)];
  });
};

/** It counts, or would if its tag were there. */
function isOwed(findings: readonly Finding[], decision: NewDecision): boolean {
  return (
    decision.effective || findings.some((found) => isAbsenceOf(found, decision.sequence, decision.tagObject))
  );
}

/** Whether all that is found is that a tag's object did not come. */
export function isAbsenceOf({ code, sequence, object }: Finding, event: number, tagObject: Oid): boolean {
  return code === 'object/missing' && sequence === event && object === tagObject;
}
