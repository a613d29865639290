import type { Finding } from '../trail/model.ts';
import type { AcknowledgedFinding, VerifyReport } from './rows.ts';

/** The error at the least position in the ledger; `undefined` where none has a position. */
export function firstBroken(findings: readonly Finding[]): Finding | undefined {
  let first: Finding | undefined;
  for (const finding of findings) {
    if (finding.severity !== 'error' || finding.sequence === undefined) continue;
    if (first === undefined || finding.sequence < positionOf(first)) first = finding;
  }
  return first;
}

/** Errors before warnings, and in each the first broken event first; what has no position in the ledger comes last. */
export function byImportance(findings: readonly Finding[]): Finding[] {
  return [...findings].sort((a, b) => rank(a) - rank(b) || positionOf(a) - positionOf(b));
}

function rank({ severity }: Finding): number {
  return severity === 'error' ? 0 : 1;
}

function positionOf({ sequence }: Finding): number {
  return sequence ?? Number.MAX_SAFE_INTEGER;
}

/** GitHub refuses SARIF with more results than this in a run, and GitLab takes JUnit files of up to 30 MB. */
const MOST_FINDINGS = 25_000;

/** What of a report goes into a file that a CI system takes in: the most important first. */
interface Uploaded {
  readonly findings: readonly Finding[];
  readonly acknowledged: readonly AcknowledgedFinding[];
  /** How many more there are. */
  readonly left: number;
}

export function forUpload(report: VerifyReport): Uploaded {
  const findings = byImportance(report.findings).slice(0, MOST_FINDINGS);
  const acknowledged = report.acknowledged.slice(0, MOST_FINDINGS - findings.length);
  const all = report.findings.length + report.acknowledged.length;
  return { findings, acknowledged, left: all - findings.length - acknowledged.length };
}
