import { activeJson, activeText } from '../../report/active.ts';
import { activeAt } from '../../trail/queries.ts';
import { environmentOf } from '../../trail/resolve.ts';
import type { Run } from '../command.ts';
import { registeredPrompts } from '../namedprompts.ts';
import { openTrail } from '../opentrail.ts';
import { namedFromTop } from '../promptfiles.ts';

export const run: Run<'active'> = async (context, [names], options) => {
  const { store, trail } = await openTrail(context);
  const environment = options.env === undefined ? undefined : environmentOf(trail.policy.policy, options.env);
  const at = options.at && Math.floor(options.at.getTime() / 1000);
  const isNamed = await registeredPrompts(namedFromTop(context, store, names), trail);
  const all = await activeAt(trail, { prompt: undefined, environment, at });
  const found = all.filter(({ prompt }) => isNamed(prompt));
  const rows = found.map(({ prompt, environment: where, version, activation, approvedBy }) => ({
    prompt,
    environment: where,
    version: version.number,
    commit: version.commit,
    contentDigest: version.contentDigest,
    since: activation.time,
    sequence: activation.sequence,
    deployedBy: activation.by,
    kind: activation.kind,
    approvedBy,
  }));
  await context.answer(
    () => activeJson(at ?? Math.floor(context.now().getTime() / 1000), rows),
    (page) => activeText(at, rows, page),
  );
  return 0;
};
