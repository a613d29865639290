import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CallFilter } from '../../../src/calls/search/filter.ts';
import { listSources } from '../../../src/calls/search/sources.ts';
import { type Dimension, type StatsQuestion, stats } from '../../../src/calls/search/stats.ts';
import { idOf, line, makeSampleStore, makeStore, QUOTES, type Store } from './store.ts';

let store: Store;
beforeAll(async () => {
  store = await makeSampleStore();
});
afterAll(() => store.close());

async function ask(by: readonly Dimension[], more: Partial<StatsQuestion> = {}, filter: CallFilter = {}) {
  return stats(store.engine, await listSources(store.folder), filter, { by, measures: [], ...more });
}

describe('stats', () => {
  it('count calls, errors, tokens and cost', async () => {
    const rows = await ask([], { measures: ['latency', 'users'] });
    expect(rows).toEqual([
      {
        keys: [],
        calls: 4,
        errors: 1,
        inputTokens: 1110,
        outputTokens: 2050,
        cost: 0.51,
        // Of 200, 900 and 5000.5.
        latency: { p50: 900, p95: 5000.5, p99: 5000.5 },
        users: 3,
        series: [],
      },
    ]);
  });

  it('leave out what was not asked for', async () => {
    const [row] = await ask([]);
    expect(row).toMatchObject({ latency: undefined, users: undefined });
  });

  it.each<[Dimension, [string | undefined, number][]]>([
    [
      'prompt',
      [
        ['intake', 2],
        ['refund', 2],
      ],
    ],
    [
      'version',
      [
        ['1', 3],
        ['2', 1],
      ],
    ],
    [
      'environment',
      [
        ['production', 2],
        ['staging', 2],
      ],
    ],
    [
      'model',
      [
        ['claude', 2],
        ['gpt-5', 2],
      ],
    ],
    [
      'provider',
      [
        ['openai', 2],
        ['anthropic', 1],
        [undefined, 1],
      ],
    ],
    [
      'workflow',
      [
        ['triage', 2],
        ['billing', 1],
        [undefined, 1],
      ],
    ],
    [
      'user',
      [
        ['ann', 2],
        ['bob', 1],
        [QUOTES, 1],
      ],
    ],
    [
      'service',
      [
        ['api', 2],
        ['web', 1],
        [undefined, 1],
      ],
    ],
    [
      'conversation',
      [
        ['k1', 2],
        ['k2', 1],
        [undefined, 1],
      ],
    ],
    [
      'status',
      [
        ['ok', 3],
        ['error', 1],
      ],
    ],
    [
      'kind',
      [
        ['call', 4],
        ['access', 2],
      ],
    ],
    [
      'action',
      [
        [undefined, 4],
        ['search', 1],
        ['show', 1],
      ],
    ],
    [
      'outcome',
      [
        [undefined, 4],
        ['allowed', 1],
        ['denied', 1],
      ],
    ],
    [
      'hour',
      [
        ['2026-11-01T00:00:00.000Z', 1],
        ['2026-11-02T00:00:00.000Z', 1],
        ['2026-11-03T00:00:00.000Z', 1],
        ['2026-11-04T10:00:00.000Z', 1],
      ],
    ],
    [
      'day',
      [
        ['2026-11-01T00:00:00.000Z', 1],
        ['2026-11-02T00:00:00.000Z', 1],
        ['2026-11-03T00:00:00.000Z', 1],
        ['2026-11-04T00:00:00.000Z', 1],
      ],
    ],
    // 1 November 2026 is a Sunday.
    [
      'week',
      [
        ['2026-10-26T00:00:00.000Z', 1],
        ['2026-11-02T00:00:00.000Z', 3],
      ],
    ],
    ['month', [['2026-11-01T00:00:00.000Z', 4]]],
  ])('by %s', async (dimension, expected) => {
    const rows = await ask([dimension]);
    expect(rows.map(({ keys, calls }) => [keys[0], calls])).toEqual(expected);
  });

  it('by several, those with the most calls first, and no more than asked for', async () => {
    const rows = await ask(['prompt', 'model'], { limit: 2 });
    expect(rows.map(({ keys, calls }) => [...keys, calls])).toEqual([
      ['intake', 'claude', 1],
      ['intake', 'gpt-5', 1],
    ]);
  });

  it('say how the calls went over time', async () => {
    const rows = await ask(['environment'], { over: 'week' });
    expect(rows.map(({ keys, series }) => [keys[0], series])).toEqual([
      [
        'production',
        [
          { at: '2026-10-26T00:00:00.000Z', calls: 1 },
          { at: '2026-11-02T00:00:00.000Z', calls: 1 },
        ],
      ],
      ['staging', [{ at: '2026-11-02T00:00:00.000Z', calls: 2 }]],
    ]);
    expect((await ask([], { over: 'month' }))[0]?.series).toEqual([
      { at: '2026-11-01T00:00:00.000Z', calls: 4 },
    ]);
  });

  it('are of accesses where the question is about them', async () => {
    const [row] = await ask([], {}, { actor: 'mallory' });
    expect(row).toMatchObject({ calls: 1, errors: 1 });
    expect(
      (await ask(['status'], {}, { kind: 'access' })).map(({ keys, errors }) => [...keys, errors]),
    ).toEqual([
      ['error', 1],
      ['ok', 0],
    ]);
  });

  it('are narrowed by a filter', async () => {
    expect(await ask(['user'], {}, { user: QUOTES, since: '2026-11-04T00:00:00.000Z' })).toHaveLength(1);
    expect(await ask(['user'], {}, { user: 'nobody' })).toEqual([]);
    expect(await ask([], { over: 'day' }, { user: 'nobody' })).toEqual([]);
    expect((await ask([], { ids: [idOf(1), idOf(3)] }, { text: 'x' }))[0]?.calls).toBe(2);
  });

  it('know the percentiles of a hundred latencies', async () => {
    const other = await makeStore();
    const lines = Array.from({ length: 100 }, (_, number) =>
      line(number, '1970-01-01T00:00:00.000Z', { 'promptaudit.latency_ms': (number * 37) % 100 }),
    );
    await other.seal('a-calls-20261101t000000z000001', lines);
    const [row] = await stats(
      other.engine,
      await listSources(other.folder),
      {},
      {
        by: ['week'],
        measures: ['latency'],
      },
    );
    // The nearest rank of 0, 1, …, 99: the 50th, the 95th and the 99th. 1 January 1970 is a Thursday.
    expect(row).toMatchObject({ keys: ['1969-12-29T00:00:00.000Z'], latency: { p50: 49, p95: 94, p99: 98 } });
    other.close();
  });
});
