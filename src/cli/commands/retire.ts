import { readDrafts } from '../../registry/drafts.ts';
import { planRetirement } from '../../registry/planversion.ts';
import { currentBranch } from '../../registry/session.ts';
import { resolvePrompt } from '../../trail/resolve.ts';
import type { Run } from '../command.ts';
import { requiredReason } from '../reason.ts';
import { askerOf, openSession } from '../session.ts';
import { performAndTell } from '../written.ts';

export const run: Run<'retire'> = async (context, [name], options) => {
  const message = await requiredReason(context, options, 'why it is no longer needed');
  const session = await openSession(context);
  return performAndTell(context, session, options, async () => {
    const branch = await currentBranch(session.store);
    const { trail, store } = session;
    const history = await resolvePrompt(trail, name);
    const asker = askerOf(session);
    const only = [history.name];
    const { drafts } = await readDrafts(store, asker.policy.prompts, await trail.summaries(), only);
    const draft = drafts.find(({ prompt }) => prompt === history.name);
    return { plan: planRetirement(asker, history, draft, message), branch };
  });
};
