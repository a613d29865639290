import { extraHeaders, type ParsedCommit } from '../git/commit.ts';
import type { Oid } from '../git/object.ts';
import type { LedgerEvent } from '../ledger/event.ts';
import { quote } from '../ledger/text.ts';
import { CLOCK_TOLERANCE } from './clock.ts';
import { type FindingPlace, finding } from './findings.ts';
import type { Finding, LedgerHead, PolicyVersion, RegistryRoot } from './model.ts';
import { subjectOf } from './reading.ts';

/** One ledger commit beside what the ledger before it demands of it. */
export interface ChainLink {
  readonly oid: Oid;
  readonly commit: ParsedCommit;
  readonly event: LedgerEvent;
  readonly before: LedgerHead | undefined;
  readonly root: RegistryRoot | undefined;
  /** The number of the policy in force, 0 before the first. */
  readonly policy: number;
  /** Every policy version of the ledger so far. */
  readonly policies: readonly PolicyVersion[];
  /** The tree that the messages so far, this one included, amount to. */
  readonly tree: Oid;
  readonly place: FindingPlace;
}

type ChainRule = (link: ChainLink) => Finding | undefined;

const isNextInSequence: ChainRule = ({ event, before, place }) => {
  const expected = (before?.sequence ?? 0) + 1;
  if (event.sequence === expected) return undefined;
  return finding(
    'ledger/sequence',
    place,
    `event ${expected} of the ledger says that it is event ${event.sequence}`,
  );
};

const namesPrevious: ChainRule = ({ event, before, place }) => {
  if (event.previous === before?.digest) return undefined;
  const message = `event ${place.sequence} was made after another event than the one that stands before it`;
  return finding('ledger/previous', place, message);
};

const belongsToRegistry: ChainRule = ({ event, root, place }) => {
  if (root === undefined || event.registry === root.registry) return undefined;
  return finding(
    'ledger/registry',
    place,
    `event ${place.sequence} was made in registry ${event.registry}, not in ${root.registry}`,
  );
};

const hasItsParents: ChainRule = ({ commit, event, before, place }) => {
  const subject = subjectOf(event.detail);
  const expected = [before?.commit, subject].filter((oid) => oid !== undefined);
  if (
    commit.parents.length === expected.length &&
    expected.every((oid, index) => commit.parents[index] === oid)
  )
    return undefined;
  return finding('ledger/parents', place, `event ${place.sequence} has other parents than its kind asks for`);
};

const hasNoExtraHeader: ChainRule = ({ oid, commit, place }) => {
  const [extra] = extraHeaders(commit);
  if (extra === undefined) return undefined;
  const message = `event ${place.sequence} has a header that no event has, ${quote(extra)}`;
  return finding('ledger/malformed', { ...place, object: oid }, message);
};

const namesPolicyInForce: ChainRule = ({ event, before, policy, policies, place }) => {
  if (event.policy === policy) return undefined;
  // Where the first two events brought none into force, that is what is wrong with those behind them, and is said already.
  if (policy === 0 && (before?.sequence ?? 0) >= 2) return undefined;
  const named = policies[event.policy - 1];
  if (named !== undefined && named.inForceFrom === undefined) {
    const message = `event ${place.sequence} was made under policy v${event.policy}, which v${policy} never let come into force`;
    return finding('policy/threshold', place, message);
  }
  const message = `event ${place.sequence} was made under policy v${event.policy}, but v${policy} was in force`;
  return finding('policy/number', place, message);
};

/** Holds for what is no event too: notes that git wrote are in such commits. */
export function judgeTree({
  commit,
  tree,
  place,
}: Pick<ChainLink, 'commit' | 'tree' | 'place'>): Finding | undefined {
  if (commit.tree === tree) return undefined;
  return finding('ledger/tree', place, `the notes at event ${place.sequence} are not what the events say`);
}

const runsForward: ChainRule = ({ commit, before, place }) => {
  const behind = (before?.time ?? 0) - commit.committer.time;
  if (behind <= CLOCK_TOLERANCE) return undefined;
  return finding(
    'ledger/time',
    place,
    `event ${place.sequence} is dated ${behind} seconds before an event that precedes it`,
  );
};

const startsWithGenesis: ChainRule = ({ event, before, place }) => {
  if ((before === undefined) === (event.detail.event === 'genesis')) return undefined;
  const message =
    before === undefined
      ? 'the ledger does not begin with a genesis event'
      : `event ${place.sequence} is a second genesis`;
  return finding('ledger/sequence', place, message);
};

/** The claims that make a run of commits one chain, each on its own. */
const CHAIN_RULES: readonly ChainRule[] = [
  startsWithGenesis,
  isNextInSequence,
  namesPrevious,
  belongsToRegistry,
  hasItsParents,
  hasNoExtraHeader,
  namesPolicyInForce,
  judgeTree,
  runsForward,
];

export function judgeChain(link: ChainLink): readonly Finding[] {
  const found: Finding[] = [];
  for (const rule of CHAIN_RULES) {
    const one = rule(link);
    if (one !== undefined) found.push(one);
  }
  return found;
}
