import { jsonDocument } from './json.ts';
import { hang, hangFileLine, span } from './layout.ts';
import type { BlameRow } from './rows.ts';
import type { Page } from './style.ts';
import { formatTime } from './time.ts';

/** `{schema: "promptaudit/blame@1", prompt, version, lines: [{line, text, version, sequence, author, time, approvedBy}]}` */
export function blameJson(prompt: string, version: number, rows: readonly BlameRow[]): string {
  return jsonDocument({
    schema: 'promptaudit/blame@1',
    prompt,
    version,
    lines: rows.map((row) => ({ ...row, time: formatTime(row.time) })),
  });
}

/** Each line behind the version that it came with, shown where it changes; below, who made and approved each of them. */
export function blameText(rows: readonly BlameRow[], page: Page): string {
  const { style, width } = page;
  const versionWidth = Math.max(0, ...rows.map(({ version }) => `v${version}`.length));
  const lineWidth = String(rows.length).length;
  let last: number | undefined;
  const lines = rows.flatMap((row) => {
    const shown = row.version === last ? '' : `v${row.version}`;
    last = row.version;
    const prefix = [
      span(`${shown.padEnd(versionWidth)}  `, style.strong),
      span(`${String(row.line).padStart(lineWidth)}  `, style.accent),
    ];
    return hangFileLine(prefix, [span(row.text)], page.fileWidth).map((line) => line.trimEnd());
  });
  const origins = new Map(rows.map((row) => [row.version, row]));
  const legend = [...origins.values()]
    .sort((a, b) => a.version - b.version)
    .flatMap(({ version, time, author, approvedBy }) => {
      const approval =
        approvedBy.length === 0 ? 'approved by nobody' : `approved by ${approvedBy.join(', ')}`;
      const prefix = [span(`${`v${version}`.padEnd(versionWidth)}  `, style.strong)];
      return hang(prefix, [span(`${formatTime(time).slice(0, 10)}  ${author}, ${approval}`)], width);
    });
  return [...lines, '', ...legend].map((line) => `${line}\n`).join('');
}
