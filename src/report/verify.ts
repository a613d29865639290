import { findingLines, findingRow, placeOf, tally } from './findings.ts';
import { jsonDocument } from './json.ts';
import { hang, paint, span, wrap } from './layout.ts';
import { shortOid } from './oid.ts';
import type { AcknowledgedFinding, VerifyReport } from './rows.ts';
import type { Page } from './style.ts';
import { count } from './time.ts';

/** The `promptaudit/verify@1` document (design section 4). */
export function verifyJson(report: VerifyReport): string {
  const { head } = report;
  return jsonDocument({
    schema: 'promptaudit/verify@1',
    registry: report.registry ?? null,
    root: report.root ?? null,
    head: head ? { sequence: head.sequence, commit: head.commit, digest: head.digest } : null,
    ok: report.ok,
    counts: report.counts,
    findings: report.findings.map(findingRow),
    acknowledged: report.acknowledged.map((finding) => ({
      ...findingRow(finding),
      by: finding.by,
      acknowledgement: finding.acknowledgement,
      reason: finding.reason,
    })),
    notProven: report.notProven,
  });
}

/** What was checked, what is wrong, what was acknowledged, and what nothing here can prove. */
export function verifyText(report: VerifyReport, page: Page): string {
  const sections = [
    subject(report, page),
    findingLines(report.findings, page),
    acknowledgedLines(report.acknowledged, page),
    notProvenLines(report.notProven, page),
    verdict(report, page),
  ];
  return `${sections
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join('\n'))
    .join('\n\n')}\n`;
}

function subject({ registry, root, head, counts }: VerifyReport, page: Page): string[] {
  const checked = [
    count(counts.events, 'event'),
    count(counts.signatures, 'signature'),
    count(counts.versions, 'version'),
    count(counts.approvals, 'approval'),
    count(counts.deployments, 'deployment'),
  ];
  const end = head && `event ${head.sequence}, ${shortOid(head.commit)}, ${head.digest}`;
  return [
    ...hang([span('Registry ')], [span(registry ?? 'unknown')], page.width),
    ...hang([span('Root     ')], [span(root ?? 'unknown')], page.width),
    ...hang([span('Head     ')], [span(end ?? 'unknown')], page.width),
    ...hang([span('Checked  ')], [span(checked.join(', '))], page.width),
  ];
}

function acknowledgedLines(acknowledged: readonly AcknowledgedFinding[], page: Page): string[] {
  if (acknowledged.length === 0) return [];
  return [
    paint([span('Acknowledged', page.style.strong)]),
    ...acknowledged.flatMap((finding) => {
      const what = [finding.code, placeOf(finding)].filter((part) => part !== '').join(', ');
      const who = `by ${finding.by} in event ${finding.acknowledgement}: ${finding.reason}`;
      return [
        ...hang([span('  ')], [span(what)], page.width),
        ...hang([span('    ')], [span(who)], page.width),
      ];
    }),
  ];
}

function notProvenLines(notProven: readonly string[], page: Page): string[] {
  if (notProven.length === 0) return [];
  return [
    paint([span('Not proven', page.style.strong)]),
    ...notProven.flatMap((text) => hang([span('  - ')], [span(text)], page.width)),
  ];
}

function verdict({ ok, findings, acknowledged }: VerifyReport, page: Page): string[] {
  const found = tally(findings);
  const nothing = `nothing wrong was found${acknowledged.length === 0 ? '' : ' but what is acknowledged'}`;
  const text = ok
    ? span(`Verified${found === '' ? `: ${nothing}` : `, with ${found}`}.`, page.style.good)
    : span(found === '' ? 'NOT verified.' : `NOT verified: ${found}.`, page.style.bad);
  return wrap([text], page.width);
}
