import { Failure } from '../failure.ts';
import type { GitStore } from '../git/store.ts';
import type { Prompt } from '../prompts/model.ts';
import type { PromptName } from '../prompts/name.ts';
import { parsePrompt } from '../prompts/parse.ts';
import type { ReferencePoint } from '../prompts/reference.ts';
import { type Draft, readDrafts } from '../registry/drafts.ts';
import { BadPrompts } from '../registry/planversion.ts';
import { readContents } from '../trail/content.ts';
import type { PromptVersion } from '../trail/model.ts';
import { resolvePoint, resolvePrompt } from '../trail/resolve.ts';
import type { OpenedTrail } from './opentrail.ts';

/** One state of a prompt, draft or version, with its file. */
export interface PromptSource {
  readonly name: PromptName;
  /** `v12`, or `draft`. */
  readonly label: string;
  readonly version: PromptVersion | undefined;
  readonly path: string;
  readonly bytes: Uint8Array;
}

/** @throws Failure when there is no such state */
export async function readSource(
  opened: OpenedTrail,
  name: PromptName,
  point: ReferencePoint,
): Promise<PromptSource> {
  const { store, trail } = opened;
  if (point.kind === 'draft') {
    const draft = await draftOf(opened, name);
    if (draft.file === undefined)
      throw new Failure(`${draft.path} is deleted in the working tree, so ${name} has no draft`);
    return { name, label: 'draft', version: undefined, path: draft.path, bytes: draft.file.bytes };
  }
  await demandRegistered(opened, name);
  const version = resolvePoint(trail, await resolvePrompt(trail, name), point);
  const [bytes] = await readContents(store, [version]);
  if (bytes === undefined) throw new Failure(`${name} v${version.number} cannot be read`);
  return { name, label: `v${version.number}`, version, path: version.path, bytes };
}

/** Whoever has just begun a prompt has a draft of it and no version. @throws Failure that says so */
async function demandRegistered({ store, trail }: OpenedTrail, name: PromptName): Promise<void> {
  if (store.workTree === undefined || (await trail.prompt(name)) !== undefined) return;
  const folder = trail.policy.policy.prompts;
  const { drafts } = await readDrafts(store, folder, [], [name]);
  if (drafts.some((one) => one.prompt === name))
    throw new Failure(
      `${name} has no version yet: register it with promptaudit commit ${name} -m "…", or name its draft ${name}@draft`,
    );
}

async function draftOf({ store, trail }: OpenedTrail, name: PromptName): Promise<Draft> {
  const folder = trail.policy.policy.prompts;
  const { drafts, misfits } = await readDrafts(store, folder, await trail.summaries(), [name]);
  const draft = drafts.find((one) => one.prompt === name);
  if (draft !== undefined) return draft;
  const misfit = misfits.find((one) => one.prompt === name);
  throw new Failure(
    misfit === undefined
      ? `there is no ${folder}/${name}.prompt.yml in the working tree`
      : `${misfit.path} cannot be taken: ${misfit.why}`,
  );
}

/** @throws BadPrompts */
export function parseSource({ bytes, path }: Pick<PromptSource, 'bytes' | 'path'>): Prompt {
  const { prompt, problems } = parsePrompt(bytes, path);
  if (prompt === undefined) throw new BadPrompts(problems.filter((problem) => problem.severity === 'error'));
  return prompt;
}

/** The texts of versions, in order. */
export async function readTexts(
  store: GitStore,
  versions: readonly PromptVersion[],
): Promise<readonly string[]> {
  return (await readContents(store, versions)).map((bytes) => Buffer.from(bytes).toString('utf8'));
}
