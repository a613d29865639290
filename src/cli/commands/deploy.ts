import { planDeployment } from '../../registry/plandeployment.ts';
import { environmentOf, resolveVersion } from '../../trail/resolve.ts';
import type { Run } from '../command.ts';
import { optionalReason, referenceOf } from '../reason.ts';
import { askerOf, openSession } from '../session.ts';
import { performAndTell } from '../written.ts';

export const run: Run<'deploy'> = async (context, [ref], options) => {
  const reason = await optionalReason(context, options);
  const reference = referenceOf(options);
  const session = await openSession(context);
  const kind = options.emergency ? 'emergency' : 'rollout';
  return performAndTell(context, session, options, async () => {
    const { history, version } = await resolveVersion(session, ref);
    const asker = askerOf(session);
    const environment = environmentOf(asker.policy, options.env);
    return { plan: planDeployment(asker, history, version, { environment, kind, reason, reference }) };
  });
};
