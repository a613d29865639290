import { Refusal } from '../failure.ts';
import type { Oid } from '../git/object.ts';
import type { GitStore } from '../git/store.ts';
import { parseDecisionTagRef } from '../ledger/decisiontag.ts';
import type { DecisionDetail, Detail } from '../ledger/event.ts';
import { roleReasons } from '../policy/evaluate.ts';
import type { EnvironmentName, PrincipalId } from '../policy/model.ts';
import { keyFilePath, POLICY_PATH } from '../policy/names.ts';
import { parsePolicy, requiredKeyFiles } from '../policy/parse.ts';
import { POLICY_NAME, type PromptName } from '../prompts/name.ts';
import { treeOf } from '../registry/apply.ts';
import { decisionSubject } from '../registry/decisionsubject.ts';
import type { Draft } from '../registry/drafts.ts';
import type { Plan, Step } from '../registry/plan.ts';
import { planCalls, planSeals } from '../registry/plancalls.ts';
import { planDecision } from '../registry/plandecision.ts';
import { type Asker, planDeployment, planWithdrawal } from '../registry/plandeployment.ts';
import { type PolicyDraft, planPolicy } from '../registry/planpolicy.ts';
import { planRetirement, planVersions } from '../registry/planversion.ts';
import type { KeyId } from '../signing/model.ts';
import type { PromptHistory, PromptVersion, TrailEvent } from '../trail/model.ts';
import { resolvePrompt } from '../trail/resolve.ts';
import { activeIn } from '../trail/standing.ts';
import type { Trail } from '../trail/trail.ts';
import { type ReadFile, readFiles } from '../trail/treefiles.ts';
import type { Renumbering } from './renumbering.ts';

/** What one of this clone's events is planned by for the second time. */
export interface Scene {
  readonly store: GitStore;
  /** What came before it now. */
  readonly trail: Trail;
  readonly asker: Asker;
  readonly key: KeyId;
  /** What became of the events before it. */
  readonly renumbering: Renumbering;
  /** Names that decision tags have on either side. */
  readonly tags: readonly string[];
  /** Whether this commit is to be made again, on the branch as it is now. */
  readonly isRemade: (commit: Oid) => boolean;
}

/**
 * Plans what an event did once more, under the state that it meets now.
 * @throws Refusal with every unmet rule, or where what it rested on has gone; Failure
 */
export async function planAgain(scene: Scene, { detail, reason }: TrailEvent): Promise<Plan> {
  switch (detail?.event) {
    case 'version':
      return versionAgain(scene, detail, reason);
    case 'approval':
    case 'rejection':
    case 'revocation':
      return decisionAgain(scene, detail, reason);
    case 'deployment':
      return deploymentAgain(scene, detail, reason);
    case 'withdrawal':
      return withdrawalAgain(scene, detail, reason);
    case 'retirement':
      return retirementAgain(scene, detail, reason);
    case 'policy':
      return policyAgain(scene, detail, reason);
    case 'acknowledgement':
      return acknowledgementAgain(scene, detail, reason);
    case 'seal':
      return planSeals(scene.asker, await scene.trail.calls(), [detail]);
    case 'hold':
    case 'release':
    case 'purge':
    case 'erasure':
      return planCalls(scene.asker, await scene.trail.calls(), detail, reason);
    default:
      throw new Refusal('it is no event that could be made again');
  }
}

async function versionAgain(scene: Scene, detail: Detail<'version'>, message: string): Promise<Plan> {
  const { path, commit, contentDigest: digest } = detail;
  const prompt = detail.prompt as PromptName;
  const [file] = await filesOf(scene, commit, [path]);
  if (file?.state !== 'present') throw new Refusal(`${path} of commit ${commit.slice(0, 12)} cannot be read`);
  const history = await scene.trail.prompt(prompt);
  const latest = history?.versions.at(-1);
  const unchanged = history?.retired === undefined && latest?.contentDigest === digest;
  const draft: Draft = {
    prompt,
    path,
    state: unchanged ? 'clean' : latest === undefined ? 'new' : 'modified',
    versions: history?.versions.length ?? 0,
    file: { bytes: file.bytes, mode: file.mode === '100755' ? '100755' : '100644', digest },
  };
  const found = { drafts: [draft], names: [prompt], misfits: [] };
  return onCommit(scene, commit, planVersions(scene.asker, found, { names: [prompt], all: false, message }));
}

async function decisionAgain(scene: Scene, detail: DecisionDetail, meaning: string): Promise<Plan> {
  const { event: decision, prompt, environments, tag } = detail;
  const number = scene.renumbering.version(prompt, detail.version);
  const subject = await decisionSubject(scene.trail, prompt, number);
  const of = (parseDecisionTagRef(tag)?.principal ?? scene.asker.principal.id) as PrincipalId;
  return planDecision(scene.asker, subject, { decision, environments, of, meaning, tags: scene.tags });
}

async function deploymentAgain(scene: Scene, detail: Detail<'deployment'>, reason: string): Promise<Plan> {
  const { history, version } = await versionNow(scene, detail);
  const { environment, kind, reference } = detail;
  const request = { environment: environment as EnvironmentName, kind, reason, reference };
  return planDeployment(scene.asker, history, version, request);
}

/** What was withdrawn is what was active then: nobody decided on what is active there now. */
async function withdrawalAgain(scene: Scene, detail: Detail<'withdrawal'>, reason: string): Promise<Plan> {
  const { history, version } = await versionNow(scene, detail);
  const environment = detail.environment as EnvironmentName;
  const active = activeIn(history.activations, environment)?.version;
  if (active !== undefined && active !== version.number)
    throw new Refusal(`${history.name} v${active} is active in ${environment} by now`);
  return planWithdrawal(scene.asker, history, { environment, reason, reference: detail.reference });
}

async function retirementAgain(scene: Scene, detail: Detail<'retirement'>, message: string): Promise<Plan> {
  const history = await resolvePrompt(scene.trail, detail.prompt);
  const latest = history.versions.at(-1);
  if (latest !== undefined && scene.renumbering.isAnothers(history.name, latest.number, latest.sequence))
    throw new Refusal(`${history.name} v${latest.number} was registered meanwhile`);
  return onCommit(scene, detail.commit, planRetirement(scene.asker, history, undefined, message));
}

/** A policy is the whole of the rules: one that was written without knowing another's change would undo that. */
async function policyAgain(scene: Scene, detail: Detail<'policy'>, message: string): Promise<Plan> {
  const versions = await scene.trail.policies();
  const before = scene.renumbering.version(POLICY_NAME, detail.version - 1);
  if (versions.length !== before)
    throw new Refusal(`policy v${versions.length} was put forward meanwhile, and this one does not know it`);
  const draft = await policyDraftOf(scene, detail.commit);
  const signing = { key: scene.key, sequence: scene.trail.head.sequence + 1 };
  return onCommit(scene, detail.commit, planPolicy(scene.asker, versions, draft, signing, message));
}

async function acknowledgementAgain(
  scene: Scene,
  { finding, target }: Detail<'acknowledgement'>,
  reason: string,
): Promise<Plan> {
  const reasons = roleReasons(scene.asker.policy, scene.asker.principal.id, 'admin', 'acknowledge a finding');
  if (reasons.length > 0) throw new Refusal(`cannot acknowledge ${finding}`, reasons);
  const now = typeof target === 'number' ? scene.renumbering.sequence(target) : target;
  return { steps: [{ step: 'acknowledgement', finding, target: now, reason }] };
}

async function versionNow(
  { trail, renumbering }: Scene,
  of: { readonly prompt: string; readonly version: number },
): Promise<{ readonly history: PromptHistory; readonly version: PromptVersion }> {
  const number = renumbering.version(of.prompt, of.version);
  const history = await resolvePrompt(trail, of.prompt);
  const version = history.versions[number - 1];
  if (version === undefined) throw new Refusal(`${of.prompt} has no version ${number}`);
  return { history, version };
}

/** Lets the steps of a plan be about a commit that is there already, unless that is to be made again. */
function onCommit(scene: Scene, commit: Oid, plan: Plan): Plan {
  if (scene.isRemade(commit)) return plan;
  return { steps: plan.steps.map((step): Step => ('message' in step ? { ...step, commit } : step)) };
}

async function filesOf(
  { store }: Scene,
  commit: Oid,
  paths: readonly string[],
): Promise<readonly ReadFile[]> {
  const tree = await treeOf(store, commit);
  return readFiles(
    store,
    paths.map((path) => ({ tree, path })),
  );
}

async function policyDraftOf(scene: Scene, commit: Oid): Promise<PolicyDraft> {
  const [policy] = await filesOf(scene, commit, [POLICY_PATH]);
  if (policy?.state !== 'present')
    throw new Refusal(`the policy of commit ${commit.slice(0, 12)} cannot be read`);
  const fingerprints = requiredKeyFiles(policy.bytes);
  const keys = await filesOf(scene, commit, fingerprints.map(keyFilePath));
  const files = new Map<string, Uint8Array>([[POLICY_PATH, policy.bytes]]);
  const material = new Map<string, string>();
  for (const [index, fingerprint] of fingerprints.entries()) {
    const key = keys[index];
    if (key?.state !== 'present') continue;
    files.set(keyFilePath(fingerprint), key.bytes);
    material.set(fingerprint, Buffer.from(key.bytes).toString('latin1'));
  }
  return { files, bytes: policy.bytes, parse: parsePolicy(policy.bytes, material, POLICY_PATH) };
}
