import type { AcknowledgedFinding, SignerRow, VerifyReport } from '../report/rows.ts';
import { acknowledgementOf, canBeAcknowledged } from '../trail/findings.ts';
import type { Acknowledgement, Finding } from '../trail/model.ts';
import type { TrailState } from '../trail/state.ts';
import type { Expected } from './trustrules.ts';

/** Findings by what becomes of them. */
export interface Judgement extends Pick<VerifyReport, 'findings' | 'acknowledged' | 'since'> {
  readonly ok: boolean;
}

/** What an admin acknowledged is listed apart; what lies before `since` is only counted, unless it concerns the present. */
export function setApart(
  all: readonly Finding[],
  acknowledgements: readonly Acknowledgement[],
  since: number | undefined,
): Judgement {
  const findings: Finding[] = [];
  const acknowledged: AcknowledgedFinding[] = [];
  let earlier = 0;
  for (const found of all) {
    const known = acknowledgementOf(found, acknowledgements);
    if (known !== undefined)
      acknowledged.push({
        ...found,
        by: known.by,
        acknowledgement: known.sequence,
        reason: known.reason,
      });
    else if (isEarlier(found, since)) earlier += 1;
    else findings.push(found);
  }
  return {
    findings,
    acknowledged,
    since: since === undefined ? undefined : { sequence: since, earlier },
    ok: findings.every(({ severity }) => severity !== 'error'),
  };
}

function isEarlier(found: Finding, since: number | undefined): boolean {
  const { sequence } = found;
  return since !== undefined && sequence !== undefined && sequence < since && canBeAcknowledged(found);
}

export function reportOf(
  ref: string,
  { root, head, counts }: TrailState,
  signers: ReadonlyMap<string, SignerRow>,
  { ok, findings, acknowledged, since }: Judgement,
  notProven: readonly string[],
): VerifyReport {
  return {
    ref,
    registry: root?.registry,
    root: root?.digest,
    head: head && { sequence: head.sequence, commit: head.commit, digest: head.digest },
    ok,
    counts: { ...counts },
    signers: [...signers.values()].sort(byEvents),
    findings,
    acknowledged,
    since,
    notProven,
  };
}

function byEvents(a: SignerRow, b: SignerRow): number {
  return b.events - a.events || (a.principal < b.principal ? -1 : 1);
}

/** Of a ledger that could not be read: what this clone pinned and verified before is what is known of it. */
export function unreadReport(ref: string, findings: readonly Finding[], { trust }: Expected): VerifyReport {
  const before =
    trust === undefined
      ? []
      : [
          `what came after event ${trust.head.sequence}, up to which this clone verified the ledger: nothing of it could be read now`,
        ];
  return {
    ref,
    registry: undefined,
    root: trust?.root.digest,
    head: undefined,
    ok: false,
    counts: { events: 0, signatures: 0, versions: 0, approvals: 0, deployments: 0 },
    signers: [],
    findings,
    acknowledged: [],
    since: undefined,
    notProven: before,
  };
}
