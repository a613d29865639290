import { relative, resolve, sep } from 'node:path';
import { Failure } from '../failure.ts';
import type { GitStore, WorkFile } from '../git/store.ts';
import { LEDGER_REF } from '../ledger/event.ts';
import { MAX_PROMPT_BYTES } from '../prompts/file-text.ts';
import { isPromptPath, PROMPT_SUFFIXES, promptNameAt } from '../prompts/name.ts';
import { nearest } from '../prompts/nearest.ts';
import { obstacleOf } from '../registry/drafts.ts';
import { workTreeOf } from '../registry/worktree.ts';
import type { Context } from './context.ts';
import { openTrail } from './opentrail.ts';

/** A prompt file of the working tree, and the name that its path gives it. */
export interface PromptFile {
  readonly path: string;
  readonly name: string;
  readonly bytes: Uint8Array;
}

/** The prompts folder: the policy's, or `prompts` in a repository that is no registry yet. */
export async function promptsFolder(
  context: Context,
): Promise<{ readonly store: GitStore; readonly folder: string; readonly isRegistry: boolean }> {
  const store = await context.openStore();
  const isRegistry = (await store.resolveRef(LEDGER_REF)) !== undefined;
  if (!isRegistry) return { store, folder: 'prompts', isRegistry };
  return { store, folder: (await openTrail(context)).trail.policy.policy.prompts, isRegistry };
}

/** The files that were named, each once, by path, by a folder above or by prompt; or all of them. @throws Failure for one that is not there or unreadable */
export async function readPromptFiles(
  context: Context,
  named: readonly string[],
): Promise<readonly PromptFile[]> {
  const { store, folder } = await promptsFolder(context);
  const workTree = workTreeOf(store);
  const all = (await workTree.listFiles(folder)).filter((path) => promptNameAt(folder, path) !== undefined);
  const paths =
    named.length === 0 ? all : named.flatMap((word) => pathsOf(context, workTree.root, all, folder, word));
  const files = await workTree.readStored([...new Set(paths)], MAX_PROMPT_BYTES);
  return files.map((file) => ({
    path: file.path,
    name: promptNameAt(folder, file.path) ?? '',
    bytes: bytesOf(file),
  }));
}

/** A path as typed in the current folder, from the working tree's top as git has it. */
function pathFromTop(cwd: string, root: string, typed: string): string {
  return relative(root, resolve(cwd, typed)).split(sep).join('/');
}

/** Words as they were typed, of which those that are paths of prompt files or begin with dots are from the working tree's top. */
export function namedFromTop(
  { cwd }: Context,
  { workTree }: GitStore,
  typed: readonly string[],
): readonly string[] {
  if (workTree === undefined) return typed;
  const { root } = workTree;
  return typed.map((word) =>
    isPath(word) ? `${pathFromTop(cwd, root, word) || '.'}${word.endsWith('/') ? '/' : ''}` : word,
  );
}

function isPath(word: string): boolean {
  return /^\.\.?(?:\/|$)/.test(word) || isPromptPath(word);
}

function pathsOf(
  context: Context,
  root: string,
  all: readonly string[],
  folder: string,
  word: string,
): readonly string[] {
  const path = pathFromTop(context.cwd, root, word);
  const found = all.find(
    (one) =>
      one === path || one === word || PROMPT_SUFFIXES.some((suffix) => one === `${folder}/${word}${suffix}`),
  );
  if (found !== undefined) return [found];
  const within = all.filter((one) => path === '' || one.startsWith(`${path}/`));
  if (within.length > 0) return within;
  const near = nearest(
    word,
    all.map((one) => promptNameAt(folder, one) ?? one),
  );
  throw new Failure(
    `there is no prompt file ${JSON.stringify(word)}${near === undefined ? `: they are in ${folder}/` : `: did you mean ${near}?`}`,
  );
}

function bytesOf(file: WorkFile): Uint8Array {
  if (file.state === 'present') return file.bytes;
  throw new Failure(`${file.path} cannot be read: ${obstacleOf(file)}`);
}
