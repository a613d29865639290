import { workTreeOf } from '../../registry/worktree.ts';
import { HOSTS, type Host, type PipelineFacts, type PipelineFile } from '../../report/pipeline/facts.ts';
import { githubFiles } from '../../report/pipeline/github.ts';
import { gitlabFiles } from '../../report/pipeline/gitlab.ts';
import { leftToDo } from '../../report/pipeline/todo.ts';
import { pipelineJson, pipelineText } from '../../report/pipeline/written.ts';
import type { Run } from '../command.ts';
import { openTrail } from '../opentrail.ts';
import { pipelineFacts } from '../pipelinefacts.ts';
import { notCommitted, planFiles } from '../pipelinefiles.ts';
import { oneOf } from '../usage.ts';

export const run: Run<'ci init'> = async (context, [word], { env, force, dryRun }) => {
  const host = oneOf(word, HOSTS);
  const { store, trail } = await openTrail(context);
  const workTree = workTreeOf(store);
  const facts = pipelineFacts(trail, context.version, env);
  const planned = await planFiles(workTree, FILES[host](facts), force);
  const isKept = planned.some(({ state }) => state === 'kept');
  const changed = planned.filter(({ state }) => state === 'written' || state === 'renewed');
  if (!isKept && !dryRun)
    for (const { path, text } of changed) await workTree.writeFile(path, Buffer.from(text));
  const remaining = {
    host,
    policy: trail.policy.policy,
    deployment: facts.deployment,
    uncommitted: isKept ? [] : await notCommitted(store, planned),
    lackingStages: planned.flatMap(({ lackingStages = [] }) => lackingStages),
  };
  const pipeline = {
    host,
    dryRun,
    files: planned.map(({ path, state }) => ({ path, state })),
    todo: isKept ? [] : leftToDo(remaining),
  };
  await context.answer(
    () => pipelineJson(pipeline),
    (page) => pipelineText(pipeline, page),
  );
  return isKept ? 1 : 0;
};

const FILES: Readonly<Record<Host, (facts: PipelineFacts) => readonly PipelineFile[]>> = {
  github: githubFiles,
  gitlab: gitlabFiles,
};
