import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { linesOf, sanitize, truncate, visibleWidth } from '../../src/report/text.ts';
import { codePoint } from '../helpers/codepoints.ts';
import { DANGEROUS } from './fixtures.ts';

describe('sanitize', () => {
  it.each([
    ['plain text ~', 'plain text ~'],
    ['Zoë, 張偉, Ñandú, 🩺', 'Zoë, 張偉, Ñandú, 🩺'],
    ['\x1b[31mred\x1b[0m', '\\x1b[31mred\\x1b[0m'],
    ['\x9b2J', '\\x9b2J'],
    ['a\nb\tc\rd\0', 'a\\nb\\tc\\rd\\x00'],
    ['invoice\u202efdp.exe', 'invoice\\u202efdp.exe'],
    ['admin\u200bistrator', 'admin\\u200bistrator'],
    ['hidden\u{e0041}', 'hidden\\u{e0041}'],
    ['\ufeffbom', '\\ufeffbom'],
    ['a\ufff9b\ufffbc', 'a\\ufff9b\\ufffbc'],
    ['\u200djoiner first', '\\u200djoiner first'],
    ['line\u2028separator', 'line\\u2028separator'],
    ['half \ud83d pair', 'half \\ud83d pair'],
    ['soft\u00adhyphen', 'soft\\xadhyphen'],
    ['ab\u200dcd', 'ab\\u200dcd'],
    ['👩\u200d⚕\ufe0f', '👩\u200d⚕\ufe0f'],
    ['می\u200cخواهم', 'می\u200cخواهم'],
    ['❤\ufe0f\u200d🔥', '❤\ufe0f\u200d🔥'],
    ['é\u200d\u200c\u200c\u200d', 'é\u200d\\u200c\\u200c\\u200d'],
    ['é\ufe0f\ufe0e\ufe0f', 'é\ufe0f\\ufe0e\\ufe0f'],
    ['é\ufe0f\u200d\ufe0f\u200d', 'é\ufe0f\u200d\\ufe0f\\u200d'],
  ])('shows %j as %j', (text, expected) => {
    expect(sanitize(text)).toBe(expected);
  });

  it('leaves nothing that a terminal acts upon, whatever the text', () => {
    fc.assert(
      fc.property(fc.string({ unit: codePoint }), (text) => {
        expect(sanitize(text)).not.toMatch(DANGEROUS);
        expect(sanitize(text)).not.toContain('\n');
      }),
    );
  });
});

describe('visibleWidth', () => {
  // Unicode's EastAsianWidth.txt; combining marks add nothing, an emoji sequence is one glyph of two columns.
  it.each([
    ['', 0],
    ['abc', 3],
    ['é', 1],
    ['e\u0301', 1],
    ['張偉', 4],
    ['ＡＢ', 4],
    ['ｱ', 1],
    ['한글', 4],
    ['🩺', 2],
    ['👩\u200d⚕\ufe0f', 2],
    ['🇨🇭', 2],
    ['→…', 2],
  ])('%j takes %i columns', (text, width) => {
    expect(visibleWidth(text)).toBe(width);
  });
});

describe('truncate', () => {
  it.each([
    ['clinical-intake', 15, 'clinical-intake'],
    ['clinical-intake', 10, 'clinical-…'],
    ['張偉張偉', 5, '張偉…'],
    ['張偉張偉', 4, '張…'],
    ['abc', 1, '…'],
  ])('%j in %i columns is %j', (text, width, expected) => {
    expect(truncate(text, width)).toBe(expected);
  });

  it('never takes more than it may', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), fc.integer({ min: 1, max: 30 }), (text, width) => {
        expect(visibleWidth(truncate(sanitize(text), width))).toBeLessThanOrEqual(width);
      }),
    );
  });
});

describe('linesOf', () => {
  it.each([
    ['', ['']],
    ['one', ['one']],
    ['one\n', ['one']],
    ['one\r\ntwo\n\nfour\n', ['one', 'two', '', 'four']],
  ])('%j has the lines %j', (text, lines) => {
    expect(linesOf(text)).toEqual(lines);
  });
});
