import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Needles } from '../../../src/calls/retain/windows.ts';

async function* inChunks(bytes: Buffer, size: number): AsyncGenerator<Buffer> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

function needlesOf(...texts: readonly (string | Buffer)[]): Needles {
  const needles = new Needles();
  for (const text of texts) needles.add(Buffer.from(text));
  return needles;
}

describe('needles', () => {
  it('are found wherever they are and however the bytes come, as Buffer.includes finds them', async () => {
    // Few letters, so that what is nearly the same comes often.
    const letters = (min: number, max: number) =>
      fc.array(fc.constantFrom(97, 98), { minLength: min, maxLength: max }).map((all) => Buffer.from(all));
    await fc.assert(
      fc.asyncProperty(
        fc.array(letters(24, 40), { maxLength: 4 }),
        letters(0, 60),
        letters(0, 60),
        fc.boolean(),
        fc.integer({ min: 1, max: 200 }),
        async (needles, before, after, isPut, size) => {
          const hay = Buffer.concat([
            before,
            isPut ? (needles[0] ?? Buffer.alloc(0)) : Buffer.alloc(0),
            after,
          ]);
          const expected = needles.some((needle) => hay.includes(needle));
          expect(await needlesOf(...needles).isIn(inChunks(hay, size))).toBe(expected);
        },
      ),
      { numRuns: 300 },
    );
  });

  it('are known by their first 256 bytes', async () => {
    const long = Buffer.alloc(1000, 'abcdefg');
    const isIn = (bytes: Buffer) => needlesOf(long).isIn(inChunks(bytes, 100));
    expect(await isIn(Buffer.concat([Buffer.alloc(90), long.subarray(0, 256)]))).toBe(true);
    expect(await isIn(Buffer.concat([Buffer.alloc(90), long.subarray(0, 255)]))).toBe(false);
  });

  it('are left out where they are so short that they are found by chance', async () => {
    expect(await needlesOf('yes', 'a'.repeat(23)).isIn(inChunks(Buffer.alloc(100, 'a'), 10))).toBe(false);
    expect(await needlesOf('a'.repeat(24)).isIn(inChunks(Buffer.alloc(100, 'a'), 10))).toBe(true);
  });
});
