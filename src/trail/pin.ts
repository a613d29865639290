import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { Failure, Refusal } from '../failure.ts';
import type { Oid } from '../git/object.ts';
import type { GitStore } from '../git/store.ts';
import { LEDGER_REF, type Sha256 } from '../ledger/event.ts';
import { POLICY_PATH } from '../policy/names.ts';
import { type FindingCode, finding } from './findings.ts';
import type { Finding, LedgerHead, RegistryRoot } from './model.ts';
import { type Mark, readTrust, type Trust, writeTrust } from './trust.ts';

/** Root and head of a ledger as far as it was verified. */
export interface Verified {
  readonly root: RegistryRoot;
  readonly head: LedgerHead;
}

/** What was read before counts only where it is of the pinned registry and stands where the mark stands, or before. */
export function agrees({ root, head }: Verified, trust: Trust | undefined): boolean {
  if (trust === undefined || root.commit !== trust.root.commit) return false;
  return [trust.head, trust.next].some(
    (mark) => mark !== undefined && (head.sequence < mark.sequence || head.commit === mark.commit),
  );
}

/** Where a ledger of these commits has to hold what was verified: a command may have moved it on and been cut off. */
export function markOn(commitAt: (sequence: number) => Oid | undefined, { head, next }: Trust): Mark {
  return next !== undefined && commitAt(next.sequence) === next.commit ? next : head;
}

/** Whether a ledger that was read up to `from`, and goes on with these commits, holds what was verified further on than that. */
export function goesOnToMark(
  from: Pick<LedgerHead, 'sequence' | 'commit'>,
  oids: readonly Oid[],
  trust: Trust,
): boolean {
  const commitAt = (sequence: number) =>
    sequence === from.sequence ? from.commit : oids[sequence - from.sequence - 1];
  const mark = markOn(commitAt, trust);
  return mark.sequence < from.sequence || commitAt(mark.sequence) === mark.commit;
}

/** The ledger holds what this clone verified before, at the same place. @throws Refusal */
export function demandExtension(oids: readonly Oid[], trust: Trust): void {
  const { root } = trust;
  const head = markOn((sequence) => oids[sequence - 1], trust);
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

/** @throws Refusal where it is not the root that was given from outside */
export function demandRoot(root: RegistryRoot, given: Sha256 | undefined): void {
  if (given === undefined || given === root.digest) return;
  throw refusal(
    'ledger/fork',
    `the ledger's genesis is ${root.digest}, not the root that was given, ${given}`,
  );
}

/** Pins the root on first use, and moves the high-water mark on, unless another command moved it as far meanwhile. */
export async function keepMark(store: GitStore, { root, head }: Verified): Promise<void> {
  const trust = await readTrust(store.layout.commonDir);
  if (trust !== undefined && trust.next?.commit !== head.commit && trust.head.sequence >= head.sequence)
    return;
  await settleMark(store, { root, head }, trust?.remotes);
}

/** Says that the ledger is about to move to `next`, which was verified and need not hold what stands behind the last common event. */
export async function announceMove({ layout }: GitStore, next: LedgerHead): Promise<void> {
  const trust = await readTrust(layout.commonDir);
  if (trust !== undefined) await writeTrust(layout.commonDir, { ...trust, next: markOf(next) });
}

/** The mark is at `head`, wherever it was. */
export async function settleMark(
  { layout }: GitStore,
  { root, head }: Verified,
  remotes: Trust['remotes'] = new Map(),
): Promise<void> {
  await writeTrust(layout.commonDir, {
    root: { commit: root.commit, digest: root.digest },
    head: markOf(head),
    remotes,
  });
}

export function markOf({ sequence, commit, digest }: Mark): Mark {
  return { sequence, commit, digest };
}

/** What to do where a ledger was that this clone verified: no other may be founded in its place. */
export const LEDGER_GONE =
  'get it back with promptaudit sync or from another clone, and find out who deleted it';

/** Why there is no ledger to read: it is gone, or it was never here. */
export function noLedger(store: GitStore, trust: Trust | undefined): Error {
  if (trust !== undefined) {
    const message = `${LEDGER_REF} is gone, though this clone verified it up to event ${trust.head.sequence}`;
    return refusalOf(finding('ledger/missing', {}, message, LEDGER_GONE));
  }
  const { workTree } = store.layout;
  if (workTree !== undefined && existsSync(join(workTree, POLICY_PATH))) {
    return new Failure(
      'this clone does not have the ledger of its registry, which git clone does not bring: run promptaudit sync',
    );
  }
  const cloned = store.config.sections('remote').length > 0;
  const hint = cloned
    ? '; git clone does not bring the ledger of one: if this is a clone of a registry, run promptaudit sync'
    : '';
  return new Failure(`this repository has no promptaudit registry: start one with promptaudit init${hint}`);
}

function refusal(code: FindingCode, message: string): Refusal {
  return refusalOf(finding(code, {}, message));
}

/** A finding for which every command stops. */
export function refusalOf({ code, message, hint }: Finding): Refusal {
  return new Refusal(message, [{ rule: code, message, remedy: hint }]);
}
