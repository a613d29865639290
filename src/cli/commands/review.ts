import { readIdentity } from '../../git/identity.ts';
import { approvalProgress, demandsOn } from '../../policy/demands.ts';
import type { EnvironmentName, PrincipalId } from '../../policy/model.ts';
import { diffPrompts } from '../../prompts/diff.ts';
import { reviewJson, reviewText } from '../../report/review.ts';
import type { ApprovalCount, ReviewRow } from '../../report/rows.ts';
import { readContents } from '../../trail/content.ts';
import type { PromptSummary, PromptVersion } from '../../trail/model.ts';
import { resolvePrompt } from '../../trail/resolve.ts';
import { standingDecisions } from '../../trail/standing.ts';
import type { Trail } from '../../trail/trail.ts';
import type { Run } from '../command.ts';
import { type OpenedTrail, openTrail } from '../opentrail.ts';
import { parseSource } from '../promptsource.ts';
import { waitingPolicies } from '../waitingpolicies.ts';

export const run: Run<'review'> = async (context, [names]) => {
  const opened = await openTrail(context);
  const { store, trail } = opened;
  const reader = readIdentity(store.config, context.env, context.now()).committer.email as PrincipalId;
  for (const name of names) await resolvePrompt(trail, name);
  const rows: ReviewRow[] = [];
  for (const summary of await trail.summaries()) {
    if (names.length > 0 && !names.includes(summary.name)) continue;
    const approvals = waitingFor(trail, summary, reader);
    if (summary.latest !== undefined && approvals.length > 0)
      rows.push(await rowOf(opened, summary, summary.latest, approvals));
  }
  const policies = names.length === 0 ? await waitingPolicies(trail, reader) : [];
  await context.answer(
    () => reviewJson(rows, policies),
    (page) => reviewText(rows, policies, page),
  );
  return 0;
};

/** Where the newest version lacks approvals and this reader's would count and is not given yet. */
function waitingFor(
  trail: Trail,
  { name, latest, retired }: PromptSummary,
  reader: PrincipalId,
): readonly ApprovalCount[] {
  const { policy } = trail.policy;
  if (latest === undefined || retired !== undefined) return [];
  return [...policy.environments.keys()].flatMap((environment) => {
    const { approvals, decisions } = standingDecisions(latest.decisions, environment as EnvironmentName);
    const { have, need, candidates } = approvalProgress(
      demandsOn(policy, name, environment),
      approvals,
      latest.author,
    );
    const asked = have < need && candidates.includes(reader) && !decisions.has(reader);
    return asked ? [{ environment, have, need }] : [];
  });
}

/** Compared with what is, or before an emergency was, active in the last of the environments that wait; otherwise with the version before. */
async function rowOf(
  { store, trail }: OpenedTrail,
  { name, active }: PromptSummary,
  latest: PromptVersion,
  approvals: readonly ApprovalCount[],
): Promise<ReviewRow> {
  const history = await trail.prompt(name);
  const place = approvals.at(-1)?.environment;
  const there = active.find(({ activation }) => activation.environment === place)?.version.number;
  const replaced = history?.activations.findLast(
    ({ environment, version }) => environment === place && version !== undefined && version !== latest.number,
  );
  const other = there === latest.number ? replaced?.version : there;
  const against = history?.versions[(other ?? latest.number - 1) - 1];
  const versions = against === undefined ? [latest] : [latest, against];
  const [after, before] = await readContents(store, versions);
  const diff = diffPrompts(
    against && before && parseSource({ bytes: before, path: against.path }),
    after && parseSource({ bytes: after, path: latest.path }),
  );
  const { number, commit, author, time, reason } = latest;
  return {
    prompt: name,
    version: number,
    commit,
    author,
    time,
    reason,
    approvals,
    against: against?.number,
    diff,
  };
}
