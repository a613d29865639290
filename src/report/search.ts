import { jsonDocument } from './json.ts';
import { hangFileLine, paint, type Span, span } from './layout.ts';
import type { SearchRow } from './rows.ts';
import type { Page } from './style.ts';

/** `{schema: "promptaudit/search@1", matches: [{prompt, since, version, line, text, ranges: [[start, end]]}]}` */
export function searchJson(rows: readonly SearchRow[]): string {
  return jsonDocument({ schema: 'promptaudit/search@1', matches: rows });
}

/** Matches below their prompt and version, with what matched marked by colour. */
export function searchText(rows: readonly SearchRow[], page: Page): string {
  const lines: string[] = [];
  let heading = '';
  for (const row of rows) {
    const title = `${row.prompt} ${versionsOf(row)}`;
    if (title !== heading) {
      if (heading !== '') lines.push('');
      lines.push(paint([span(title, page.style.strong)]));
      heading = title;
    }
    lines.push(...hangFileLine([span(`${row.line}: `, page.style.dim)], marked(row, page), page.fileWidth));
  }
  return lines.map((line) => `${line}\n`).join('');
}

/** The run of versions that have the line. */
function versionsOf({ since, version }: SearchRow): string {
  return since === version ? `v${version}` : `v${since}–v${version}`;
}

function marked({ text, ranges }: SearchRow, page: Page): Span[] {
  const spans: Span[] = [];
  let at = 0;
  for (const [start, end] of ranges) {
    spans.push(span(text.slice(at, start)), span(text.slice(start, end), page.style.caution));
    at = end;
  }
  return [...spans, span(text.slice(at))];
}
