import type { Finding } from '../trail/model.ts';
import { familyOf } from './codes.ts';
import { acknowledgedBy, placeOf, tally } from './findings.ts';
import { byImportance } from './importance.ts';
import type { AcknowledgedFinding, VerifyReport } from './rows.ts';
import { sanitize } from './text.ts';
import { amount, count } from './time.ts';

/** GitHub shows the first ten annotations of a kind that a step writes, and drops the others. */
const SHOWN = 10;

const TOOL = { title: 'promptaudit verify' };

type Level = 'error' | 'warning' | 'notice';

/**
 * Workflow commands that GitHub Actions shows as annotations: the first broken event first, what is acknowledged and what
 * is not proven as notices, and the verdict last. Every line is a command of ours, so that no name that a repository
 * holds can begin one, nor any of the older form (`##[…]`), which a runner would find anywhere in other lines.
 */
export function verifyGithub(report: VerifyReport): string {
  const { ok } = report;
  const findings = byImportance(report.findings);
  const errors = findings.filter(({ severity }) => severity === 'error');
  const warnings = findings.slice(errors.length);
  const notProven = report.notProven.length === 0 ? [] : [notProvenNotice(report.notProven)];
  const lines = [
    ...atMost(ok ? SHOWN : SHOWN - 1, 'error', errors, todo),
    ...atMost(SHOWN, 'warning', warnings, todo),
    ...atMost(SHOWN - notProven.length - (ok ? 1 : 0), 'notice', report.acknowledged, known),
    ...notProven,
    verdict(report),
  ];
  return lines.map((line) => `${line}\n`).join('');
}

/** An annotation for each, or for as many as there is room for beside one that says how many more there are. */
function atMost<F extends Finding>(
  room: number,
  level: Level,
  findings: readonly F[],
  more: (finding: F) => string,
): string[] {
  const shown = findings.length <= room ? findings : findings.slice(0, room - 1);
  const left = findings.length - shown.length;
  return [
    ...shown.map((finding) => annotation(level, finding, more(finding))),
    ...(left === 0
      ? []
      : [command(level, TOOL, [`and ${amount(left)} more: see promptaudit verify --json`])]),
  ];
}

/** Only a policy has a file that is known from here; everything else is in no file. */
function annotation(level: Level, finding: Finding, more: string): string {
  const place = placeOf(finding);
  const title = place === '' ? finding.code : `${finding.code}: ${place}`;
  const file = familyOf(finding.code) === 'policy' ? { file: '.promptaudit/policy.yml', line: '1' } : {};
  return command(level, { title, ...file }, [finding.message, more]);
}

function todo({ hint }: Finding): string {
  return `To do: ${hint}`;
}

function known(finding: AcknowledgedFinding): string {
  return `Acknowledged ${acknowledgedBy(finding)}`;
}

function notProvenNotice(notProven: readonly string[]): string {
  return command(
    'notice',
    { title: 'Not proven' },
    notProven.map((text) => `- ${text}`),
  );
}

function verdict({ ok, findings, acknowledged, counts, since }: VerifyReport): string {
  const found = tally(findings);
  const checked = `${count(counts.events, 'event')} and ${count(counts.signatures, 'signature')} checked`;
  const text = [
    ok ? 'Verified' : 'NOT verified',
    checked,
    ...(found === '' ? [] : [found]),
    ...(acknowledged.length === 0 ? [] : [`${amount(acknowledged.length)} acknowledged`]),
    ...(since?.earlier ? [`${amount(since.earlier)} before event ${since.sequence} left out`] : []),
  ];
  return command(ok ? 'notice' : 'error', TOOL, [`${text.join(', ')}.`]);
}

/** `::error title=…::…`, escaped as actions/toolkit writes them and actions/runner reads them (ActionCommand). */
function command(
  level: Level,
  properties: Readonly<Record<string, string>>,
  lines: readonly string[],
): string {
  const written = Object.entries(properties).map(([key, value]) => `${key}=${escapeProperty(value)}`);
  return `::${level} ${written.join(',')}::${lines.map(escapeData).join('%0A')}`;
}

function escapeData(raw: string): string {
  return sanitize(raw).replaceAll('%', '%25');
}

function escapeProperty(raw: string): string {
  return escapeData(raw).replaceAll(':', '%3A').replaceAll(',', '%2C');
}
