import type { Oid } from '../git/object.ts';
import type { SegmentName } from './segment.ts';

/** `sha256:` and 64 lower-case hex digits. */
export type Sha256 = string & { readonly __sha256: true };

/** The registry's UUID, lower case, minted at `init`. */
export type RegistryId = string & { readonly __registryId: true };

/** The ref whose commit chain is the ledger. */
export const LEDGER_REF = 'refs/notes/promptaudit';

/** Approval tags stand below this. */
export const TAG_PREFIX = 'refs/tags/promptaudit/';

/** Where git can have no ref, or promptaudit can have none below it. */
export const FOLDERS_OF_REFS: readonly string[] = ['refs/tags/promptaudit', 'refs/promptaudit'];

export const DECISIONS = ['approval', 'rejection', 'revocation'] as const;
export type DecisionKind = (typeof DECISIONS)[number];

/** The last part but one of a decision tag's ref, and the tag's `Decision` trailer. */
export const DECISION_WORD = { approval: 'approved', rejection: 'rejected', revocation: 'revoked' } as const;

/** Which environments a decision covers: all that there are or will be, or these. */
export type EnvironmentSet = '*' | readonly string[];

export const DEPLOYMENT_KINDS = ['rollout', 'rollback', 'emergency'] as const;
export type DeploymentKind = (typeof DEPLOYMENT_KINDS)[number];

/** What of the records of calls and accesses a period of retention is for. */
export const RETENTION_CLASSES = ['calls', 'content', 'access'] as const;
export type RetentionClass = (typeof RETENTION_CLASSES)[number];

/** By what an erasure chose the calls whose content it destroyed. Whose it was is in the certificate, not in the ledger. */
export const ERASURE_SELECTORS = ['user', 'conversation', 'call'] as const;
export type ErasureSelector = (typeof ERASURE_SELECTORS)[number];

/** What happened: the trailers of an event's own, under the names of design section 1.1 in camel case. */
export type EventDetail =
  | { readonly event: 'genesis'; readonly name: string }
  | {
      readonly event: 'policy';
      readonly version: number;
      readonly commit: Oid;
      readonly contentDigest: Sha256;
    }
  | {
      readonly event: 'version';
      readonly commit: Oid;
      readonly prompt: string;
      readonly version: number;
      readonly path: string;
      readonly contentDigest: Sha256;
    }
  | DecisionDetail
  | {
      readonly event: 'deployment';
      readonly commit: Oid;
      readonly prompt: string;
      readonly version: number;
      readonly contentDigest: Sha256;
      readonly environment: string;
      /** The version that was active there; `undefined` is `Replaces: none`. */
      readonly replaces: number | undefined;
      readonly kind: DeploymentKind;
      readonly reference: string | undefined;
    }
  | {
      readonly event: 'withdrawal';
      readonly commit: Oid;
      readonly prompt: string;
      readonly version: number;
      readonly environment: string;
      readonly reference: string | undefined;
    }
  | { readonly event: 'retirement'; readonly commit: Oid; readonly prompt: string }
  | { readonly event: 'acknowledgement'; readonly finding: string; readonly target: number | Oid }
  | CallsDetail;

/** What concerns the records of calls and accesses (design 7); the records themselves are in no commit. */
export type CallsDetail =
  | {
      readonly event: 'seal';
      readonly segment: SegmentName;
      /** How many: the size of the Merkle tree. */
      readonly records: number;
      /** The least and the greatest `occurredAt`. */
      readonly first: string;
      readonly last: string;
      /** RFC 6962, section 2.1, over the records' canonical lines in the file's order. */
      readonly merkleRoot: Sha256;
      /** Of the Parquet file. */
      readonly fileDigest: Sha256;
      /** Bytes. */
      readonly fileSize: number;
      /** The one that the same recorder sealed before, of the same class; `undefined` is `Previous-Segment: none`. */
      readonly previousSegment: SegmentName | undefined;
    }
  | {
      readonly event: 'hold';
      readonly hold: string;
      /** SHA-256 of the filter's canonical JSON, which is kept in the store: it may name people. */
      readonly queryDigest: Sha256;
    }
  | { readonly event: 'release'; readonly hold: string }
  | {
      readonly event: 'purge';
      readonly class: RetentionClass;
      /** Everything of that class in segments whose last record is older. */
      readonly before: string;
      readonly segments: number;
      /** SHA-256 of the certificate, which is kept in the store. */
      readonly certificate: Sha256;
    }
  | {
      readonly event: 'erasure';
      /** A UUID: the certificate's name. */
      readonly erasure: string;
      readonly selector: ErasureSelector;
      readonly records: number;
      readonly parts: number;
      readonly certificate: Sha256;
    };

/** A decision on a prompt version, or on a policy version (`prompt: 'policy'`). */
export interface DecisionDetail {
  readonly event: DecisionKind;
  readonly commit: Oid;
  readonly prompt: string;
  readonly version: number;
  readonly contentDigest: Sha256;
  readonly environments: EnvironmentSet;
  /** The tag's full ref. */
  readonly tag: string;
  readonly tagObject: Oid;
}

export type EventKind = EventDetail['event'];
export type Detail<K extends EventKind> = K extends DecisionKind
  ? DecisionDetail & { readonly event: K }
  : Extract<EventDetail, { readonly event: K }>;

/** Common to all events. */
export interface EventHeader {
  /** Genesis is 1. */
  readonly sequence: number;
  /** SHA-256 of the preceding ledger commit's whole body; genesis has none. */
  readonly previous: Sha256 | undefined;
  readonly registry: RegistryId;
  /** The policy version in force when it was made; 0 for events 1 and 2. */
  readonly policy: number;
}

/** One ledger event as its commit message says it. The subject line is a function of `detail` and is not kept. */
export interface LedgerEvent extends EventHeader {
  readonly detail: EventDetail;
  /** The free text of the message's body; empty when there is none. */
  readonly reason: string;
}
