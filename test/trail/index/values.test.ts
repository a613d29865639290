import { appendFileSync, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { IndexDamaged } from '../../../src/trail/index/damaged.ts';
import { appendValues, readValues } from '../../../src/trail/index/values.ts';

describe('filed values', () => {
  let folder: string;
  let file: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'promptaudit-values-'));
    file = join(folder, 'values');
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  const add = (key: string, revision: number, value: unknown) =>
    appendValues(file, [{ key, revision, json: JSON.stringify(value) }], true);
  const read = (revisions: Record<string, number>) =>
    Object.fromEntries(
      Array.from(readValues(file, new Map(Object.entries(revisions))).values, ([key, json]) => [
        key,
        JSON.parse(json),
      ]),
    );

  test('are those of the revisions that are asked for, wherever they stand', () => {
    add('intake', 1, 'old');
    add('triage/adults', 2, { text: 'a b\u2028c "é" \\ 漢' });
    add('intake', 3, 'newer than the core');
    add('intake', 2, 'new');
    add('intake', 2, 'new');
    expect(read({ intake: 2, 'triage/adults': 2 })).toEqual({
      intake: 'new',
      'triage/adults': { text: 'a b\u2028c "é" \\ 漢' },
    });
    expect(readValues(file, new Map()).lines).toBe(5);
  });

  test('survive a line that was cut short before them', () => {
    add('intake', 1, 'old');
    appendFileSync(file, '01234567 intake 2 "ne');
    add('intake', 2, 'new');
    expect(read({ intake: 2 })).toEqual({ intake: 'new' });
  });

  test('that are not there are damage, and so is a file that is not', () => {
    add('intake', 1, 'old');
    expect(() => read({ intake: 2 })).toThrow(IndexDamaged);
    expect(() => read({ discharge: 1 })).toThrow(IndexDamaged);
    rmSync(file);
    expect(() => read({ intake: 1 })).toThrow(IndexDamaged);
  });

  test('are not added to a file that another process deleted', () => {
    const value = { key: 'intake', revision: 1, json: '1' };
    expect(() => appendValues(file, [value], false)).toThrow('ENOENT');
    expect(existsSync(file)).toBe(false);
    appendValues(file, [], true);
    appendValues(file, [{ ...value, revision: 2 }], false);
    expect(read({ intake: 2 })).toEqual({ intake: 1 });
  });
});
