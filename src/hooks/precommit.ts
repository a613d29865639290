import { parseCommitLinks } from '../git/commit.ts';
import { type GitStore, ObjectCorrupt, ObjectMissing, type StagedFile } from '../git/store.ts';
import { isLinkEntry } from '../git/tree.ts';
import { sha256 } from '../ledger/digest.ts';
import { keyFilePath, POLICY_PATH } from '../policy/names.ts';
import { lintPrompt } from '../prompts/lint.ts';
import type { PromptProblem } from '../prompts/model.ts';
import { PROMPT_SUFFIXES, type PromptName, parsePromptName, promptNameAt } from '../prompts/name.ts';
import type { Trail } from '../trail/trail.ts';
import { readFiles } from '../trail/treefiles.ts';

/** What a commit that is about to be made would bring. */
export interface StagedJudgement {
  /** How many prompt and policy files. */
  readonly files: number;
  readonly problems: readonly PromptProblem[];
  /** Prompts whose staged content is no version of them. Not asked where there is no registry. */
  readonly unregistered: readonly string[];
}

/** Where prompts are in a repository that is no registry yet. */
const USUAL_FOLDER = 'prompts';

/**
 * Judges the prompt files and the policy file that are staged, by the bytes that would be committed.
 * @param openTrail answers `undefined` where there is no registry; not called where no such file is staged
 */
export async function judgeStaged(
  store: GitStore,
  openTrail: () => Promise<Trail | undefined>,
): Promise<StagedJudgement> {
  const staged = (await store.workTree?.staged('')) ?? [];
  const policy = staged.find(({ path }) => path === POLICY_PATH);
  const candidates = staged.filter(({ path }) => PROMPT_SUFFIXES.some((suffix) => path.endsWith(suffix)));
  const trail = candidates.length === 0 ? undefined : await openTrail();
  const folder = trail?.policy.policy.prompts ?? USUAL_FOLDER;
  const prompts = candidates.filter(({ path }) => promptNameAt(folder, path) !== undefined);
  const problems: PromptProblem[] =
    policy === undefined ? [] : [...(await policyProblems(store, policy, staged))];
  const unregistered: string[] = [];
  for await (const { file, bytes } of contentsOf(store, prompts)) {
    const text = promptNameAt(folder, file.path) ?? '';
    const name = parsePromptName(text);
    problems.push(...(bytes === undefined ? [isLink(file)] : lintPrompt(bytes, file.path, text).problems));
    // Whose path is no prompt's name could not be registered: that is an error, and told as one.
    if (bytes === undefined || trail === undefined || name === undefined) continue;
    if (!(await isRegistered(trail, name, bytes))) unregistered.push(name);
  }
  return { files: prompts.length + (policy === undefined ? 0 : 1), problems, unregistered };
}

async function isRegistered(trail: Trail, prompt: PromptName, bytes: Uint8Array): Promise<boolean> {
  const history = await trail.prompt(prompt);
  const digest = sha256(bytes);
  return history?.versions.some(({ contentDigest }) => contentDigest === digest) === true;
}

function isLink({ path }: StagedFile): PromptProblem {
  const message = 'it is a link, and no version can be made of one: put a regular file in its place';
  return { path, line: 1, column: 1, severity: 'error', code: 'file/link', message };
}

/** Each file with the bytes that are staged; `undefined` for a link. */
async function* contentsOf(
  store: GitStore,
  files: readonly StagedFile[],
): AsyncGenerator<{ readonly file: StagedFile; readonly bytes: Uint8Array | undefined }> {
  const objects = store
    .readMany(files.filter(({ mode }) => !isLinkEntry({ mode })).map(({ oid }) => oid))
    [Symbol.asyncIterator]();
  try {
    for (const file of files) {
      if (isLinkEntry(file)) {
        yield { file, bytes: undefined };
        continue;
      }
      const next = await objects.next();
      if (next.done || next.value.state === 'missing') throw new ObjectMissing(file.oid);
      if (next.value.state === 'corrupt') throw new ObjectCorrupt(file.oid);
      yield { file, bytes: next.value.object.bytes };
    }
  } finally {
    await objects.return?.();
  }
}

async function policyProblems(
  store: GitStore,
  policy: StagedFile,
  staged: readonly StagedFile[],
): Promise<readonly PromptProblem[]> {
  if (isLinkEntry(policy)) return [isLink(policy)];
  const { parsePolicy, requiredKeyFiles } = await import('../policy/parse.ts');
  const { bytes } = await store.read(policy.oid);
  const material = await keyMaterial(store, requiredKeyFiles(bytes), staged);
  const { problems } = parsePolicy(bytes, material, POLICY_PATH);
  return problems.map((problem) => ({ ...problem, path: POLICY_PATH, code: 'policy/invalid' }));
}

/** Armored OpenPGP keys as the commit will have them, by fingerprint. */
async function keyMaterial(
  store: GitStore,
  fingerprints: readonly string[],
  staged: readonly StagedFile[],
): Promise<ReadonlyMap<string, string>> {
  const material = new Map<string, string>();
  for (const fingerprint of fingerprints) {
    const path = keyFilePath(fingerprint);
    const file = staged.find((one) => one.path === path);
    const bytes = file === undefined ? await committedBytes(store, path) : (await store.read(file.oid)).bytes;
    if (bytes !== undefined) material.set(fingerprint, Buffer.from(bytes).toString('latin1'));
  }
  return material;
}

async function committedBytes(store: GitStore, path: string): Promise<Uint8Array | undefined> {
  const { oid } = await store.head();
  const tree = oid && parseCommitLinks((await store.read(oid)).bytes)?.tree;
  const [file] = tree === undefined ? [] : await readFiles(store, [{ tree, path }]);
  return file?.state === 'present' ? file.bytes : undefined;
}
