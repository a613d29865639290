import type { ErasureCertificate } from '../../calls/retain/certificate.ts';
import type { Erasure } from '../../trail/callsledger.ts';
import { jsonDocument } from '../json.ts';
import { hang, paint, span } from '../layout.ts';
import type { Page } from '../style.ts';
import { count } from '../time.ts';
import { wouldWrite } from '../written.ts';

/** What an erasure, or the finishing of earlier ones, came to. */
export interface ShownErasure {
  readonly erased:
    | {
        readonly certificate: ErasureCertificate;
        readonly path: string | undefined;
        readonly sequence: number;
      }
    | undefined;
  readonly finished: readonly Erasure[];
  readonly dryRun: boolean;
}

/** `{schema: "promptaudit/erased@1", dryRun, sequence, path, certificate, finished: [{id, sequence}]}` */
export function erasedJson({ erased, finished, dryRun }: ShownErasure): string {
  return jsonDocument({
    schema: 'promptaudit/erased@1',
    dryRun,
    sequence: erased?.sequence ?? null,
    path: erased?.path ?? null,
    certificate: erased?.certificate ?? null,
    finished: finished.map(({ id, sequence }) => ({ id, sequence })),
  });
}

export function erasedText({ erased, finished, dryRun }: ShownErasure, page: Page): string {
  const { style, width } = page;
  const lines = finished.flatMap(({ id, sequence }) =>
    dryRun
      ? hang([], [span(`would finish erasure ${id} of event ${sequence}`)], width)
      : hang([span(`${sequence} `, style.accent)], [span(`finished erasure ${id}`)], width),
  );
  if (erased !== undefined) lines.push(...erasedLines(erased, dryRun, page));
  return lines.map((line) => `${line}\n`).join('');
}

function erasedLines(
  { certificate, path, sequence }: NonNullable<ShownErasure['erased']>,
  dryRun: boolean,
  { style, width }: Page,
): string[] {
  const { calls, parts, segments } = certificate;
  const orphans = segments.reduce((sum, one) => sum + one.orphans.length, 0);
  const seals = segments.filter(({ fileDigest }) => fileDigest !== null).length;
  const where = `${count(calls.length, 'call')}, ${count(parts, 'text')} with ${parts === 1 ? 'its salt' : 'their salts'}, in ${count(segments.length, 'segment')}`;
  const stray = orphans === 0 ? '' : `, and of ${count(orphans, 'call')} that no record names`;
  const what = [span(`erased the content of ${where}${stray}`)];
  if (dryRun) return hang(wouldWrite(sequence, style), what, width);
  return [
    ...hang([span(`${sequence} `, style.accent)], what, width),
    ...hang([span('  ')], [span(`looked for it in every file of the store: nothing is left`)], width),
    ...hang(
      [span('  ')],
      [span(`every proof holds as before: ${count(seals, 'seal')} of these segments checked`)],
      width,
    ),
    // Broken over two lines nobody could copy it.
    paint([span('  certificate '), span(path ?? '')]),
  ];
}
