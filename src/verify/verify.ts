import type { GitStore } from '../git/store.ts';
import { type DecisionDetail, LEDGER_REF, type Sha256, TAG_PREFIX } from '../ledger/event.ts';
import type { AcknowledgedFinding, SignerRow, VerifyReport } from '../report/rows.ts';
import { canBeAcknowledged, finding, isAbout } from '../trail/findings.ts';
import { type Loaded, ledgerCommits, loadFromGenesis } from '../trail/load.ts';
import type { Acknowledgement, Finding, TrailEvent } from '../trail/model.ts';
import { ownText } from '../trail/owntext.ts';
import { readTrust, type Trust, writeTrust } from '../trail/trust.ts';
import type { RecordedDecision, RepositoryEvidence } from './evidence.ts';
import { emergencyReview, REPOSITORY_RULES } from './rules.ts';

export interface VerifyOptions {
  readonly store: GitStore;
  /** A root given from outside: the SHA-256 of genesis. */
  readonly root: Sha256 | undefined;
  /** Seconds since the epoch. */
  readonly now: number;
  readonly progress?: ((done: number, total: number) => void) | undefined;
  /** Called when the mark cannot be written: what was verified is no less sure. */
  readonly unkept: (why: unknown) => Promise<void>;
}

const NOTHING = { events: 0, signatures: 0, versions: 0, approvals: 0, deployments: 0 };

/** Judges everything from genesis, believing nothing that an earlier command left behind but the pinned root and the mark. */
export async function verifyRegistry(options: VerifyOptions): Promise<VerifyReport> {
  const { store, now } = options;
  const trust = await readTrust(store.layout.commonDir);
  const tip = await store.resolveRef(LEDGER_REF);
  if (tip === undefined)
    return unread([
      finding('ledger/missing', { ref: LEDGER_REF }, `${LEDGER_REF} is not in this repository`),
    ]);
  const { oids, end } = await ledgerCommits(store, tip);
  if (end !== undefined) return unread([end]);

  const findings: Finding[] = [];
  let decisions: RecordedDecision[] = [];
  let emergencies: TrailEvent[] = [];
  const signers = new Map<string, SignerRow>();
  const sink = (event: TrailEvent): void => {
    findings.push(...event.findings);
    countSigner(signers, event);
    if (event.detail && 'tagObject' in event.detail) decisions.push(recorded(event, event.detail));
    if (event.effective && event.detail?.event === 'deployment' && event.detail.kind === 'emergency')
      emergencies.push(event);
  };
  const loaded = await loadFromGenesis({ store, sink, progress: options.progress }, oids, async () => {
    findings.length = 0;
    decisions = [];
    emergencies = [];
    signers.clear();
  });
  const tags = await store.listRefs(TAG_PREFIX);
  const evidence: RepositoryEvidence = { ...loaded, decisions, emergencies, tags, now };
  findings.push(...(loaded.end === undefined ? [] : [loaded.end]));
  findings.push(...judgeTrust(loaded, oids, trust, options.root));
  findings.push(...REPOSITORY_RULES.flatMap((rule) => rule(evidence)));

  const { open, acknowledged } = setApart(findings, loaded.state.acknowledgements);
  const ok = open.every((found) => found.severity !== 'error');
  const report = reportOf(
    loaded,
    ok,
    byEvents(signers),
    open,
    acknowledged,
    notProven(evidence, options, trust),
  );
  if (ok) await keepTrust(store, loaded, trust).catch(options.unkept);
  return report;
}

function countSigner(signers: Map<string, SignerRow>, { actor }: TrailEvent): void {
  if (actor === undefined) return;
  const { principal, name } = actor;
  signers.set(principal, { principal, name, events: (signers.get(principal)?.events ?? 0) + 1 });
}

function byEvents(signers: ReadonlyMap<string, SignerRow>): readonly SignerRow[] {
  return [...signers.values()].sort((a, b) => b.events - a.events || (a.principal < b.principal ? -1 : 1));
}

function recorded({ sequence, effective }: TrailEvent, detail: DecisionDetail): RecordedDecision {
  const { event, prompt, version, tag, tagObject } = detail;
  return {
    sequence,
    effective,
    event,
    prompt: ownText(prompt),
    version,
    tag: ownText(tag),
    tagObject: ownText(tagObject),
  };
}

function unread(findings: readonly Finding[]): VerifyReport {
  return {
    ref: LEDGER_REF,
    registry: undefined,
    root: undefined,
    head: undefined,
    ok: false,
    counts: NOTHING,
    signers: [],
    findings,
    acknowledged: [],
    since: undefined,
    notProven: [],
  };
}

/** The ledger begins where it was pinned and holds what this clone verified before. */
function judgeTrust(
  loaded: Loaded,
  oids: readonly string[],
  trust: Trust | undefined,
  root: Sha256 | undefined,
): readonly Finding[] {
  const found: Finding[] = [];
  const genesis = loaded.state.root?.digest;
  if (root !== undefined && root !== genesis) {
    found.push(
      finding(
        'ledger/fork',
        { sequence: 1 },
        `the ledger's genesis is ${genesis}, not the root that was given, ${root}`,
      ),
    );
  }
  if (trust === undefined) return found;
  if (trust.root.digest !== genesis) {
    found.push(
      finding(
        'ledger/fork',
        { sequence: 1 },
        `the ledger's genesis is ${genesis}, but this clone pinned ${trust.root.digest}`,
      ),
    );
  } else if (oids.length < trust.head.sequence) {
    const message = `the ledger ends at event ${oids.length}, but this clone verified it up to event ${trust.head.sequence} (${trust.head.digest})`;
    found.push(finding('ledger/rollback', { sequence: oids.length }, message));
  } else if (oids[trust.head.sequence - 1] !== trust.head.commit) {
    const message = `event ${trust.head.sequence} is not the one that this clone verified (${trust.head.digest})`;
    found.push(finding('ledger/fork', { sequence: trust.head.sequence }, message));
  }
  return found;
}

function setApart(findings: readonly Finding[], acknowledgements: readonly Acknowledgement[]) {
  const open: Finding[] = [];
  const acknowledged: AcknowledgedFinding[] = [];
  for (const found of findings) {
    const known = acknowledgements.find((one) => isAbout(found, one.finding, one.target));
    if (known === undefined || !canBeAcknowledged(found.code)) open.push(found);
    else acknowledged.push({ ...found, by: known.by, acknowledgement: known.sequence, reason: known.reason });
  }
  return { open, acknowledged };
}

function reportOf(
  { state }: Loaded,
  ok: boolean,
  signers: readonly SignerRow[],
  findings: readonly Finding[],
  acknowledged: readonly AcknowledgedFinding[],
  unproven: readonly string[],
): VerifyReport {
  const { head, root } = state;
  return {
    ref: LEDGER_REF,
    registry: root?.registry,
    root: root?.digest,
    head: head && { sequence: head.sequence, commit: head.commit, digest: head.digest },
    ok,
    counts: { ...state.counts },
    signers,
    findings,
    acknowledged,
    since: undefined,
    notProven: unproven,
  };
}

/** What this run could not show, and what would. */
function notProven(
  evidence: RepositoryEvidence,
  options: VerifyOptions,
  trust: Trust | undefined,
): readonly string[] {
  const { state, emergencies, now } = evidence;
  const unproven: string[] = [];
  const seen = trust?.head.sequence ?? 0;
  const head = state.head?.sequence ?? 0;
  if (options.root === undefined && trust === undefined) {
    unproven.push(
      'that this is the registry you mean: its root was taken as found; compare it with a colleague and give it with --root',
    );
  }
  if (head > seen) {
    const newer = seen === 0 ? 'no event' : `no event after ${seen}`;
    unproven.push(
      `that the ledger ends here: ${newer} was seen by this clone before, and nothing else vouches for the end`,
    );
  }
  unproven.push('the times: each is what its signer’s clock said; only their order is proven');
  for (const event of emergencies) {
    const review = emergencyReview(evidence, event);
    if (review === undefined || review.approved || now > review.deadline) continue;
    const until = new Date(review.deadline * 1000).toISOString().replace('.000Z', 'Z');
    unproven.push(
      `that the emergency at event ${event.sequence} (${review.prompt} v${review.version}) is right: it waits for review until ${until}`,
    );
  }
  return unproven;
}

async function keepTrust(
  store: GitStore,
  { state: { root, head } }: Loaded,
  trust: Trust | undefined,
): Promise<void> {
  if (root === undefined || head === undefined || trust?.head.commit === head.commit) return;
  await writeTrust(store.layout.commonDir, {
    root: { commit: root.commit, digest: root.digest },
    head: { sequence: head.sequence, commit: head.commit, digest: head.digest },
  });
}
