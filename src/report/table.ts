import { cut, hang, type Line, NAME_PARTS, paint, type Span, span, spansWidth, wrapLines } from './layout.ts';
import type { Page } from './style.ts';
import { visibleWidth } from './text.ts';

export interface Column {
  readonly title: string;
  readonly align?: 'right';
  /**
   * What gives when the table is too wide: `wrap` goes on below (for what identifies: nothing of it may be lost),
   * `truncate` is cut with `…`. Columns that say nothing keep their width.
   */
  readonly fit?: 'wrap' | 'truncate';
}

export type Cell = readonly Span[];

const GAP = 2;
const LEAST = 10;
const LONG_NAME = 32;

/** Lines of a table in at most `page.width` columns; where even that is too narrow, one `title: value` line a cell. */
export function table(columns: readonly Column[], rows: readonly (readonly Cell[])[], page: Page): string[] {
  const widths = fitWidths(columns, naturalWidths(columns, rows), wordWidths(columns, rows), page.width);
  if (widths === undefined) return records(columns, rows, page);
  const head = columns.map(({ title }) => [span(title, page.style.dim)]);
  return [head, ...rows].flatMap((row) => tableRow(columns, row, widths));
}

function naturalWidths(columns: readonly Column[], rows: readonly (readonly Cell[])[]): number[] {
  return columns.map((column, index) =>
    rows.reduce((most, row) => Math.max(most, spansWidth(row[index] ?? [])), column.title.length),
  );
}

/** How narrow each column can be before a word is broken; what is cut loses something at any width. */
function wordWidths(columns: readonly Column[], rows: readonly (readonly Cell[])[]): number[] {
  return columns.map(({ fit }, index) => {
    if (fit !== 'wrap') return Number.POSITIVE_INFINITY;
    const words = rows.flatMap((row) =>
      textOf(row[index] ?? [])
        .split(' ')
        .flatMap(partsOf),
    );
    return words.reduce((most, word) => Math.max(most, visibleWidth(word)), 0);
  });
}

/** A very long name may be broken behind its marks; an address is better left whole. */
function partsOf(word: string): readonly string[] {
  return visibleWidth(word) > LONG_NAME && !word.includes('@') ? word.split(NAME_PARTS) : [word];
}

function textOf(cell: Cell): string {
  return cell.map(({ text }) => text).join('');
}

/**
 * Takes what is too much from the widest column that may give, again and again, and breaks words only where nothing else
 * is left; `undefined` where nothing is at all.
 */
function fitWidths(
  columns: readonly Column[],
  natural: readonly number[],
  words: readonly number[],
  room: number,
): number[] | undefined {
  const widths = [...natural];
  let excess = widths.reduce((sum, width) => sum + width, (columns.length - 1) * GAP) - room;
  const widestAbove = (least: (index: number) => number): number => {
    let widest = -1;
    for (const [index, column] of columns.entries()) {
      const width = widths[index] ?? 0;
      if (column.fit === undefined || width <= Math.max(LEAST, column.title.length, least(index))) continue;
      if (widest < 0 || width > (widths[widest] ?? 0)) widest = index;
    }
    return widest;
  };
  while (excess > 0) {
    const whole = widestAbove((index) => words[index] ?? 0);
    const giver = whole < 0 ? widestAbove(() => 0) : whole;
    if (giver < 0) return undefined;
    widths[giver] = (widths[giver] ?? 0) - 1;
    excess -= 1;
  }
  return widths;
}

function tableRow(columns: readonly Column[], row: readonly Cell[], widths: readonly number[]): string[] {
  const blocks = columns.map((column, index) => {
    const width = widths[index] ?? 0;
    const cell = row[index] ?? [];
    return column.fit === 'truncate' ? [truncated(cell, width)] : wrapLines(cell, Math.max(1, width));
  });
  const height = Math.max(...blocks.map((block) => block.length));
  return Array.from({ length: height }, (_, line) =>
    columns
      .map((column, index) => {
        const text = blocks[index]?.[line] ?? { text: '', width: 0 };
        const last = index === columns.length - 1;
        return pad(text, widths[index] ?? 0, column.align === 'right', last);
      })
      .join(' '.repeat(GAP))
      .trimEnd(),
  );
}

function truncated(cell: Cell, width: number): Line {
  const kept: Span[] = [];
  let room = width;
  for (const one of cell) {
    if (room <= 0) break;
    const piece = cut(one, room);
    kept.push(piece);
    room -= spansWidth([piece]);
    if (piece.text !== one.text) break;
  }
  return { text: paint(kept), width: spansWidth(kept) };
}

function pad(line: Line, width: number, right: boolean, last: boolean): string {
  const blanks = ' '.repeat(Math.max(0, width - line.width));
  if (right) return blanks + line.text;
  return last ? line.text : line.text + blanks;
}

function records(columns: readonly Column[], rows: readonly (readonly Cell[])[], page: Page): string[] {
  return rows.flatMap((row, index) => [
    ...(index === 0 ? [] : ['']),
    ...columns.flatMap((column, at) =>
      hang([span(`${column.title}: `, page.style.dim)], row[at] ?? [], page.width),
    ),
  ]);
}
