import { join } from 'node:path';
import { Failure } from '../failure.ts';
import { parseCommitLinks } from '../git/commit.ts';
import type { Oid } from '../git/object.ts';
import type { GitStore } from '../git/store.ts';
import type { PromptName } from '../prompts/name.ts';
import { advance, fromGenesis, type Judged, save } from './index/advance.ts';
import { IndexDamaged } from './index/damaged.ts';
import { EventRows } from './index/eventrows.ts';
import { deleteIndex, indexFolder } from './index/folder.ts';
import { callsOf, historyOf } from './index/history.ts';
import type { IndexedTrail } from './index/indexedtrail.ts';
import { type Loaded, ledgerCommits, loadFromGenesis, loadFromVerified, notALedger } from './load.ts';
import type { Finding, TrailEvent } from './model.ts';
import { demandExtension, goesOnToMark, refusalOf } from './pin.ts';
import type { Trust } from './trust.ts';

export interface ReadOptions {
  readonly store: GitStore;
  /** Whether the index moves on; a trail of a ledger that is not the registry's own is kept in memory, or apart. */
  readonly remember: boolean;
  readonly progress?: ((done: number, total: number) => void) | undefined;
}

/** The trail up to the ledger's tip. */
export interface Reading {
  readonly trail: IndexedTrail;
  /** What ended the reading before the tip. */
  readonly end: Finding | undefined;
  /** Genesis was gone back to. */
  readonly whole: boolean;
}

/**
 * Judges what of the ledger is not in `known` yet, and moves the index on.
 * @throws Failure, Refusal when it is no ledger, or does not extend what this clone verified before
 */
export async function readLedger(
  options: ReadOptions,
  known: IndexedTrail | undefined,
  trust: Trust | undefined,
  tip: Oid,
): Promise<Reading> {
  return (known && (await readOn(options, known, trust, tip))) ?? readWhole(options, trust, tip);
}

/** `undefined` when genesis has to be gone back to. */
async function readOn(
  { store, progress, remember }: ReadOptions,
  known: IndexedTrail,
  trust: Trust | undefined,
  tip: Oid,
): Promise<Reading | undefined> {
  const { head } = known.core;
  const { oids, end } = await ledgerCommits(store, tip, head.commit);
  if (end !== undefined || oids[0] === undefined || !(await follows(store, oids[0], head.commit)))
    return undefined;
  // `verify` moves the mark on and not the index: what lies between the two is held to the mark, too.
  if (trust !== undefined && !goesOnToMark(head, oids, trust)) return undefined;
  const findings = [...known.core.findings];
  const sink = (event: TrailEvent): void => {
    findings.push(...event.findings);
    known.rows.add(event);
  };
  try {
    const verified = { ...known.core, policies: known.policies() };
    const load = { prompt: async (name: PromptName) => historyOf(known, name), calls: () => callsOf(known) };
    const loaded = await loadFromVerified({ store, sink, progress }, verified, oids, load);
    if (loaded === undefined) return undefined;
    const trail = advance(known, judgedBy(loaded, findings));
    if (remember && loaded.end === undefined) save(trail, known.core);
    return { trail, end: loaded.end, whole: false };
  } catch (error) {
    if (error instanceof IndexDamaged) return undefined;
    throw error;
  }
}

async function follows(store: GitStore, oid: Oid, parent: Oid): Promise<boolean> {
  const links = parseCommitLinks((await store.read(oid)).bytes);
  return links?.parents[0] === parent;
}

async function readWhole(
  { store, progress, remember }: ReadOptions,
  trust: Trust | undefined,
  tip: Oid,
): Promise<Reading> {
  const { oids, end } = await ledgerCommits(store, tip);
  if (end !== undefined) throw new Failure(`${end.message}: ${end.hint}`);
  if (trust !== undefined) demandExtension(oids, trust);
  const index = indexFolder(store);
  const folder = join(index, `rows-${tip.slice(0, 12)}-${process.pid}`);
  let findings: Finding[] = [];
  let rows = new EventRows(folder);
  const sink = (event: TrailEvent): void => {
    findings.push(...event.findings);
    rows.add(event);
  };
  const restart = async (): Promise<void> => {
    deleteIndex(folder);
    findings = [];
    rows = new EventRows(folder);
  };
  await restart();
  const loaded = await loadFromGenesis({ store, sink, progress }, oids, restart);
  const trail = fromGenesis(index, rows, judgedBy(loaded, findings));
  if (remember && loaded.end === undefined) save(trail);
  return { trail, end: loaded.end, whole: true };
}

/** @throws Refusal when there was no genesis */
function judgedBy({ state, book }: Loaded, findings: readonly Finding[]): Judged {
  const { root, head } = state;
  if (root === undefined || head === undefined)
    throw refusalOf(notALedger('its first commit is no genesis event'));
  const calls = state.calls.opened;
  return { state: { ...state, root, head }, histories: book.opened, calls, findings };
}
