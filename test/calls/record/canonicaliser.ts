import type { Stamp } from '../../../src/calls/record/read.ts';

export const NOW = Date.parse('2026-11-21T10:11:12.345Z');
export const MINTED = '0193a1b2-c3d4-7000-8000-000000000001';

export function stamp(now = NOW): Stamp {
  return { now, mint: () => MINTED };
}

/** RFC 8785 by its text, with nothing of ours: section 3.2.2 for what stands alone, 3.2.3 for the order. */
export function canonicalised(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalised).join(',')}]`;
  if (typeof value === 'object' && value !== null) {
    const pairs = Object.entries(value).sort(([a], [b]) => compareUnits(a, b));
    return `{${pairs.map(([name, item]) => `${text(name)}:${canonicalised(item)}`).join(',')}}`;
  }
  return typeof value === 'string' ? text(value) : String(Object.is(value, -0) ? 0 : value);
}

function compareUnits(a: string, b: string): number {
  for (let at = 0; at < Math.min(a.length, b.length); at += 1)
    if (a.charCodeAt(at) !== b.charCodeAt(at)) return a.charCodeAt(at) - b.charCodeAt(at);
  return a.length - b.length;
}

const SHORT: Readonly<Record<string, string>> = {
  '\b': '\\b',
  '\t': '\\t',
  '\n': '\\n',
  '\f': '\\f',
  '\r': '\\r',
  '"': '\\"',
  '\\': '\\\\',
};

function text(value: string): string {
  const units = value.split('').map((unit) => {
    const code = unit.charCodeAt(0);
    return SHORT[unit] ?? (code < 0x20 ? `\\u${code.toString(16).padStart(4, '0')}` : unit);
  });
  return `"${units.join('')}"`;
}
