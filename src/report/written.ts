import type { SegmentName } from '../ledger/segment.ts';
import { jsonDocument } from './json.ts';
import { hang, type Span, span } from './layout.ts';
import { shortOid } from './oid.ts';
import { type Said, sentence } from './sentence.ts';
import type { Page, Style } from './style.ts';

/** An event that a command wrote, or would have written (`commit: undefined`). */
export interface WrittenEvent {
  readonly sequence: number;
  /** The ledger commit. */
  readonly commit: string | undefined;
  readonly detail: Said;
}

/**
 * `{schema: "promptaudit/written@1", dryRun, events: [{sequence, commit, event, prompt, version, environment, summary}], root}`
 * @param root the SHA-256 of genesis, where a registry was founded
 */
export function writtenJson(events: readonly WrittenEvent[], dryRun: boolean, root?: string): string {
  return jsonDocument({
    schema: 'promptaudit/written@1',
    dryRun,
    events: events.map(({ sequence, commit, detail }) => ({
      sequence,
      commit: commit ?? null,
      event: detail.event,
      prompt: 'prompt' in detail ? detail.prompt : null,
      version: 'version' in detail ? detail.version : null,
      environment: 'environment' in detail ? detail.environment : null,
      summary: sentence(detail),
    })),
    ...(root === undefined ? {} : { root }),
  });
}

/** One line an event: `57 3f2a9c1d04 deployed intake v12 to production, replacing v11`. */
export function writtenText(events: readonly WrittenEvent[], dryRun: boolean, page: Page): string {
  const lines = events.flatMap(({ sequence, commit, detail }) => {
    const what = span(sentence(detail));
    if (dryRun || commit === undefined) return hang(wouldWrite(sequence, page.style), [what], page.width);
    const number = span(`${sequence} `, page.style.accent);
    return hang([number, span(`${shortOid(commit)} `, page.style.dim)], [what], page.width);
  });
  return lines.map((line) => `${line}\n`).join('');
}

/**
 * What `calls seal` would do: what its events would say is not known before the segments are read, so these have no `events`,
 * but `segments`, by name.
 */
export function plannedSealsJson(segments: readonly SegmentName[]): string {
  return jsonDocument({ schema: 'promptaudit/written@1', dryRun: true, events: [], segments });
}

export function plannedSealsText(segments: readonly SegmentName[]): string {
  return segments.map((segment) => `would seal segment ${segment}\n`).join('');
}

/** How a dry run begins to tell of an event: what it would be follows in the words of one that was written. */
export function wouldWrite(sequence: number, style: Style): readonly Span[] {
  return [span('would write event '), span(`${sequence}`, style.accent), span(': ')];
}
