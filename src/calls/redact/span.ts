/** A place in a text that must not be kept, in UTF-16 code units, and the rule that says so. */
export interface Span {
  readonly start: number;
  readonly end: number;
  readonly rule: string;
}

/** Spans of a text that overlap, as one. */
export interface MergedSpan extends Span {
  /** Every rule that fired there; `rule` is the one that began first, of these the one that reached furthest. */
  readonly rules: ReadonlySet<string>;
}

/** In order and apart from each other. */
export function mergeSpans(spans: readonly Span[]): readonly MergedSpan[] {
  const merged: { start: number; end: number; rule: string; rules: Set<string> }[] = [];
  const sorted = spans
    .filter(({ start, end }) => start < end)
    .sort((one, other) => one.start - other.start || other.end - one.end);
  for (const { start, end, rule } of sorted) {
    const last = merged.at(-1);
    if (last !== undefined && start < last.end) {
      last.end = Math.max(last.end, end);
      last.rules.add(rule);
    } else {
      merged.push({ start, end, rule, rules: new Set([rule]) });
    }
  }
  return merged;
}

/** What stands in a text for what was taken out. Needs no escape in JSON. */
export function replacement(rule: string): string {
  return `[redacted:${rule}]`;
}
