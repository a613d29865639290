import fc from 'fast-check';

const SURROGATES = { first: 0xd800, count: 0x800 };
const COUNT = 0x110000 - SURROGATES.count;

/**
 * Any character of Unicode, for `fc.string({ unit })`. The library's own unit `binary` has the same characters, and keeps a table of
 * all 1,112,064 of them (80 MB) for as long as the process lives.
 */
export const codePoint: fc.Arbitrary<string> = fc.nat(COUNT - 1).map(
  (index) => String.fromCodePoint(index < SURROGATES.first ? index : index + SURROGATES.count),
  (text) => {
    const [character, ...more] = typeof text === 'string' ? text : '';
    if (character === undefined || more.length > 0 || /\p{Surrogate}/u.test(character)) {
      throw new Error('not one character');
    }
    const point = character.codePointAt(0) ?? 0;
    return point < SURROGATES.first ? point : point - SURROGATES.count;
  },
);
