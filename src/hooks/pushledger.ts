import { parseCommitLinks } from '../git/commit.ts';
import type { Oid } from '../git/object.ts';
import { type GitStore, NotACommit, ObjectCorrupt, ObjectMissing } from '../git/store.ts';
import { LEDGER_REF } from '../ledger/event.ts';
import { finding } from '../trail/findings.ts';
import { notALedger } from '../trail/load.ts';
import type { Finding } from '../trail/model.ts';
import type { PushedRef } from './pushedrefs.ts';

const SYNC = 'run promptaudit sync: it adds your events behind those that are there';
const KEEP = `${SYNC}; nobody takes an event out of a ledger`;

/** Why a ledger cannot take the place of the one that is there; `undefined` where it only adds to it. */
export async function ledgerMoveFinding(
  store: GitStore,
  { before, after }: PushedRef,
): Promise<Finding | undefined> {
  const place = { ref: LEDGER_REF, ...(after === undefined ? {} : { object: after }) };
  if (after === undefined)
    return finding('ledger/missing', place, `this push would delete ${LEDGER_REF}, the ledger`, KEEP);
  if (before === undefined) return undefined;
  try {
    const length = await lengthBehind(store, before, after);
    if (length === undefined) return undefined;
    if (!(await isBelow(store, after, before))) {
      const message = `this push would put another ledger in the place of the one that is there, which ends with ${before.slice(0, 12)}`;
      return finding('ledger/fork', place, message, SYNC);
    }
    const message = `this push would cut the ledger off behind event ${length}`;
    return finding('ledger/rollback', place, message, KEEP);
  } catch (error) {
    if (error instanceof NotACommit) return notALedger(error.message);
    if (!(error instanceof ObjectMissing || error instanceof ObjectCorrupt)) throw error;
    if (error.oid !== before)
      return finding(
        error instanceof ObjectMissing ? 'object/missing' : 'object/corrupt',
        place,
        error.message,
      );
    const message = `the ledger that is there ends with ${before.slice(0, 12)}, which this clone does not have`;
    return finding('ledger/fork', place, message, SYNC);
  }
}

/** `undefined` where first parents lead from `after` to `before`; otherwise how many commits they lead through. */
async function lengthBehind(store: GitStore, before: Oid, after: Oid): Promise<number | undefined> {
  if (after === before) return undefined;
  let length = 0;
  let last = after;
  for await (const oid of store.firstParents(after, before)) {
    last = oid;
    length += 1;
  }
  const { kind, bytes } = await store.read(last);
  const links = kind === 'commit' ? parseCommitLinks(bytes) : undefined;
  return links?.parents[0] === before ? undefined : length;
}

async function isBelow(store: GitStore, oid: Oid, tip: Oid): Promise<boolean> {
  for await (const one of store.firstParents(tip)) if (one === oid) return true;
  return false;
}
