import type { Oid } from '../git/object.ts';
import { LEDGER_REF } from '../ledger/event.ts';
import { finding } from '../trail/findings.ts';
import type { Trail } from '../trail/trail.ts';
import type { PushRule } from './pushevidence.ts';

const TOGETHER = 'push both together: promptaudit sync';

/** Where the policy has a branch mirror the ledger, a push that moves either leaves both at the same event. */
export const mirrorEqualsTheLedger: PushRule = async ({ refs, trail, after }) => {
  const { ledgerBranch } = trail.policy.policy;
  const ref = `refs/heads/${ledgerBranch}`;
  const pushed = refs.get(ref);
  if (ledgerBranch === undefined || (pushed === undefined && !refs.has(LEDGER_REF))) return [];
  const mirrors = `${ledgerBranch}, the branch that mirrors the ledger`;
  if (pushed !== undefined && pushed.after === undefined)
    return [finding('ledger/missing', { ref }, `this push would delete ${mirrors}`, TOGETHER)];
  const object = (await after([ref])).get(ref);
  const { sequence, commit } = trail.head;
  if (object === undefined || object === commit) return [];
  const position = await positionOf(trail, object);
  const message =
    position === undefined
      ? `this push would leave ${mirrors}, at ${object.slice(0, 12)}, which is no event of the ledger`
      : `this push would leave ${mirrors}, at event ${position}, and the ledger at event ${sequence}`;
  const code = position === undefined ? 'ledger/fork' : 'ledger/rollback';
  return [finding(code, { ref, object }, message, TOGETHER)];
};

async function positionOf(trail: Trail, oid: Oid): Promise<number | undefined> {
  for await (const event of trail.events()) if (event.oid === oid) return event.sequence;
  return undefined;
}
