import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { globProblem, matchesGlob } from '../../src/policy/glob.ts';
import { sandbox } from '../helpers/sandbox.ts';

describe('wildcards', () => {
  test.each([
    ['clinical-*', 'clinical-intake', true],
    ['clinical-*', 'clinical-', true],
    ['clinical-*', 'my-clinical-intake', false],
    ['clinical-*', 'clinical-intake/child', false],
    ['*', 'a', true],
    ['*', 'a/b', false],
    ['a?c', 'abc', true],
    ['a?c', 'a/c', false],
    ['a?c', 'ac', false],
    ['clin**', 'clinical/x/y', true],
    ['a**z', 'a/b/z', true],
    ['a.c', 'abc', false],
    ['', '', true],
  ])('%s on %s: %s', (glob, name, expected) => {
    expect(matchesGlob(glob, name)).toBe(expected);
  });
});

// git's own matcher: gitglossary(7), pathspec, magic word "glob". There `**` counts only where it fills a segment.
test('patterns whose ** fills a segment match what git matches', async () => {
  const names = [
    'a',
    'b',
    'ab',
    'a-b',
    'a/b',
    'a/b/c',
    'a/x/b',
    'a/x/y/b',
    'x/a',
    'x/a/b',
    'x/y/a',
    'x/y/a/z',
    'x.y/z',
    'aab',
    'abab',
  ];
  const patterns = [
    '*',
    '**',
    '?',
    'a*',
    '*b',
    'a*b',
    'a/*',
    '*/b',
    'a/**',
    '**/b',
    '**/a',
    'a/**/b',
    '**/a/**',
    '*/*',
    'a/?',
    'x/**/z',
    '**/*',
    'x.*/z',
    '?/?/?',
    '*a*b',
    'a/**/**/b',
  ];
  const box = await sandbox();
  await box.git(['init', '-q']);
  const blob = (await box.git(['hash-object', '-w', '--stdin'], { input: 'x' })).trim();
  // git holds no file at a and below a/ at once: each name stands in a folder of its own.
  const input = names.map((name, index) => `100644 ${blob}\t${index}/${name}\n`).join('');
  await box.git(['update-index', '--index-info'], { input });
  for (const pattern of patterns) {
    const found = await box.git(['ls-files', '--', ...names.map((_, index) => `:(glob)${index}/${pattern}`)]);
    const expected = names.filter((name, index) => found.split('\n').includes(`${index}/${name}`));
    expect(
      names.filter((name) => matchesGlob(pattern, name)),
      pattern,
    ).toEqual(expected);
  }
});

test('a name without wildcards matches itself and nothing else', () => {
  const name = fc.stringMatching(/^[a-z0-9][a-z0-9._-]{0,8}(?:\/[a-z0-9][a-z0-9._-]{0,8}){0,3}$/);
  fc.assert(
    fc.property(name, name, (one, other) => {
      expect(matchesGlob(one, one)).toBe(true);
      expect(matchesGlob(one, other)).toBe(one === other);
    }),
  );
});

test('many stars do not multiply the work', () => {
  expect(matchesGlob('*a'.repeat(100), 'a'.repeat(199))).toBe(true);
  expect(matchesGlob(`${'*a'.repeat(99)}b`, 'a'.repeat(199))).toBe(false);
});

test.each([
  ['clinical-*', true],
  ['**/x', true],
  ['', false],
  ['Clinical', false],
  ['{a,b}', false],
  ['[ab]', false],
  ['!a', false],
  ['/a', false],
  ['a/', false],
  ['a//b', false],
  ['*'.repeat(201), false],
])('%j may stand in a rule: %s', (glob, allowed) => {
  expect(globProblem(glob) === undefined).toBe(allowed);
});
