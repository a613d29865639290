import { isScalar, type Node } from 'yaml';

const OPENER_LENGTH = 2;

/**
 * A function from offsets in a scalar's value, at which two characters such as `{{` open something, to offsets in the
 * file. The n-th opener of the value is the n-th in its source, however the scalar is indented, folded or quoted; where
 * escapes make the two differ, every place is the scalar's beginning.
 */
export function contentPlaces(node: Node | null, file: string): (offset: number) => number {
  const start = node?.range?.[0] ?? 0;
  if (!isScalar(node) || typeof node.value !== 'string') return () => start;
  const value = node.value;
  const end = node.range?.[1] ?? start;
  const isBlock = node.type === 'BLOCK_LITERAL' || node.type === 'BLOCK_FOLDED';
  // A block scalar's first line is its header, which may hold a comment.
  const source = file.slice(isBlock ? Math.max(start, file.indexOf('\n', start)) : start, end);
  const tables = new Map<string, ReadonlyMap<number, number>>();
  return (offset) => {
    const opener = value.slice(offset, offset + OPENER_LENGTH);
    const table = tables.get(opener) ?? pairUp(occurrences(value, opener), occurrences(source, opener));
    tables.set(opener, table);
    const place = table.get(offset);
    return place === undefined ? start : end - source.length + place;
  };
}

function pairUp(inValue: readonly number[], inSource: readonly number[]): ReadonlyMap<number, number> {
  if (inValue.length !== inSource.length) return new Map();
  return new Map(inValue.map((offset, index) => [offset, inSource[index] ?? 0]));
}

/** Overlapping ones too: `{{{` holds `{{` twice. */
function occurrences(text: string, wanted: string): readonly number[] {
  const found: number[] = [];
  for (let at = text.indexOf(wanted); at !== -1; at = text.indexOf(wanted, at + 1)) found.push(at);
  return found;
}
