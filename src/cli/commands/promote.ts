import { Refusal } from '../../failure.ts';
import { planDeployment } from '../../registry/plandeployment.ts';
import { environmentOf, resolvePrompt, sourceOf } from '../../trail/resolve.ts';
import { activeVersion } from '../../trail/summary.ts';
import type { Run } from '../command.ts';
import { optionalReason, referenceOf } from '../reason.ts';
import { askerOf, openSession } from '../session.ts';
import { performAndTell } from '../written.ts';

export const run: Run<'promote'> = async (context, [name], options) => {
  const reason = await optionalReason(context, options);
  const reference = referenceOf(options);
  const session = await openSession(context);
  return performAndTell(context, session, options, async () => {
    const history = await resolvePrompt(session.trail, name);
    const asker = askerOf(session);
    const environment = environmentOf(asker.policy, options.to);
    const from =
      options.from === undefined
        ? sourceOf(asker.policy, environment)
        : environmentOf(asker.policy, options.from);
    const active = activeVersion(history, from);
    if (active === undefined)
      throw new Refusal(`nothing of ${history.name} is active in ${from}, so there is nothing to promote`);
    const request = { environment, kind: 'rollout' as const, reason, reference };
    return { plan: planDeployment(asker, history, active.version, request) };
  });
};
