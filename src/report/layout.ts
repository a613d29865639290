import type { Paint } from './style.ts';
import { glyphsOf, linesOf, sanitize, truncate, visibleWidth } from './text.ts';

/**
 * A run of text in one colour. Only `span` makes one, and it sanitises: so whatever is laid out here is harmless, and
 * widths are measured before any colour code is added.
 */
export interface Span {
  readonly text: string;
  readonly paint: Paint | undefined;
  readonly __sanitized: true;
}

/** One line's worth of untrusted text; a line break in it is shown as `\n`. */
export function span(raw: string, paint?: Paint): Span {
  return { text: sanitize(raw), paint } as Span;
}

export function spansWidth(spans: readonly Span[]): number {
  return spans.reduce((sum, { text }) => sum + visibleWidth(text), 0);
}

/** The spans as one painted line, however long. */
export function paint(spans: readonly Span[]): string {
  return spans.map(({ text, paint: colour }) => (colour && text !== '' ? colour(text) : text)).join('');
}

/** A painted line and how many columns it takes. */
export interface Line {
  readonly text: string;
  readonly width: number;
}

/** Painted lines of at most `width` columns, broken at spaces where there are any and within words where there are none. */
export function wrap(spans: readonly Span[], width: number): string[] {
  return wrapLines(spans, width).map(({ text }) => text);
}

export function wrapLines(spans: readonly Span[], width: number): Line[] {
  const whole = spansWidth(spans);
  if (whole <= width) return [{ text: paint(spans), width: whole }];
  const lines: Cell[][] = [];
  let line: Cell[] = [];
  let used = 0;
  for (const word of wordsOf(spans)) {
    const fits = used + word.width <= width;
    if (!fits && line.some((cell) => cell.text !== ' ')) {
      lines.push(line);
      line = [];
      used = 0;
      if (word.blank) continue;
    }
    for (const cell of word.cells) {
      if (used + cell.width > width && line.length > 0) {
        lines.push(line);
        line = [];
        used = 0;
      }
      line.push(cell);
      used += cell.width;
    }
  }
  if (line.length > 0) lines.push(line);
  return lines.map(paintCells);
}

/** A text of several lines, each wrapped; `indent` goes before every line and counts. */
export function wrapText(raw: string, width: number, indent = '', colour?: Paint): string[] {
  const room = Math.max(1, width - indent.length);
  return linesOf(raw).flatMap((line) =>
    wrap([span(line, colour)], room).map((part) => (part === '' ? '' : indent + part)),
  );
}

/** Wraps spans with one prefix on the first line and as many blanks on the others. */
export function hang(prefix: readonly Span[], spans: readonly Span[], width: number): string[] {
  const margin = spansWidth(prefix);
  const lines = wrap(spans, Math.max(1, width - margin));
  return lines.map((line, index) => (index === 0 ? paint(prefix) : ' '.repeat(margin)) + line);
}

/** One span in at most `width` columns, cut with `…`. */
export function cut(one: Span, width: number): Span {
  return { ...one, text: truncate(one.text, width) };
}

interface Cell {
  readonly text: string;
  readonly width: number;
  readonly paint: Paint | undefined;
}

interface Word {
  readonly blank: boolean;
  readonly cells: Cell[];
  width: number;
}

/** Runs of blanks and of everything else; a word may cross spans. */
function wordsOf(spans: readonly Span[]): Word[] {
  const words: Word[] = [];
  for (const { text, paint: colour } of spans) {
    for (const glyph of glyphsOf(text)) {
      const blank = glyph.text === ' ';
      let word = words.at(-1);
      if (word === undefined || word.blank !== blank) {
        word = { blank, cells: [], width: 0 };
        words.push(word);
      }
      word.cells.push({ ...glyph, paint: colour });
      word.width += glyph.width;
    }
  }
  return words;
}

function paintCells(cells: readonly Cell[]): Line {
  let last = cells.length;
  while (last > 0 && cells[last - 1]?.text === ' ') last -= 1;
  let line = '';
  let run = '';
  let width = 0;
  let colour: Paint | undefined;
  for (const cell of cells.slice(0, last)) {
    width += cell.width;
    if (cell.paint !== colour) {
      line += colour && run !== '' ? colour(run) : run;
      run = '';
      colour = cell.paint;
    }
    run += cell.text;
  }
  return { text: line + (colour && run !== '' ? colour(run) : run), width };
}
