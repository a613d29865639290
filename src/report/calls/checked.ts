import type { CheckedStore } from '../../calls/check/checkstore.ts';
import type { ProofCheck } from '../../calls/proof/check.ts';
import { jsonDocument } from '../json.ts';
import { hang, span, wrapAdvice } from '../layout.ts';
import type { Page } from '../style.ts';
import { count, formatTime } from '../time.ts';

/** What a store was found to be; `deep`: every record was read. */
export interface ShownCheck extends CheckedStore {
  readonly deep: boolean;
}

/**
 * `{schema: "promptaudit/calls-verify@1", ok, deep, counts: {segments, records, bytes, purged, open}, findings: [{code, severity,
 * sequence, object, message, hint}], unsigned: [{id, kind, at, by}],
 * absent: [recorder]}`
 */
export function checkedJson({ findings, deep, unsigned, absent, ...counts }: ShownCheck): string {
  return jsonDocument({
    schema: 'promptaudit/calls-verify@1',
    ok: findings.length === 0,
    deep,
    counts,
    findings: findings.map(({ code, severity, sequence, object, message, hint }) => ({
      code,
      severity,
      sequence: sequence ?? null,
      object: object ?? null,
      message,
      hint,
    })),
    unsigned: unsigned.map(({ id, kind, at, by }) => ({ id, kind, at, by })),
    absent,
  });
}

export function checkedText(shown: ShownCheck, page: Page): string {
  const { findings, segments, records, purged, open, deep } = shown;
  const { style, width } = page;
  const lines = findings.flatMap(({ code, message, hint }) => [
    ...hang([span(`${code}  `, style.bad)], [span(message)], width),
    ...wrapAdvice(hint, width, '  '),
  ]);
  const how = deep ? 'record by record' : 'by their SHA-256';
  const sealed = `${count(segments, 'sealed segment')} with ${count(records, 'record')}, checked ${how}`;
  const also = [
    ...(purged === 0 ? [] : [`${count(purged, 'segment')} purged`]),
    ...(open === 0 ? [] : [`${count(open, 'segment')} not sealed yet, for which nothing vouches`]),
  ];
  const verdict =
    findings.length === 0 ? span('ok', style.good) : span(count(findings.length, 'finding'), style.bad);
  lines.push(...hang([verdict, span('  ')], [span([sealed, ...also].join('; '))], width));
  return lines.map((line) => `${line}\n`).join('');
}

/** `{schema: "promptaudit/proof@1", ok, proven: {registry, segment, index, size, sequence, sealedAt, sealedBy} | null, reasons}` */
export function proofJson(checked: ProofCheck): string {
  if (!checked.ok)
    return jsonDocument({ schema: 'promptaudit/proof@1', ok: false, proven: null, reasons: checked.reasons });
  const { sealedAt, ...proven } = checked.proven;
  return jsonDocument({
    schema: 'promptaudit/proof@1',
    ok: true,
    proven: { ...proven, sealedAt: formatTime(sealedAt) },
    reasons: [],
  });
}

export function proofText(checked: ProofCheck, { style, width }: Page): string {
  const lines = checked.ok
    ? hang([span('ok  ', style.good)], [span(proven(checked.proven))], width)
    : checked.reasons.flatMap((reason) => hang([span('no  ', style.bad)], [span(reason)], width));
  return lines.map((line) => `${line}\n`).join('');
}

function proven({
  registry,
  segment,
  index,
  size,
  sequence,
  sealedAt,
  sealedBy,
}: Extract<ProofCheck, { ok: true }>['proven']): string {
  return `the record is number ${index + 1} of the ${size} in segment ${segment}, which ${sealedBy} sealed at ${formatTime(sealedAt)} as event ${sequence} of registry ${registry}`;
}
