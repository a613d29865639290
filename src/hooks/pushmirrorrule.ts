import { assertNever } from '../failure.ts';
import type { Oid } from '../git/object.ts';
import type { Ref } from '../git/store.ts';
import { LEDGER_REF } from '../ledger/event.ts';
import { count } from '../report/time.ts';
import { type FindingCode, finding } from '../trail/findings.ts';
import type { Finding } from '../trail/model.ts';
import type { Trail } from '../trail/trail.ts';
import { branchAt } from '../verify/branches.ts';
import type { MirrorStand } from '../verify/evidence.ts';
import { mirrorNames, mirrorStand } from '../verify/mirror.ts';
import type { PushEvidence, PushRule } from './pushevidence.ts';

const TOGETHER = 'push both together: promptaudit sync';
const HEADS = 'refs/heads/';
const MAKE_ROOM =
  'it stood there before the policy named it: delete it or give it another name, then push again';
const FIRST = 'push the ledger first: promptaudit sync; what is no event of it needs another name';

/** Where the policy has a branch mirror the ledger, a push that moves either leaves both at the same event. */
export const mirrorEqualsTheLedger: PushRule = async ({ refs, trail, before, after }) => {
  const { ledgerBranch } = trail.policy.policy;
  const ref = `${HEADS}${ledgerBranch}`;
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
  const stoodThere = pushed === undefined && position === undefined && before?.ledgerBranch !== ledgerBranch;
  return [finding(code, { ref, object }, message, stoodThere ? MAKE_ROOM : TOGETHER)];
};

/**
 * Where readers look for a mirror as well, below `refs/remotes/` and under the usual name, stands nothing that they would take
 * for another ledger. Of a place that is known, a ledger that grows changes nothing.
 */
export const nothingElsePassesForTheMirror: PushRule = async (evidence) => {
  const { refs, trail, base, before, places } = evidence;
  const { ledgerBranch } = trail.policy.policy;
  const found: Finding[] = [];
  for (const name of mirrorNames(ledgerBranch)) {
    const isNamed = name === ledgerBranch;
    const isNew = base === 0 || (isNamed && before?.ledgerBranch !== name);
    if (!isNew && ![...refs.keys()].some((ref) => branchAt(ref, [name]))) continue;
    for (const [ref, oid] of await places([name])) {
      const isKnown = (!isNew && !refs.has(ref)) || (isNamed && ref === `${HEADS}${name}`);
      if (!isKnown) found.push(...(await mirrorFindings(evidence, { name: ref, oid }, isNamed)));
    }
  }
  return found;
};

async function mirrorFindings(
  { store, trail }: PushEvidence,
  place: Ref,
  isNamed: boolean,
): Promise<readonly Finding[]> {
  const { name: ref, oid: object } = place;
  if (object === trail.head.commit) return [];
  const stand = await mirrorStand(store, place, await positionsOf(trail), isNamed);
  const departure = stand && departureOf(stand);
  if (departure === undefined) return [];
  const [code, where] = departure;
  const branch = `${ref.replace(HEADS, '')}, where readers look for a mirror of the ledger`;
  const message = `this push would leave ${branch}, ${where}`;
  return [finding(code, { ref, object }, message, isNamed ? MAKE_ROOM : FIRST)];
}

function departureOf(stand: MirrorStand): readonly [FindingCode, string] | undefined {
  switch (stand.state) {
    case 'within':
    case 'untaken':
      return undefined;
    case 'ahead':
      return ['ledger/rollback', `${count(stand.further, 'commit')} ahead of its end`];
    case 'departs':
      return stand.position === 0
        ? ['ledger/fork', 'which has no event in common with it']
        : ['ledger/fork', `departing from it after event ${stand.position}`];
    case 'unreadable':
      return ['ledger/fork', `which cannot be followed: ${stand.why}`];
    default:
      return assertNever(stand);
  }
}

async function positionsOf(trail: Trail): Promise<ReadonlyMap<Oid, number>> {
  const positions = new Map<Oid, number>();
  for await (const { oid, sequence } of trail.events()) positions.set(oid, sequence);
  return positions;
}

async function positionOf(trail: Trail, oid: Oid): Promise<number | undefined> {
  for await (const event of trail.events()) if (event.oid === oid) return event.sequence;
  return undefined;
}
