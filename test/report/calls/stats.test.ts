import { describe, expect, it } from 'vitest';
import type { StatsRow } from '../../../src/calls/search/stats.ts';
import { compact, dollars, duration, share } from '../../../src/report/calls/amounts.ts';
import { sparkline } from '../../../src/report/calls/sparkline.ts';
import { statsJson, statsText } from '../../../src/report/calls/stats.ts';
import { visibleWidth } from '../../../src/report/text.ts';
import { DANGEROUS, HOSTILE, plainPage } from '../fixtures.ts';

describe('amounts', () => {
  it.each([
    [0, '0 ms'], [812.4, '812 ms'], [999.4, '999 ms'], [999.5, '1.00 s'], [2410, '2.41 s'], [9994, '9.99 s'],
    [9995, '10.0 s'], [59_949, '59.9 s'], [59_950, '1 min 0 s'], [65_000, '1 min 5 s'], [3_600_000, '60 min 0 s'],
  ])('%f ms is %s', (value, text) => expect(duration(value)).toBe(text)); // biome-ignore format: pairs

  it.each([
    [0, '$0.00'], [0.0045, '$0.0045'], [0.00001, '$0.000010'], [0.5, '$0.50'], [0.994, '$0.99'], [0.999, '$1.00'],
    [12.3, '$12.30'], [999.994, '$999.99'], [999.996, '$1,000'], [10_043.25, '$10,043'], [-2, '-$2.00'],
  ])('%f dollars are %s', (value, text) => expect(dollars(value)).toBe(text)); // biome-ignore format: pairs

  it.each([
    [0, '0'], [812, '812'], [999.5, '1.00k'], [12_345, '12.3k'], [999_499, '999k'], [999_500, '1.00M'],
    [924_778_868, '925M'], [3_061_384_488, '3.06G'], [5e12, '5,000G'],
  ])('%f is %s for short', (value, text) => expect(compact(value)).toBe(text)); // biome-ignore format: pairs

  it.each([
    [0, 0, '0%'], [0, 5, '0%'], [1, 10_000, '<0.1%'], [1, 40, '2.5%'], [999, 1000, '99%'], [5, 5, '100%'],
  ])('%i of %i is %s', (part, whole, text) => expect(share(part, whole)).toBe(text)); // biome-ignore format: triples
});

describe('a sparkline', () => {
  const hour = (number: number) => new Date(Date.UTC(2026, 10, 1, number)).toISOString();
  const points = (...calls: number[]) =>
    calls.flatMap((one, index) => (one === 0 ? [] : [{ at: hour(index), calls: one }]));

  it('has a bar a period, by eighths of the greatest, and none for nothing', () => {
    const series = points(1, 0, 2, 3, 4, 5, 6, 7, 8);
    expect(sparkline(series, 'hour', { from: hour(0), to: hour(8) }, 20)).toBe('▂ ▃▄▅▆▇██');
    expect(sparkline(points(1, 80), 'hour', { from: hour(0), to: hour(1) }, 20)).toBe('▁█');
  });

  it('puts periods together where there is no room for each', () => {
    expect(sparkline(points(1, 1, 4, 4, 2), 'hour', { from: hour(0), to: hour(4) }, 3)).toBe('▃█▃');
    expect(sparkline(points(1, 1, 4, 4, 2), 'hour', { from: hour(0), to: hour(4) }, 1)).toBe('█');
  });

  it('stands where it is in the time shown', () => {
    expect(sparkline(points(0, 0, 5), 'hour', { from: hour(0), to: hour(3) }, 10)).toBe('  █ ');
    expect(sparkline([], 'hour', { from: hour(0), to: hour(3) }, 10)).toBe('    ');
  });

  it('knows days, weeks and months', () => {
    const at = (time: string) => [{ at: `${time}T00:00:00.000Z`, calls: 1 }];
    const from = '2026-11-30T00:00:00.000Z';
    expect(sparkline(at('2026-12-02'), 'day', { from, to: '2026-12-02T00:00:00.000Z' }, 9)).toBe('  █');
    expect(sparkline(at('2026-12-14'), 'week', { from, to: '2026-12-14T00:00:00.000Z' }, 9)).toBe('  █');
    const month = { from: '2026-11-01T00:00:00.000Z', to: '2027-01-01T00:00:00.000Z' };
    expect(sparkline(at('2027-01-01'), 'month', month, 9)).toBe('  █');
  });
});

describe('what was counted', () => {
  const row = (key: string | undefined, more: Partial<StatsRow> = {}): StatsRow => ({
    keys: [key],
    calls: 2000,
    errors: 50,
    inputTokens: 1_490_000,
    outputTokens: 445,
    cost: 12.3,
    latency: undefined,
    users: undefined,
    series: [],
    ...more,
  });
  const series = [
    { at: '2026-11-01T00:00:00.000Z', calls: 1 },
    { at: '2026-11-03T00:00:00.000Z', calls: 2 },
  ];
  const full = { latency: { p50: 197, p95: 3890, p99: 4064 }, users: 77, series };

  it('is one line a row where all of it fits', () => {
    const shown = {
      by: ['model' as const],
      over: 'day' as const,
      rows: [row('gpt-5', { users: 77, series })],
    };
    expect(statsText(shown, plainPage(80))).toBe(
      [
        'model  calls  errors  tokens in  out    cost  users  trend',
        'gpt-5  2,000    2.5%      1.49M  445  $12.30     77  ▅ █',
        'trend: calls by day, 2026-11-01 to 2026-11-03',
        '',
      ].join('\n'),
    );
  });

  it('is a table', () => {
    const shown = {
      by: ['model' as const],
      over: undefined,
      rows: [row('gpt-5'), row(undefined, { errors: 0 })],
    };
    expect(statsText(shown, plainPage(80))).toBe(
      [
        'model   calls  errors  tokens in  out    cost',
        'gpt-5   2,000    2.5%      1.49M  445  $12.30',
        '(none)  2,000      0%      1.49M  445  $12.30',
        '',
      ].join('\n'),
    );
  });

  it('has a second line a row where there is little room, and a trend', () => {
    const shown = { by: ['model' as const], over: 'day' as const, rows: [row('gpt-5', full)] };
    const narrow = [
      'model  calls  errors  tokens in  out    cost',
      '       p50/p95/p99  users  trend',
      'gpt-5  2,000    2.5%      1.49M  445  $12.30',
      '  0.20/3.89/4.06 s     77  ▅ █',
      'trend: calls by day, 2026-11-01 to 2026-11-03',
      '',
    ];
    expect(statsText(shown, plainPage(80))).toBe(narrow.join('\n'));
    expect(statsText(shown, plainPage(120)).split('\n')[1]).toBe(
      'gpt-5  2,000    2.5%      1.49M  445  $12.30  0.20/3.89/4.06 s     77  ▅ █',
    );
  });

  it('shows as much of a time as its period says', () => {
    const at = '2026-11-01T10:00:00.000Z';
    const shown = {
      by: ['hour', 'day', 'month'] as const,
      over: undefined,
      rows: [row(at, { keys: [at, at, at] })],
    };
    expect(statsText(shown, plainPage(80))).toContain('2026-11-01T10:00Z  2026-11-01  2026-11');
  });

  it.each([20, 40, 60, 80, 109, 110, 160])('is harmless and no wider than %i columns', (width) => {
    const rows = [row(HOSTILE, full), row('数'.repeat(90), { ...full, calls: 123_456_789 })];
    const text = statsText({ by: ['prompt'], over: 'hour', rows }, plainPage(width));
    expect(text).not.toMatch(DANGEROUS);
    expect(Math.max(...text.split('\n').map(visibleWidth))).toBeLessThanOrEqual(width);
  });

  it('is a document', () => {
    const shown = {
      by: ['model', 'user'] as const,
      over: 'day' as const,
      rows: [row('x', { ...full, keys: ['x', undefined] })],
    };
    expect(JSON.parse(statsJson(shown))).toEqual({
      schema: 'promptaudit/call-stats@1',
      by: ['model', 'user'],
      over: 'day',
      rows: [
        {
          by: { model: 'x', user: null },
          calls: 2000,
          errors: 50,
          errorRate: 0.025,
          inputTokens: 1_490_000,
          outputTokens: 445,
          costUsd: 12.3,
          latencyMs: { p50: 197, p95: 3890, p99: 4064 },
          users: 77,
          series,
        },
      ],
    });
    expect(JSON.parse(statsJson({ by: [], over: undefined, rows: [row('x', { keys: [] })] }))).toMatchObject({
      over: null,
      rows: [{ by: {}, latencyMs: null, users: null }],
    });
  });
});
