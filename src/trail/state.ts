import type { Oid } from '../git/object.ts';
import type { Noted } from '../ledger/notestree.ts';
import type { PromptName } from '../prompts/name.ts';
import type { KeyId, TrustedKey } from '../signing/model.ts';
import { emptyCallsLedger, type OpenCallsLedger } from './callsledger.ts';
import { emptyHistory, type OpenHistory } from './fold.ts';
import type { Acknowledgement, Actor, Decision, LedgerHead, PolicyVersion, RegistryRoot } from './model.ts';

/** A policy version while decisions on it are being folded. */
export interface OpenPolicyVersion extends PolicyVersion {
  supporters: PolicyVersion['supporters'];
  readonly signedWith: KeyId[];
  readonly decisions: Decision[];
  inForceFrom: number | undefined;
}

/** How many of each took effect, and how many signatures hold. */
export interface Counts {
  events: number;
  signatures: number;
  versions: number;
  approvals: number;
  deployments: number;
}

/** Everything that the ledger says so far. Replay owns it and changes it event by event. */
export interface TrailState {
  root: RegistryRoot | undefined;
  /** Who signed genesis, and with which key. */
  founder: Actor | undefined;
  head: LedgerHead | undefined;
  readonly policies: OpenPolicyVersion[];
  readonly prompts: PromptBook;
  readonly calls: CallsPage;
  readonly acknowledgements: Acknowledgement[];
  readonly counts: Counts;
  /** Every SSH key that any policy of this ledger named. */
  readonly keys: Map<KeyId, TrustedKey>;
  /** From where on a later policy revoked keys, by their `publicNumbers`. */
  readonly revoked: ReadonlyMap<string, number>;
}

/** Prompt histories by name; those verified earlier are loaded when first asked for. */
interface PromptBook {
  /** A prompt's history, made empty where there is none yet. */
  open(name: PromptName): OpenHistory | Promise<OpenHistory>;
  get(name: PromptName): OpenHistory | undefined | Promise<OpenHistory | undefined>;
}

/** What the ledger says of the records of calls; where that was verified earlier, it is loaded when first asked for. */
export class CallsPage {
  opened: OpenCallsLedger | undefined;
  private readonly load: () => OpenCallsLedger | undefined;

  constructor(load: () => OpenCallsLedger | undefined = () => undefined) {
    this.load = load;
  }

  async open(): Promise<OpenCallsLedger> {
    this.opened ??= this.load() ?? emptyCallsLedger();
    return this.opened;
  }
}

/** A book whose pages come from `load`; a full replay's has nothing to load. */
export class LoadedPromptBook implements PromptBook {
  readonly opened = new Map<PromptName, OpenHistory>();
  private readonly load: (name: PromptName) => Promise<OpenHistory | undefined>;

  constructor(load: (name: PromptName) => Promise<OpenHistory | undefined> = async () => undefined) {
    this.load = load;
  }

  get(name: PromptName): OpenHistory | Promise<OpenHistory | undefined> {
    return this.opened.get(name) ?? this.loaded(name);
  }

  open(name: PromptName): OpenHistory | Promise<OpenHistory> {
    return this.opened.get(name) ?? this.made(name);
  }

  private async loaded(name: PromptName): Promise<OpenHistory | undefined> {
    const loaded = await this.load(name);
    if (loaded !== undefined) this.opened.set(name, loaded);
    return loaded;
  }

  private async made(name: PromptName): Promise<OpenHistory> {
    const known = await this.loaded(name);
    if (known !== undefined) return known;
    const made = emptyHistory(name);
    this.opened.set(name, made);
    return made;
  }
}

/** The policy in force at the state's head; `undefined` before the first. */
export function policyInForce(state: Pick<TrailState, 'policies'>): OpenPolicyVersion | undefined {
  return state.policies.findLast((version) => version.inForceFrom !== undefined);
}

/** Computes what ledger commits' trees must be. */
export interface NotesLedger {
  /**
   * The root tree behind each event of a run; `undefined` stands for one that adds nothing. Runs are given in the order of
   * the ledger, each once, and need not wait for the one before.
   */
  treesAfter(run: readonly (Noted | undefined)[]): Promise<readonly Oid[]>;
}
