import type { Finding } from '../trail/model.ts';
import { hang, paint, span, wrapText } from './layout.ts';
import { shortOid } from './oid.ts';
import type { Page } from './style.ts';
import { count } from './time.ts';

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

/** Errors before warnings, then by code; each code once, its findings below it, and what to do below each. */
export function findingLines(findings: readonly Finding[], page: Page): string[] {
  return groups(findings).flatMap((group, index) => [
    ...(index === 0 ? [] : ['']),
    ...groupLines(group, page),
  ]);
}

function groups(findings: readonly Finding[]): Finding[][] {
  const byCode = new Map<string, Finding[]>();
  for (const severity of ['error', 'warning']) {
    const some = findings.filter((finding) => finding.severity === severity);
    for (const code of [...new Set(some.map((finding) => finding.code))].sort()) {
      byCode.set(
        `${severity} ${code}`,
        some.filter((finding) => finding.code === code),
      );
    }
  }
  return [...byCode.values()];
}

function groupLines(group: readonly Finding[], page: Page): string[] {
  const [first] = group;
  if (first === undefined) return [];
  const colour = first.severity === 'error' ? page.style.bad : page.style.caution;
  const amount = group.length > 1 ? [span(`  (${group.length})`, page.style.dim)] : [];
  return [
    paint([span(`${first.severity}  `, colour), span(first.code, colour), ...amount]),
    ...group.flatMap((finding) => findingText(finding, page)),
  ];
}

function findingText(finding: Finding, page: Page): string[] {
  const place = placeOf(finding);
  const where = place === '' ? [] : [span(place, page.style.accent), span(': ')];
  return [
    ...hang([span('  ')], [...where, span(finding.message)], page.width),
    ...wrapText(finding.hint, page.width, '    ', page.style.dim),
  ];
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
