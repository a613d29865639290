import { describe, expect, it } from 'vitest';
import { isTooDense, MAX_VALUES } from '../../../src/calls/record/density.ts';

/** JSON of so many objects, arrays and members, by hand: two brackets, and a comma less than elements. */
function json(values: number): Buffer {
  return Buffer.from(`{"a":[0${',0'.repeat(values - 2)}]}`);
}

describe('the density of JSON', () => {
  it('counts objects, arrays and members', () => {
    expect(isTooDense(json(MAX_VALUES))).toBe(false);
    expect(isTooDense(json(MAX_VALUES + 1))).toBe(true);
    expect(isTooDense(Buffer.from('['.repeat(MAX_VALUES + 1)))).toBe(true);
  });

  it('does not count what is in texts', () => {
    const many = ',[{'.repeat(MAX_VALUES);
    const rest = ',1'.repeat(MAX_VALUES + 1);
    for (const text of [`"${many}"`, `"\\"${many}\\\\"`, `"\\\\\\"${many}"`, `"${many}`, `"${many}\\"`])
      expect(isTooDense(Buffer.from(`[${text}`))).toBe(false);
    for (const text of [`"${many}"`, `"\\\\"`, `"\\\\\\""`, '""'])
      expect(isTooDense(Buffer.from(`[${text}${rest}`))).toBe(true);
  });
});
