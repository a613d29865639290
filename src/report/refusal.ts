import type { Reason } from '../failure.ts';
import { hang, paint, span, wrap, wrapAdvice } from './layout.ts';
import type { Page } from './style.ts';

/** What was refused and every unmet rule, each with what would meet it. A rule that says just what was refused says it once. */
export function refusalText(message: string, reasons: readonly Reason[], page: Page): string {
  const lines = [
    ...wrap([span('refused: ', page.style.bad), span(message, page.style.strong)], page.width),
    ...reasons.flatMap((reason) => [
      ...(reason.message === message ? [] : hang([span('  - ')], [span(reason.message)], page.width)),
      ...wrapAdvice(reason.remedy, page.width, '    ', page.style.good),
      paint([span('    '), span(reason.rule, page.style.dim)]),
    ]),
  ];
  return `${lines.join('\n')}\n`;
}
