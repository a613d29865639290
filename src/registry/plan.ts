import { assertNever } from '../failure.ts';
import type { Oid } from '../git/object.ts';
import type { FileMode } from '../git/store.ts';
import type { CallsDetail, DecisionKind, DeploymentKind, EnvironmentSet, Sha256 } from '../ledger/event.ts';
import type { EnvironmentName, Policy, PrincipalId } from '../policy/model.ts';
import type { PromptName } from '../prompts/name.ts';
import type { Said } from '../report/sentence.ts';

/** One event that a command is about to add to the ledger, before anything is signed or written. */
export type Step =
  | { readonly step: 'genesis'; readonly name: string }
  | {
      readonly step: 'policy';
      readonly version: number;
      readonly policy: Policy;
      /** Files to commit, by path from the top: the policy and the OpenPGP keys beside it. */
      readonly files: ReadonlyMap<string, Uint8Array>;
      readonly contentDigest: Sha256;
      readonly message: string;
      /** True when this event itself reaches the threshold. */
      readonly takesForce: boolean;
      /** The commit that the event is about, where it is made already. */
      readonly commit?: Oid | undefined;
    }
  | {
      readonly step: 'version';
      readonly prompt: PromptName;
      readonly version: number;
      readonly path: string;
      readonly mode: FileMode;
      readonly bytes: Uint8Array;
      readonly contentDigest: Sha256;
      readonly message: string;
      /** The commit that the event is about, where it is made already. */
      readonly commit?: Oid | undefined;
    }
  | {
      readonly step: 'retirement';
      readonly prompt: PromptName;
      readonly path: string;
      readonly message: string;
      /** The commit that the event is about, where it is made already. */
      readonly commit?: Oid | undefined;
    }
  | {
      readonly step: 'decision';
      readonly decision: DecisionKind;
      readonly prompt: string;
      readonly version: number;
      readonly commit: Oid;
      readonly contentDigest: Sha256;
      readonly environments: EnvironmentSet;
      /** Whose decision it is; for a revocation, whose is taken back. */
      readonly of: PrincipalId;
      /** 1 for that person's first such tag on the version. */
      readonly ordinal: number;
      readonly meaning: string;
    }
  | {
      readonly step: 'deployment';
      readonly prompt: PromptName;
      readonly version: number;
      readonly commit: Oid;
      readonly contentDigest: Sha256;
      readonly environment: EnvironmentName;
      readonly replaces: number | undefined;
      readonly kind: DeploymentKind;
      readonly reference: string | undefined;
      readonly reason: string;
    }
  | {
      readonly step: 'withdrawal';
      readonly prompt: PromptName;
      readonly version: number;
      readonly commit: Oid;
      readonly environment: EnvironmentName;
      readonly reference: string | undefined;
      readonly reason: string;
    }
  | {
      readonly step: 'acknowledgement';
      /** The finding's code. */
      readonly finding: string;
      /** The event or object that it is about. */
      readonly target: number | Oid;
      readonly reason: string;
    }
  | { readonly step: 'calls'; readonly detail: CallsDetail; readonly reason: string };

export type StepOf<K extends Step['step']> = Extract<Step, { readonly step: K }>;

/** Steps in ledger order. Data: shown by `--dry-run`, carried out by `apply`. */
export interface Plan {
  readonly steps: readonly Step[];
}

/** What a step's event will say of itself; its objects are not made yet. */
export function saidOf(step: Step): Said {
  switch (step.step) {
    case 'genesis':
      return { event: 'genesis', name: step.name };
    case 'policy':
      return { event: 'policy', version: step.version };
    case 'version':
      return { event: 'version', prompt: step.prompt, version: step.version };
    case 'retirement':
      return { event: 'retirement', prompt: step.prompt };
    case 'decision':
      return {
        event: step.decision,
        prompt: step.prompt,
        version: step.version,
        environments: step.environments,
      };
    case 'deployment': {
      const { prompt, version, environment, replaces, kind, reference } = step;
      return { event: 'deployment', prompt, version, environment, replaces, kind, reference };
    }
    case 'withdrawal': {
      const { prompt, version, environment, reference } = step;
      return { event: 'withdrawal', prompt, version, environment, reference };
    }
    case 'acknowledgement':
      return { event: 'acknowledgement', finding: step.finding, target: step.target };
    case 'calls':
      return step.detail;
    default:
      return assertNever(step);
  }
}

export function environmentWords(environments: EnvironmentSet): string {
  return environments === '*' ? 'every environment' : environments.join(', ');
}
