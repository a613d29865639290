import type { Oid } from '../git/object.ts';
import { acknowledgementOf } from '../trail/findings.ts';
import type { Finding } from '../trail/model.ts';
import { broughtUnregistered } from '../verify/broughtcontent.ts';
import { standingUnregistered } from '../verify/standingcontent.ts';
import type { PushEvidence, PushRule } from './pushevidence.ts';

const HEADS = 'refs/heads/';

/** Branches that were protected before the push take registered content only. */
export const protectedBranchesTakeRegisteredContent: PushRule = async (evidence) => {
  const { store, trail, refs } = evidence;
  const found: Finding[] = [];
  const { judged } = protectedRefs(evidence);
  for (const ref of judged) {
    const tip = refs.get(ref)?.after;
    if (tip === undefined) continue;
    const known = await knownLines(evidence, ref, judged);
    const brought = await broughtUnregistered(store, trail, { ref, tip, known });
    // To a repository that had none of it, history comes as it is, and with what was acknowledged in it.
    const isNew = (one: Finding) => known.length > 0 || !acknowledgementOf(one, trail.acknowledgements);
    found.push(...brought.filter(isNew));
  }
  return found;
};

/** Those that the push protects hold nothing else, whether they come with it or stood there before: nobody judged them yet. */
export const newlyProtectedBranchesHoldRegisteredContent: PushRule = async (evidence) => {
  const { store, trail, after, places } = evidence;
  const protects = protectedRefs(evidence);
  if (protects.unjudged.length === 0) return [];
  const unjudged = await places(protects.unjudged.map((ref) => ref.slice(HEADS.length)));
  if (unjudged.size === 0) return [];
  // All of them, as what was acknowledged may be there once; the new ones first, as content is told of the first that has it.
  const branches = [...unjudged, ...(await after(protects.judged))].map(([name, oid]) => ({ name, oid }));
  const found = await standingUnregistered(store, trail, branches);
  return found.filter(({ ref = '' }) => unjudged.has(ref));
};

/** The protected branches, by full name: those of which each push was judged, and those that are protected by this one. */
function protectedRefs({ trail, before }: PushEvidence): {
  readonly judged: readonly string[];
  readonly unjudged: readonly string[];
} {
  const { prompts, protectedBranches } = trail.policy.policy;
  // In another folder, nothing was looked at.
  const known = before?.prompts === prompts ? before.protectedBranches : [];
  const refs = (isJudged: boolean) =>
    protectedBranches
      .filter((branch) => known.includes(branch) === isJudged)
      .map((branch) => `${HEADS}${branch}`);
  return { judged: refs(true), unjudged: refs(false) };
}

/** The branch as it is; where it is new, those that are protected too, whose content was judged when they were pushed. */
async function knownLines(
  { refs, receiver }: PushEvidence,
  ref: string,
  judged: readonly string[],
): Promise<readonly Oid[]> {
  const before = refs.get(ref)?.before;
  const standing = await receiver.standing(before === undefined ? judged : [ref]);
  return [...new Set([...(before === undefined ? [] : [before]), ...standing.values()])];
}
