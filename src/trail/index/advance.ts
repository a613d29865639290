import type { PromptName } from '../../prompts/name.ts';
import type { OpenCallsLedger } from '../callsledger.ts';
import type { OpenHistory } from '../fold.ts';
import type { Finding, LedgerHead, RegistryRoot } from '../model.ts';
import { isPrompt, type Page } from '../page.ts';
import { policyInForce, type TrailState } from '../state.ts';
import { summarise } from '../summary.ts';
import { type IndexCore, writeCore } from './core.ts';
import type { EventRows } from './eventrows.ts';
import { IndexedTrail } from './indexedtrail.ts';
import { revisionOf, storePolicy } from './policies.ts';
import { sweep } from './sweep.ts';
import { appendValues } from './values.ts';

/** What replay made of a ledger, whose events are in the rows. */
export interface Judged {
  readonly state: TrailState & { readonly root: RegistryRoot; readonly head: LedgerHead };
  /** Of the prompts that these events are about. */
  readonly histories: ReadonlyMap<PromptName, OpenHistory>;
  /** Where one of these events was about the records of calls. */
  readonly calls: OpenCallsLedger | undefined;
  /** Every finding on an event, from genesis on. */
  readonly findings: readonly Finding[];
}

/** The trail of a ledger that was judged from genesis. */
export function fromGenesis(index: string, rows: EventRows, judged: Judged): IndexedTrail {
  const { state, histories, calls } = judged;
  const summaries = freshSummaries(judged);
  const core = coreOf(rows, judged, undefined, summaries);
  return new IndexedTrail(index, core, rows, {
    histories,
    calls,
    policies: state.policies,
    filed: undefined,
  });
}

/** A trail and the events that were added to its rows since. */
export function advance(known: IndexedTrail, judged: Judged): IndexedTrail {
  const { index, core, rows, filed } = known;
  const histories = new Map([...known.histories, ...judged.histories]);
  const calls = judged.calls ?? known.calls;
  const wasteful = (filed?.lines ?? 0) > 2 * core.extent.pages.size + LINES_TO_SPARE;
  const summaries = wasteful ? freshSummaries(judged) : core.summaries;
  const next = coreOf(rows, judged, core, summaries);
  return new IndexedTrail(index, next, rows, { histories, calls, policies: judged.state.policies, filed });
}

/** So many outdated lines of summaries are never worth writing the others again. */
const LINES_TO_SPARE = 200;

/** The name of a file that nobody has written yet, or that holds the same. */
function freshSummaries({ state }: Judged): string {
  return `summaries-${state.head.sequence}`;
}

function coreOf(
  rows: EventRows,
  { state, findings }: Judged,
  before: IndexCore | undefined,
  summaries: string,
): IndexCore {
  const policies = state.policies.map(revisionOf);
  const inForce = policyInForce(state);
  const unchanged = before !== undefined && before.policies.join() === policies.join();
  return {
    root: state.root,
    head: state.head,
    counts: state.counts,
    policy: unchanged ? before.policy : inForce && storePolicy(inForce),
    revoked: [...state.revoked],
    acknowledgements: state.acknowledgements,
    findings,
    generation: rows.name,
    extent: rows.extent,
    policies,
    summaries,
  };
}

/** Writes what the files lack of a trail, and lets the core count it, as far as that can be done: no command fails for want of the index. */
export function save(trail: IndexedTrail, before?: IndexCore): void {
  const { index, core } = trail;
  if (!file(trail, before)) return;
  try {
    writeCore(index, core);
    sweep(index, core.generation, core.summaries);
  } catch {
    // What is written is behind the end that the core names.
  }
}

/** Writes what the files lack of a trail; false where that cannot be done. */
export function file(trail: IndexedTrail, before: IndexCore | undefined): boolean {
  const { changed } = trail.rows;
  try {
    if (!trail.rows.file()) return false;
    savePolicies(trail, before);
    saveSummaries(trail, changed, before);
    return true;
  } catch {
    return false;
  }
}

function savePolicies(trail: IndexedTrail, before: IndexCore | undefined): void {
  const changed = trail
    .policies()
    .filter((version) => revisionOf(version) !== before?.policies[version.number - 1]);
  const values = changed.map((version) => ({
    key: `${version.number}`,
    revision: revisionOf(version),
    json: storePolicy(version),
  }));
  appendValues(trail.file('policies'), values, before === undefined);
}

function saveSummaries(trail: IndexedTrail, changed: readonly Page[], before: IndexCore | undefined): void {
  const { core, histories } = trail;
  const whole = core.summaries !== before?.summaries;
  const summaries = whole
    ? trail.summaries()
    : changed.flatMap((name) => {
        const history = isPrompt(name) ? histories.get(name) : undefined;
        return history === undefined ? [] : summarise(history);
      });
  const values = summaries.map((summary) => ({
    key: summary.name,
    revision: core.extent.pages.get(summary.name) ?? 0,
    json: JSON.stringify(summary),
  }));
  appendValues(trail.file(core.summaries), values, whole);
}
