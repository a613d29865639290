import type { PolicyVersion, PromptHistory } from '../../trail/model.ts';
import type { Trail } from '../../trail/trail.ts';

/** All of the trail that calls are judged by. */
export interface TraceFacts {
  readonly prompts: ReadonlyMap<string, PromptHistory>;
  /** In ledger order. */
  readonly policies: readonly PolicyVersion[];
}

/** The facts on every prompt, or on one. */
export async function gatherFacts(
  trail: Pick<Trail, 'summaries' | 'prompt' | 'policies'>,
  only?: string,
): Promise<TraceFacts> {
  const prompts = new Map<string, PromptHistory>();
  for (const { name } of await trail.summaries()) {
    if (only !== undefined && name !== only) continue;
    const history = await trail.prompt(name);
    if (history !== undefined && history.versions.length > 0) prompts.set(name, history);
  }
  return { prompts, policies: await trail.policies() };
}
