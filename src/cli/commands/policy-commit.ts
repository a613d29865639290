import { writeAllowedSigners } from '../../registry/gitsetup.ts';
import { planPolicy } from '../../registry/planpolicy.ts';
import { currentBranch } from '../../registry/session.ts';
import { undoneEvents } from '../../registry/undoneevents.ts';
import type { TrailEvent } from '../../trail/model.ts';
import type { Run } from '../command.ts';
import { warn } from '../opentrail.ts';
import { demandPolicyDraft, undoneWords, waitingWords } from '../policystanding.ts';
import { requiredReason } from '../reason.ts';
import { afterwards, askerOf, openSession } from '../session.ts';
import { performAndTell } from '../written.ts';

export const run: Run<'policy commit'> = async (context, _arguments, options) => {
  const message = await requiredReason(context, options, 'what changes in the policy and why');
  const session = await openSession(context);
  const { store, trail } = session;
  let warnings: readonly string[] = [];
  let undone: readonly TrailEvent[] = [];
  const code = await performAndTell(context, session, options, async () => {
    const branch = await currentBranch(store);
    const signing = { key: session.signer.key.id, sequence: trail.head.sequence + 1 };
    const draft = await demandPolicyDraft(context);
    warnings = draft.parse.problems.flatMap(({ severity, message: what }) =>
      severity === 'warning' ? [what] : [],
    );
    const plan = planPolicy(askerOf(session), await trail.policies(), draft, signing, message);
    if (draft.parse.policy !== undefined) undone = await undoneEvents(trail, draft.parse.policy);
    return { plan, branch };
  });
  for (const what of warnings) await warn(context, what);
  if (undone.length > 0) await warn(context, undoneWords(undone));
  const newest = (await trail.policies()).at(-1);
  if (options.dryRun || newest === undefined) return code;
  await afterwards(context, async () => {
    await writeAllowedSigners(store, trail.policy.policy);
  });
  if (newest.inForceFrom !== undefined) return code;
  await context.note(() => `${waitingWords(newest, trail.policy.policy)}\n`);
  return code;
};
