import { jsonDocument } from './json.ts';
import { hangFileLine, span, wrap } from './layout.ts';
import type { Page } from './style.ts';
import { linesOf } from './text.ts';

export interface ShownDraft {
  readonly prompt: string;
  readonly path: string;
  readonly content: string;
}

/** `{schema: "promptaudit/draft@1", prompt, path, content}` */
export function draftJson(draft: ShownDraft): string {
  return jsonDocument({ schema: 'promptaudit/draft@1', ...draft });
}

export function draftText({ prompt, path, content }: ShownDraft, page: Page): string {
  const { style } = page;
  const lines = [
    ...wrap([span(`${prompt} draft`, style.strong), span(`  ${path}`, style.dim)], page.width),
    '',
    ...linesOf(content).flatMap((line) => hangFileLine([span('  ')], [span(line)], page.fileWidth)),
  ];
  return lines.map((line) => `${line.trimEnd()}\n`).join('');
}
