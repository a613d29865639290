import { open, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { endOfLines, linesOf } from '../../../src/calls/content/lines.ts';
import { createSandbox } from '../../helpers/sandbox.ts';

/** Longer than what is read at once. */
const LONG = 300_000;

async function read(text: string, longest: number): Promise<[(string | undefined)[], number[], number]> {
  const { dir, remove } = await createSandbox();
  const path = join(dir, 'file');
  await writeFile(path, text);
  const handle = await open(path);
  const texts: (string | undefined)[] = [];
  const ends: number[] = [];
  for await (const lines of linesOf(handle, longest)) {
    for (const { bytes, start, end } of lines) {
      expect(start).toBe(ends.at(-1) ?? 0);
      texts.push(bytes?.toString());
      ends.push(end);
    }
  }
  const end = await endOfLines(handle);
  await handle.close();
  await remove();
  return [texts, ends, end];
}

it('lines are read with their places, those that are too long only with that', async () => {
  const long = 'x'.repeat(LONG);
  expect(await read(`a\n\n${long}\nb\n`, 10)).toEqual([
    ['a', '', undefined, 'b'],
    [2, 3, LONG + 4, LONG + 6],
    LONG + 6,
  ]);
  expect(await read(`${long}\n12345678901\n1234567890\n`, LONG)).toEqual([
    [long, '12345678901', '1234567890'],
    [LONG + 1, LONG + 13, LONG + 24],
    LONG + 24,
  ]);
});

it('what stands behind the last line feed is no line', async () => {
  expect(await read('', 10)).toEqual([[], [], 0]);
  expect(await read('torn', 10)).toEqual([[], [], 0]);
  expect(await read(`a\n${'x'.repeat(LONG)}`, LONG)).toEqual([['a'], [2], 2]);
});

it('any lines are read, wherever the reads begin and end', async () => {
  const line = fc.oneof(fc.integer({ min: 0, max: 20 }), fc.integer({ min: 262_140, max: 262_150 }));
  await fc.assert(
    fc.asyncProperty(fc.array(line, { maxLength: 4 }), async (lengths) => {
      const lines = lengths.map((length) => 'y'.repeat(length));
      const [texts, , end] = await read(lines.map((text) => `${text}\n`).join(''), LONG);
      expect(texts).toEqual(lines);
      expect(end).toBe(lengths.reduce((sum, length) => sum + length + 1, 0));
    }),
    { numRuns: 30 },
  );
});
