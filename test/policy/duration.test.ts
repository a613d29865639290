import { expect, test } from 'vitest';
import { formatDuration, parseDuration } from '../../src/policy/duration.ts';

test.each([
  ['90s', 90],
  ['30m', 1800],
  ['24h', 86_400],
  ['7d', 604_800],
  ['2w', 1_209_600],
  ['0s', 0],
])('%s is %i seconds', (text, seconds) => {
  expect(parseDuration(text)).toBe(seconds);
});

test.each([
  '',
  '24',
  'h',
  '1.5h',
  '-1h',
  ' 24h',
  '24h ',
  '24 h',
  '1h30m',
  '24H',
  '024h',
  '24y',
  '24constructor',
  '١h',
])('%j is no duration', (text) => {
  expect(parseDuration(text)).toBeUndefined();
});

test.each([
  [0, '0s'],
  [59, '59s'],
  [3600, '1h'],
  [11_520, '3h 12m'],
  [86_400, '1d'],
  [90_061, '1d 1h 1m 1s'],
  [1_209_600, '14d'],
  [-5, '0s'],
])('%i seconds read %s', (seconds, text) => {
  expect(formatDuration(seconds)).toBe(text);
});
