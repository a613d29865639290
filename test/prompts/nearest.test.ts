import fc from 'fast-check';
import { expect, test } from 'vitest';
import { nearest } from '../../src/prompts/nearest.ts';

const WORDS = ['messages', 'model', 'modelParameters', 'metadata', 'name', 'tags', 'tools'];

test.each([
  ['mesages', 'messages'],
  ['Messages', 'messages'],
  ['modle', 'model'],
  ['model_parameters', 'modelParameters'],
  ['naem', 'name'],
  ['tag', 'tags'],
  ['tagss', 'tags'],
])('%s is meant to be %s', (word, meant) => {
  expect(nearest(word, WORDS)).toBe(meant);
});

test.each([['temperature'], ['xy'], [''], ['nm']])('%s is meant to be none of them', (word) => {
  expect(nearest(word, WORDS)).toBeUndefined();
});

test('of equally near ones the first', () => {
  expect(nearest('bat', ['cat', 'hat'])).toBe('cat');
});

test('no word is near where there are none', () => {
  expect(nearest('a', [])).toBeUndefined();
});

test('one edit of a word of four letters or more is always near, and the word itself nearest', () => {
  const word = fc.stringMatching(/^[a-z]{4,12}$/);
  fc.assert(
    fc.property(word, fc.nat(), fc.constantFrom('x', ''), (meant, at, put) => {
      const place = at % meant.length;
      const typed = meant.slice(0, place) + put + meant.slice(place + 1);
      expect(nearest(typed, [meant])).toBe(meant);
      expect(nearest(meant, [`${meant}x`, meant])).toBe(meant);
    }),
  );
});
