import { join } from 'node:path';
import type { PromptName } from '../../prompts/name.ts';
import type { OpenCallsLedger } from '../callsledger.ts';
import type { OpenHistory } from '../fold.ts';
import type { PromptSummary } from '../model.ts';
import { isPrompt } from '../page.ts';
import type { OpenPolicyVersion } from '../state.ts';
import { summarise } from '../summary.ts';
import { type IndexCore, readCore } from './core.ts';
import { EventRows } from './eventrows.ts';
import { restorePolicy } from './policies.ts';
import { type FiledValues, readValues } from './values.ts';

/** What this process learned by judging events, and may not have been able to write. */
export interface Learned {
  /** Of the prompts that the events were about. */
  readonly histories: ReadonlyMap<PromptName, OpenHistory>;
  /** Where an event was about the records of calls. */
  readonly calls: OpenCallsLedger | undefined;
  /** Every policy version. */
  readonly policies: readonly OpenPolicyVersion[];
  /** Summaries that were read before. */
  readonly filed: FiledValues | undefined;
}

/** A verified trail: as the index holds it, and what this process learned since. */
export class IndexedTrail {
  readonly index: string;
  readonly core: IndexCore;
  readonly rows: EventRows;
  readonly histories: Learned['histories'];
  readonly calls: Learned['calls'];
  /** Histories that were read from the rows last. */
  readonly recent = new Map<PromptName, OpenHistory>();
  /** Summaries as far as they were read from the file. */
  filed: FiledValues | undefined;
  private versions: readonly OpenPolicyVersion[] | undefined;
  private inForce: OpenPolicyVersion | undefined;

  constructor(index: string, core: IndexCore, rows: EventRows, learned?: Learned) {
    this.index = index;
    this.core = core;
    this.rows = rows;
    this.histories = learned?.histories ?? new Map();
    this.calls = learned?.calls;
    this.versions = learned?.policies;
    this.filed = learned?.filed;
  }

  /** As this clone left it; `undefined` where there is no index that can be read. */
  static open(index: string): IndexedTrail | undefined {
    const core = readCore(index);
    return core && new IndexedTrail(index, core, new EventRows(join(index, core.generation), core.extent));
  }

  /** A file of the generation. */
  file(name: string): string {
    return join(this.rows.folder, name);
  }

  /** The policy in force; `undefined` before the first. */
  get policy(): OpenPolicyVersion | undefined {
    this.inForce ??= this.core.policy === undefined ? undefined : restorePolicy(this.core.policy);
    return this.inForce;
  }

  /** Every policy version, in ledger order. @throws IndexDamaged */
  policies(): readonly OpenPolicyVersion[] {
    this.versions ??= this.readPolicies();
    return this.versions;
  }

  private readPolicies(): readonly OpenPolicyVersion[] {
    const revisions = new Map(this.core.policies.map((revision, index) => [`${index + 1}`, revision]));
    const { values } = readValues(this.file('policies'), revisions);
    return [...revisions.keys()].map((number) => restorePolicy(values.get(number) ?? ''));
  }

  /** Every prompt's, by name. @throws IndexDamaged */
  summaries(): readonly PromptSummary[] {
    const { pages } = this.core.extent;
    const names = [...pages.keys()].filter(isPrompt).sort();
    const unread = names.filter((name) => !this.histories.has(name));
    if (unread.length > 0 && this.filed === undefined) {
      const revisions = new Map(unread.map((name) => [name, pages.get(name) ?? 0]));
      this.filed = readValues(this.file(this.core.summaries), revisions);
    }
    return names.map((name) => {
      const history = this.histories.get(name);
      return history === undefined ? JSON.parse(this.filed?.values.get(name) ?? '') : summarise(history);
    });
  }
}
