import { planAcknowledgement } from '../../registry/planacknowledgement.ts';
import { verifyRegistry } from '../../verify/verify.ts';
import { ownStore } from '../callstore.ts';
import type { Run } from '../command.ts';
import { tellUnkept } from '../opentrail.ts';
import { requiredReason } from '../reason.ts';
import { askerOf, openSession } from '../session.ts';
import { performAndTell } from '../written.ts';

export const run: Run<'acknowledge'> = async (context, [code, target], options) => {
  const reason = await requiredReason(context, options, 'how it came about and why it is no reason to worry');
  const session = await openSession(context);
  const unkept = tellUnkept(context);
  return performAndTell(context, session, options, async () => {
    const now = Math.floor(context.now().getTime() / 1000);
    const found = await verifyRegistry({
      store: session.store,
      root: undefined,
      calls: ownStore(session.store),
      now,
      unkept,
    });
    return { plan: planAcknowledgement(askerOf(session), found, { code, target, reason }) };
  });
};
