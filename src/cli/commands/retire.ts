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
    const history = await resolvePrompt(session.trail, name);
    return { plan: planRetirement(askerOf(session), history, message), branch };
  });
};
