import { readDrafts } from '../../registry/drafts.ts';
import { planVersions } from '../../registry/planversion.ts';
import { currentBranch } from '../../registry/session.ts';
import type { Run } from '../command.ts';
import { earlierContents } from '../earlierversions.ts';
import { namedFromTop } from '../promptfiles.ts';
import { requiredReason } from '../reason.ts';
import { askerOf, openSession } from '../session.ts';
import { tell } from '../tellstanding.ts';
import { UsageError } from '../usage.ts';
import { performAndTell } from '../written.ts';

export const run: Run<'commit'> = async (context, [names], options) => {
  if (options.all && names.length > 0)
    throw new UsageError('--all commits every prompt that changed: leave the names away');
  const message = await requiredReason(context, options, 'what changed and why');
  const session = await openSession(context);
  const { store, trail } = session;
  const named = namedFromTop(context, store, names);
  let earlier: readonly string[] = [];
  const code = await performAndTell(context, session, options, async () => {
    const branch = await currentBranch(store);
    const asker = askerOf(session);
    const only = named.length === 0 ? undefined : named;
    const drafts = await readDrafts(store, asker.policy.prompts, await trail.summaries(), only);
    const request = { names: named, all: options.all, message };
    const plan = planVersions(asker, drafts, request);
    earlier = await earlierContents(trail, plan);
    return { plan, branch };
  });
  await tell(context, earlier);
  return code;
};
