import type { DeploymentKind, EnvironmentSet } from '../../ledger/event.ts';
import type { PromptDiff } from '../../prompts/model.ts';
import type { Decision } from '../../trail/model.ts';
import type { CallRecord } from '../record/model.ts';
import type { Verdict } from './verdict.ts';

/** A decision on a version, and whether it stood at the moment that is traced. */
export interface TracedDecision
  extends Pick<Decision, 'sequence' | 'decision' | 'principal' | 'of' | 'time' | 'meaning'> {
  readonly environments: EnvironmentSet;
  readonly stood: boolean;
}

/** How far approvals met what an environment asked for. */
interface TracedApprovals {
  readonly have: number;
  readonly need: number;
  /** Whose counted. */
  readonly by: readonly string[];
}

/** A version, with what it changed. Times are seconds since the epoch, as the ledger's are. */
export interface TracedVersion {
  readonly prompt: string;
  readonly version: number;
  readonly sequence: number;
  readonly commit: string;
  readonly path: string;
  readonly contentDigest: string;
  readonly author: string;
  readonly time: number;
  readonly reason: string;
  readonly newest: number;
  /** Up to the moment that is traced, in ledger order. */
  readonly decisions: readonly TracedDecision[];
  readonly diff: TracedDiff;
}

/** Against the version that it replaced there, or else the one before; of a first version against nothing. */
export interface TracedDiff {
  readonly against: number | undefined;
  /** `undefined` where one of the two cannot be read as a prompt; `problem` says why. */
  readonly changes: PromptDiff | undefined;
  readonly problem: string | undefined;
}

/** What made a version the active one, and until when. */
export interface TracedDeployment {
  readonly sequence: number;
  readonly prompt: string;
  readonly version: number;
  readonly environment: string;
  readonly kind: DeploymentKind | 'withdrawal';
  readonly by: string;
  readonly from: number;
  readonly until: number | undefined;
  /** The event that ended it. */
  readonly endedBy: number | undefined;
  readonly replaces: number | undefined;
  readonly reference: string | undefined;
  readonly reason: string;
  readonly approvals: TracedApprovals | undefined;
}

/** Calls, counted. Times are milliseconds since the epoch, as records have them. */
export interface Usage {
  readonly calls: number;
  readonly errors: number;
  readonly first: number | undefined;
  readonly last: number | undefined;
  readonly users: number;
  /** Ids of the newest. */
  readonly newest: readonly string[];
}

export interface CallTrace {
  readonly kind: 'call';
  readonly call: CallRecord;
  readonly verdict: Verdict;
  /** In a sentence. */
  readonly said: string;
  /** What the call used, where the registry has it. */
  readonly version: TracedVersion | undefined;
  /** What was in force where and when the call was made, whether the call used it or not. */
  readonly deployment: TracedDeployment | undefined;
  /** Where the call used something else: the version that was active. */
  readonly active: TracedVersion | undefined;
}

export interface DeploymentTrace {
  readonly kind: 'deployment';
  readonly deployment: TracedDeployment;
  readonly version: TracedVersion;
  /** Calls of the prompt there, while it was in force. */
  readonly usage: {
    /** That used this version. */
    readonly used: Usage;
    /** That named another version or content. */
    readonly others: Usage;
  };
}

export interface VersionTrace {
  readonly kind: 'version';
  readonly version: TracedVersion;
  readonly stays: readonly { readonly deployment: TracedDeployment; readonly used: Usage }[];
  /** All calls that used it, by environment (`undefined`: they do not say where), the most used first. */
  readonly environments: readonly { readonly environment: string | undefined; readonly used: Usage }[];
  /** Of those, what were made where and when it was not active. */
  readonly outside: number;
}

export type Trace = CallTrace | DeploymentTrace | VersionTrace;
