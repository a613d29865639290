import type { Oid } from '../git/object.ts';
import type {
  DecisionKind,
  DeploymentKind,
  EnvironmentSet,
  EventDetail,
  RegistryId,
  Sha256,
} from '../ledger/event.ts';
import type { EnvironmentName, Policy, PrincipalId } from '../policy/model.ts';
import type { PromptName } from '../prompts/name.ts';
import type { KeyId } from '../signing/model.ts';

/** One thing that is wrong. Codes are stable (design section 5). */
export interface Finding {
  readonly code: string;
  readonly severity: 'error' | 'warning';
  readonly sequence?: number;
  readonly prompt?: string;
  readonly version?: number;
  readonly ref?: string;
  readonly object?: string;
  /** Where it came about by time alone, after its event: when, in seconds since the epoch. */
  readonly since?: number;
  /** What it finds came more than once, and is there: that it was acknowledged does not cover it. */
  readonly again?: boolean;
  /** Of an object that could not be had: what was judged without it has to be judged again when it comes. */
  readonly unread?: true;
  /** What happened, in one sentence. */
  readonly message: string;
  /** What to do. */
  readonly hint: string;
}

/** Who signed, as the policy in force knows them. `key` is the canonical key id. */
export interface Actor {
  readonly principal: PrincipalId;
  readonly name: string;
  readonly key: KeyId;
}

/** One ledger commit after it was judged. */
export interface TrailEvent {
  readonly sequence: number;
  readonly oid: Oid;
  /** SHA-256 of the ledger commit's body: what the next event's `Previous` says. */
  readonly digest: Sha256;
  /** Committer time, seconds since the epoch. */
  readonly time: number;
  /** The signer; where the signature does not hold, `undefined`. */
  readonly actor: Actor | undefined;
  /** The committer's email as written: a claim. */
  readonly claimedBy: string;
  /** The policy version in force at this position. */
  readonly policy: number;
  /** `undefined` when the message is not an event. */
  readonly detail: EventDetail | undefined;
  readonly reason: string;
  /** The event's own signature is valid and its signer is who it says. */
  readonly verified: boolean;
  /** It broke no rule, and so changed the state. */
  readonly effective: boolean;
  readonly findings: readonly Finding[];
}

/** A decision that took effect, on a version. */
export interface Decision {
  readonly sequence: number;
  readonly decision: DecisionKind;
  readonly principal: PrincipalId;
  /** Seconds since the epoch. */
  readonly time: number;
  readonly environments: EnvironmentSet;
  /** Whose decision a revocation takes back (one's own, unless an admin takes back another's). */
  readonly of: PrincipalId;
  readonly meaning: string;
  readonly tag: string;
  readonly tagObject: Oid;
}

/** A version that took effect. */
export interface PromptVersion {
  readonly number: number;
  readonly sequence: number;
  readonly commit: Oid;
  readonly path: string;
  readonly contentDigest: Sha256;
  readonly author: PrincipalId;
  readonly time: number;
  readonly reason: string;
  /** In ledger order. */
  readonly decisions: readonly Decision[];
}

/** One change of what is active in an environment. `version: undefined` is a withdrawal. */
export interface Activation {
  readonly sequence: number;
  readonly environment: EnvironmentName;
  readonly version: number | undefined;
  readonly kind: DeploymentKind | 'withdrawal';
  readonly by: PrincipalId;
  readonly time: number;
  readonly reference: string | undefined;
  readonly reason: string;
}

/** All that took effect on one prompt, folded from its events. */
export interface PromptHistory {
  readonly name: PromptName;
  /** Index 0 is version 1. */
  readonly versions: readonly PromptVersion[];
  /** In ledger order, over all environments. */
  readonly activations: readonly Activation[];
  /** The sequence at which it was retired, when it is. A later version brings it back. */
  readonly retired: number | undefined;
}

/** A policy version that the ledger holds. */
export interface PolicyVersion {
  readonly number: number;
  readonly sequence: number;
  readonly commit: Oid;
  readonly contentDigest: Sha256;
  readonly policy: Policy;
  /** Admins whose event or approval supports it, the proposer first. */
  readonly supporters: readonly PrincipalId[];
  /** The keys that signed the policy's own event and the decisions on it. */
  readonly signedWith: readonly KeyId[];
  readonly decisions: readonly Decision[];
  /** The sequence at which it came into force; `undefined` while the threshold is not reached. */
  readonly inForceFrom: number | undefined;
}

/** The end of the ledger that a state was folded up to. */
export interface LedgerHead {
  readonly sequence: number;
  readonly commit: Oid;
  readonly digest: Sha256;
  /** The greatest committer time of an event that took effect, seconds since the epoch. */
  readonly time: number;
  readonly tree: Oid;
}

/** What identifies a registry: genesis. */
export interface RegistryRoot {
  readonly registry: RegistryId;
  readonly name: string;
  readonly commit: Oid;
  readonly digest: Sha256;
}

/** An admin's signed word that one finding is known, and why it is no reason to fail. */
export interface Acknowledgement {
  readonly sequence: number;
  readonly by: PrincipalId;
  readonly time: number;
  readonly finding: string;
  readonly target: number | Oid;
  /** It covers what is found at events before this one: its own, or an earlier one from which a later policy revoked a key. */
  readonly before: number;
  readonly reason: string;
}

/** What is active in one environment. */
export interface ActiveVersion {
  readonly activation: Activation;
  readonly version: PromptVersion;
}

/** As much of a prompt's history as lists and tables show. */
export interface PromptSummary {
  readonly name: PromptName;
  readonly versions: number;
  readonly latest: PromptVersion | undefined;
  readonly active: readonly ActiveVersion[];
  readonly retired: number | undefined;
}
