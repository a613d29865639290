import type { Oid } from '../git/object.ts';
import { type LedgerSource, openIndex, reader, type TrailOptions } from './catchup.ts';
import { file, save } from './index/advance.ts';
import type { IndexCore } from './index/core.ts';
import { indexFolder } from './index/folder.ts';
import type { IndexedTrail } from './index/indexedtrail.ts';
import { openSynced, writeSynced } from './index/synced.ts';
import type { LedgerHead } from './model.ts';
import { agrees, demandRoot } from './pin.ts';
import type { Reading } from './readledger.ts';
import { standsStill } from './standsstill.ts';
import { type Mark, readTrust, type Trust } from './trust.ts';

/**
 * A ledger that is not the registry's own, or not yet: as a remote has it, or as a command is about to make it. It is
 * judged on from what this clone verified, and neither the index nor the mark moves before it is adopted.
 */
export class LedgerElsewhere implements LedgerSource {
  /** Where it ends. */
  tip: Oid;
  readonly #options: TrailOptions;
  readonly #known: IndexedTrail | undefined;
  /** What a remote's ledger is held to: where this clone saw it last, or `'root'`. This clone's own mark otherwise. */
  readonly #heldTo: Mark | 'root' | undefined;
  /** What the index's files hold of what was read. */
  #filed: IndexCore | undefined;
  #reading: Reading | undefined;

  private constructor(
    options: TrailOptions,
    tip: Oid,
    known: IndexedTrail | undefined,
    heldTo?: Mark | 'root',
  ) {
    this.tip = tip;
    this.#options = options;
    this.#known = known;
    this.#heldTo = heldTo;
    this.#filed = known?.core;
  }

  /** One that goes on from the registry's own ledger. */
  static onIndex(options: TrailOptions, tip: Oid): LedgerElsewhere {
    const known = openIndex(options.store);
    known?.rows.hold();
    return new LedgerElsewhere(options, tip, known);
  }

  /**
   * One that goes on from what this clone and a remote last had in common, and need not hold what this clone has added since.
   * @param seen where this clone saw that remote's ledger last
   */
  static onSynced(options: TrailOptions, tip: Oid, seen: Mark | undefined): LedgerElsewhere {
    return new LedgerElsewhere(options, tip, openSynced(indexFolder(options.store)), seen ?? 'root');
  }

  known(): IndexedTrail | undefined {
    return this.#known;
  }

  async read(before: IndexedTrail | undefined): Promise<Reading> {
    const { store, root } = this.#options;
    const known = before !== undefined && (await standsStill(store, before.core)) ? before : undefined;
    if (known?.core.head.commit === this.tip) {
      this.#reading = { trail: known, end: undefined, whole: false };
    } else {
      const [{ readLedger }, trust] = await Promise.all([reader(), readTrust(store.layout.commonDir)]);
      const usable = known !== this.#known || this.#isOurs(known, trust) ? known : undefined;
      const held = trust && this.#held(trust);
      this.#reading = await readLedger({ ...this.#options, remember: false }, usable, held, this.tip);
    }
    if (this.#reading.whole) this.#filed = undefined;
    demandRoot(this.#reading.trail.core.root, root);
    return this.#reading;
  }

  /** What the index's files say counts only where it is of the pinned registry, and nothing that was taken back since. */
  #isOurs(known: IndexedTrail | undefined, trust: Trust | undefined): boolean {
    if (known === undefined || this.#heldTo === undefined)
      return known !== undefined && agrees(known.core, trust);
    return known.core.root.commit === trust?.root.commit;
  }

  #held(trust: Trust): Trust {
    if (this.#heldTo === undefined) return trust;
    const head = this.#heldTo === 'root' ? { sequence: 1, ...trust.root } : this.#heldTo;
    return { ...trust, head, next: undefined };
  }

  readAgain(): Promise<Reading> {
    return this.read(undefined);
  }

  /** A remote has it as far as it was read now. Call `adopt` before anybody relies on that. */
  markSynced(): IndexCore | undefined {
    const trail = this.#reading?.trail;
    if (trail !== undefined && file(trail, this.#filed)) this.#filed = trail.core;
    return trail?.core;
  }

  /** Lets the index hold it, once the registry's own ledger is this one; `synced` as `markSynced` answered it. */
  adopt(synced: IndexCore | undefined): LedgerHead | undefined {
    const trail = this.#reading?.trail;
    if (trail === undefined) return undefined;
    trail.rows.release();
    save(trail, this.#filed);
    if (synced !== undefined) writeSynced(trail.index, synced);
    return trail.core.head;
  }
}
