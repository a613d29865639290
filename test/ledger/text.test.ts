import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { KINDS } from '../../src/ledger/kinds.ts';
import { lineProblem, quote, RESERVED_NAMES, reasonProblem, tidyReason } from '../../src/ledger/text.ts';
import { reason } from './arbitraries.ts';

describe('reasonProblem', () => {
  it.each([
    'Reviewed.',
    'Two lines\nof one paragraph.\n\n  - indented\n  - list',
    'Überprüft für 診療 👩‍⚕️, naïve café',
    'the Version: 3 of the form',
    'Signed-off-by: Alice Ng <alice@acme.example>',
    `${'é'.repeat(32_768)}`,
  ])('finds nothing wrong with %j', (text) => {
    expect(reasonProblem(text)).toBeUndefined();
  });

  it.each([
    ['', 'is empty'],
    ['\na', 'blank line'],
    ['a\n', 'blank line'],
    ['a\n\n\nb', 'two blank lines'],
    ['a \nb', 'space at the end of line 1'],
    ['a\n \nb', 'space at the end of line 2'],
    ['a\tb', 'U+0009 on line 1'],
    ['a\r\nb', 'U+000D'],
    ['a\n\0', 'U+0000 on line 2'],
    ['a\u001b[2Jb', 'U+001B'],
    ['a\u007f', 'U+007F'],
    ['a\u009bb', 'U+009B'],
    ['a\u2028b', 'U+2028'],
    ['a\u202eb', 'U+202E'],
    ['a\u2066b', 'U+2066'],
    ['a\u200fb', 'U+200F'],
    ['a\u061cb', 'U+061C'],
    ['a\ud800b', 'U+D800'],
    ['cafe\u0301', 'NFC'],
    ['x\n-----BEGIN SSH SIGNATURE-----', 'line 2 begin with "-----BEGIN "'],
    ['x\nVersion: 3', 'line 2 begin with "Version:"'],
    ['Content-Digest:x', 'line 1 begin with "Content-Digest:"'],
    ['é'.repeat(32_769), 'longer than 65536 bytes'],
  ])('refuses %j', (text, problem) => {
    expect(reasonProblem(text)).toContain(problem);
  });

  it('keeps the name of every trailer that there was when the list was closed', () => {
    const since = ['seal', 'hold', 'release', 'purge', 'erasure'];
    for (const [event, { trailers }] of Object.entries(KINDS)) {
      if (since.includes(event)) continue;
      for (const { name } of Object.values(trailers)) expect(RESERVED_NAMES).toContain(name);
    }
  });
});

describe('lineProblem', () => {
  it.each(['CAB-1432', 'https://tracker.example/browse/X-1?a=b: c', 'é'.repeat(512)])('allows %j', (text) => {
    expect(lineProblem(text)).toBeUndefined();
  });

  it.each(['', ' a', 'a ', 'a\nb', 'a\tb', 'e\u0301', 'é'.repeat(513)])('refuses %j', (text) => {
    expect(lineProblem(text)).toBeDefined();
  });
});

describe('tidyReason', () => {
  it('mends what has no meaning', () => {
    expect(tidyReason('\r\n\n  Cafe\u0301\tau lait  \r\n \t\n\n\nsecond\rthird\n\n')).toBe(
      '  Café    au lait\n\nsecond\nthird',
    );
  });

  it('leaves what is well-formed as it is, and needs to run but once', () => {
    fc.assert(
      fc.property(reason, (text) => {
        expect(tidyReason(text)).toBe(text);
      }),
    );
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom('a', ' ', '\n', '\r', '\t', '\u0301', '-') }), (text) => {
        const tidy = tidyReason(text);
        expect(tidyReason(tidy)).toBe(tidy);
        expect(tidy === '' || reasonProblem(tidy) === undefined).toBe(true);
      }),
      { numRuns: 1000 },
    );
  });

  it('takes a long run of white space in its stride', () => {
    expect(tidyReason(`a${' '.repeat(200_000)}b${'\n'.repeat(200_000)}`)).toHaveLength(200_002);
  });
});

describe('quote', () => {
  it('shows what does not print, and cuts what is long', () => {
    expect(quote('a"\u001b\u009b\u202e\u200b')).toBe('"a\\"\\u001bU+009BU+202EU+200B"');
    expect(quote('x'.repeat(100))).toBe(`"${'x'.repeat(80)}…"`);
  });
});
