import { graftedCommits } from '../git/grafts.ts';
import type { Oid } from '../git/object.ts';
import { shallowCommits } from '../git/shallow.ts';
import type { GitStore, Ref } from '../git/store.ts';
import {
  type DecisionDetail,
  FOLDERS_OF_REFS,
  LEDGER_REF,
  type Sha256,
  TAG_PREFIX,
} from '../ledger/event.ts';
import { ownText } from '../ledger/owntext.ts';
import { POLICY_NAME } from '../prompts/name.ts';
import type { SignerRow } from '../report/rows.ts';
import type { LedgerEvidence } from '../trail/evidence.ts';
import { type Loaded, loadFromGenesis } from '../trail/load.ts';
import type { Finding, PromptVersion, TrailEvent } from '../trail/model.ts';
import { SeenHistory } from '../trail/seenhistory.ts';
import { policyInForce } from '../trail/state.ts';
import { protectedPlaces, readBranches } from './branches.ts';
import type { RecordedDecision, RegistryEvidence, RepositoryEvidence } from './evidence.ts';
import { branchLines, hiddenHistory } from './hiddenhistory.ts';
import { type JudgedLines, readJudgedLines } from './judgedlines.ts';
import { readMirrors } from './mirror.ts';
import { RegisteredContent } from './registeredcontent.ts';
import { readSideLines } from './sidelines.ts';

/** Long work, as whoever waits for it is told: how much is done, of how much where that is known. */
export type Progress = (
  work: 'ledger' | 'branches' | 'calls',
  done: number,
  total: number | undefined,
) => void;

export async function gatherRepository(store: GitStore): Promise<RepositoryEvidence> {
  const [replacements, own, notes, tags, grafted, inTheWay] = await Promise.all([
    store.listRefs('refs/replace/'),
    store.listRefs('refs/promptaudit/'),
    store.listRefs(`${LEDGER_REF}/`),
    store.listRefs(TAG_PREFIX),
    graftedCommits(store.layout.commonDir),
    refsInTheWay(store),
  ]);
  const { shallow } = store.layout;
  return { replacements, grafted, ownRefs: [...own, ...notes], tags, inTheWay, shallow };
}

/** git lists nothing of a folder that it may not look into: so what was decided and is not listed is asked for by its name. */
export async function standingTags(
  store: GitStore,
  listed: readonly Ref[],
  decisions: readonly RecordedDecision[],
): Promise<readonly Ref[]> {
  const names = new Set(decisions.flatMap(({ effective, tag }) => (effective ? [tag] : [])));
  for (const { name } of listed) names.delete(name);
  const unlisted = await Promise.all(
    Array.from(names, async (name) => ({ name, oid: await store.resolveRef(name) })),
  );
  return [...listed, ...unlisted.flatMap(({ name, oid }) => (oid === undefined ? [] : [{ name, oid }]))];
}

async function refsInTheWay(store: GitStore): Promise<readonly Ref[]> {
  const found = await Promise.all(
    FOLDERS_OF_REFS.map(async (name) => ({ name, oid: await store.resolveRef(name) })),
  );
  return found.flatMap(({ name, oid }) => (oid === undefined ? [] : [{ name, oid }]));
}

/** What the replay of a ledger leaves behind for the rules. */
export interface GatheredEvents {
  readonly loaded: Loaded;
  /** On events, in ledger order. */
  readonly findings: readonly Finding[];
  readonly decisions: readonly RecordedDecision[];
  readonly emergencies: readonly TrailEvent[];
  readonly registered: RegisteredContent;
  readonly seen: SeenHistory;
  readonly signers: ReadonlyMap<string, SignerRow>;
  /** Committer times of the first event and of the last, seconds since the epoch. */
  readonly times: { readonly first: number; readonly last: number } | undefined;
  /** Of the events that took effect, the one with the latest time. */
  readonly latest: RegistryEvidence['latest'];
  /** The digest of the event at which this clone's mark stands. */
  readonly marked: Sha256 | undefined;
}

export async function gatherEvents(
  store: GitStore,
  oids: readonly Oid[],
  mark: number | undefined,
  progress: Progress | undefined,
): Promise<GatheredEvents> {
  let tally = new Tally(mark);
  const seen = new SeenHistory(store.layout.objectFormat);
  const options = {
    store,
    seen,
    sink: (event: TrailEvent, evidence: LedgerEvidence) => tally.add(event, evidence),
    progress: progress && ((done: number, total: number) => progress('ledger', done, total)),
  };
  const loaded = await loadFromGenesis(options, oids, async () => {
    tally = new Tally(mark);
  });
  const { findings, emergencies, registered, signers, times, latest, marked } = tally;
  const decisions = [...tally.ineffective, ...countingDecisions(loaded)];
  return { loaded, findings, decisions, emergencies, registered, seen, signers, times, latest, marked };
}

/** What one pass over the ledger is remembered by. */
class Tally {
  readonly findings: Finding[] = [];
  /** Decisions that the state has no trace of. */
  readonly ineffective: RecordedDecision[] = [];
  readonly emergencies: TrailEvent[] = [];
  readonly registered = new RegisteredContent();
  readonly signers = new Map<string, SignerRow>();
  times: GatheredEvents['times'];
  latest: GatheredEvents['latest'];
  marked: GatheredEvents['marked'];
  readonly #mark: number | undefined;

  constructor(mark: number | undefined) {
    this.#mark = mark;
  }

  add(event: TrailEvent, evidence: LedgerEvidence): void {
    const { detail, actor, effective, time, sequence } = event;
    if (sequence === this.#mark) this.marked = event.digest;
    if (effective && time > (this.latest?.time ?? 0)) this.latest = { sequence, time };
    this.findings.push(...event.findings);
    this.times = { first: this.times?.first ?? time, last: time };
    this.registered.add(event, evidence);
    if (actor !== undefined) {
      const { principal, name } = actor;
      const events = (this.signers.get(principal)?.events ?? 0) + 1;
      this.signers.set(principal, { principal, name, events });
    }
    if (!effective && detail !== undefined && 'tagObject' in detail)
      this.ineffective.push(recorded(event, detail));
    if (effective && detail?.event === 'deployment' && detail.kind === 'emergency')
      this.emergencies.push(event);
  }
}

function recorded({ sequence }: TrailEvent, detail: DecisionDetail): RecordedDecision {
  const { event, prompt, version, tag, tagObject } = detail;
  return {
    sequence,
    effective: false,
    event,
    prompt: ownText(prompt),
    version,
    tag: ownText(tag),
    tagObject: ownText(tagObject),
  };
}

/** Decisions that took effect, as the state keeps them; in ledger order. */
function countingDecisions({ state, book }: Loaded): readonly RecordedDecision[] {
  const decided = (prompt: string) => (of: Pick<PromptVersion, 'number' | 'decisions'>) =>
    of.decisions.map(({ sequence, decision, tag, tagObject }): RecordedDecision => {
      return { sequence, effective: true, event: decision, prompt, version: of.number, tag, tagObject };
    });
  const onPrompts = [...book.opened.values()].flatMap(({ name, versions }) =>
    versions.flatMap(decided(name)),
  );
  const onPolicies = state.policies.flatMap(decided(POLICY_NAME));
  return [...onPrompts, ...onPolicies].sort((a, b) => a.sequence - b.sequence);
}

/**
 * The protected branches of the policy in force, as far as they are here, and where they are judged: nowhere without a policy;
 * and what git is told to hide of them and of the ledger.
 */
export async function gatherBranches(
  store: GitStore,
  { loaded, registered, seen }: GatheredEvents,
  oids: readonly Oid[],
  ledger: string,
  progress: Progress | undefined,
): Promise<
  Pick<RegistryEvidence, 'branches' | 'absentBranches' | 'hidden'> & {
    readonly lines: JudgedLines | undefined;
  }
> {
  const { state } = loaded;
  const policy = policyInForce(state)?.policy;
  const founding = state.policies[0]?.commit;
  const shallow = await shallowCommits(store.layout.commonDir);
  const trail = { ref: ledger, commits: oids };
  if (policy === undefined || founding === undefined || state.root === undefined) {
    const hidden = await hiddenHistory(store, [trail], shallow);
    return { branches: [], absentBranches: [], hidden, lines: undefined };
  }
  const { present, absent } = await protectedPlaces(store, policy.protectedBranches, ledger);
  const search = {
    store,
    folder: policy.prompts,
    registered,
    seen,
    founding,
    progress: progress && ((done: number) => progress('branches', done, undefined)),
  };
  const branches = await readBranches(search, present);
  const judged = await readJudgedLines(store.layout.commonDir, state.root.commit);
  const { contents, lines } = await readSideLines(search, present, judged);
  const hidden = await hiddenHistory(store, [trail, ...branchLines(store, present, founding)], shallow);
  return { branches: [...branches, ...contents], absentBranches: absent, hidden, lines };
}

/** The branch that the policy in force has mirror the ledger, as far as it is here. */
export async function gatherMirrors(
  store: GitStore,
  { loaded }: GatheredEvents,
  oids: readonly Oid[],
  ledger: string,
): Promise<Pick<RegistryEvidence, 'length' | 'mirrors' | 'absentMirror'>> {
  const branch = policyInForce(loaded.state)?.policy.ledgerBranch;
  return { length: oids.length, ...(await readMirrors(store, { ref: ledger, oids, branch })) };
}
