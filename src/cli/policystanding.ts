import { Failure } from '../failure.ts';
import type { GitStore } from '../git/store.ts';
import { sha256 } from '../ledger/digest.ts';
import { inARow } from '../policy/holders.ts';
import type { Policy } from '../policy/model.ts';
import { POLICY_PATH } from '../policy/names.ts';
import { MAX_PROMPT_BYTES } from '../prompts/file-text.ts';
import { type PolicyDraft, readPolicyDraft } from '../registry/planpolicy.ts';
import { workTreeOf } from '../registry/worktree.ts';
import { shortOid } from '../report/oid.ts';
import type { PolicyStanding } from '../report/rows.ts';
import type { PolicyVersion, TrailEvent } from '../trail/model.ts';
import { standingDecisions } from '../trail/standing.ts';
import type { Trail } from '../trail/trail.ts';
import type { Context } from './context.ts';
import { openTrail } from './opentrail.ts';

/** The policy that is in force, the newest, and how the file in the working tree compares with those that the ledger has. */
export async function policyStanding(store: GitStore, trail: Trail): Promise<PolicyStanding> {
  const versions = await trail.policies();
  const [file] = await workTreeOf(store).readStored([POLICY_PATH], MAX_PROMPT_BYTES);
  const digest = file?.state === 'present' ? sha256(file.bytes) : undefined;
  // A branch from before the newest policy has an older one, which nobody edited.
  const isKnown = versions.some(({ contentDigest }) => contentDigest === digest);
  return {
    inForce: trail.policy.number,
    newest: versions.length,
    draft: file?.state === 'absent' ? 'deleted' : isKnown ? 'clean' : 'modified',
  };
}

/** The policy file of the working tree. @throws Failure that says how to get one where there is none */
export async function demandPolicyDraft(context: Context): Promise<PolicyDraft> {
  const draft = await readPolicyDraft(await context.openStore());
  if (draft !== undefined) return draft;
  const { trail } = await openTrail(context);
  throw new Failure(
    `there is no ${POLICY_PATH} in the working tree: ${restoring((await trail.policies()).at(-1))}`,
  );
}

/** Out of the newest policy's own commit: the branch, or its index, need not have the file. */
function restoring(newest: PolicyVersion | undefined): string {
  const commit = newest === undefined ? 'HEAD' : shortOid(newest.commit);
  return `bring it back with git checkout ${commit} -- ${POLICY_PATH}`;
}

/** What to do about the policy, as sentences; none where its file is as it was signed and nothing waits. */
export async function policyWords(trail: Trail, standing: PolicyStanding): Promise<readonly string[]> {
  const newest = (await trail.policies()).at(-1);
  const words: Readonly<Record<PolicyStanding['draft'], readonly string[]>> = {
    clean: [],
    modified: [`${POLICY_PATH} is edited and not in force: run promptaudit policy commit -m "…"`],
    deleted: [`${POLICY_PATH} is deleted here: ${restoring(newest)}`],
  };
  const waits = newest !== undefined && standing.newest > standing.inForce;
  return [...words[standing.draft], ...(waits ? [waitingWords(newest, trail.policy.policy)] : [])];
}

/** Says which events a policy takes the effect from; newest first. */
export function undoneWords(undone: readonly TrailEvent[]): string {
  const which = inARow(undone.toReversed().map(({ sequence }) => String(sequence)));
  return `event${undone.length === 1 ? '' : 's'} ${which}, signed with a key that this policy revokes for the past, will not count once it is in force, nor will what rests on that`;
}

/** Why a policy that was put forward is not in force. */
export function waitingWords({ number, supporters, decisions }: PolicyVersion, inForce: Policy): string {
  const { rejections } = standingDecisions(decisions, '*');
  if (rejections.length > 0) return `policy v${number} is not in force: ${inARow(rejections)} rejected it`;
  const more = inForce.adminThreshold - supporters.length;
  return `policy v${number} is not in force yet: ${more} more admin${more === 1 ? '' : 's'} must run promptaudit approve policy@${number} -m "…"`;
}
