import { Failure } from '../failure.ts';
import type { FileMode, GitStore, WorkFile, WorkTree } from '../git/store.ts';
import { sha256 } from '../ledger/digest.ts';
import type { Sha256 } from '../ledger/event.ts';
import { parsePromptName, type PromptName, promptNameAt, promptNameProblem } from '../prompts/name.ts';
import type { PromptSummary } from '../trail/model.ts';

/** 1 MiB: what a prompt file may have at the most. */
export const MAX_FILE_BYTES = 1024 * 1024;

/** A prompt in the working tree beside what the ledger has of it. */
export interface Draft {
  readonly prompt: PromptName;
  readonly path: string;
  readonly state: 'clean' | 'modified' | 'new' | 'deleted';
  /** The bytes that git would store; absent when deleted. */
  readonly file: { readonly bytes: Uint8Array; readonly mode: FileMode; readonly digest: Sha256 } | undefined;
}

/** A file below the prompts folder that cannot be a prompt, and why. */
export interface Misfit {
  readonly path: string;
  readonly why: string;
}

export interface Drafts {
  readonly drafts: readonly Draft[];
  readonly misfits: readonly Misfit[];
}

/** Every prompt of the working tree and of the ledger, by name. */
export async function readDrafts(store: GitStore, folder: string, known: readonly PromptSummary[]): Promise<Drafts> {
  const workTree = demandWorkTree(store);
  const misfits: Misfit[] = [];
  const paths = new Map<PromptName, string>();
  for (const path of await workTree.listFiles(folder)) {
    const text = promptNameAt(folder, path);
    if (text === undefined) continue;
    const name = parsePromptName(text);
    const twin = name && paths.get(name);
    if (name === undefined) misfits.push({ path, why: `the name ${JSON.stringify(text)} ${promptNameProblem(text)}` });
    else if (twin !== undefined) misfits.push({ path, why: `${twin} is the same prompt: keep one of the two` });
    else paths.set(name, path);
  }
  const files = await workTree.readStored([...paths.values()], MAX_FILE_BYTES);
  const drafts: Draft[] = [];
  for (const [index, [prompt, path]] of [...paths].entries()) {
    const file = files[index];
    const summary = known.find((one) => one.name === prompt);
    const found = file && presentFile(file);
    if (typeof found === 'object') drafts.push({ prompt, path, state: draftState(found.digest, summary), file: found });
    else misfits.push({ path, why: found ?? 'it cannot be read' });
  }
  for (const { name, latest, retired } of known) {
    if (paths.has(name) || latest === undefined || retired !== undefined) continue;
    drafts.push({ prompt: name, path: latest.path, state: 'deleted', file: undefined });
  }
  return { drafts: drafts.sort((a, b) => (a.prompt < b.prompt ? -1 : 1)), misfits };
}

function demandWorkTree(store: GitStore): WorkTree {
  if (store.workTree === undefined) throw new Failure('this repository is bare and has no drafts: work in a clone that has a working tree');
  return store.workTree;
}

/** The file's bytes, or why it can be no prompt. */
function presentFile(file: WorkFile): NonNullable<Draft['file']> | string {
  switch (file.state) {
    case 'present':
      return { bytes: file.bytes, mode: file.mode, digest: sha256(file.bytes) };
    case 'absent':
      return 'it is gone';
    case 'symlink':
      return 'it is a symbolic link: a prompt is a regular file';
    case 'too-large':
      return `it has ${file.bytes} bytes: a prompt has at most 1 MiB`;
    case 'unreadable':
      return file.why;
  }
}

function draftState(digest: Sha256, summary: PromptSummary | undefined): Draft['state'] {
  if (summary?.latest === undefined || summary.retired !== undefined) return 'new';
  return summary.latest.contentDigest === digest ? 'clean' : 'modified';
}
