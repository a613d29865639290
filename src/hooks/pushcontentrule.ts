import type { Oid } from '../git/object.ts';
import { acknowledgementOf } from '../trail/findings.ts';
import type { Finding } from '../trail/model.ts';
import { broughtUnregistered } from '../verify/broughtcontent.ts';
import type { PushEvidence, PushRule } from './pushevidence.ts';

const HEADS = 'refs/heads/';

/** Protected branches take registered content only. */
export const protectedBranchesTakeRegisteredContent: PushRule = async (evidence) => {
  const { store, trail, refs } = evidence;
  const found: Finding[] = [];
  for (const branch of trail.policy.policy.protectedBranches) {
    const ref = `${HEADS}${branch}`;
    const tip = refs.get(ref)?.after;
    if (tip === undefined) continue;
    const known = await knownLines(evidence, ref);
    const brought = await broughtUnregistered(store, trail, { ref, tip, known });
    // To a repository that had none of it, history comes as it is, and with what was acknowledged in it.
    const isNew = (one: Finding) => known.length > 0 || !acknowledgementOf(one, trail.acknowledgements);
    found.push(...brought.filter(isNew));
  }
  return found;
};

/** The branch as it is; where it is new, those that are protected too, whose content was judged when they were pushed. */
async function knownLines({ trail, refs, receiver }: PushEvidence, ref: string): Promise<readonly Oid[]> {
  const before = refs.get(ref)?.before;
  const names = trail.policy.policy.protectedBranches.map((branch) => `${HEADS}${branch}`);
  const standing = await receiver.standing(before === undefined ? names : [ref]);
  return [...new Set([...(before === undefined ? [] : [before]), ...standing.values()])];
}
