import { availableParallelism } from 'node:os';
import type { ParsedCommit } from '../git/commit.ts';
import type { Oid } from '../git/object.ts';
import type { GitStore } from '../git/store.ts';
import type { ParsedTag } from '../git/tag.ts';
import type { DecodedEvent } from '../ledger/codec.ts';
import { sha256 } from '../ledger/digest.ts';
import type { Sha256 } from '../ledger/event.ts';
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
}

/** Events read in one go, and how many such windows are under way at once: what is under way has to be kept in memory. */
const WINDOW = 32;
const ABREAST = 4;

/** From this many events on, threads that check signatures are worth their start. */
const MANY = 2000;

/**
 * The evidence of a run of ledger commits, in order, some at a time: while those are judged, the next ones are read and
 * their signatures checked. Keys of every policy seen are added to `keys`: a signature can be checked before it is known
 * whether its key counts.
 *
 * @param seen takes note of the versions' commits and trees
 */
export async function* gatherEvidence(
  store: GitStore,
  oids: readonly Oid[],
  keys: Map<KeyId, TrustedKey>,
  seen?: SeenHistory,
): AsyncGenerator<readonly LedgerEvidence[]> {
  const checker = new SignatureChecker(oids.length < MANY ? 0 : availableParallelism());
  const underWay: Promise<readonly LedgerEvidence[]>[] = [];
  let before: Promise<unknown> = Promise.resolve();
  /** Windows are read side by side, but their policies' keys are learned in the order of the ledger. */
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
        underWay.push(heard(readings.then((known) => checkEvidence(known, keys, checker))));
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
  // They are asked for in the order in which they were given.
  const outcomes = (await checkSignatures(signed, keys, checker)).values();
  return readings.map(({ commit, message, subject, file, policy, tag }, index) => ({
    oid: commit.oid,
    commit: evidenceOf(commit, objects[index]?.commit, outcomes),
    digest: commit.state === 'present' ? sha256(commit.bytes) : undefined,
    message,
    subject: subject && evidenceOf(subject, objects[index]?.subject, outcomes),
    file,
    policy,
    tag: tag && evidenceOf(tag, objects[index]?.tag, outcomes),
  }));
}

/** The same evidence with every signature judged that waited for the policy in force. */
export async function settleEvidence(evidence: LedgerEvidence, policy: Policy): Promise<LedgerEvidence> {
  const { commit, subject, tag } = evidence;
  if (![commit, subject, tag].some(isOpen)) return evidence;
  return {
    ...evidence,
    commit: await settled(commit, policy),
    subject: subject && (await settled(subject, policy)),
    tag: tag && (await settled(tag, policy)),
  };
}

function isOpen(object: Evidence<unknown> | undefined): boolean {
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
