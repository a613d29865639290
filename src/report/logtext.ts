import type { Actor, Finding, TrailEvent } from '../trail/model.ts';
import { hang, paint, type Span, span, spansWidth, wrap, wrapText } from './layout.ts';
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
  const who = whoAndWhen(event, page);
  const margin = ' '.repeat(spansWidth(number));
  const room = page.width - margin.length;
  const gap = room - spansWidth(what) - spansWidth(who);
  const lines =
    gap >= 3
      ? [paint([...number, ...what, span(' '.repeat(gap)), ...who])]
      : [...hang(number, what, page.width), ...wrap(who, room).map((line) => margin + line)];
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

function whoAndWhen(event: TrailEvent, page: Page): Span[] {
  const when = `${formatTime(event.time)}  ${relativeTime(event.time, page.now)}`;
  const who = event.actor
    ? span(actorText(event.actor), page.style.dim)
    : span(`claims to be by <${event.claimedBy}>`, page.style.bad);
  return [who, span(`  ${when}  ${shortOid(event.oid)}`, page.style.dim)];
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
