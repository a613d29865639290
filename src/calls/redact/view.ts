import { type JsonLeaves, type Leaf, leavesOf } from './jsontext.ts';
import { atRoot, type KeyPath, type Reach } from './keypath.ts';
import { type MergedSpan, replacement } from './span.ts';

/** JSON within strings of JSON, as the arguments of a tool are, is looked into this deep. */
const MAX_NESTING = 4;
/** Parts the strings of JSON from each other, so that none is taken for one with its neighbour. */
const BETWEEN = '\n|\n';
/** What JSON and program texts write for a line feed and its like; a letter that it ends in must not hide a word's beginning. */
const ESCAPE = /\\[nrtbf]/g;

/** How often each rule fired. */
export type Tally = Map<string, number>;

/** What a text says, once escapes are undone, laid out as one plain text for detectors to look at. */
export interface View {
  readonly text: string;
  /** The original text without what the spans (of the view) and the key paths say must go. */
  without(spans: readonly MergedSpan[], tally: Tally): string;
}

/** A leaf as it lies in the view. */
interface Laid extends Leaf {
  readonly at: number;
  readonly inner: Sheet | undefined;
}

/** A text and what of it is laid out. */
interface Sheet {
  readonly text: string;
  readonly leaves: readonly Laid[];
  readonly removals: JsonLeaves['removals'];
}

/** Lays out a text: JSON by its keys, strings and numbers, also those in JSON within its strings; any other as it is. */
export function viewOf(text: string, paths: readonly KeyPath[]): View {
  const layout = new Layout();
  const sheet = layout.json(text, atRoot(paths), 0);
  if (sheet === undefined) {
    const whole: Laid = { ...PLAIN, end: text.length, says: text, at: 0, inner: undefined };
    return {
      text: soften(text),
      without: (spans, tally) => cut(whole, new SpanIndex(spans), tally).text,
    };
  }
  return {
    text: layout.text(),
    without: (spans, tally) => rewrite(sheet, new SpanIndex(spans), tally),
  };
}

const PLAIN = { start: 0, kind: 'string', reach: [] } as const;

function soften(text: string): string {
  return text.includes('\\') ? text.replace(ESCAPE, '  ') : text;
}

class Layout {
  readonly #pieces: string[] = [];
  #length = 0;

  text(): string {
    return this.#pieces.join('');
  }

  json(text: string, reach: Reach, nesting: number): Sheet | undefined {
    const found = nesting > MAX_NESTING ? undefined : leavesOf(text, reach);
    if (found === undefined) return undefined;
    const leaves = found.leaves.map((leaf) => {
      const inner = leaf.kind === 'string' ? this.json(leaf.says, leaf.reach, nesting + 1) : undefined;
      const at = this.#length;
      if (inner === undefined) {
        this.#add(soften(leaf.says));
        this.#add(leaf.kind === 'key' ? ': ' : BETWEEN);
      }
      return { ...leaf, at, inner };
    });
    return { text, leaves, removals: found.removals };
  }

  #add(piece: string): void {
    this.#pieces.push(piece);
    this.#length += piece.length;
  }
}

/** Finds the spans that touch a part of the view. */
class SpanIndex {
  readonly #spans: readonly MergedSpan[];

  constructor(spans: readonly MergedSpan[]) {
    this.#spans = spans;
  }

  touching(start: number, end: number): readonly MergedSpan[] {
    let low = 0;
    for (let high = this.#spans.length; low < high; ) {
      const middle = (low + high) >> 1;
      if ((this.#spans[middle]?.end ?? 0) > start) high = middle;
      else low = middle + 1;
    }
    let last = low;
    while ((this.#spans[last]?.start ?? end) < end) last += 1;
    return this.#spans.slice(low, last);
  }
}

/** What a leaf says, without the spans that touch it. */
function cut(leaf: Laid, spans: SpanIndex, tally: Tally): { text: string; changed: boolean } {
  const found = spans.touching(leaf.at, leaf.at + leaf.says.length);
  let text = '';
  let done = 0;
  for (const { start, end, rule, rules } of found) {
    for (const one of rules) count(tally, one);
    text += leaf.says.slice(done, Math.max(0, start - leaf.at)) + replacement(rule);
    done = end - leaf.at;
  }
  return { text: text + leaf.says.slice(done), changed: found.length > 0 };
}

function rewrite(sheet: Sheet, spans: SpanIndex, tally: Tally): string {
  const edits: { start: number; end: number; text: string }[] = [];
  for (const { start, end, rule } of sheet.removals) {
    count(tally, rule);
    edits.push({ start, end, text: JSON.stringify(replacement(rule)) });
  }
  for (const leaf of sheet.leaves) {
    const says =
      leaf.inner === undefined ? cut(leaf, spans, tally) : inner(leaf.says, leaf.inner, spans, tally);
    if (says.changed) edits.push({ start: leaf.start, end: leaf.end, text: JSON.stringify(says.text) });
  }
  edits.sort((one, other) => one.start - other.start);
  const pieces: string[] = [];
  let done = 0;
  for (const { start, end, text } of edits) {
    pieces.push(sheet.text.slice(done, start), text);
    done = end;
  }
  return pieces.join('') + sheet.text.slice(done);
}

function inner(
  says: string,
  sheet: Sheet,
  spans: SpanIndex,
  tally: Tally,
): { text: string; changed: boolean } {
  const text = rewrite(sheet, spans, tally);
  return { text, changed: text !== says };
}

function count(tally: Tally, rule: string): void {
  tally.set(rule, (tally.get(rule) ?? 0) + 1);
}
