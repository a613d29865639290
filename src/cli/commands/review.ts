import { readIdentity } from '../../git/identity.ts';
import type { Policy, PrincipalId } from '../../policy/model.ts';
import { diffPrompts } from '../../prompts/diff.ts';
import { POLICY_NAME } from '../../prompts/name.ts';
import { reviewJson, reviewText } from '../../report/review.ts';
import type { ReviewRow } from '../../report/rows.ts';
import { readContents } from '../../trail/content.ts';
import type { PromptSummary } from '../../trail/model.ts';
import type { Run } from '../command.ts';
import { registeredPrompts } from '../namedprompts.ts';
import { type OpenedTrail, openTrail } from '../opentrail.ts';
import { namedFromTop } from '../promptfiles.ts';
import { parseSource } from '../promptsource.ts';
import { tell } from '../tellstanding.ts';
import { waitingPolicies } from '../waitingpolicies.ts';
import { type WaitingVersion, waitingVersions } from '../waitingversions.ts';

export const run: Run<'review'> = async (context, [names]) => {
  const opened = await openTrail(context);
  const { store, trail } = opened;
  const reader = readIdentity(store.config, context.env, context.now()).committer.email as PrincipalId;
  const prompts = names.filter((name) => name !== POLICY_NAME);
  const isNamed = await registeredPrompts(namedFromTop(context, store, prompts), trail);
  const onlyPolicies = names.length > 0 && prompts.length === 0;
  const rows: ReviewRow[] = [];
  for (const summary of onlyPolicies ? [] : await trail.summaries()) {
    if (!isNamed(summary.name)) continue;
    for (const waiting of waitingVersions(trail, summary, reader))
      rows.push(await rowOf(opened, summary, waiting));
  }
  const withPolicies = names.length === 0 || names.includes(POLICY_NAME);
  const policies = withPolicies ? await waitingPolicies(trail, reader) : [];
  await context.answer(
    () => reviewJson(rows, policies),
    (page) => reviewText(rows, policies, page),
  );
  await tell(context, noDecider(trail.policy.policy, reader));
  return 0;
};

/** Why there can be nothing for this reader to decide. */
function noDecider({ principals }: Policy, reader: PrincipalId): readonly string[] {
  const roles = principals.get(reader)?.roles;
  if (roles?.has('approver') || roles?.has('admin')) return [];
  const why = roles === undefined ? 'is not in the policy' : 'holds neither the role approver nor admin';
  return [`you are ${reader}, who ${why}: nothing can wait for your decision; see promptaudit whoami`];
}

/** Compared with what is, or before an emergency was, active in the last of the environments that wait; otherwise with the version before. */
async function rowOf(
  { store, trail }: OpenedTrail,
  { name, active }: PromptSummary,
  { version: asked, approvals, emergencies }: WaitingVersion,
): Promise<ReviewRow> {
  const history = await trail.prompt(name);
  const place = approvals.at(-1)?.environment;
  const there = active.find(({ activation }) => activation.environment === place)?.version.number;
  const replaced = history?.activations.findLast(
    ({ environment, version }) => environment === place && version !== undefined && version !== asked.number,
  );
  const other = there === asked.number ? replaced?.version : there;
  const against = history?.versions[(other ?? asked.number - 1) - 1];
  const versions = against === undefined ? [asked] : [asked, against];
  const [after, before] = await readContents(store, versions);
  const diff = diffPrompts(
    against && before && parseSource({ bytes: before, path: against.path }),
    after && parseSource({ bytes: after, path: asked.path }),
  );
  const { number, commit, author, time, reason } = asked;
  return {
    prompt: name,
    version: number,
    commit,
    author,
    time,
    reason,
    approvals,
    emergencies,
    against: against?.number,
    diff,
  };
}
