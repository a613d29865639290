import { jsonDocument } from './json.ts';
import { span } from './layout.ts';
import type { ListRow } from './rows.ts';
import { activeSpans } from './status.ts';
import type { Page } from './style.ts';
import { table } from './table.ts';
import { formatTime, relativeTime } from './time.ts';

/** `{schema: "promptaudit/list@1", prompts: [{prompt, latest, author, time, active: {environment: version}, emergencies: [environment], retired}]}` */
export function listJson(rows: readonly ListRow[]): string {
  return jsonDocument({
    schema: 'promptaudit/list@1',
    prompts: rows.map((row) => ({
      prompt: row.prompt,
      latest: row.latest,
      author: row.author,
      time: formatTime(row.time),
      active: Object.fromEntries(row.active),
      emergencies: [...row.emergencies],
      retired: row.retired,
    })),
  });
}

/** Every prompt that was ever registered: its newest version, by whom and when, and where it is active. */
export function listText(rows: readonly ListRow[], page: Page): string {
  if (rows.length === 0)
    return 'No prompt is registered yet: write one with promptaudit new <name>, then run promptaudit commit --all -m "…"\n';
  const { style } = page;
  const lines = table(
    [
      { title: 'prompt', fit: 'wrap' },
      { title: 'latest', align: 'right' },
      { title: 'when' },
      { title: 'author', fit: 'wrap' },
      { title: 'active', fit: 'wrap' },
    ],
    rows.map((row) => [
      row.retired
        ? [span(row.prompt, style.dim), span(' (retired)', style.dim)]
        : [span(row.prompt, style.strong)],
      [span(`v${row.latest}`, style.accent)],
      [span(relativeTime(row.time, page.now))],
      [span(row.author)],
      activeSpans(row, style),
    ]),
    page,
  );
  return `${lines.join('\n')}\n`;
}
