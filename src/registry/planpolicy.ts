import { Failure, Refusal } from '../failure.ts';
import type { GitStore } from '../git/store.ts';
import { sha256 } from '../ledger/digest.ts';
import { evaluatePolicyChange, thresholdReached } from '../policy/evaluate.ts';
import type { Policy } from '../policy/model.ts';
import { keyFilePath, POLICY_PATH } from '../policy/names.ts';
import { type PolicyParse, parsePolicy, requiredKeyFiles } from '../policy/parse.ts';
import { mirrorProblem } from '../policy/places.ts';
import { revocationsIn } from '../policy/revocations.ts';
import { MAX_PROMPT_BYTES } from '../prompts/file-text.ts';
import type { KeyId } from '../signing/model.ts';
import { fingerprint, publicNumbers } from '../signing/sshkey.ts';
import type { PolicyVersion } from '../trail/model.ts';
import { retroactiveRevocations } from '../trail/policyfold.ts';
import { obstacleOf } from './drafts.ts';
import type { Plan, StepOf } from './plan.ts';
import type { Asker } from './plandeployment.ts';
import { workTreeOf } from './worktree.ts';

/** The policy file of the working tree, with the OpenPGP keys beside it. */
export interface PolicyDraft {
  readonly files: ReadonlyMap<string, Uint8Array>;
  readonly bytes: Uint8Array;
  readonly parse: PolicyParse;
}

/** `undefined` when there is no such file. @throws Failure when it is no regular one */
export async function readPolicyDraft(store: GitStore): Promise<PolicyDraft | undefined> {
  const files = await readRegular(store, [POLICY_PATH]);
  const bytes = files.get(POLICY_PATH);
  if (bytes === undefined) return undefined;
  const fingerprints = requiredKeyFiles(bytes);
  const keyFiles = await readRegular(store, fingerprints.map(keyFilePath));
  const material = new Map<string, string>();
  for (const fingerprint of fingerprints) {
    const key = keyFiles.get(keyFilePath(fingerprint));
    if (key !== undefined) material.set(fingerprint, Buffer.from(key).toString('latin1'));
  }
  return { files: new Map([...files, ...keyFiles]), bytes, parse: parsePolicy(bytes, material, POLICY_PATH) };
}

async function readRegular(
  store: GitStore,
  paths: readonly string[],
): Promise<ReadonlyMap<string, Uint8Array>> {
  const found = new Map<string, Uint8Array>();
  for (const file of await workTreeOf(store).readStored(paths, MAX_PROMPT_BYTES)) {
    if (file.state === 'present') found.set(file.path, file.bytes);
    else if (file.state !== 'absent') throw new Failure(`${file.path} cannot be taken: ${obstacleOf(file)}`);
  }
  return found;
}

/** The draft's policy. @throws Failure naming the first problem and how many there are */
function demandValid({ parse }: PolicyDraft): Policy {
  const errors = parse.problems.filter((problem) => problem.severity === 'error');
  const [first] = errors;
  if (parse.policy !== undefined) return parse.policy;
  const more = errors.length > 1 ? ` (and ${errors.length - 1} more: run promptaudit policy check)` : '';
  throw new Failure(
    `${POLICY_PATH}:${first?.line ?? 1}:${first?.column ?? 1}: ${first?.message ?? 'it is not a policy'}${more}`,
  );
}

/** Revoking a key from before a policy that it signed would take that policy away, and all that was judged by it. */
function demandStandingPolicies(
  versions: readonly PolicyVersion[],
  revoked: ReadonlyMap<string, number>,
): void {
  for (const { number, signedWith, inForceFrom } of versions) {
    for (const key of inForceFrom === undefined ? [] : signedWith) {
      const revokedFrom = revoked.get(publicNumbers(key));
      if (revokedFrom === undefined || inForceFrom === undefined || revokedFrom > inForceFrom) continue;
      throw new Failure(
        `revoking ${fingerprint(key)} from event ${revokedFrom} on would undo policy v${number}, which it signed: revoke it from event ${inForceFrom + 1} on, or later`,
      );
    }
  }
}

/** What was revoked for the past is not taken back: nothing would tell whoever lists such a key again that it does not count. */
function demandCountingKeys(versions: readonly PolicyVersion[], { keys }: Policy): void {
  const revoked = retroactiveRevocations(versions);
  for (const [key, { principal, revokedFrom }] of keys) {
    const from = revoked.get(publicNumbers(key));
    if (from === undefined || revokedFrom !== undefined) continue;
    throw new Failure(
      `${fingerprint(key)}, listed for ${principal}, was revoked from event ${from} on, which is not taken back: list a new key`,
    );
  }
}

/** How the new policy's event will be signed, and where it will stand. */
export interface PolicySigning {
  readonly key: KeyId;
  readonly sequence: number;
}

/** @throws Refusal when the role is not held or nothing changed; Failure when the file is not valid */
export function planPolicy(
  asker: Asker,
  versions: readonly PolicyVersion[],
  draft: PolicyDraft,
  signing: PolicySigning,
  message: string,
): Plan {
  const policy = demandValid(draft);
  const revoked = revocationsIn(policy);
  demandStandingPolicies(versions, revoked);
  demandCountingKeys(versions, policy);
  const mirror = mirrorProblem(policy);
  if (mirror !== undefined) throw new Failure(mirror);
  const revokedFrom = revoked.get(publicNumbers(signing.key)) ?? Infinity;
  if (revokedFrom < signing.sequence) {
    throw new Failure(
      `this policy revokes the key that you sign it with from event ${revokedFrom} on, so it would undo itself: revoke it from event ${signing.sequence} on, or let another admin sign`,
    );
  }
  const reasons = evaluatePolicyChange(asker.policy, policy, asker.principal.id);
  if (reasons.length > 0) throw new Refusal('cannot commit the policy', reasons);
  const contentDigest = sha256(draft.bytes);
  const newest = versions.at(-1);
  if (newest?.contentDigest === contentDigest) {
    throw new Refusal(`nothing to commit: ${POLICY_PATH} is as policy v${newest.number}`);
  }
  return {
    steps: [
      {
        step: 'policy',
        version: versions.length + 1,
        policy,
        files: draft.files,
        contentDigest,
        message,
        takesForce: thresholdReached(asker.policy, [asker.principal.id]),
      } satisfies StepOf<'policy'>,
    ],
  };
}
