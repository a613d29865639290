import { Refusal } from '../failure.ts';
import type { Oid } from '../git/object.ts';
import type { PromptName } from '../prompts/name.ts';
import { emptyCallsLedger, type OpenCallsLedger } from './callsledger.ts';
import { type LedgerSource, ownLedger, type TrailOptions } from './catchup.ts';
import { acknowledgementOf } from './findings.ts';
import { IndexDamaged } from './index/damaged.ts';
import type { IndexedTrail } from './index/indexedtrail.ts';
import type {
  Acknowledgement,
  Finding,
  LedgerHead,
  PolicyVersion,
  PromptHistory,
  PromptSummary,
  RegistryRoot,
  TrailEvent,
} from './model.ts';
import type { Reading } from './readledger.ts';
import type { Counts } from './state.ts';

/**
 * A registry's verified trail, as every verb reads it. What this clone verified before comes from the index; the rest
 * is judged on the way in, and the index and the high-water mark move on.
 */
export class Trail {
  private readonly source: LedgerSource;
  private reading: Reading;
  /** Set while the ledger is read on. Where that fails, what was known is changed in part, and is not gone on from. */
  private torn = false;

  private constructor(source: LedgerSource, reading: Reading) {
    this.source = source;
    this.reading = reading;
  }

  /**
   * @throws Failure when there is no registry
   * @throws Refusal when the ledger departs from the pinned root or from what this clone verified before
   */
  static async open(options: TrailOptions): Promise<Trail> {
    return Trail.from(ownLedger(options));
  }

  /**
   * The trail of a ledger that ends at `tip`, which no ref need name. Nothing of it is remembered.
   * @throws as `open`
   */
  static async at(options: TrailOptions, tip: Oid): Promise<Trail> {
    const { LedgerElsewhere } = await import('./elsewhere.ts');
    return Trail.from(LedgerElsewhere.onIndex(options, tip));
  }

  static async from(source: LedgerSource): Promise<Trail> {
    return new Trail(source, await source.read(source.known()));
  }

  /** Reads on to the ledger's present tip. */
  async refresh(): Promise<void> {
    const { trail, end } = this.reading;
    const goesOn = end === undefined && !this.torn;
    this.torn = true;
    this.reading = await this.source.read(goesOn ? trail : undefined);
    this.torn = false;
  }

  get root(): RegistryRoot {
    return this.reading.trail.core.root;
  }

  get head(): LedgerHead {
    return this.reading.trail.core.head;
  }

  get counts(): Counts {
    return this.reading.trail.core.counts;
  }

  /** The policy in force. @throws Refusal when the ledger names no valid one */
  get policy(): PolicyVersion {
    const { policy } = this.reading.trail;
    if (policy !== undefined) return policy;
    throw new Refusal(
      'the ledger of this registry names no valid policy, so nothing in it counts: run promptaudit verify',
    );
  }

  /** Every policy version, in ledger order. */
  policies(): Promise<readonly PolicyVersion[]> {
    return this.reread((trail) => trail.policies());
  }

  /** What ended the reading before the ledger's tip: nothing can be written behind it. */
  get end(): Finding | undefined {
    return this.reading.end;
  }

  /** Findings on events, in ledger order, then what ended the reading early. */
  get findings(): readonly Finding[] {
    const { trail, end } = this.reading;
    return end === undefined ? trail.core.findings : [...trail.core.findings, end];
  }

  /** Those that no admin acknowledged. */
  get openFindings(): readonly Finding[] {
    return this.findings.filter((found) => acknowledgementOf(found, this.acknowledgements) === undefined);
  }

  get acknowledgements(): readonly Acknowledgement[] {
    return this.reading.trail.core.acknowledgements;
  }

  /** Every prompt's, by name. */
  summaries(): Promise<readonly PromptSummary[]> {
    return this.reread((trail) => trail.summaries());
  }

  /** One prompt's whole history. */
  async prompt(name: PromptName): Promise<PromptHistory | undefined> {
    const { historyOf } = await import('./index/history.ts');
    return this.reread((trail) => historyOf(trail, name));
  }

  /** What the ledger says of the records of calls and accesses. */
  async calls(): Promise<OpenCallsLedger> {
    const { callsOf } = await import('./index/history.ts');
    return (await this.reread((trail) => callsOf(trail))) ?? emptyCallsLedger();
  }

  /** Events, newest first. */
  async *events(): AsyncGenerator<TrailEvent> {
    let next = this.head.sequence;
    try {
      for (const event of this.reading.trail.rows.backwards()) {
        next = event.sequence - 1;
        yield event;
      }
    } catch (error) {
      if (!(error instanceof IndexDamaged)) throw error;
      await this.startAgain();
      for (const event of this.reading.trail.rows.backwards()) if (event.sequence <= next) yield event;
    }
  }

  /** Asks the index, until it is not damaged: what was read from genesis stays in memory. */
  private async reread<T>(ask: (trail: IndexedTrail) => T): Promise<T> {
    for (;;) {
      try {
        return ask(this.reading.trail);
      } catch (error) {
        if (!(error instanceof IndexDamaged)) throw error;
        await this.startAgain();
      }
    }
  }

  private async startAgain(): Promise<void> {
    this.reading = await this.source.readAgain(this.reading.trail);
  }
}
