import type { Finding } from '../trail/model.ts';
import { hang, span, wrap, wrapAdvice } from './layout.ts';
import { shortOid } from './oid.ts';
import type { AcknowledgedFinding } from './rows.ts';
import type { Page } from './style.ts';
import { amount, count } from './time.ts';

/** A finding as documents show it: every field, `null` where it has none. */
export interface FindingRow {
  readonly code: string;
  readonly severity: 'error' | 'warning';
  readonly sequence: number | null;
  readonly prompt: string | null;
  readonly version: number | null;
  readonly ref: string | null;
  readonly object: string | null;
  readonly message: string;
  readonly hint: string;
}

export function findingRow(finding: Finding): FindingRow {
  return {
    code: finding.code,
    severity: finding.severity,
    sequence: finding.sequence ?? null,
    prompt: finding.prompt ?? null,
    version: finding.version ?? null,
    ref: finding.ref ?? null,
    object: finding.object ?? null,
    message: finding.message,
    hint: finding.hint,
  };
}

/** How many findings of one code a person is shown. */
const SHOWN = 10;

/**
 * Errors before warnings, then by code; each code once, the first of its findings below it, and what to do below the
 * last of those that ask for the same.
 */
export function findingLines(findings: readonly Finding[], page: Page): string[] {
  return groups(findings).flatMap((group, index) => [
    ...(index === 0 ? [] : ['']),
    ...groupLines(group, page),
  ]);
}

function groups(findings: readonly Finding[]): Finding[][] {
  const byCode = new Map<string, Finding[]>();
  for (const finding of findings) {
    const key = `${finding.severity} ${finding.code}`;
    const group = byCode.get(key);
    if (group === undefined) byCode.set(key, [finding]);
    else group.push(finding);
  }
  return [...byCode].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, group]) => group);
}

function groupLines(group: readonly Finding[], page: Page): string[] {
  const [first] = group;
  if (first === undefined) return [];
  const colour = first.severity === 'error' ? page.style.bad : page.style.caution;
  const total = group.length > 1 ? [span(`  (${amount(group.length)})`, page.style.dim)] : [];
  const shown = group.slice(0, SHOWN);
  return [
    ...wrap([span(`${first.severity}  `, colour), span(first.code, colour), ...total], page.width),
    ...shown.flatMap((finding, index) => [
      ...happened(finding, page),
      ...(shown[index + 1]?.hint === finding.hint
        ? []
        : wrapAdvice(finding.hint, page.width, '    ', page.style.dim)),
    ]),
    ...moreLine(group.length - shown.length, page),
  ];
}

function happened(finding: Finding, page: Page): string[] {
  const place = placeUntold(finding);
  const where = place === '' ? [] : [span(place, page.style.accent), span(': ')];
  return hang([span('  ')], [...where, span(finding.message)], page.width);
}

/** The acknowledged ones, each with who did it and why. */
export function acknowledgedLines(acknowledged: readonly AcknowledgedFinding[], page: Page): string[] {
  const shown = acknowledged.slice(0, SHOWN);
  return [
    ...shown.flatMap((finding) => {
      const what = [finding.code, placeOf(finding)].filter((part) => part !== '').join(', ');
      return [
        ...hang([span('  ')], [span(what)], page.width),
        ...hang([span('    ')], [span(acknowledgedBy(finding))], page.width),
      ];
    }),
    ...moreLine(acknowledged.length - shown.length, page),
  ];
}

/** `by ann@acme.example in event 58: Reviewed later`. */
export function acknowledgedBy({ by, acknowledgement, reason }: AcknowledgedFinding): string {
  return `by ${by} in event ${acknowledgement}: ${reason}`;
}

function moreLine(left: number, page: Page): string[] {
  if (left <= 0) return [];
  return hang([span('  ')], [span(`and ${amount(left)} more: see --json`, page.style.dim)], page.width);
}

/** Where it is, for whoever reads the message behind it: a ref that it begins with is not named twice. */
export function placeUntold(finding: Finding): string {
  const { ref, ...place } = finding;
  return ref !== undefined && finding.message.startsWith(`${ref} `) ? placeOf(place) : placeOf(finding);
}

/** Where it is, as far as it is known: `event 57, intake v12`. */
export function placeOf(finding: Finding): string {
  const parts: string[] = [];
  if (finding.sequence !== undefined) parts.push(`event ${finding.sequence}`);
  if (finding.prompt !== undefined) {
    parts.push(finding.version === undefined ? finding.prompt : `${finding.prompt} v${finding.version}`);
  }
  if (finding.ref !== undefined) parts.push(finding.ref);
  if (finding.object !== undefined && finding.sequence === undefined) parts.push(shortOid(finding.object));
  return parts.join(', ');
}

/** `2 errors, 1 warning`; empty when there are none. */
export function tally(findings: readonly Finding[]): string {
  const errors = findings.filter(({ severity }) => severity === 'error').length;
  const warnings = findings.length - errors;
  return [errors > 0 ? count(errors, 'error') : '', warnings > 0 ? count(warnings, 'warning') : '']
    .filter((part) => part !== '')
    .join(', ');
}
