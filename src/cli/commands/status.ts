import { readDrafts } from '../../registry/drafts.ts';
import { statusJson, statusText } from '../../report/status.ts';
import { cloneStanding } from '../../sync/standing.ts';
import type { Run } from '../command.ts';
import { earlierDrafts } from '../earlierversions.ts';
import { openTrail } from '../opentrail.ts';
import { policyStanding, policyWords } from '../policystanding.ts';
import { activeNumbers, approvalCounts, emergencyPlaces } from '../rows.ts';
import { tell, tellAside, tellStanding } from '../tellstanding.ts';

export const run: Run<'status'> = async (context) => {
  const { store, trail } = await openTrail(context);
  const summaries = new Map((await trail.summaries()).map((summary) => [summary.name, summary]));
  const folder = trail.policy.policy.prompts;
  const { drafts, misfits } = await readDrafts(store, folder, [...summaries.values()]);
  const rows = drafts.map(({ prompt, state }) => {
    const summary = summaries.get(prompt);
    const latest = summary?.latest;
    return {
      prompt,
      latest: latest?.number,
      draft: state,
      approvals: latest === undefined ? [] : approvalCounts(trail, prompt, latest),
      active: summary === undefined ? new Map<string, number>() : activeNumbers(trail, summary),
      emergencies: summary === undefined ? new Set<string>() : emergencyPlaces(summary),
    };
  });
  const standing = await cloneStanding(store, trail.head);
  const policy = await policyStanding(store, trail);
  await context.answer(
    () => statusJson(rows, policy, standing),
    (page) => statusText(rows, page),
  );
  for (const { path, why } of misfits) await context.note(() => `${path} is left out: ${why}\n`);
  await tell(context, await earlierDrafts(trail, drafts));
  await tell(context, await policyWords(trail, policy));
  await tellStanding(context, standing.remote);
  await tellAside(context, standing);
  return 0;
};
