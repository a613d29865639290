import { describe, expect, it } from 'vitest';
import { parseTime } from '../../src/cli/time.ts';
import { Failure } from '../../src/failure.ts';
import { run } from '../helpers/sandbox.ts';
import { NOW } from './world.ts';

function iso(text: string, now = NOW): string {
  return parseTime(text, now).toISOString();
}

describe('ISO 8601', () => {
  it.each([
    ['2026-11-20', '2026-11-20T00:00:00.000Z'],
    ['2026-11-20T10:11', '2026-11-20T10:11:00.000Z'],
    ['2026-11-20T10:11:12', '2026-11-20T10:11:12.000Z'],
    ['2026-11-20T10:11:12Z', '2026-11-20T10:11:12.000Z'],
    ['2026-11-20t10:11:12.5z', '2026-11-20T10:11:12.500Z'],
    ['2026-11-20T10:11:12.123456789Z', '2026-11-20T10:11:12.123Z'],
    ['2026-11-20T10:11:12+02:00', '2026-11-20T08:11:12.000Z'],
    ['2026-11-20 10:11:12 -0330', '2026-11-20T13:41:12.000Z'],
    ['2026-11-20T00:30:00+01', '2026-11-19T23:30:00.000Z'],
    ['2024-02-29', '2024-02-29T00:00:00.000Z'],
    ['0050-01-01', '0050-01-01T00:00:00.000Z'],
    ['  2026-11-20  ', '2026-11-20T00:00:00.000Z'],
  ])('%j is %s', (text, expected) => {
    expect(iso(text)).toBe(expected);
  });
});

describe('seconds since the epoch', () => {
  it.each([
    ['@0', '1970-01-01T00:00:00.000Z'],
    ['@1795255872', '2026-11-21T10:11:12.000Z'],
  ])('%j is %s', (text, expected) => {
    expect(iso(text)).toBe(expected);
  });
});

describe('what git understands too', () => {
  const texts = [
    'now',
    'yesterday',
    'noon',
    'midnight',
    'last week',
    'last month',
    'last year',
    '2 weeks ago',
    '2.weeks.ago',
    '2 weeks',
    '3_days_ago',
    '1 hour ago',
    '90 minutes ago',
    '30 seconds ago',
    'one week ago',
    'ten days ago',
    '1 month ago',
    '13 months ago',
    '1 year ago',
    '1 year 2 months ago',
    '1 day 2 hours ago',
    'Yesterday',
    '@1795255000',
  ];

  it.each([NOW, new Date('2027-03-31T23:30:00Z'), new Date('2028-02-29T12:00:00Z')])(
    'is the same moment as for git, at %s',
    async (now) => {
      const expected = await Promise.all(texts.map((text) => gitTime(text, now)));
      expect(texts.map((text) => [text, iso(text, now)])).toEqual(
        texts.map((text, index) => [text, expected[index]]),
      );
    },
  );

  /** git's own reading: `rev-parse --since` prints the seconds; its clock can be set for its own tests. */
  async function gitTime(text: string, now: Date): Promise<string> {
    const { stdout } = await run('git', ['rev-parse', `--since=${text}`], {
      cwd: import.meta.dirname,
      env: { PATH: process.env.PATH ?? '', TZ: 'UTC', GIT_TEST_DATE_NOW: String(now.getTime() / 1000) },
    });
    return new Date(Number(stdout.toString().trim().replace('--max-age=', '')) * 1000).toISOString();
  }
});

it.each([
  ['an hour ago', '2026-11-21T09:11:12.000Z'],
  ['a week ago', '2026-11-14T10:11:12.000Z'],
  ['today', '2026-11-21T00:00:00.000Z'],
])('also understands %j, which git takes for now', (text, expected) => {
  expect(iso(text)).toBe(expected);
});

it.each([
  '',
  'soon',
  'garbage ago',
  '2 moons ago',
  'weeks ago',
  '2 ago',
  'ago',
  '2026-13-01',
  '2026-02-30',
  '2025-02-29',
  '2026-11-20T24:00',
  '2026-11-20T10:60',
  '2026-11-20T10:11:12+99:00',
  '20261120',
  '1795255872',
  '@',
  '@99999999999999',
  '@-1',
  '999999999 years ago',
  '\x1b[31m',
])('refuses %j, and shows how to write one', (text) => {
  expect(() => parseTime(text, NOW)).toThrow(Failure);
  expect(() => parseTime(text, NOW)).toThrow(/is not a time: write for example 2026-11-21/);
});
