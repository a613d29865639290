import type { RetentionClass } from '../ledger/event.ts';
import type { KeyId, TrustedKey } from '../signing/model.ts';

/** A principal's id: the email address that stands in the commits and tags that this principal signs. */
export type PrincipalId = string & { readonly __principalId: true };

/** `[a-z][a-z0-9-]{0,31}`, not `latest`, `draft`, or all hex digits. */
export type EnvironmentName = string & { readonly __environmentName: true };

export const ROLES = ['author', 'approver', 'deployer', 'admin', 'recorder', 'auditor'] as const;
export type Role = (typeof ROLES)[number];

/** A parsed and checked policy. Everything that judges works on this; only `policy/parse.ts` makes one. */
export interface Policy {
  /** The registry's name for people. */
  readonly registry: string;
  /** The folder of the prompt files, relative to the repository's top, no trailing slash. */
  readonly prompts: string;
  readonly protectedBranches: readonly string[];
  readonly principals: ReadonlyMap<PrincipalId, Principal>;
  /** Who owns each key; one key belongs to one principal. */
  readonly keys: ReadonlyMap<KeyId, KeyGrant>;
  /** In the file's order, which is the order of promotion to show. */
  readonly environments: ReadonlyMap<EnvironmentName, EnvironmentRules>;
  readonly rules: readonly NarrowRule[];
  readonly adminThreshold: number;
  readonly emergency: EmergencyRules;
  readonly retention: RetentionPeriods;
  readonly ledgerBranch: string | undefined;
  /** Verifier keys of checkpoints, as the file gives them. */
  readonly checkpointKeys: readonly string[];
}

export interface Principal {
  readonly id: PrincipalId;
  readonly name: string;
  readonly kind: 'person' | 'service';
  readonly roles: ReadonlySet<Role>;
  readonly keys: readonly KeyId[];
}

export interface KeyGrant {
  readonly principal: PrincipalId;
  /** For OpenPGP the armored material is looked up beside the policy and may be absent: such a key verifies nothing. */
  readonly key: TrustedKey;
  /** Nothing that this key signed at or after this ledger sequence counts. */
  readonly revokedFrom: number | undefined;
}

export interface EnvironmentRules {
  /** How many distinct approvers, none of them the author. 0 when the file says nothing. */
  readonly approvals: number;
  readonly promoteFrom: EnvironmentName | undefined;
  readonly separateDeployer: boolean;
  /** Seconds that the version must have been in `promoteFrom`. */
  readonly soak: number;
}

/** A narrower demand: for prompts that match one of the globs, in these environments (all of them when absent). */
export interface NarrowRule {
  readonly prompts: readonly string[];
  readonly environments: readonly EnvironmentName[] | undefined;
  readonly approvals: number;
  /** Only these principals' approvals count. */
  readonly approvers: readonly PrincipalId[] | undefined;
  readonly separateDeployer: boolean;
  readonly soak: number;
}

/** Seconds for which records are kept at least; what has no period is kept for ever. */
export type RetentionPeriods = Readonly<Record<RetentionClass, number | undefined>>;

export interface EmergencyRules {
  readonly roles: ReadonlySet<Role>;
  /** Seconds after the deployment within which its approvals must have been given. */
  readonly reviewWithin: number;
}
