import type { DiffLine, DiffRun, MessageDiff, PromptDiff } from '../prompts/model.ts';
import { fieldSections } from './fieldchanges.ts';
import { jsonDocument } from './json.ts';
import { hang, paint, type Span, span } from './layout.ts';
import type { Page } from './style.ts';
import { count } from './time.ts';

/** Unchanged lines that are shown on either side of a change. */
const CONTEXT = 3;

/** `{schema: "promptaudit/diff@1", from, to, status, fields, messages}`: the ends as references, and `PromptDiff`. */
export function diffJson(from: string, to: string, diff: PromptDiff): string {
  return jsonDocument({ schema: 'promptaudit/diff@1', from, to, ...diff });
}

/**
 * What changed between two prompts: its fields, then each message with the words that went and came between `[-…-]` and
 * `{+…+}`, which tell them apart for whoever sees no colour, and blanks too. Empty when nothing changed in meaning.
 */
export function diffText(diff: PromptDiff, page: Page): string {
  const sections = [
    ...fieldSections(diff.fields, page),
    ...diff.messages.map((one) => messageLines(one, page)),
  ];
  return sections
    .filter((lines) => lines.length > 0)
    .map((lines) => `${lines.join('\n')}\n`)
    .join('\n');
}

function messageLines(message: MessageDiff, page: Page): string[] {
  if (message.status === 'same' && message.before?.index === message.after?.index) return [];
  const title = paint([span(messageTitle(message), page.style.strong)]);
  return [title, ...contentLines(message.lines, page), ...newlineNote(message, page)];
}

function messageTitle({ status, before, after }: MessageDiff): string {
  const place = after ?? before;
  const number = `message ${(place?.index ?? 0) + 1}`;
  const moved = before && after && before.index !== after.index ? `, was message ${before.index + 1}` : '';
  const roles =
    before && after && before.role !== after.role ? `${before.role} -> ${after.role}` : place?.role;
  const how = status === 'added' || status === 'removed' ? `, ${status}` : '';
  return `${number} (${roles ?? ''})${moved}${how}`;
}

function newlineNote({ before, after }: MessageDiff, page: Page): string[] {
  if (!before || !after || before.finalNewline === after.finalNewline) return [];
  const text = after.finalNewline ? 'now ends with a newline' : 'no longer ends with a newline';
  return [paint([span('  '), span(text, page.style.dim)])];
}

function contentLines(lines: readonly DiffLine[], page: Page): string[] {
  const near = linesNearChanges(lines);
  const digits = String(
    Math.max(1, ...lines.map(({ before, after }) => Math.max(before ?? 0, after ?? 0))),
  ).length;
  const shown: string[] = [];
  let skipped = 0;
  const tellSkipped = () => {
    if (skipped > 0) shown.push(paint([span(`  … ${count(skipped, 'unchanged line')}`, page.style.dim)]));
    skipped = 0;
  };
  for (const [index, line] of lines.entries()) {
    if (!near.has(index)) {
      skipped += 1;
      continue;
    }
    tellSkipped();
    shown.push(...contentLine(line, digits, page));
  }
  tellSkipped();
  return shown;
}

function linesNearChanges(lines: readonly DiffLine[]): Set<number> {
  const near = new Set<number>();
  for (const [index, { kind }] of lines.entries()) {
    if (kind === 'same') continue;
    for (let at = index - CONTEXT; at <= index + CONTEXT; at++) near.add(at);
  }
  return near;
}

const MARKS = { same: ' ', added: '+', removed: '-', changed: '~' } as const;

function contentLine(line: DiffLine, digits: number, page: Page): string[] {
  const { style } = page;
  const colour = { same: undefined, added: style.good, removed: style.bad, changed: style.caution }[
    line.kind
  ];
  const number = (of: number | undefined) => (of === undefined ? '' : String(of)).padStart(digits);
  const prefix = [
    span(`  ${number(line.before)} ${number(line.after)} `, style.dim),
    span(`${MARKS[line.kind]} `, colour),
  ];
  const text =
    line.kind === 'changed' ? changedSpans(line.runs, page) : line.runs.map((run) => span(run.text, colour));
  return hang(prefix, text, page.width).map((shown) => shown.trimEnd());
}

function changedSpans(runs: readonly DiffRun[], page: Page): Span[] {
  return runs.map(({ kind, text }) => {
    if (kind === 'same') return span(text);
    const colour = kind === 'removed' ? page.style.bad : page.style.good;
    return span(kind === 'removed' ? `[-${text}-]` : `{+${text}+}`, colour);
  });
}
