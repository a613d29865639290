import type { PolicyDifference } from '../policy/diff.ts';
import type { PromptDiff } from '../prompts/model.ts';
import type { Finding } from '../trail/model.ts';

/** The plain rows that queries produce and renderers show. Times are seconds since the epoch. */

export interface ActiveRow {
  readonly prompt: string;
  readonly environment: string;
  readonly version: number;
  readonly commit: string;
  readonly contentDigest: string;
  readonly since: number;
  readonly sequence: number;
  readonly deployedBy: string;
  /** How it came there: `rollout`, `rollback` or `emergency`. */
  readonly kind: string;
  readonly approvedBy: readonly string[];
}

/** How many distinct approvals count there, how many the policy asks for, and whose rejection stands in the way. */
export interface ApprovalCount {
  readonly environment: string;
  readonly have: number;
  readonly need: number;
  readonly rejectedBy: readonly string[];
}

export interface PolicyStanding {
  /** Numbers of policies. */
  readonly inForce: number;
  readonly newest: number;
  /** The file in the working tree, beside all that the ledger has. */
  readonly draft: 'clean' | 'modified' | 'deleted';
}

export interface StatusRow {
  readonly prompt: string;
  /** The newest version's number; `undefined` while there is none. */
  readonly latest: number | undefined;
  readonly draft: 'clean' | 'modified' | 'new' | 'deleted';
  /** Of the newest version, for each environment. */
  readonly approvals: readonly ApprovalCount[];
  readonly active: ReadonlyMap<string, number>;
  /** Where what is active came by an emergency deployment. */
  readonly emergencies: ReadonlySet<string>;
}

export interface ListRow {
  readonly prompt: string;
  readonly latest: number;
  readonly author: string;
  readonly time: number;
  readonly active: ReadonlyMap<string, number>;
  /** As in `StatusRow`. */
  readonly emergencies: ReadonlySet<string>;
  readonly retired: boolean;
}

/** A version that waits for the reader's decision. */
export interface ReviewRow {
  readonly prompt: string;
  readonly version: number;
  readonly commit: string;
  readonly author: string;
  readonly time: number;
  readonly reason: string;
  /** The environments that still want approvals. */
  readonly approvals: readonly ApprovalCount[];
  /** Those of them where it is active by an emergency deployment. */
  readonly emergencies: ReadonlySet<string>;
  /** The version that it is compared with; `undefined` for a first one. */
  readonly against: number | undefined;
  readonly diff: PromptDiff;
}

/** A policy that waits for the reader's decision. */
export interface PolicyReviewRow {
  readonly version: number;
  /** The event that put it forward. */
  readonly sequence: number;
  readonly commit: string;
  readonly author: string;
  /** How many admins support it, of how many that it takes. */
  readonly approvals: { readonly have: number; readonly need: number };
  /** The policy in force, which it is compared with. */
  readonly against: number;
  readonly changes: readonly PolicyDifference[];
}

/** A line of a prompt file and the version that it came with. */
export interface BlameRow {
  /** 1-based. */
  readonly line: number;
  readonly text: string;
  readonly version: number;
  readonly sequence: number;
  readonly author: string;
  readonly time: number;
  /** Whose approvals of that version stand. */
  readonly approvedBy: readonly string[];
}

/** A line that holds what was searched for; `ranges` are `[start, end)` in UTF-16 code units. */
export interface SearchRow {
  readonly prompt: string;
  /** The first of a run of versions that have the line. */
  readonly since: number;
  /** The last of them, in which it is line `line`. */
  readonly version: number;
  readonly line: number;
  readonly text: string;
  readonly ranges: readonly (readonly [number, number])[];
}

/** The end of the ledger as documents name it. */
export interface HeadRow {
  readonly sequence: number;
  readonly commit: string;
  readonly digest: string;
}

export interface AcknowledgedFinding extends Finding {
  readonly by: string;
  /** The sequence of the acknowledging event. */
  readonly acknowledgement: number;
  readonly reason: string;
}

/** A principal and how many events it signed that hold. */
export interface SignerRow {
  readonly principal: string;
  readonly name: string;
  readonly events: number;
}

/** All that `verify` found out. */
export interface VerifyReport {
  /** The ref that was read as the ledger. */
  readonly ref: string;
  readonly registry: string | undefined;
  /** Genesis: `sha256:` and hex. */
  readonly root: string | undefined;
  readonly head: HeadRow | undefined;
  readonly ok: boolean;
  readonly counts: {
    readonly events: number;
    readonly signatures: number;
    readonly versions: number;
    readonly approvals: number;
    readonly deployments: number;
  };
  /** Most events first. */
  readonly signers: readonly SignerRow[];
  readonly findings: readonly Finding[];
  readonly acknowledged: readonly AcknowledgedFinding[];
  /** Where only what came from some event on was asked for: that event, and how many findings on events before it are left out. */
  readonly since: { readonly sequence: number; readonly earlier: number } | undefined;
  readonly notProven: readonly string[];
}

/** One thing that `doctor` looked at. */
export interface Check {
  readonly name: string;
  readonly state: 'good' | 'wrong';
  readonly message: string;
  /** What to do; absent when all is well. */
  readonly remedy?: string;
}
