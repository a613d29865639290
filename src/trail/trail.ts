import { join } from 'node:path';
import { Failure, Refusal } from '../failure.ts';
import { parseCommit } from '../git/commit.ts';
import type { Oid } from '../git/object.ts';
import type { GitStore } from '../git/store.ts';
import { LEDGER_REF, type Sha256 } from '../ledger/event.ts';
import type { PromptName } from '../prompts/name.ts';
import { canBeAcknowledged, type FindingCode, finding, isAbout } from './findings.ts';
import { emptyHistory, foldPrompt, type OpenHistory, promptOf } from './fold.ts';
import { deleteIndex, type IndexCore, type IndexedPrompt, readCore, writeCore } from './index/core.ts';
import { deleteOtherGenerations, EventRows } from './index/eventrows.ts';
import { IndexDamaged, readPromptRows } from './index/rows.ts';
import type { Loaded } from './load.ts';
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
import type { Counts } from './state.ts';
import { summarise } from './summary.ts';
import { readTrust, type Trust, writeTrust } from './trust.ts';

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

/** What was read, and where its rows are. */
interface Reading {
  readonly core: IndexCore;
  readonly rows: EventRows;
  /** The folder of the prompts' rows; histories that were folded in this process come from `opened`. */
  readonly folder: string;
  readonly opened: ReadonlyMap<PromptName, PromptHistory>;
  readonly end: Finding | undefined;
}

/**
 * A registry's verified trail, as every verb reads it. What this clone verified before comes from the index; the rest
 * is judged on the way in, and the index and the high-water mark move on.
 */
export class Trail {
  private readonly options: TrailOptions;
  private reading: Reading;

  private constructor(options: TrailOptions, reading: Reading) {
    this.options = options;
    this.reading = reading;
  }

  /**
   * @throws Failure when there is no registry
   * @throws Refusal when the ledger departs from the pinned root or from what this clone verified before
   */
  static async open(options: TrailOptions): Promise<Trail> {
    return new Trail(options, await read(options, await readCore(indexFolder(options.store))));
  }

  /** Reads on to the ledger's present tip. */
  async refresh(): Promise<void> {
    this.reading = await read(this.options, this.reading.end === undefined ? this.reading.core : undefined);
  }

  get root(): RegistryRoot {
    return this.reading.core.root;
  }

  get head(): LedgerHead {
    return this.reading.core.head;
  }

  get counts(): Counts {
    return this.reading.core.counts;
  }

  /** Every policy version, in ledger order. */
  get policies(): readonly PolicyVersion[] {
    return this.reading.core.policies;
  }

  /** @throws Refusal when the ledger names no valid policy */
  get policy(): PolicyVersion {
    const inForce = this.policies.findLast((version) => version.inForceFrom !== undefined);
    if (inForce === undefined) {
      throw new Refusal(
        'the ledger of this registry names no valid policy, so nothing in it counts: run promptaudit verify',
      );
    }
    return inForce;
  }

  /** Findings on events, in ledger order, then what ended the reading early. */
  get findings(): readonly Finding[] {
    const { core, end } = this.reading;
    return end === undefined ? core.findings : [...core.findings, end];
  }

  /** Those that no admin acknowledged. */
  get openFindings(): readonly Finding[] {
    return this.findings.filter(
      (found) =>
        !canBeAcknowledged(found.code) ||
        !this.acknowledgements.some((one) => isAbout(found, one.finding, one.target)),
    );
  }

  get acknowledgements(): readonly Acknowledgement[] {
    return this.reading.core.acknowledgements;
  }

  /** By name. */
  get summaries(): readonly PromptSummary[] {
    return [...this.reading.core.prompts.values()]
      .map((prompt) => prompt.summary)
      .sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  summary(name: PromptName): PromptSummary | undefined {
    return this.reading.core.prompts.get(name)?.summary;
  }

  /** One prompt's whole history. */
  async prompt(name: PromptName): Promise<PromptHistory | undefined> {
    const { core, folder, opened } = this.reading;
    const known = opened.get(name);
    const indexed = core.prompts.get(name);
    if (known !== undefined || indexed === undefined) return known;
    try {
      return await readHistory(folder, name, core.head.sequence, indexed.rows);
    } catch (error) {
      if (!(error instanceof IndexDamaged)) throw error;
      await this.rebuild();
      return this.prompt(name);
    }
  }

  /** Events, newest first. */
  async *events(): AsyncGenerator<TrailEvent> {
    let next = this.head.sequence;
    try {
      for await (const event of this.reading.rows.backwards()) {
        next = event.sequence - 1;
        yield event;
      }
    } catch (error) {
      if (!(error instanceof IndexDamaged)) throw error;
      await this.rebuild();
      for await (const event of this.reading.rows.backwards()) if (event.sequence <= next) yield event;
    }
  }

  private async rebuild(): Promise<void> {
    await deleteIndex(indexFolder(this.options.store)).catch(() => undefined);
    this.reading = await read(this.options, undefined);
  }
}

function indexFolder(store: GitStore): string {
  return join(store.layout.commonDir, 'promptaudit', 'index');
}

async function readHistory(
  folder: string,
  name: PromptName,
  head: number,
  rows: number,
): Promise<OpenHistory> {
  const history = emptyHistory(name);
  for (const event of await readPromptRows(folder, name, head, rows)) foldPrompt(history, event);
  return history;
}

async function read(options: TrailOptions, core: IndexCore | undefined): Promise<Reading> {
  const { store } = options;
  const trust = await readTrust(store.layout.commonDir);
  const tip = await store.resolveRef(LEDGER_REF);
  if (tip === undefined) throw noLedger(store, trust);
  const usable = core !== undefined && agrees(core, trust) ? core : undefined;
  const reading = (usable && (await readOn(options, usable, tip))) ?? (await readWhole(options, trust, tip));
  await keepTrust(options, trust, reading);
  return reading;
}

/** The index counts only where it is of the pinned registry and stands where the mark stands, or before. */
function agrees(core: IndexCore, trust: Trust | undefined): boolean {
  if (trust === undefined || core.root.commit !== trust.root.commit) return false;
  return core.head.sequence < trust.head.sequence || core.head.commit === trust.head.commit;
}

function noLedger(store: GitStore, trust: Trust | undefined): Error {
  if (trust !== undefined) {
    return refusal(
      'ledger/missing',
      `${LEDGER_REF} is gone, though this clone verified it up to event ${trust.head.sequence}`,
    );
  }
  const remote = store.config.get('remote.origin.url') === undefined ? undefined : 'origin';
  const fetch =
    remote &&
    `; if this is a clone of a registry, fetch its ledger first: git fetch ${remote} ${LEDGER_REF}:${LEDGER_REF}`;
  return new Failure(
    `this repository has no promptaudit registry: start one with promptaudit init${fetch ?? ''}`,
  );
}

function refusal(code: FindingCode, message: string): Refusal {
  return refusalOf(finding(code, {}, message));
}

function refusalOf({ code, message, hint }: Finding): Refusal {
  return new Refusal(message, [{ rule: code, message, remedy: hint }]);
}

/** Judges what came after the index's head; `undefined` when genesis has to be gone back to. */
async function readOn(options: TrailOptions, core: IndexCore, tip: Oid): Promise<Reading | undefined> {
  const { store } = options;
  const folder = join(indexFolder(store), core.rows);
  const rows = new EventRows(folder, core.head.sequence);
  if (tip === core.head.commit) return { core, rows, folder, opened: new Map(), end: undefined };
  const { ledgerCommits, loadFromIndex } = await judging();
  const { oids, end } = await ledgerCommits(store, tip, core.head.commit);
  if (end !== undefined || oids[0] === undefined || !(await follows(store, oids[0], core.head.commit)))
    return undefined;
  const tally = new Tally(core);
  const sink = async (event: TrailEvent): Promise<void> => {
    tally.add(event);
    await rows.add(event);
  };
  const load = async (name: PromptName): Promise<OpenHistory | undefined> => {
    const indexed = core.prompts.get(name);
    return indexed && readHistory(folder, name, core.head.sequence, indexed.rows);
  };
  try {
    const loaded = await loadFromIndex({ store, sink, progress: options.progress }, core, oids, load);
    return loaded && (await settle(store, loaded, tally, rows, core));
  } catch (error) {
    if (error instanceof IndexDamaged) return undefined;
    throw error;
  }
}

async function readWhole(options: TrailOptions, trust: Trust | undefined, tip: Oid): Promise<Reading> {
  const { store } = options;
  const { ledgerCommits, loadFromGenesis } = await judging();
  const { oids, end } = await ledgerCommits(store, tip);
  if (end !== undefined) throw new Failure(`${end.message}: ${end.hint}`);
  if (trust !== undefined) demandExtension(oids, trust);
  const folder = join(indexFolder(store), `rows-${tip.slice(0, 12)}-${process.pid}`);
  let tally = new Tally();
  let rows = new EventRows(folder, 0);
  const sink = async (event: TrailEvent): Promise<void> => {
    tally.add(event);
    await rows.add(event);
  };
  const restart = async (): Promise<void> => {
    await deleteIndex(folder).catch(() => undefined);
    tally = new Tally();
    rows = new EventRows(folder, 0);
  };
  await restart();
  const loaded = await loadFromGenesis({ store, sink, progress: options.progress }, oids, restart);
  return settle(store, loaded, tally, rows, undefined);
}

/** What judges events. Most commands meet none that is new, and start without it. */
function judging(): Promise<typeof import('./load.ts')> {
  return import('./load.ts');
}

async function follows(store: GitStore, oid: Oid, parent: Oid): Promise<boolean> {
  const parsed = parseCommit((await store.read(oid)).bytes);
  return parsed.ok && parsed.commit.parents[0] === parent;
}

/** The ledger holds what this clone verified before, at the same place. */
function demandExtension(oids: readonly Oid[], { root, head }: Trust): void {
  if (oids[0] !== root.commit) {
    throw refusal(
      'ledger/fork',
      `the ledger begins with another genesis than the one this clone pinned (${root.digest})`,
    );
  }
  if (oids.length < head.sequence) {
    throw refusal(
      'ledger/rollback',
      `the ledger ends at event ${oids.length}, but this clone verified it up to event ${head.sequence} (${head.digest})`,
    );
  }
  if (oids[head.sequence - 1] !== head.commit) {
    throw refusal(
      'ledger/fork',
      `event ${head.sequence} of the ledger is not the one that this clone verified (${head.digest})`,
    );
  }
}

/** Makes a reading of a replay's outcome, and saves it to the index where that can be written. */
async function settle(
  store: GitStore,
  loaded: Loaded,
  tally: Tally,
  rows: EventRows,
  before: IndexCore | undefined,
): Promise<Reading> {
  const { state, book, end } = loaded;
  if (state.root === undefined || state.head === undefined) {
    throw refusalOf((await judging()).notALedger('its first commit is no genesis event'));
  }
  const prompts = new Map<PromptName, IndexedPrompt>(before?.prompts);
  for (const [name, count] of tally.rows) {
    const history = book.opened.get(name);
    const summary = history === undefined ? prompts.get(name)?.summary : summarise(history);
    if (summary !== undefined) prompts.set(name, { rows: count, summary });
  }
  const core: IndexCore = {
    rows: rows.name,
    root: state.root,
    head: state.head,
    policies: state.policies,
    prompts,
    acknowledgements: state.acknowledgements,
    findings: tally.findings,
    counts: state.counts,
  };
  if (end === undefined && (await rows.flush())) {
    const index = indexFolder(store);
    await writeCore(index, core)
      .then(() => (before === undefined ? deleteOtherGenerations(index, rows.name) : undefined))
      .catch(() => undefined);
  }
  return { core, rows, folder: rows.folder, opened: book.opened, end };
}

/** What the index counts of the events that pass by. */
class Tally {
  readonly findings: Finding[];
  /** Rows by prompt. */
  readonly rows: Map<PromptName, number>;

  constructor(before?: IndexCore) {
    this.findings = [...(before?.findings ?? [])];
    this.rows = new Map([...(before?.prompts ?? [])].map(([name, prompt]) => [name, prompt.rows]));
  }

  add(event: TrailEvent): void {
    this.findings.push(...event.findings);
    const prompt = event.detail && promptOf(event.detail);
    if (prompt !== undefined) this.rows.set(prompt, (this.rows.get(prompt) ?? 0) + 1);
  }
}

/** Pins the root on first use, demands a root given from outside, and moves the high-water mark on. */
async function keepTrust(
  options: TrailOptions,
  trust: Trust | undefined,
  { core, end }: Reading,
): Promise<void> {
  const { root, head } = core;
  if (options.root !== undefined && options.root !== root.digest) {
    throw refusal(
      'ledger/fork',
      `the ledger's genesis is ${root.digest}, not the root that was given, ${options.root}`,
    );
  }
  if (end !== undefined || trust?.head.commit === head.commit) return;
  try {
    await writeTrust(options.store.layout.commonDir, {
      root: { commit: root.commit, digest: root.digest },
      head: { sequence: head.sequence, commit: head.commit, digest: head.digest },
    });
  } catch (error) {
    return options.unkept?.(error);
  }
  if (trust === undefined) options.pinned?.(root);
}
