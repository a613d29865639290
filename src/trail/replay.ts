import type { ParsedCommit } from '../git/commit.ts';
import type { Oid } from '../git/object.ts';
import type { GitStore } from '../git/store.ts';
import type { LedgerEvent, Sha256 } from '../ledger/event.ts';
import type { Policy } from '../policy/model.ts';
import { foldCalls } from './callsledger.ts';
import { type ChainLink, judgeChain, judgeTree } from './chain.ts';
import { gatherEvidence, isOpen, type LedgerEvidence, settleEvidence } from './evidence.ts';
import { type FindingPlace, finding } from './findings.ts';
import { foldPrompt } from './fold.ts';
import { judgeDetail } from './judge.ts';
import { judgeActor, judgeFounding } from './judgeactor.ts';
import type { Finding, TrailEvent } from './model.ts';
import { isPrompt, pageOf } from './page.ts';
import { foldPolicyEvent } from './policyfold.ts';
import type { SeenHistory } from './seenhistory.ts';
import type { SignerRules } from './signed.ts';
import { type NotesLedger, policyInForce, type TrailState } from './state.ts';

export interface Replay {
  readonly store: GitStore;
  /** Ledger commits to judge, oldest first; the first one's parent is the state's head. */
  readonly oids: readonly Oid[];
  readonly state: TrailState;
  readonly notes: NotesLedger;
  /** Called with each event once it is judged, in ledger order, and with what it was judged by. */
  readonly sink: (event: TrailEvent, evidence: LedgerEvidence) => void | Promise<void>;
  readonly progress?: ((done: number, total: number) => void) | undefined;
  /** Takes note of the versions' commits and trees. */
  readonly seen?: SeenHistory | undefined;
}

/**
 * Reads ledger commits and judges each by what came before it: chain, signatures, roles, rules. An event that breaks
 * one is reported and changes nothing. This is the one engine behind every reading verb and behind `verify`.
 *
 * Answers the finding that ended the reading early, when a ledger commit itself is missing or damaged.
 */
export async function replay(run: Replay): Promise<Finding | undefined> {
  const { store, oids, state, notes, seen } = run;
  let done = 0;
  let first: LedgerEvidence | undefined;
  for await (const evidence of gatherEvidence(store, oids, state.keys, notes, seen)) {
    for (const [position, one] of evidence.entries()) {
      // Genesis is judged by the policy of the event behind it, which that one brings itself.
      if (state.head === undefined) first = evidence[position + 1];
      const founding = first ?? one;
      const isFounding = (state.head?.sequence ?? 0) < 2;
      const policy = policyInForce(state)?.policy ?? (isFounding ? founding.policy?.policy : undefined);
      const settled = policy !== undefined && isOpen(one) ? await settleEvidence(one, policy) : one;
      const end = await step(run, settled, policy, founding);
      if (end !== undefined) return end;
    }
    done += evidence.length;
    run.progress?.(done, oids.length);
  }
  return undefined;
}

/** Its bytes are those of its id. */
const MISMADE =
  'no clone has another object of that id: find out who put it there, and set the ledger back to the event before it';

/**
 * @param policy by which the event is judged
 * @param founding the event that was to bring the first one
 */
async function step(
  run: Replay,
  evidence: LedgerEvidence,
  policy: Policy | undefined,
  founding: LedgerEvidence,
): Promise<Finding | undefined> {
  const { state } = run;
  const sequence = (state.head?.sequence ?? 0) + 1;
  if (evidence.commit.state !== 'present' || evidence.digest === undefined) {
    const { commit } = evidence;
    const code = commit.state === 'missing' ? 'object/missing' : 'object/corrupt';
    const place = { sequence, object: evidence.oid };
    const what = `ledger commit ${evidence.oid.slice(0, 12)}, event ${sequence},`;
    if (commit.state === 'malformed')
      return finding(code, place, `${what} cannot be read: ${commit.why}`, MISMADE);
    return finding(code, place, `${what} is ${commit.state}`);
  }
  const commit = evidence.commit.value;
  const event = await judgeEvent(run, evidence, commit, evidence.digest, policy, founding);
  await fold(state, event, evidence);
  const taken = run.sink(event, evidence);
  if (taken !== undefined) await taken;
  return undefined;
}

/** Judges one event; moves the state's head on, whatever comes of it. */
async function judgeEvent(
  run: Replay,
  evidence: LedgerEvidence,
  commit: ParsedCommit,
  digest: Sha256,
  policy: Policy | undefined,
  founding: LedgerEvidence,
): Promise<TrailEvent> {
  const { state, store } = run;
  const { oid, message, tree } = evidence;
  const before = state.head;
  const sequence = (before?.sequence ?? 0) + 1;
  const event = message.ok ? message.event : undefined;
  const place = placeOf(sequence, event);
  const inForce = policyInForce(state)?.number ?? 0;
  const rules: SignerRules | undefined = policy && { policy, sequence, revoked: state.revoked };

  const findings: Finding[] = message.ok ? [] : notAnEvent(message.problems, { oid, commit, tree, place });
  const actor = judgeActor(evidence, rules, founding, place, findings);
  if (event !== undefined) {
    const { root, policies } = state;
    const link = { oid, commit, event, before, root, policy: inForce, policies, tree, place };
    findings.push(...judgeChain(link), ...judgeFounding(state, event, actor, policy, place));
    if (actor !== undefined && rules !== undefined) {
      const { detail } = event;
      const { time } = commit.committer;
      const said = { event, detail, actor, policy: rules.policy, rules, time, evidence, state, store, place };
      findings.push(...(await judgeDetail(said)));
    }
    if (event.detail.event === 'genesis' && before === undefined)
      state.root = { registry: event.registry, name: event.detail.name, commit: oid, digest };
  }

  const broken = findings.some(({ severity }) => severity === 'error');
  const effective = event !== undefined && actor !== undefined && !broken;
  const { time, email } = commit.committer;
  state.head = {
    sequence,
    commit: oid,
    digest,
    time: Math.max(before?.time ?? 0, effective ? time : 0),
    tree,
  };
  return {
    sequence,
    oid,
    digest,
    time,
    actor,
    claimedBy: email,
    policy: inForce,
    detail: event?.detail,
    reason: event?.reason ?? '',
    verified: actor !== undefined,
    effective,
    findings,
  };
}

/** Of a message that is no event; the tree must be that of those before it all the same. */
function notAnEvent(
  problems: readonly string[],
  { oid, ...at }: Pick<ChainLink, 'oid' | 'commit' | 'tree' | 'place'>,
): Finding[] {
  const { place } = at;
  const what = `what stands at event ${place.sequence} is no event: ${problems.join('; ')}`;
  const edited = judgeTree(at);
  return [
    finding('ledger/malformed', { ...place, object: oid }, what),
    ...(edited === undefined ? [] : [edited]),
  ];
}

function placeOf(sequence: number, event: LedgerEvent | undefined): FindingPlace {
  const detail = event?.detail;
  if (detail === undefined || !('prompt' in detail)) return { sequence };
  const { prompt } = detail;
  return 'version' in detail ? { sequence, prompt, version: detail.version } : { sequence, prompt };
}

/** Lets an event that took effect change the state. */
async function fold(state: TrailState, event: TrailEvent, evidence: LedgerEvidence): Promise<void> {
  count(state, event, evidence);
  const { detail, actor } = event;
  if (!event.effective || detail === undefined || actor === undefined) return;
  const page = pageOf(detail);
  if (page !== undefined && isPrompt(page)) foldPrompt(await state.prompts.open(page), event);
  else if (page !== undefined) foldCalls(await state.calls.open(), event);
  foldPolicyEvent(state, event, evidence.policy?.policy);
  if (detail.event === 'acknowledgement') {
    const { finding: code, target } = detail;
    state.acknowledgements.push({
      sequence: event.sequence,
      by: actor.principal,
      time: event.time,
      finding: code,
      target,
      before: event.sequence,
      reason: event.reason,
    });
  }
}

function count({ counts }: TrailState, event: TrailEvent, evidence: LedgerEvidence): void {
  counts.events += 1;
  for (const object of [evidence.commit, evidence.subject, evidence.tag]) {
    if (object?.state === 'present' && object.outcome.verdict === 'valid') counts.signatures += 1;
  }
  if (!event.effective) return;
  if (event.detail?.event === 'version') counts.versions += 1;
  if (event.detail?.event === 'approval') counts.approvals += 1;
  if (event.detail?.event === 'deployment') counts.deployments += 1;
}
