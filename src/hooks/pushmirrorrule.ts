import type { Oid } from '../git/object.ts';
import { LEDGER_REF } from '../ledger/event.ts';
import { LEDGER_BRANCH } from '../policy/places.ts';
import { count } from '../report/time.ts';
import { finding } from '../trail/findings.ts';
import type { Finding } from '../trail/model.ts';
import type { Trail } from '../trail/trail.ts';
import { branchAt } from '../verify/branches.ts';
import { standGoneOn } from '../verify/mirror.ts';
import type { PushRule } from './pushevidence.ts';

const TOGETHER = 'push both together: promptaudit sync';
const FIRST = 'push the ledger first: promptaudit sync; what is no event of it needs another name';

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

/** Where it has one of the usual name mirror nothing, that one does not go on from the ledger: readers look there all the same. */
export const nothingGoesOnFromTheLedger: PushRule = async ({ store, refs, trail, base, places }) => {
  if (trail.policy.policy.ledgerBranch === LEDGER_BRANCH) return [];
  // Of a branch that stands there already, a ledger that grows changes nothing.
  const isMoved = (ref: string) => base === 0 || refs.has(ref);
  if (base > 0 && ![...refs.keys()].some((ref) => branchAt(ref, [LEDGER_BRANCH]))) return [];
  const found: Finding[] = [];
  for (const [ref, object] of await places([LEDGER_BRANCH])) {
    if (!isMoved(ref) || object === trail.head.commit) continue;
    const stand = await standGoneOn(store, object, await positionsOf(trail));
    if (stand === undefined) continue;
    const branch = `${ref.replace('refs/heads/', '')}, where readers look for a mirror of the ledger`;
    const [code, where] =
      stand.state === 'ahead'
        ? (['ledger/rollback', `${count(stand.further, 'commit')} ahead of its end`] as const)
        : (['ledger/fork', `departing from it after event ${stand.position}`] as const);
    found.push(finding(code, { ref, object }, `this push would leave ${branch}, ${where}`, FIRST));
  }
  return found;
};

async function positionsOf(trail: Trail): Promise<ReadonlyMap<Oid, number>> {
  const positions = new Map<Oid, number>();
  for await (const { oid, sequence } of trail.events()) positions.set(oid, sequence);
  return positions;
}

async function positionOf(trail: Trail, oid: Oid): Promise<number | undefined> {
  for await (const event of trail.events()) if (event.oid === oid) return event.sequence;
  return undefined;
}
