import type { Actor, Finding, TrailEvent } from '../trail/model.ts';
import { hang, inFields, paint, type Span, span, spansWidth, wrapText } from './layout.ts';
import type { Events } from './log.ts';
import { shortOid } from './oid.ts';
import { sentence } from './sentence.ts';
import type { Page } from './style.ts';
import { formatTime, relativeTime } from './time.ts';

/** Prose wider than this is hard to read. */
const MEASURE = 100;

/** Events for reading, a blank line between two. */
export async function* logText(events: Events, page: Page): AsyncGenerator<string> {
  let separator = '';
  for await (const event of events) {
    yield `${separator}${eventText(event, page).join('\n')}\n`;
    separator = '\n';
  }
}

/** One event: what, who and when, why, and what is wrong with it. The two first share a line where they fit on one. */
export function eventText(event: TrailEvent, page: Page): string[] {
  const number = [span(`${event.sequence}`, page.style.accent), span('  ')];
  const what = headline(event, page);
  const [who, ...when] = whoAndWhen(event, page);
  const beside = [who, ...when.flatMap((field) => [span('  '), field])];
  const margin = ' '.repeat(spansWidth(number));
  const room = page.width - margin.length;
  const gap = room - spansWidth(what) - spansWidth(beside);
  const lines =
    gap >= 3
      ? [paint([...number, ...what, span(' '.repeat(gap)), ...beside])]
      : [...hang(number, what, page.width), ...inFields([who, ...when], room).map((line) => margin + line)];
  const measure = Math.min(page.width, MEASURE);
  if (event.reason !== '') lines.push(...wrapText(event.reason, measure, margin));
  const reference = referenceOf(event);
  if (reference !== undefined) lines.push(...wrapText(`Reference: ${reference}`, measure, margin));
  for (const finding of event.findings) lines.push(...flagged(finding, margin, page));
  return lines;
}

function headline(event: TrailEvent, page: Page): Span[] {
  const { style } = page;
  if (event.detail === undefined) return [span('not an event', style.bad)];
  const emergency = event.detail.event === 'deployment' && event.detail.kind === 'emergency';
  const what = span(sentence(event.detail), emergency ? style.caution : style.strong);
  return event.effective ? [what] : [what, span(' (no effect)', style.bad)];
}

function whoAndWhen(event: TrailEvent, page: Page): readonly [Span, ...Span[]] {
  const who = event.actor
    ? span(actorText(event.actor), page.style.dim)
    : span(`claims to be by <${event.claimedBy}>`, page.style.bad);
  const rest = [formatTime(event.time), relativeTime(event.time, page.now), shortOid(event.oid)];
  return [who, ...rest.map((text) => span(text, page.style.dim))];
}

/** `Alice Ng <alice@acme.example>`. */
function actorText({ name, principal }: Actor): string {
  return `${name} <${principal}>`;
}

function referenceOf({ detail }: TrailEvent): string | undefined {
  return detail?.event === 'deployment' || detail?.event === 'withdrawal' ? detail.reference : undefined;
}

function flagged(finding: Finding, margin: string, page: Page): string[] {
  const colour = finding.severity === 'error' ? page.style.bad : page.style.caution;
  const mark = [span(`${margin}${finding.severity} `, colour), span(finding.code, colour), span('  ')];
  return hang(mark, [span(finding.message)], page.width);
}
