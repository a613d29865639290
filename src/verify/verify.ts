import { Failure } from '../failure.ts';
import type { GitStore } from '../git/store.ts';
import { LEDGER_REF, type Sha256 } from '../ledger/event.ts';
import type { VerifyReport } from '../report/rows.ts';
import { finding } from '../trail/findings.ts';
import { type Loaded, ledgerCommits } from '../trail/load.ts';
import type { Finding } from '../trail/model.ts';
import { keepMark, LEDGER_GONE, markOn, type Verified } from '../trail/pin.ts';
import { readTrust } from '../trail/trust.ts';
import type { RegistryEvidence } from './evidence.ts';
import {
  gatherBranches,
  gatherEvents,
  gatherMirrors,
  gatherRepository,
  type Progress,
  standingTags,
} from './gather.ts';
import { gatherCalls } from './gathercalls.ts';
import { type JudgedLines, writeJudgedLines } from './judgedlines.ts';
import { notProven } from './notproven.ts';
import { hintedForPartialClone } from './partialclone.ts';
import { reportOf, setApart, unreadReport } from './report.ts';
import { REPOSITORY_RULES } from './repositoryrules.ts';
import { REGISTRY_RULES } from './rules.ts';
import { type Expected, judgeTrust } from './trustrules.ts';

export interface VerifyOptions {
  readonly store: GitStore;
  /** A root given from outside: the SHA-256 of genesis. */
  readonly root: Sha256 | undefined;
  /** The full ref of a ledger that was fetched elsewhere; the registry's own unless given. The mark does not move by it. */
  readonly ref?: string | undefined;
  /** Findings on events before this one that may be acknowledged are only counted. */
  readonly since?: number | undefined;
  /** Seconds since the epoch. */
  readonly now: number;
  readonly progress?: Progress | undefined;
  /** The folder of the store of calls, which need not be there. */
  readonly calls?: string | undefined;
  /** Called when the mark cannot be written: what was verified is no less sure. */
  readonly unkept: (why: unknown) => Promise<void>;
}

/**
 * Judges everything from genesis, believing nothing that an earlier command left behind but the pinned root and the mark.
 * @throws Failure where `ref` does not exist, `since` is past the ledger's end, or the pin cannot be read
 */
export async function verifyRegistry(options: VerifyOptions): Promise<VerifyReport> {
  const { store, ref = LEDGER_REF, progress } = options;
  const pinned = await readTrust(store.layout.commonDir);
  let expected: Expected = { root: options.root, trust: pinned };
  const [{ repository, aboutRepository }, { oids, end }] = await Promise.all([
    judgeRepository(store),
    listLedger(store, ref, expected),
  ]);
  if (end !== undefined) {
    const unread = hintedForPartialClone(store.config, [end, ...aboutRepository]);
    return unreadReport(ref, unread, expected);
  }

  const trust = pinned && { ...pinned, head: markOn((sequence) => oids[sequence - 1], pinned) };
  expected = { ...expected, trust };
  const events = await gatherEvents(store, oids, trust?.head.sequence, progress);
  const { loaded } = events;
  const { state, book } = loaded;
  if (options.since !== undefined) demandReached(loaded, options.since);
  const { decisions, emergencies, latest } = events;
  const [{ lines, ...branches }, mirrors, tags] = await Promise.all([
    gatherBranches(store, events, oids, ref, progress),
    gatherMirrors(store, events, oids, ref),
    standingTags(store, repository.tags, decisions),
  ]);
  const elsewhere = ref === LEDGER_REF ? undefined : ref;
  const calls = await gatherCalls(events, options.calls, progress);
  const { now } = options;
  const evidence: RegistryEvidence = {
    ...{ ...repository, ...branches, ...mirrors, calls },
    ...{ state, book, decisions, emergencies, latest, elsewhere, now, tags },
  };
  const findings = hintedForPartialClone(store.config, [
    ...events.findings,
    ...(loaded.end === undefined ? [] : [loaded.end]),
    ...judgeTrust(state.root?.digest, oids.length, events.marked, expected),
    ...aboutRepository,
    ...REGISTRY_RULES.flatMap((rule) => rule(evidence)),
  ]);
  const judgement = setApart(findings, state.acknowledgements, options.since);
  const facts = { ...expected, since: judgement.since, times: events.times };
  const report = reportOf(ref, state, events.signers, judgement, notProven(evidence, facts));
  const { root, head } = state;
  if (
    elsewhere === undefined &&
    root !== undefined &&
    head !== undefined &&
    isExpected(root.digest, expected)
  )
    await keep(store, { root, head }, lines, report.ok).catch(options.unkept);
  return report;
}

/** While the ledger is being listed, which git alone is busy with. */
async function judgeRepository(store: GitStore) {
  const repository = await gatherRepository(store);
  return { repository, aboutRepository: REPOSITORY_RULES.flatMap((rule) => rule(repository)) };
}

/** The mark moves with what is sound; where the branches were judged is kept all the same, or a merge would hide what was found. */
async function keep(
  store: GitStore,
  verified: Verified,
  lines: JudgedLines | undefined,
  ok: boolean,
): Promise<void> {
  if (ok) await keepMark(store, verified);
  if (lines !== undefined) await writeJudgedLines(store.layout.commonDir, verified.root.commit, lines);
}

/** What another registry's ledger amounts to must not take the place of what is known of this clone's own. */
function isExpected(found: Sha256, { root = found, trust }: Expected): boolean {
  return root === found && (trust?.root.digest ?? found) === found;
}

async function listLedger(
  store: GitStore,
  ref: string,
  expected: Expected,
): ReturnType<typeof ledgerCommits> {
  const tip = await store.resolveRef(ref);
  if (tip === undefined) return { oids: [], end: missingLedger(ref, expected) };
  return ledgerCommits(store, tip, undefined, ref);
}

/** @throws Failure where it is no registry's own place that is empty, but one that somebody named */
function missingLedger(ref: string, { root, trust }: Expected): Finding {
  if (ref !== LEDGER_REF)
    throw new Failure(`there is no ref ${ref} in this repository: fetch the ledger to it first`);
  if (trust !== undefined) {
    const { sequence, digest } = trust.head;
    const message = `${ref} is gone, though this clone verified it up to event ${sequence} (${digest})`;
    return finding('ledger/missing', { ref }, message, LEDGER_GONE);
  }
  const wanted = root === undefined ? '' : `, so no ledger begins with the root that was given, ${root}`;
  return finding('ledger/missing', { ref }, `${ref} is not in this repository${wanted}`);
}

function demandReached({ state }: Loaded, since: number): void {
  const head = state.head?.sequence ?? 0;
  if (since <= head) return;
  throw new Failure(`the ledger ends at event ${head}: there is nothing since event ${since}`);
}
