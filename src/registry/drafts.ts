import type { FileMode, GitStore, WorkFile } from '../git/store.ts';
import { sha256 } from '../ledger/digest.ts';
import type { Sha256 } from '../ledger/event.ts';
import { MAX_PROMPT_BYTES } from '../prompts/file-text.ts';
import { type PromptName, parsePromptName, promptNameAt, promptNameProblem } from '../prompts/name.ts';
import type { PromptSummary } from '../trail/model.ts';
import { workTreeOf } from './worktree.ts';

/** A prompt in the working tree beside what the ledger has of it. */
export interface Draft {
  readonly prompt: PromptName;
  readonly path: string;
  readonly state: 'clean' | 'modified' | 'new' | 'deleted';
  /** How many the ledger has of it. */
  readonly versions: number;
  /** The bytes that git would store; absent when deleted. */
  readonly file: { readonly bytes: Uint8Array; readonly mode: FileMode; readonly digest: Sha256 } | undefined;
}

/** A file that cannot be a prompt, and why. */
export interface Misfit {
  /** The name that its path gives it, which may be none that a prompt can have. */
  readonly prompt: string;
  readonly path: string;
  readonly why: string;
}

export interface Drafts {
  readonly drafts: readonly Draft[];
  /** Every prompt there is, also those that were not asked for. */
  readonly names: readonly PromptName[];
  readonly misfits: readonly Misfit[];
}

/** Every prompt of the working tree and of the ledger, by name; or `only` some, given by name or path. */
export async function readDrafts(
  store: GitStore,
  folder: string,
  known: readonly PromptSummary[],
  only?: readonly string[],
): Promise<Drafts> {
  const workTree = workTreeOf(store);
  const summaries = new Map(known.map((summary) => [summary.name, summary]));
  const { paths, misfits } = placesOf(folder, await workTree.listFiles(folder), known);
  const wanted = [...paths].filter(
    ([prompt, path]) => only === undefined || only.includes(prompt) || only.includes(path),
  );
  const files = await workTree.readStored(
    wanted.map(([, path]) => path),
    MAX_PROMPT_BYTES,
  );
  const drafts: Draft[] = [];
  for (const [index, [prompt, path]] of wanted.entries()) {
    const file = files[index];
    const summary = summaries.get(prompt);
    const versions = summary?.versions ?? 0;
    if (file?.state === 'present') {
      const digest = sha256(file.bytes);
      drafts.push({
        prompt,
        path,
        state: draftState(digest, summary),
        versions,
        file: { bytes: file.bytes, mode: file.mode, digest },
      });
    } else if (file?.state === 'absent' && summary !== undefined) {
      drafts.push({ prompt, path, state: 'deleted', versions, file: undefined });
    } else if (file !== undefined) {
      misfits.push({ prompt, path, why: obstacleOf(file) });
    }
  }
  return {
    drafts: drafts.sort((a, b) => (a.prompt < b.prompt ? -1 : 1)),
    names: [...paths.keys()],
    misfits,
  };
}

/** Where each prompt is, or should be: one that the ledger knows is looked for even where a symbolic link hides it. */
function placesOf(
  folder: string,
  listed: readonly string[],
  known: readonly PromptSummary[],
): { readonly paths: Map<PromptName, string>; readonly misfits: Misfit[] } {
  const paths = new Map<PromptName, string>();
  const misfits: Misfit[] = [];
  for (const path of listed) {
    const prompt = promptNameAt(folder, path);
    if (prompt === undefined) continue;
    const name = parsePromptName(prompt);
    const twin = name && paths.get(name);
    if (name === undefined)
      misfits.push({ prompt, path, why: `the name ${JSON.stringify(prompt)} ${promptNameProblem(prompt)}` });
    else if (twin !== undefined)
      misfits.push({ prompt, path, why: `${twin} is the same prompt: keep one of the two` });
    else paths.set(name, path);
  }
  for (const { name, latest, retired } of known) {
    if (latest !== undefined && retired === undefined && !paths.has(name)) paths.set(name, latest.path);
  }
  // Which of two files a version should come from is not for us to say.
  for (const { prompt } of misfits) paths.delete(prompt as PromptName);
  return { paths, misfits };
}

/** Why a file cannot be taken, in words that complete "… cannot be committed: …". */
export function obstacleOf(file: Exclude<WorkFile, { readonly state: 'present' }>): string {
  switch (file.state) {
    case 'absent':
      return 'it is not there';
    case 'symlink':
      return 'it is a symbolic link, or in a folder that is one: put a regular file in its place';
    case 'too-large':
      return `it has ${file.bytes} bytes, and at most 1 MiB (${MAX_PROMPT_BYTES} bytes) is taken: make it shorter`;
    case 'unreadable':
      return file.why;
  }
}

function draftState(digest: Sha256, summary: PromptSummary | undefined): Draft['state'] {
  if (summary?.latest === undefined || summary.retired !== undefined) return 'new';
  return summary.latest.contentDigest === digest ? 'clean' : 'modified';
}
