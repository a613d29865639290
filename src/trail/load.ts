import type { Oid } from '../git/object.ts';
import { type GitStore, NotACommit, ObjectCorrupt, ObjectMissing } from '../git/store.ts';
import { LEDGER_REF } from '../ledger/event.ts';
import type { PromptName } from '../prompts/name.ts';
import type { KeyId, TrustedKey } from '../signing/model.ts';
import type { OpenCallsLedger } from './callsledger.ts';
import { MANY_EVENTS } from './evidence.ts';
import { finding } from './findings.ts';
import type { OpenHistory } from './fold.ts';
import type { Acknowledgement, Finding, LedgerHead, PolicyVersion, RegistryRoot } from './model.ts';
import { retroactiveRevocations } from './policyfold.ts';
import { ReckonedNotes } from './reckonednotes.ts';
import { type Replay, replay } from './replay.ts';
import {
  CallsPage,
  type Counts,
  LoadedPromptBook,
  type OpenPolicyVersion,
  type TrailState,
} from './state.ts';
import { StoredNotes } from './storednotes.ts';

export type LoadOptions = Pick<Replay, 'store' | 'sink' | 'progress' | 'seen'>;

/** A replay's outcome. */
export interface Loaded {
  readonly state: TrailState;
  readonly book: LoadedPromptBook;
  /** What ended the reading before the ledger's tip. */
  readonly end: Finding | undefined;
}

/** The ledger's commits, oldest first, down to genesis or to (not including) `until`, and whether `until` was met. */
export async function ledgerCommits(
  store: GitStore,
  tip: Oid,
  until?: Oid,
  ref = LEDGER_REF,
): Promise<{ oids: readonly Oid[]; end: Finding | undefined }> {
  const oids: Oid[] = [];
  try {
    if ((await store.read(tip)).kind !== 'commit')
      return { oids, end: notALedger('it names no commit', ref) };
    for await (const oid of store.firstParents(tip, until)) oids.push(oid);
  } catch (error) {
    if (error instanceof NotACommit) return { oids: [], end: notALedger(error.message, ref) };
    if (!(error instanceof ObjectMissing || error instanceof ObjectCorrupt)) throw error;
    return { oids: [], end: brokenOff(store, error) };
  }
  return { oids: oids.reverse(), end: undefined };
}

function brokenOff({ layout }: GitStore, error: ObjectMissing | ObjectCorrupt): Finding {
  const place = { object: error.oid };
  const what = `ledger commit ${error.oid.slice(0, 12)}`;
  if (error instanceof ObjectCorrupt)
    return finding('object/corrupt', place, `${what} is damaged: its bytes are not what its id says`);
  if (!layout.shallow) return finding('object/missing', place, `${what} is not in this repository`);
  return finding('repo/shallow', place, "the ledger's history is cut short in this clone");
}

/** What is found where something else than a ledger stands at the ledger's place. */
export function notALedger(why: string, ref = LEDGER_REF): Finding {
  const message = `${ref} is not the ledger of a promptaudit registry: ${why}`;
  const hint = "fetch the ledger from where it is kept; if that ref is another tool's, move it away";
  return finding('ledger/malformed', { ref }, message, hint);
}

/** The most passes that retroactive revocations may take to settle. */
const MAX_PASSES = 8;

/**
 * Judges the whole ledger from genesis. A policy may revoke a key from a position before its own, so that events which
 * counted no longer do: then the ledger is judged again with what the last pass learned, until a pass learns nothing new.
 * `restart` is called before each pass but the first: what the sink was given before is void.
 */
export async function loadFromGenesis(
  options: LoadOptions,
  oids: readonly Oid[],
  restart: () => Promise<void>,
): Promise<Loaded> {
  let revoked: ReadonlyMap<string, number> = new Map();
  for (let pass = 1; ; pass += 1) {
    const book = new LoadedPromptBook();
    const state = emptyState(book, revoked);
    const notes = new ReckonedNotes(options.store.layout.objectFormat, oids.length >= MANY_EVENTS);
    const end = await replay({ ...options, oids, state, notes }).finally(() => notes.close());
    const learned = retroactiveRevocations(state.policies);
    if (sameRevocations(learned, revoked) || pass === MAX_PASSES) return { state, book, end };
    revoked = pass + 1 === MAX_PASSES ? union(learned, revoked) : learned;
    await restart();
  }
}

/** What a verified ledger amounts to, but for its prompts. */
interface VerifiedState {
  readonly root: RegistryRoot;
  readonly head: LedgerHead;
  readonly counts: Counts;
  readonly policies: readonly PolicyVersion[];
  /** They need not follow from the policies: one that revokes the very key by which it stands is judged to stand by none. */
  readonly revoked: readonly (readonly [string, number])[];
  readonly acknowledgements: readonly Acknowledgement[];
}

/**
 * Judges only what came after a verified head. `undefined` when that cannot be done and genesis has to be gone back to:
 * a key was revoked from a position before this policy, or the notes at the head are not the verified ones.
 */
export async function loadFromVerified(
  options: LoadOptions,
  verified: VerifiedState,
  oids: readonly Oid[],
  load: {
    readonly prompt: (name: PromptName) => Promise<OpenHistory | undefined>;
    readonly calls: () => OpenCallsLedger | undefined;
  },
): Promise<Loaded | undefined> {
  const book = new LoadedPromptBook(load.prompt);
  const state = stateFrom(verified, book, new CallsPage(load.calls));
  const notes = new StoredNotes(options.store, verified.head.tree);
  try {
    const end = await replay({ ...options, oids, state, notes });
    return sameRevocations(retroactiveRevocations(state.policies), state.revoked)
      ? { state, book, end }
      : undefined;
  } catch (error) {
    if (error instanceof ObjectMissing || error instanceof ObjectCorrupt) return undefined;
    throw error;
  }
}

function emptyState(prompts: LoadedPromptBook, revoked: ReadonlyMap<string, number>): TrailState {
  return {
    root: undefined,
    founder: undefined,
    head: undefined,
    policies: [],
    prompts,
    calls: new CallsPage(),
    acknowledgements: [],
    counts: { events: 0, signatures: 0, versions: 0, approvals: 0, deployments: 0 },
    keys: new Map(),
    revoked,
  };
}

function stateFrom(verified: VerifiedState, prompts: LoadedPromptBook, calls: CallsPage): TrailState {
  const policies = verified.policies.map(
    (version): OpenPolicyVersion => ({
      number: version.number,
      sequence: version.sequence,
      commit: version.commit,
      contentDigest: version.contentDigest,
      policy: version.policy,
      supporters: version.supporters,
      signedWith: [...version.signedWith],
      decisions: [...version.decisions],
      inForceFrom: version.inForceFrom,
    }),
  );
  const keys = new Map<KeyId, TrustedKey>();
  for (const { policy } of policies) {
    for (const [id, { key }] of policy.keys) if (key.format === 'ssh') keys.set(id, key);
  }
  return {
    root: verified.root,
    founder: undefined,
    head: verified.head,
    policies,
    prompts,
    calls,
    acknowledgements: [...verified.acknowledgements],
    counts: { ...verified.counts },
    keys,
    revoked: new Map(verified.revoked),
  };
}

function sameRevocations(a: ReadonlyMap<string, number>, b: ReadonlyMap<string, number>): boolean {
  return a.size === b.size && [...a].every(([key, from]) => b.get(key) === from);
}

function union(a: ReadonlyMap<string, number>, b: ReadonlyMap<string, number>): ReadonlyMap<string, number> {
  const all = new Map(a);
  for (const [key, from] of b) all.set(key, Math.min(all.get(key) ?? Infinity, from));
  return all;
}
