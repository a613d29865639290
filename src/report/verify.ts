import { LEDGER_REF } from '../ledger/event.ts';
import { canBeAcknowledged } from '../trail/findings.ts';
import type { Finding } from '../trail/model.ts';
import { acknowledgedLines, findingLines, findingRow, tally } from './findings.ts';
import { firstBroken } from './importance.ts';
import { jsonDocument } from './json.ts';
import { hang, paint, span, wrap } from './layout.ts';
import { shortOid } from './oid.ts';
import type { SignerRow, VerifyReport } from './rows.ts';
import type { Page } from './style.ts';
import { amount, count } from './time.ts';

/** The `promptaudit/verify@1` document (design section 4). */
export function verifyJson(report: VerifyReport): string {
  const { head } = report;
  return jsonDocument({
    schema: 'promptaudit/verify@1',
    ref: report.ref,
    registry: report.registry ?? null,
    root: report.root ?? null,
    head: head ? { sequence: head.sequence, commit: head.commit, digest: head.digest } : null,
    ok: report.ok,
    counts: report.counts,
    signers: report.signers.map(({ principal, name, events }) => ({ principal, name, events })),
    since: report.since ? { sequence: report.since.sequence, earlier: report.since.earlier } : null,
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

/** What was checked, who signed it, what is wrong, what was acknowledged, and what nothing here can prove. */
export function verifyText(report: VerifyReport, page: Page): string {
  const sections = [
    subject(report, page),
    findingLines(report.findings, page),
    titled('Acknowledged', acknowledgedLines(report.acknowledged, page), page),
    titled('Not proven', notProvenLines(report.notProven, page), page),
    verdict(report, page),
  ];
  return `${sections
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join('\n'))
    .join('\n\n')}\n`;
}

function subject(report: VerifyReport, page: Page): string[] {
  const { ref, registry, root, head, counts, since } = report;
  const checked = [
    count(counts.events, 'event'),
    count(counts.signatures, 'signature'),
    count(counts.versions, 'version'),
    count(counts.approvals, 'approval'),
    count(counts.deployments, 'deployment'),
  ];
  const rows: [label: string, lines: readonly string[]][] = [
    ['Registry', [registry ?? 'unknown']],
    ['Root', [root ?? 'unknown']],
    ['Ledger', ref === LEDGER_REF ? [] : [ref]],
    ['Head', [head ? `event ${head.sequence}, ${shortOid(head.commit)}, ${head.digest}` : 'unknown']],
    ['Checked', [checked.join(', ')]],
    ['Signed', signedBy(report.signers)],
    ['Since', since ? [`event ${since.sequence}: only what is wrong from there on is shown`] : []],
  ];
  return rows.flatMap(([label, lines]) =>
    lines.flatMap((line, index) =>
      hang([span((index === 0 ? label : '').padEnd(9))], [span(line)], page.width),
    ),
  );
}

/** How many signers a person is shown. */
const SIGNERS_SHOWN = 5;

function signedBy(signers: readonly SignerRow[]): string[] {
  const left = signers.length - SIGNERS_SHOWN;
  return [
    ...signers
      .slice(0, SIGNERS_SHOWN)
      .map(({ principal, name, events }) => `${count(events, 'event')} by ${name} <${principal}>`),
    ...(left > 0 ? [`and ${amount(left)} more: see --json`] : []),
  ];
}

function notProvenLines(notProven: readonly string[], page: Page): string[] {
  return notProven.flatMap((text) => hang([span('  - ')], [span(text)], page.width));
}

function titled(title: string, lines: readonly string[], page: Page): string[] {
  return lines.length === 0 ? [] : [paint([span(title, page.style.strong)]), ...lines];
}

const ACKNOWLEDGE =
  'What has happened stays. Once it is understood, an admin has it listed apart: promptaudit acknowledge <code> <event or object> -m "why"';

/** Codes of what was judged without something that should be here: other findings may only follow from that. */
function lackingCodes(findings: readonly Finding[]): readonly string[] {
  const lacking = findings.filter(({ code }) => /^(?:ledger\/(?:rollback|fork)|object\/.*)$/.test(code));
  return [...new Set(lacking.map(({ code }) => code))].sort();
}

function putRight(codes: readonly string[]): string {
  return `Put ${codes.join(', ')} right first, and verify again: what else was found may only follow from that. Acknowledge nothing before.`;
}

function verdict({ ok, head, findings, acknowledged, since }: VerifyReport, page: Page): string[] {
  const first = firstBroken(findings);
  const found = tally(findings);
  const nothing = `nothing wrong was found${acknowledged.length === 0 ? '' : ' but what is acknowledged'}`;
  const earlier = since?.earlier
    ? ` from event ${since.sequence} on, and ${count(since.earlier, 'finding')} before it left out`
    : '';
  const text = ok
    ? span(`Verified${earlier}${found === '' ? `: ${nothing}` : `, with ${found}`}.`, page.style.good)
    : span(found === '' ? 'NOT verified.' : `NOT verified: ${found}.`, page.style.bad);
  // Where the ledger cannot be read, no event can be put to it.
  const settleable = head !== undefined && findings.some(canBeAcknowledged);
  const lacking = lackingCodes(findings);
  const advice = lacking.length > 0 ? putRight(lacking) : ACKNOWLEDGE;
  return [
    ...(settleable ? wrap([span(advice, page.style.dim)], page.width) : []),
    ...(first
      ? hang([span('First broken: ')], [span(`event ${first.sequence}, ${first.code}`)], page.width)
      : []),
    ...wrap([text], page.width),
  ];
}
