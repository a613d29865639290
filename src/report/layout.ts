import type { Paint } from './style.ts';
import { glyphsOf, isPlain, linesOf, sanitize, truncate, visibleWidth } from './text.ts';

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

/**
 * Painted lines of at most `width` columns, broken at spaces where there are any and within words where there are none: behind
 * a mark that joins two parts of a name where one is near.
 */
export function wrap(spans: readonly Span[], width: number): string[] {
  return wrapLines(spans, width).map(({ text }) => text);
}

export function wrapLines(spans: readonly Span[], width: number): Line[] {
  const whole = spansWidth(spans);
  if (whole <= width) return [{ text: paint(spans), width: whole }];
  const lines: Piece[][] = [];
  let line: Piece[] = [];
  let used = 0;
  let empty = true;
  const breakLine = (): void => {
    lines.push(line);
    line = [];
    used = 0;
    empty = true;
  };
  for (const word of wordsOf(spans)) {
    if (used + word.width > width && !empty) {
      breakLine();
      if (word.blank) continue;
    }
    for (const piece of word.pieces) {
      for (let rest: Piece | undefined = piece; rest !== undefined; ) {
        const [fitting, over] = splitAt(rest, width - used, line.length === 0);
        if (fitting !== undefined) {
          line.push(fitting);
          used += fitting.width;
          empty &&= word.blank;
        }
        if (over !== undefined) breakLine();
        rest = over;
      }
    }
  }
  if (line.length > 0) lines.push(line);
  return lines.map(paintPieces);
}

/** A text of several lines, each wrapped; `indent` goes before every line and counts. */
export function wrapText(raw: string, width: number, indent = '', colour?: Paint): string[] {
  const room = Math.max(1, width - indent.length);
  return linesOf(raw).flatMap((line) =>
    wrap([span(line, colour)], room).map((part) => (part === '' ? '' : indent + part)),
  );
}

const COMMAND = /^(.*?:(?: run)?) ((?:git|promptaudit|ssh-keygen) .*)$/;

/**
 * As `wrapText`, of what tells somebody to run a command: where that does not fit on the line, it has one of its own, however long.
 * Broken, it would be two commands to the shell that it is pasted into, but behind an `&&`.
 */
export function wrapAdvice(raw: string, width: number, indent = '', colour?: Paint): string[] {
  return linesOf(raw).flatMap((line) => {
    const [, before, command] = COMMAND.exec(line) ?? [];
    if (before === undefined || command === undefined || visibleWidth(indent + line) <= width)
      return wrapText(line, width, indent, colour);
    const commands = command.split(/(?<= &&) /).map((one) => indent + paint([span(one, colour)]));
    return [...wrapText(before, width, indent, colour), ...commands];
  });
}

/** Wraps spans with one prefix on the first line and as many blanks on the others. */
export function hang(prefix: readonly Span[], spans: readonly Span[], width: number): string[] {
  const margin = spansWidth(prefix);
  const lines = wrap(spans, Math.max(1, width - margin));
  return lines.map((line, index) => (index === 0 ? paint(prefix) : ' '.repeat(margin)) + line);
}

/** A line of a file behind a prefix. Where it is broken, it goes on below its own first word and not as if the file did. */
export function hangFileLine(prefix: readonly Span[], spans: readonly Span[], width: number): string[] {
  const [first, ...rest] = spans;
  const words = first?.text.trimStart() ?? '';
  const indent = first === undefined || words === '' ? 0 : first.text.length - words.length;
  if (first === undefined || indent === 0 || indent > width / 2) return hang(prefix, spans, width);
  const blanks = { ...first, text: first.text.slice(0, indent) };
  return hang([...prefix, blanks], [{ ...first, text: words }, ...rest], width);
}

/** Fields with two blanks between them in lines of at most `width` columns: none is broken that fits on a line. */
export function inFields(fields: readonly Span[], width: number): string[] {
  const lines: Span[][] = [];
  for (const field of fields) {
    const line = lines.at(-1);
    if (line === undefined || spansWidth([...line, field]) + 2 > width) lines.push([field]);
    else line.push(span('  '), field);
  }
  return lines.flatMap((line) => wrap(line, width));
}

/** One span in at most `width` columns, cut with `…`. */
export function cut(one: Span, width: number): Span {
  return { ...one, text: truncate(one.text, width) };
}

/** Behind the marks that join the parts of a name or a path. */
export const NAME_PARTS = /(?<=[-/_.])/;

/** What is not broken: a word or a part of it in one colour, or blanks. */
interface Piece {
  readonly text: string;
  readonly width: number;
  readonly paint: Paint | undefined;
}

interface Word {
  readonly blank: boolean;
  readonly pieces: Piece[];
  width: number;
}

/** Runs of blanks and of everything else; a word may cross spans. */
function wordsOf(spans: readonly Span[]): Word[] {
  const words: Word[] = [];
  for (const { text, paint: colour } of spans) {
    for (const part of text.split(/( +)/)) {
      if (part === '') continue;
      const blank = part.startsWith(' ');
      let word = words.at(-1);
      if (word === undefined || word.blank !== blank) {
        word = { blank, pieces: [], width: 0 };
        words.push(word);
      }
      const width = visibleWidth(part);
      word.pieces.push({ text: part, width, paint: colour });
      word.width += width;
    }
  }
  return words;
}

/** As much of a piece as there is room for, though at least one glyph where one is due, and what is left. */
function splitAt(
  piece: Piece,
  room: number,
  due: boolean,
): readonly [fitting: Piece | undefined, over: Piece | undefined] {
  const { text, width, paint: colour } = piece;
  if (width <= room) return [piece, undefined];
  const { length, columns } = behindMark(text, beginning(text, room, due));
  const over = { text: text.slice(length), width: width - columns, paint: colour };
  return length === 0
    ? [undefined, piece]
    : [{ text: text.slice(0, length), width: columns, paint: colour }, over.text === '' ? undefined : over];
}

interface Beginning {
  readonly length: number;
  readonly columns: number;
}

/** A beginning that ends behind a mark instead, where that leaves no more than half of it for the next line. */
function behindMark(text: string, { length, columns }: Beginning): Beginning {
  if (!isPlain(text)) return { length, columns };
  const parts = text.slice(0, length + 1).split(NAME_PARTS);
  const whole = parts.slice(0, -1).join('').length;
  return whole < length / 2 ? { length, columns } : { length: whole, columns: whole };
}

/** How much of a text there is room for. */
function beginning(text: string, room: number, due: boolean): Beginning {
  if (isPlain(text)) {
    const columns = Math.max(room, due ? 1 : 0);
    return { length: columns, columns };
  }
  let length = 0;
  let columns = 0;
  for (const glyph of glyphsOf(text)) {
    if (columns + glyph.width > room && (length > 0 || !due)) break;
    length += glyph.text.length;
    columns += glyph.width;
  }
  return { length, columns };
}

function paintPieces(pieces: readonly Piece[]): Line {
  let last = pieces.length;
  while (last > 0 && pieces[last - 1]?.text.startsWith(' ')) last -= 1;
  let line = '';
  let run = '';
  let width = 0;
  let colour: Paint | undefined;
  for (const piece of pieces.slice(0, last)) {
    width += piece.width;
    if (piece.paint !== colour) {
      line += colour && run !== '' ? colour(run) : run;
      run = '';
      colour = piece.paint;
    }
    run += piece.text;
  }
  return { text: line + (colour && run !== '' ? colour(run) : run), width };
}
