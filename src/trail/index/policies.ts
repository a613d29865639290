import type { PolicyJson } from '../../policy/serialise.ts';
import { policyFromJson, policyToJson } from '../../policy/serialise.ts';
import type { PolicyVersion } from '../model.ts';
import type { OpenPolicyVersion } from '../state.ts';

type StoredPolicy = Omit<PolicyVersion, 'policy'> & { readonly policy: PolicyJson };

/** A policy version as the index keeps it. */
export function storePolicy(version: PolicyVersion): string {
  const stored: StoredPolicy = { ...version, policy: policyToJson(version.policy) };
  return JSON.stringify(stored);
}

/** What `storePolicy` kept. The policy itself is taken apart only when somebody looks at it: older ones mostly stay unread. */
export function restorePolicy(json: string): OpenPolicyVersion {
  const stored: StoredPolicy = JSON.parse(json);
  let parsed: PolicyVersion['policy'] | undefined;
  return {
    ...stored,
    signedWith: [...stored.signedWith],
    decisions: [...stored.decisions],
    inForceFrom: stored.inForceFrom,
    get policy() {
      parsed ??= policyFromJson(stored.policy);
      return parsed;
    },
  };
}

/** Of one policy version there is one state for each number of decisions that were made on it. */
export function revisionOf({ decisions }: PolicyVersion): number {
  return decisions.length;
}
