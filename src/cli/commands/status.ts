import { type Draft, readDrafts } from '../../registry/drafts.ts';
import { unbornWords } from '../../registry/session.ts';
import { statusJson, statusText } from '../../report/status.ts';
import { cloneStanding } from '../../sync/standing.ts';
import type { PromptSummary } from '../../trail/model.ts';
import type { Run } from '../command.ts';
import { earlierDrafts } from '../earlierversions.ts';
import { namedPrompts } from '../namedprompts.ts';
import { openTrail } from '../opentrail.ts';
import { policyStanding, policyWords } from '../policystanding.ts';
import { namedFromTop } from '../promptfiles.ts';
import { activeNumbers, approvalCounts, emergencyPlaces } from '../rows.ts';
import { tell, tellAside, tellStanding } from '../tellstanding.ts';

export const run: Run<'status'> = async (context, [words]) => {
  const { store, trail } = await openTrail(context);
  const summaries = new Map((await trail.summaries()).map((summary) => [summary.name, summary]));
  const folder = trail.policy.policy.prompts;
  const all = await readDrafts(store, folder, [...summaries.values()]);
  const known = [...all.names, ...all.misfits.map(({ prompt }) => prompt), ...summaries.keys()];
  const isNamed = namedPrompts(namedFromTop(context, store, words), folder, known);
  const drafts = all.drafts.filter(({ prompt }) => isNamed(prompt));
  const misfits = all.misfits.filter(({ prompt }) => isNamed(prompt));
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
    (page) => (rows.length === 0 && words.length > 0 ? '' : statusText(rows, page)),
  );
  await tell(
    context,
    misfits.map(({ path, why }) => `${path} is left out: ${why}`),
  );
  if (words.length > 0) await tell(context, retiredWords([...summaries.values()], drafts, isNamed));
  await tell(context, await earlierDrafts(trail, drafts));
  const head = await store.head();
  const unborn = head.state === 'detached' || head.oid !== undefined ? undefined : head.ref;
  // Without a commit all is missing from the working tree, and there is nothing to bring it back from.
  await tell(context, unborn === undefined ? await policyWords(trail, policy) : [unbornWords(unborn)]);
  await tellStanding(context, standing.remote);
  await tellAside(context, standing);
  return 0;
};

/** Why the table has no line of these. */
function retiredWords(
  summaries: readonly PromptSummary[],
  drafts: readonly Draft[],
  isNamed: (prompt: string) => boolean,
): readonly string[] {
  return summaries.flatMap(({ name, retired }) =>
    retired !== undefined && isNamed(name) && !drafts.some(({ prompt }) => prompt === name)
      ? [`${name} was retired by event ${retired}: see promptaudit log ${name}`]
      : [],
  );
}
