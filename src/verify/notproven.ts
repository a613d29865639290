import type { VerifyReport } from '../report/rows.ts';
import { count, formatTime } from '../report/time.ts';
import { emergencyReview } from './emergencyrules.ts';
import type { RegistryEvidence } from './evidence.ts';
import type { Expected } from './trustrules.ts';

/** What this run knows of itself. */
export interface RunFacts extends Expected {
  readonly since: VerifyReport['since'];
  /** Committer times of the first event and of the last, seconds since the epoch. */
  readonly times: { readonly first: number; readonly last: number } | undefined;
}

type Doubt = (evidence: RegistryEvidence, facts: RunFacts) => readonly string[];

const rootIsTheRightOne: Doubt = ({ state }, { root, trust }) =>
  root !== undefined || trust !== undefined || state.root === undefined
    ? []
    : [
        `that this is the registry you mean: its root, ${state.root.digest}, was taken as found; compare it with a colleague and give it with --root`,
      ];

const endIsTheEnd: Doubt = ({ state: { head } }, { trust }) => {
  if (head === undefined) return [];
  const seen = trust?.head.sequence ?? 0;
  // It is not the newest, and a finding says so.
  if (head.sequence < seen) return [];
  if (head.sequence === seen)
    return [`that event ${head.sequence} is the newest: nothing outside this clone vouches for that`];
  const newer = seen === 0 ? 'no event' : `no event after ${seen}`;
  return [
    `that the ledger ends at event ${head.sequence}: ${newer} was seen by this clone before, and nothing else vouches for the end`,
  ];
};

const timesAreTrue: Doubt = (_, { times }) => {
  if (times === undefined) return [];
  const [first, last] = [formatTime(times.first), formatTime(times.last)];
  const span = first === last ? `around ${first}` : `from ${first} to ${last}`;
  return [`the times, ${span}: each is what its signer's clock said; only their order is proven`];
};

const branchesAreHere: Doubt = ({ absentBranches, state }) => {
  if (absentBranches.length === 0 || state.head === undefined) return [];
  const names = absentBranches.join(', ');
  return [`that only registered content reached ${names}: no such branch is here; fetch it and verify again`];
};

const mirrorIsUpToDate: Doubt = ({ mirrors, absentMirror, length }) => [
  ...(absentMirror === undefined
    ? []
    : [
        `that the branch ${absentMirror}, which mirrors the ledger, agrees with it: no such branch is here; fetch it and verify again`,
      ]),
  ...mirrors.flatMap(({ name, stand }) => {
    if (stand.state === 'untaken')
      return [
        `that this clone has every event: ${name} and ${stand.ledger} have some that it has not taken in; run promptaudit sync and verify again`,
      ];
    if (stand.state !== 'within' || stand.position === length) return [];
    const events =
      stand.position + 1 === length ? `event ${length}` : `events ${stand.position + 1} to ${length}`;
    return [
      `that ${name} guards ${events}: as it is here it mirrors the ledger up to event ${stand.position}; run promptaudit sync and verify again`,
    ];
  }),
];

const emergenciesAreRight: Doubt = (evidence) =>
  evidence.emergencies.flatMap((event) => {
    const review = emergencyReview(evidence, event);
    if (review === undefined || review.approved || evidence.now > review.deadline) return [];
    const what = `the emergency at event ${event.sequence} (${review.prompt} v${review.version})`;
    return [`that ${what} is right: it waits for review until ${formatTime(review.deadline)}`];
  });

const earlierIsSound: Doubt = (_, { since }) =>
  since === undefined || since.earlier === 0
    ? []
    : [
        `what came before event ${since.sequence}: ${count(since.earlier, 'finding')} there ${since.earlier === 1 ? 'is' : 'are'} left out, as --since asked`,
      ];

/** A ledger from elsewhere may not know yet what was decided here. */
const tagsAreOfThisLedger: Doubt = ({ decisions, tags, elsewhere }) => {
  if (elsewhere === undefined) return [];
  const known = new Set(decisions.map(({ tag }) => tag));
  const unknown = tags.filter(({ name }) => !known.has(name)).length;
  if (unknown === 0) return [];
  const what = unknown === 1 ? '1 decision tag' : `${unknown} decision tags`;
  return [
    `that ${what} of this repository ${unknown === 1 ? 'counts' : 'count'}: ${elsewhere} does not record ${unknown === 1 ? 'it' : 'them'}`,
  ];
};

const callsAreWhole: Doubt = ({ calls: { sealed, checked } }) => {
  if (checked === undefined)
    return sealed === 0
      ? []
      : [
          `that the ${count(sealed, 'segment')} of calls that the ledger sealed are whole: the store is not here; run promptaudit calls verify --store where it is`,
        ];
  if (checked.open === 0) return [];
  const what = `${count(checked.open, 'segment')} of calls that ${checked.open === 1 ? 'is' : 'are'} not sealed yet`;
  return [`${what}: nothing vouches for their records before promptaudit calls seal`];
};

const DOUBTS: readonly Doubt[] = [
  rootIsTheRightOne,
  endIsTheEnd,
  timesAreTrue,
  branchesAreHere,
  mirrorIsUpToDate,
  tagsAreOfThisLedger,
  emergenciesAreRight,
  earlierIsSound,
  callsAreWhole,
];

/** What this run in this repository could not show, each with the facts, and what would show it. */
export function notProven(evidence: RegistryEvidence, facts: RunFacts): readonly string[] {
  return DOUBTS.flatMap((doubt) => doubt(evidence, facts));
}
