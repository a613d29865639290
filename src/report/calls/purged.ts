import type { PurgeCertificate } from '../../calls/retain/certificate.ts';
import type { Remaining } from '../../calls/retain/purge.ts';
import { jsonDocument } from '../json.ts';
import { hang, paint, span } from '../layout.ts';
import type { Page } from '../style.ts';
import { count } from '../time.ts';
import { wouldWrite } from '../written.ts';

/** What a purge, and the finishing of earlier ones, came to. */
export interface ShownPurge {
  readonly purged:
    | {
        readonly certificate: PurgeCertificate;
        readonly path: string | undefined;
        readonly sequence: number;
      }
    | undefined;
  readonly finished: readonly Remaining[];
  readonly dryRun: boolean;
}

/** `{schema: "promptaudit/purged@1", dryRun, sequence, path, certificate, finished: [{segment, sequence}]}`; `finished` by the purge's sequence */
export function purgedJson({ purged, finished, dryRun }: ShownPurge): string {
  return jsonDocument({
    schema: 'promptaudit/purged@1',
    dryRun,
    sequence: purged?.sequence ?? null,
    path: purged?.path ?? null,
    certificate: purged?.certificate ?? null,
    finished: finished.map(({ seal, purge }) => ({ segment: seal.segment, sequence: purge.sequence })),
  });
}

export function purgedText({ purged, finished, dryRun }: ShownPurge, { style, width }: Page): string {
  const lines = finished.flatMap(({ seal, purge, what }) => {
    const of = what === 'content' ? `the content of segment ${seal.segment}` : `segment ${seal.segment}`;
    const did = dryRun ? 'would remove' : 'removed';
    return hang([], [span(`${did} ${of}, which event ${purge.sequence} says was purged`)], width);
  });
  if (purged !== undefined) {
    const { certificate, path, sequence } = purged;
    const { class: kind, segments, records, before } = certificate;
    const of = kind === 'content' ? 'the content of ' : '';
    const what = `purged ${of}${count(segments.length, 'segment')} with ${count(records, 'record')} from before ${before}`;
    const number = dryRun ? wouldWrite(sequence, style) : [span(`${sequence} `, style.accent)];
    lines.push(...hang(number, [span(what)], width));
    if (dryRun) for (const { segment } of segments) lines.push(...hang([span('  ')], [span(segment)], width));
    if (path !== undefined) lines.push(paint([span('  certificate '), span(path)]));
  }
  return lines.map((line) => `${line}\n`).join('');
}
