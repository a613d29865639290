import { describe, expect, it } from 'vitest';
import { formatTime, relativeTime } from '../../src/report/time.ts';
import { NOW } from './fixtures.ts';

describe('formatTime', () => {
  // date -u -d @N +%FT%TZ
  it.each([
    [0, '1970-01-01T00:00:00Z'],
    [1795255872, '2026-11-21T10:11:12Z'],
    [253402300799, '9999-12-31T23:59:59Z'],
    [253402300800, '@253402300800'],
    [Number.MAX_SAFE_INTEGER, '@9007199254740991'],
  ])('%i is %s', (seconds, text) => {
    expect(formatTime(seconds)).toBe(text);
  });
});

describe('relativeTime', () => {
  const now = NOW.getTime() / 1000;
  it.each([
    [0, 'just now'],
    [59, 'just now'],
    [60, '1 minute ago'],
    [3599, '59 minutes ago'],
    [3600, '1 hour ago'],
    [3 * 86400, '3 days ago'],
    [15 * 86400, '2 weeks ago'],
    [90 * 86400, '3 months ago'],
    [800 * 86400, '2 years ago'],
    [-7200, 'in 2 hours'],
  ])('%i seconds before is %s', (age, text) => {
    expect(relativeTime(now - age, NOW)).toBe(text);
  });
});
