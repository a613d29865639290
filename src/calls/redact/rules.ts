import type { RedactionPlan } from './options.ts';
import { piiDetector } from './pii.ts';
import { secretDetector } from './secrets.ts';
import { mergeSpans, type Span } from './span.ts';
import { type Tally, viewOf } from './view.ts';

/** A text after redaction. */
export interface Redacted {
  readonly text: string;
  /** By the rule's name, in its order. */
  readonly fired: readonly { readonly rule: string; readonly count: number }[];
}

/** Takes out of a text what the rules say; throws where a detector does. */
export type Rules = (text: string) => Promise<Redacted>;

/**
 * Loads the detectors of a plan. Own patterns see what the text says before anything is taken out, as the others do. Each
 * place is counted once for every rule that fired there.
 */
export async function loadRules({ secrets, pii, regions, paths, patterns }: RedactionPlan): Promise<Rules> {
  const [findSecrets, findPii] = await Promise.all([
    secrets ? secretDetector() : undefined,
    pii.length > 0 ? piiDetector(pii, regions) : undefined,
  ]);
  return async (text) => {
    const view = viewOf(text, paths);
    const spans: Span[] = [...((await findSecrets?.(view.text)) ?? []), ...(findPii?.(view.text) ?? [])];
    for (const { rule, pattern } of patterns) {
      for (const { 0: found, index: start } of view.text.matchAll(pattern)) {
        spans.push({ start, end: start + found.length, rule });
      }
    }
    const tally: Tally = new Map();
    const redacted = view.without(mergeSpans(spans), tally);
    const fired = Array.from(tally, ([rule, count]) => ({ rule, count }));
    return { text: redacted, fired: fired.sort((one, other) => (one.rule < other.rule ? -1 : 1)) };
  };
}
