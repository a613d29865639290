import { Failure, Refusal } from '../failure.ts';
import type { Identity } from '../git/identity.ts';
import type { GitStore } from '../git/store.ts';
import { sha256 } from '../ledger/digest.ts';
import { LEDGER_REF, type RegistryId } from '../ledger/event.ts';
import { lineProblem } from '../ledger/text.ts';
import { initialPolicy } from '../policy/edit.ts';
import { openPgpFingerprint } from '../policy/key.ts';
import { keyFilePath, POLICY_PATH } from '../policy/names.ts';
import { parsePolicy } from '../policy/parse.ts';
import { MAX_PROMPT_BYTES } from '../prompts/file-text.ts';
import type { Signer } from '../signing/model.ts';
import { readFiles } from '../trail/treefiles.ts';
import { readTrust, trustFile } from '../trail/trust.ts';
import { apply, type Branch, treeOf } from './apply.ts';
import { type Misfit, readDrafts } from './drafts.ts';
import type { Done } from './perform.ts';
import type { Step } from './plan.ts';
import { BadPrompts, versionStep } from './planversion.ts';

export interface InitRequest {
  /** The registry's name for people. */
  readonly name: string;
  readonly prompts: string;
  readonly environments: readonly string[];
  readonly dryRun: boolean;
}

export interface InitShop {
  readonly store: GitStore;
  readonly signer: Signer;
  readonly identity: Identity;
  readonly registry: RegistryId;
  readonly progress?: ((done: number, total: number) => void) | undefined;
}

export interface Founded {
  readonly done: readonly Done[];
  /** Prompt files that are there and were not taken in, and why. */
  readonly left: readonly Misfit[];
}

/**
 * Founds a registry on the present branch: policy, genesis, and every valid prompt as its version 1, all visible at once.
 * @throws Refusal when there is one already; Failure when the repository is in no state for it
 */
export async function found(shop: InitShop, request: InitRequest): Promise<Founded> {
  const { store, signer, identity } = shop;
  const branch = await demandFoundable(store);
  const policyStep = firstPolicy(shop, request, branch);
  await demandNoPolicy(store, branch, policyStep.files);
  const { drafts, misfits } = await readDrafts(store, request.prompts, []);
  const left: Misfit[] = [...misfits];
  const steps: Step[] = [{ step: 'genesis', name: request.name }, policyStep];
  for (const draft of drafts) {
    try {
      steps.push(versionStep(draft, `Adopt ${draft.prompt} as it is`));
    } catch (error) {
      if (!(error instanceof BadPrompts)) throw error;
      left.push({ prompt: draft.prompt, path: draft.path, why: error.message });
    }
  }
  if (request.dryRun) return { done: steps.map((step) => ({ step, event: undefined })), left };
  const position = { registry: shop.registry, head: undefined, policy: 0 };
  const appended = await apply(
    { store, signer, identity, position, branch, progress: shop.progress },
    { steps },
  );
  return { done: steps.map((step, index) => ({ step, event: appended[index] })), left };
}

async function demandFoundable(store: GitStore): Promise<Branch> {
  if (store.workTree === undefined)
    throw new Failure(
      'this repository is bare: run init in a clone that has a working tree, then promptaudit sync',
    );
  const trust = await readTrust(store.layout.commonDir);
  if (trust !== undefined && (await store.resolveRef(LEDGER_REF)) === undefined) {
    const file = trustFile(store.layout.commonDir);
    throw new Refusal(
      `this clone verified a registry up to event ${trust.head.sequence}, and its ledger is gone: get it back with promptaudit sync; to start a new registry, delete ${file}`,
    );
  }
  if ((await store.resolveRef(LEDGER_REF)) !== undefined) {
    throw new Refusal('this repository has a promptaudit registry already: see it with promptaudit log');
  }
  const underWay = await store.workTree.operationUnderWay();
  if (underWay !== undefined)
    throw new Failure(`a ${underWay} is under way: finish it or abort it with git first`);
  const head = await store.head();
  if (head.state === 'detached') throw new Failure('HEAD is detached: run git switch <branch> first');
  return { ref: head.ref, oid: head.oid };
}

/** A policy that is here is of a registry whose ledger is not, unless it is what an `init` that was cut off has left. */
async function demandNoPolicy(
  store: GitStore,
  branch: Branch,
  files: ReadonlyMap<string, Uint8Array>,
): Promise<void> {
  const [existing] = (await store.workTree?.readStored([POLICY_PATH], MAX_PROMPT_BYTES)) ?? [];
  if (existing === undefined || existing.state === 'absent') return;
  const wanted = files.get(POLICY_PATH) ?? new Uint8Array(0);
  const ours = existing.state === 'present' && Buffer.from(wanted).equals(existing.bytes);
  if (ours && !(await isCommitted(store, branch, POLICY_PATH))) return;
  throw new Failure(
    `${POLICY_PATH} is here already but its ledger is not: in a clone of a registry run promptaudit sync; to start a new registry, delete the file`,
  );
}

async function isCommitted(store: GitStore, { oid }: Branch, path: string): Promise<boolean> {
  if (oid === undefined) return false;
  const [found] = await readFiles(store, [{ tree: await treeOf(store, oid), path }]);
  return found?.state !== 'absent';
}

/** The policy is written as text: a line break in a value would make another file of it. */
function demandLines(values: readonly string[], what: string): void {
  for (const value of values) {
    const problem = lineProblem(value);
    if (problem !== undefined) throw new Failure(`${what} ${JSON.stringify(value)} ${problem}`);
  }
}

function firstPolicy(
  { signer, identity }: InitShop,
  request: InitRequest,
  branch: Branch,
): Extract<Step, { step: 'policy' }> {
  const { key } = signer;
  const { name, email } = identity.committer;
  if (identity.author.email !== email) {
    throw new Failure(
      `git's author (${identity.author.email}) and committer (${email}) differ: they must be the same person`,
    );
  }
  demandLines([request.name], "the registry's name");
  demandLines([request.prompts], 'the prompts folder');
  demandLines(request.environments, 'the environment');
  const text = initialPolicy({
    registry: request.name,
    prompts: request.prompts,
    protectedBranches: [branch.ref.replace('refs/heads/', '')],
    environments: request.environments,
    principal: { id: email, name, key: key.id },
  });
  const bytes = Buffer.from(text);
  const files = new Map<string, Uint8Array>([[POLICY_PATH, bytes]]);
  const material = new Map<string, string>();
  const fingerprint = openPgpFingerprint(key.id);
  if (key.format === 'openpgp' && fingerprint !== undefined) {
    files.set(keyFilePath(fingerprint), Buffer.from(key.armored));
    material.set(fingerprint, key.armored);
  }
  const { policy, problems } = parsePolicy(bytes, material, POLICY_PATH);
  const [problem] = problems.filter((one) => one.severity === 'error');
  if (policy === undefined)
    throw new Failure(
      `no registry can be started like this: ${problem?.message ?? 'the policy would not be valid'}`,
    );
  return {
    step: 'policy',
    version: 1,
    policy,
    files,
    contentDigest: sha256(bytes),
    message: `Start the prompt registry ${request.name}`,
    takesForce: true,
  };
}
