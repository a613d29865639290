import type { Sha256 } from '../ledger/event.ts';
import type { PromptName } from '../prompts/name.ts';
import type { Draft } from '../registry/drafts.ts';
import type { Plan } from '../registry/plan.ts';
import type { Trail } from '../trail/trail.ts';

/**
 * Drafts that are byte for byte what an earlier version was, as they are on a branch that lacks the newest: whoever commits
 * them undoes what came since.
 */
export async function earlierDrafts(trail: Trail, drafts: readonly Draft[]): Promise<readonly string[]> {
  const words: string[] = [];
  for (const { prompt, state, file } of drafts) {
    if (state !== 'modified' || file === undefined) continue;
    const found = await versionWith(trail, prompt, file.digest);
    if (found !== undefined)
      words.push(
        `${prompt} is as v${found.number} here, and v${found.newest} is newer: to commit it would undo what came since`,
      );
  }
  return words;
}

/** The same of versions that are about to be made. */
export async function earlierContents(trail: Trail, { steps }: Plan): Promise<readonly string[]> {
  const words: string[] = [];
  for (const step of steps) {
    if (step.step !== 'version') continue;
    const found = await versionWith(trail, step.prompt, step.contentDigest);
    if (found !== undefined)
      words.push(
        `${step.prompt} v${step.version} has the content of v${found.number}, without what came since`,
      );
  }
  return words;
}

async function versionWith(
  trail: Trail,
  prompt: PromptName,
  digest: Sha256,
): Promise<{ readonly number: number; readonly newest: number } | undefined> {
  const versions = (await trail.prompt(prompt))?.versions ?? [];
  const found = versions.findLast(({ contentDigest }) => contentDigest === digest);
  return found && found.number < versions.length
    ? { number: found.number, newest: versions.length }
    : undefined;
}
