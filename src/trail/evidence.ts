import { availableParallelism } from 'node:os';
import { Failure } from '../failure.ts';
import type { ParsedCommit } from '../git/commit.ts';
import type { Oid } from '../git/object.ts';
import type { GitStore } from '../git/store.ts';
import type { ParsedTag } from '../git/tag.ts';
import type { DecodedEvent } from '../ledger/codec.ts';
import type { Sha256 } from '../ledger/event.ts';
import { annotatedCommit, type Noted } from '../ledger/notestree.ts';
import type { Policy } from '../policy/model.ts';
import { SignatureChecker } from '../signing/checker.ts';
import type { KeyId, TrustedKey } from '../signing/model.ts';
import { type EventReading, type Parsed, type PolicyReading, readEvents, type Unparsed } from './reading.ts';
import type { SeenHistory } from './seenhistory.ts';
import {
  checkSignatures,
  type SignatureOutcome,
  type Signed,
  settleOutcome,
  signedCommit,
  signedTag,
} from './signed.ts';
import type { NotesLedger } from './state.ts';
import type { FileEvidence } from './treefiles.ts';

/** An object that an event rests on: read, hashed again, parsed, its signature checked; or why not. */
export type Evidence<T> =
  | {
      readonly state: 'present';
      readonly oid: Oid;
      readonly value: T;
      readonly signed: Signed;
      readonly outcome: SignatureOutcome;
    }
  | Unparsed;

/** One ledger commit with all that judging its event needs. */
export interface LedgerEvidence {
  readonly oid: Oid;
  readonly commit: Evidence<ParsedCommit>;
  /** SHA-256 of the commit's body; `undefined` where it could not be read. */
  readonly digest: Sha256 | undefined;
  readonly message: DecodedEvent;
  /** The version's, policy's or retirement's commit. */
  readonly subject: Evidence<ParsedCommit> | undefined;
  /** The file that the event vouches for, in that commit's tree. */
  readonly file: FileEvidence | undefined;
  readonly policy: PolicyReading | undefined;
  readonly tag: Evidence<ParsedTag> | undefined;
  /** The tree that the messages up to this one amount to. */
  readonly tree: Oid;
}

/** Events read in one go, and how many such windows are under way at once: what is under way has to be kept in memory. */
const WINDOW = 64;
const ABREAST = 4;

/** From this many events on, threads are worth their start. */
export const MANY_EVENTS = 2000;

/**
 * The evidence of a run of ledger commits, in order, some at a time: while those are judged, the next ones are read, their
 * signatures checked and their trees worked out. Keys of every policy seen are added to `keys`: a signature can be checked
 * before it is known whether its key counts.
 *
 * @param notes works the trees out; it knows the notes before the first of them
 * @param seen takes note of the versions' commits and trees
 */
export async function* gatherEvidence(
  store: GitStore,
  oids: readonly Oid[],
  keys: Map<KeyId, TrustedKey>,
  notes: NotesLedger,
  seen?: SeenHistory,
): AsyncGenerator<readonly LedgerEvidence[]> {
  // One core has its hands full with what is judged here.
  const cores = Math.max(1, availableParallelism() - 1);
  const checker = new SignatureChecker(oids.length < MANY_EVENTS ? 0 : cores);
  const underWay: Promise<readonly LedgerEvidence[]>[] = [];
  let before: Promise<unknown> = Promise.resolve();
  /** Windows are read side by side, but their keys are learned, and their notes added, in the order of the ledger. */
  const gather = async (window: readonly Oid[], learned: Promise<unknown>) => {
    const readings = await readEvents(store, window, seen);
    await learned;
    learnKeys(readings, keys);
    return readings;
  };
  try {
    for (let at = 0; at < oids.length || underWay.length > 0; ) {
      while (underWay.length < ABREAST && at < oids.length) {
        const readings = gather(oids.slice(at, at + WINDOW), before);
        before = readings;
        underWay.push(heard(readings.then((known) => checkEvidence(known, keys, checker, notes))));
        at += WINDOW;
      }
      const next = underWay.shift();
      if (next !== undefined) yield await next;
    }
  } finally {
    await Promise.allSettled(underWay);
    await checker.close();
  }
}

/** It may fail before anybody waits for it. */
function heard<T>(promise: Promise<T>): Promise<T> {
  promise.catch(() => {});
  return promise;
}

/** SSH keys: their ids are all that they are, so it does no harm that nobody has judged the policies yet. */
function learnKeys(readings: readonly EventReading[], keys: Map<KeyId, TrustedKey>): void {
  for (const { policy } of readings) {
    for (const [id, { key }] of policy?.policy?.keys ?? []) if (key.format === 'ssh') keys.set(id, key);
  }
}

/** All SSH signatures of the readings are checked in one go. */
async function checkEvidence(
  readings: readonly EventReading[],
  keys: ReadonlyMap<KeyId, TrustedKey>,
  checker: SignatureChecker,
  notes: NotesLedger,
): Promise<readonly LedgerEvidence[]> {
  const objects = readings.map(({ commit, subject, tag }) => ({
    commit: signedOf(commit, signedCommit),
    subject: subject && signedOf(subject, signedCommit),
    tag: tag && signedOf(tag, signedTag),
  }));
  const signed: Signed[] = [];
  for (const { commit, subject, tag } of objects) {
    if (commit !== undefined) signed.push(commit);
    if (subject !== undefined) signed.push(subject);
    if (tag !== undefined) signed.push(tag);
  }
  const [judged, trees] = await Promise.all([
    checkSignatures(signed, keys, checker),
    notes.treesAfter(readings.map(noted)),
  ]);
  // They are asked for in the order in which they were given.
  const outcomes = judged.values();
  return readings.map(({ commit, digest, message, subject, file, policy, tag }, index) => ({
    oid: commit.oid,
    commit: evidenceOf(commit, objects[index]?.commit, outcomes),
    digest,
    message,
    subject: subject && evidenceOf(subject, objects[index]?.subject, outcomes),
    file,
    policy,
    tag: tag && evidenceOf(tag, objects[index]?.tag, outcomes),
    tree: treeAt(trees, index),
  }));
}

/** What an event adds to the notes; one that is none adds nothing. */
function noted({ commit, message }: EventReading): Noted | undefined {
  const about = message.ok ? annotatedCommit(message.event.detail) : undefined;
  if (!message.ok || about === undefined || commit.state !== 'present') return undefined;
  const { time, email } = commit.value.committer;
  return { about, message: message.text, time, email };
}

/** @throws Failure */
function treeAt(trees: readonly Oid[], index: number): Oid {
  const tree = trees[index];
  if (tree === undefined) throw new Failure('the trees of the notes were not all worked out: run it again');
  return tree;
}

/** Whether a signature waits for the policy in force. */
export function isOpen({ commit, subject, tag }: LedgerEvidence): boolean {
  return waits(commit) || waits(subject) || waits(tag);
}

/** The same evidence with every signature judged that waited for the policy in force. */
export async function settleEvidence(evidence: LedgerEvidence, policy: Policy): Promise<LedgerEvidence> {
  const { commit, subject, tag } = evidence;
  return {
    ...evidence,
    commit: await settled(commit, policy),
    subject: subject && (await settled(subject, policy)),
    tag: tag && (await settled(tag, policy)),
  };
}

function waits(object: Evidence<unknown> | undefined): boolean {
  return object?.state === 'present' && object.outcome.verdict === 'open';
}

async function settled<T>(object: Evidence<T>, policy: Policy): Promise<Evidence<T>> {
  if (object.state !== 'present') return object;
  return { ...object, outcome: await settleOutcome(object.signed, object.outcome, policy) };
}

function signedOf<T>(parsed: Parsed<T>, reduce: (oid: Oid, value: T) => Signed): Signed | undefined {
  return parsed.state === 'present' ? reduce(parsed.oid, parsed.value) : undefined;
}

function evidenceOf<T>(
  parsed: Parsed<T>,
  signed: Signed | undefined,
  outcomes: Iterator<SignatureOutcome, unknown>,
): Evidence<T> {
  if (parsed.state !== 'present') return parsed;
  const { oid, value } = parsed;
  const next = signed && outcomes.next();
  if (signed === undefined || next === undefined || next.done)
    return { state: 'malformed', oid, why: 'nobody checked its signature' };
  return { state: 'present', oid, value, signed, outcome: next.value };
}
