import { planWithdrawal } from '../../registry/plandeployment.ts';
import { environmentOf, resolvePrompt } from '../../trail/resolve.ts';
import type { Run } from '../command.ts';
import { optionalReason, referenceOf } from '../reason.ts';
import { askerOf, openSession } from '../session.ts';
import { performAndTell } from '../written.ts';

export const run: Run<'withdraw'> = async (context, [name], options) => {
  const reason = await optionalReason(context, options);
  const reference = referenceOf(options);
  const session = await openSession(context);
  return performAndTell(context, session, options, async () => {
    const history = await resolvePrompt(session.trail, name);
    const asker = askerOf(session);
    const environment = environmentOf(asker.policy, options.env);
    return { plan: planWithdrawal(asker, history, { environment, reason, reference }) };
  });
};
