import type { GitStore } from '../git/store.ts';
import { LEDGER_REF, type Sha256 } from '../ledger/event.ts';
import { deleteIndex, indexFolder } from './index/folder.ts';
import { IndexedTrail } from './index/indexedtrail.ts';
import type { RegistryRoot } from './model.ts';
import { agrees, demandRoot, goesOnToMark, keepMark, noLedger } from './pin.ts';
import type { Reading } from './readledger.ts';
import { standsStill } from './standsstill.ts';
import { readTrust, type Trust } from './trust.ts';

export interface TrailOptions {
  readonly store: GitStore;
  /** A root given from outside (`--root`, `PROMPTAUDIT_ROOT`): the SHA-256 of genesis. */
  readonly root?: Sha256 | undefined;
  readonly progress?: ((done: number, total: number) => void) | undefined;
  /** Called when this clone pins a registry's root for the first time. */
  readonly pinned?: ((root: RegistryRoot) => void) | undefined;
  /** Called when the pin and the mark cannot be written, e.g. to a clone that is read only: what was read is no less sure. */
  readonly unkept?: ((why: unknown) => Promise<void>) | undefined;
}

/** Where a trail's ledger is read from. */
export interface LedgerSource {
  /** What of it was read before. */
  known(): IndexedTrail | undefined;

  /** Reads it up to its present tip, as far as it is not in `known`. @throws Failure, Refusal */
  read(known: IndexedTrail | undefined): Promise<Reading>;

  /** Reads again after the files behind `damaged` proved to be. */
  readAgain(damaged: IndexedTrail): Promise<Reading>;
}

/** The registry's own ledger. */
export function ownLedger(options: TrailOptions): LedgerSource {
  return {
    known: () => openIndex(options.store),
    read: (known) => catchUp(options, known),
    readAgain: (damaged) => startAgain(options, damaged),
  };
}

/**
 * Reads the ledger up to its present tip. What this clone verified before is `known`; the rest is judged, and the index
 * and the high-water mark move on.
 * @throws Failure when there is no registry
 * @throws Refusal when the ledger departs from the pinned root or from what this clone verified before
 */
async function catchUp(options: TrailOptions, known: IndexedTrail | undefined): Promise<Reading> {
  const { store } = options;
  const [tip, trust] = await Promise.all([store.resolveRef(LEDGER_REF), readTrust(store.layout.commonDir)]);
  if (tip === undefined) throw noLedger(store, trust);
  const isUsable = known !== undefined && agrees(known.core, trust) && (await standsStill(store, known.core));
  const usable = isUsable ? known : undefined;
  const isCurrent =
    usable?.core.head.commit === tip && (trust === undefined || goesOnToMark(usable.core.head, [], trust));
  const reading = isCurrent
    ? { trail: usable, end: undefined, whole: false }
    : await (await reader()).readLedger({ ...options, remember: true }, usable, trust, tip);
  demandRoot(reading.trail.core.root, options.root);
  if (reading.end === undefined) await keep(options, trust, reading.trail);
  return reading;
}

/** The trail as this clone's index holds it. */
export function openIndex(store: GitStore): IndexedTrail | undefined {
  return IndexedTrail.open(indexFolder(store));
}

/** Reads again after the files behind `damaged` proved to be: from what another process has put there since, or else the ledger. */
async function startAgain(options: TrailOptions, damaged: IndexedTrail): Promise<Reading> {
  const found = openIndex(options.store);
  if (found !== undefined && found.core.generation !== damaged.core.generation)
    return catchUp(options, found);
  deleteIndex(indexFolder(options.store));
  return catchUp(options, undefined);
}

/** What judges events. Most commands meet none that is new, and start without it. */
export function reader(): Promise<typeof import('./readledger.ts')> {
  return import('./readledger.ts');
}

async function keep(options: TrailOptions, trust: Trust | undefined, trail: IndexedTrail): Promise<void> {
  if (trust?.head.commit === trail.core.head.commit) return;
  try {
    await keepMark(options.store, trail.core);
  } catch (error) {
    return options.unkept?.(error);
  }
  if (trust === undefined) options.pinned?.(trail.core.root);
}
