import { type Reason, Refusal } from '../failure.ts';
import type { Oid } from '../git/object.ts';
import type { GitStore } from '../git/store.ts';
import { LEDGER_REF, TAG_PREFIX } from '../ledger/event.ts';
import type { Policy } from '../policy/model.ts';
import type { TrailOptions } from '../trail/catchup.ts';
import type { Finding, PolicyVersion, TrailEvent } from '../trail/model.ts';
import { Trail } from '../trail/trail.ts';
import { readTrust } from '../trail/trust.ts';
import { branchAt } from '../verify/branches.ts';
import {
  newlyProtectedBranchesHoldRegisteredContent,
  protectedBranchesTakeRegisteredContent,
} from './pushcontentrule.ts';
import type { PushedRef, PushedRefs } from './pushedrefs.ts';
import { newEventsHold, nothingNewIsDatedAhead } from './pusheventrules.ts';
import type { NewDecision, PushEvidence, PushRule } from './pushevidence.ts';
import { ledgerMoveFinding } from './pushledger.ts';
import { mirrorEqualsTheLedger, nothingElsePassesForTheMirror } from './pushmirrorrule.ts';
import { noRemoteIsPlayed, REF_RULES } from './pushrefrules.ts';
import { newDecisionsHaveTheirTags, tagFindings, tagsAreRecorded } from './pushtagrules.ts';
import type { Receiver } from './receiver.ts';

/** Outside these, nothing has to do with a registry but for `REF_RULES`. */
const FOLDERS = [TAG_PREFIX, 'refs/heads/', 'refs/remotes/'];

/** The claims about a push as a whole, each on its own. */
const PUSH_RULES: readonly PushRule[] = [
  newEventsHold,
  nothingNewIsDatedAhead,
  tagsAreRecorded,
  newDecisionsHaveTheirTags,
  protectedBranchesTakeRegisteredContent,
  newlyProtectedBranchesHoldRegisteredContent,
  noRemoteIsPlayed,
  mirrorEqualsTheLedger,
  nothingElsePassesForTheMirror,
];

/** A push that is about to be received, or to be made. */
export interface Push {
  /** Has the objects of the push, whether or not a ref names them. */
  readonly store: GitStore;
  readonly refs: PushedRefs;
  readonly receiver: Receiver;
  /** How the ledger that is here is read: the root that was given from outside, and who is told what. */
  readonly reading: Pick<TrailOptions, 'root' | 'pinned' | 'unkept'>;
  /** Seconds since the epoch. */
  readonly now: number;
}

/**
 * What is wrong with a push. The ledger that is here already is judged once and remembered; of what is pushed nothing is. So
 * this takes as long as the push is large. A push that has nothing to do with a registry is not looked into.
 * @throws Failure, Refusal where it cannot be judged
 */
export async function judgePush(push: Push): Promise<readonly Finding[]> {
  const { refs } = push;
  const found = REF_RULES.flatMap((rule) => rule(refs));
  const isOurs = ({ ref }: PushedRef) =>
    ref === LEDGER_REF || FOLDERS.some((folder) => ref.startsWith(folder));
  if (![...refs.values()].some(isOurs)) return found;
  const ledger = await ledgerAfter(push);
  if (ledger.state === 'refused') return [...found, ...ledger.findings];
  if (ledger.state === 'none') return [...found, ...tagFindings(refs, new Map(), new Map())];
  const evidence = await gather(push, ledger.trail);
  for (const rule of PUSH_RULES) found.push(...(await rule(evidence)));
  return found;
}

type LedgerAfter =
  | { readonly state: 'there'; readonly trail: Trail }
  | { readonly state: 'none' }
  | { readonly state: 'refused'; readonly findings: readonly Finding[] };

/** The ledger as it will be, where it can be. */
async function ledgerAfter({ store, refs, reading }: Push): Promise<LedgerAfter> {
  const pushed = refs.get(LEDGER_REF);
  const isHere = (await store.resolveRef(LEDGER_REF)) !== undefined;
  // One that was here once and is gone is not passed over.
  const isKnown = isHere || (pushed === undefined && (await readTrust(store.layout.commonDir)) !== undefined);
  const options = { store, ...reading };
  const trail = isKnown ? await Trail.open(options) : undefined;
  if (pushed === undefined) return trail === undefined ? { state: 'none' } : { state: 'there', trail };
  const wrong = await ledgerMoveFinding(store, pushed);
  if (wrong !== undefined || pushed.after === undefined)
    return { state: 'refused', findings: wrong === undefined ? [] : [wrong] };
  if (trail?.head.commit === pushed.after) return { state: 'there', trail };
  try {
    return { state: 'there', trail: await Trail.at(options, pushed.after) };
  } catch (error) {
    if (!(error instanceof Refusal) || error.reasons.length === 0) throw error;
    return { state: 'refused', findings: error.reasons.map(findingOfReason) };
  }
}

/** Why a ledger is none that can be read, as it was thrown. */
function findingOfReason({ rule, message, remedy }: Reason): Finding {
  return { code: rule, severity: 'error', ref: LEDGER_REF, message, hint: remedy };
}

async function gather({ store, refs, receiver, now }: Push, trail: Trail): Promise<PushEvidence> {
  const pushed = refs.get(LEDGER_REF);
  const added = pushed === undefined ? [] : await addedEvents(trail, pushed.before);
  const decisions = added.flatMap(({ sequence, effective, detail }): NewDecision[] => {
    if (detail === undefined || !('tagObject' in detail)) return [];
    const { event, prompt, version, tag, tagObject } = detail;
    return [{ sequence, effective, event, prompt, version, tag, tagObject }];
  });
  const after = async (names: readonly string[]): Promise<ReadonlyMap<string, Oid>> => {
    const standing = await receiver.standing(names.filter((name) => !refs.has(name)));
    return new Map(
      names.flatMap((name) => {
        const pushed = refs.get(name);
        const oid = pushed === undefined ? standing.get(name) : pushed.after;
        return oid === undefined ? [] : [[name, oid] as const];
      }),
    );
  };
  const base = trail.head.sequence - added.length;
  return {
    ...{ store, refs, receiver, trail, now, after, base },
    before: await policyAt(trail, base),
    latest: added.filter(({ effective }) => effective).sort((a, b) => b.time - a.time)[0],
    // Of two that name one tag, the one that counts is the one that it is the tag of.
    decisions: new Map(
      decisions.sort((a, b) => Number(a.effective) - Number(b.effective)).map((one) => [one.tag, one]),
    ),
    places: async (branches) => {
      const own = branches.map((branch) => `refs/heads/${branch}`);
      const names = new Set([...own, ...refs.keys(), ...(await receiver.fetched())]);
      return after([...names].filter((name) => branchAt(name, branches) !== undefined));
    },
  };
}

/** The policy that is in force at an event. */
async function policyAt(trail: Trail, sequence: number): Promise<Policy | undefined> {
  const isInForce = ({ inForceFrom = Infinity }: PolicyVersion) => inForceFrom <= sequence;
  const version = isInForce(trail.policy) ? trail.policy : (await trail.policies()).findLast(isInForce);
  return version?.policy;
}

/** Newest first. */
async function addedEvents(trail: Trail, before: Oid | undefined): Promise<readonly TrailEvent[]> {
  const added: TrailEvent[] = [];
  for await (const event of trail.events()) {
    if (event.oid === before) break;
    added.push(event);
  }
  return added;
}
