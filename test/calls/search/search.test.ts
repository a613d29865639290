import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findRecords } from '../../../src/calls/search/find.ts';
import { count, search } from '../../../src/calls/search/search.ts';
import { listSources } from '../../../src/calls/search/sources.ts';
import { Failure } from '../../../src/failure.ts';
import {
  CALLS,
  found,
  foundLines,
  idOf,
  line,
  makeSampleStore,
  makeStore,
  OPEN_CALLS,
  RECORDS,
  type Store,
} from './store.ts';

describe('a search', () => {
  let store: Store;
  beforeAll(async () => {
    store = await makeSampleStore("environment=it's [a] *store?");
  });
  afterAll(() => store.close());

  it('gives the exact lines, of sealed and open segments alike', async () => {
    const [one, two, three, four, five, six] = RECORDS;
    expect(await foundLines(store, {}, { order: 'newest' })).toEqual([six, four, three, five, two, one]);
  });

  it('gives the newest first, some of them, from some point on', async () => {
    expect(await found(store, {}, { order: 'newest', limit: 2 })).toEqual([6, 4]);
    expect(await found(store, {}, { order: 'newest', limit: 3, offset: 1 })).toEqual([4, 3, 5]);
    expect(await found(store, {}, { limit: 0 })).toEqual([]);
    expect(await found(store, {}, { offset: 6 })).toEqual([]);
    await expect(found(store, {}, { limit: 1.5 })).rejects.toThrow(Failure);
  });

  it('leaves nothing behind, whether it was read to its end or not', async () => {
    const sources = await listSources(store.folder);
    for await (const _ of search(store.engine, sources, {}, { order: 'newest' })) break;
    await found(store, {});
    const tables = await store.engine.connection.runAndReadAll(
      "SELECT table_name FROM duckdb_tables() WHERE table_name LIKE 'hits%'",
    );
    expect(tables.getRows()).toEqual([]);
  });

  it('can be two at a time', async () => {
    const both = await Promise.all([found(store, { user: 'ann' }), found(store, { model: 'claude' })]);
    expect(both).toEqual([
      [1, 5, 3],
      [2, 4],
    ]);
  });

  it('gives records of one millisecond in the order of their ids', async () => {
    const crowd = await makeStore();
    const at = '2026-11-05T00:00:00.000Z';
    const made = Array.from({ length: 9 }, (_, number) =>
      line(number, at, { id: `019a0000-0000-7${(0x7fd + number).toString(16)}-8000-00000000000${number}` }),
    );
    crowd.open(
      OPEN_CALLS,
      made
        .toReversed()
        .map((one) => `${one}\n`)
        .join(''),
    );
    expect(await found(crowd, {})).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8]);
    expect(await found(crowd, {}, { order: 'newest', limit: 3 })).toEqual([8, 7, 6]);
    crowd.close();
  });

  it('passes over sealed segments that are known to be of another time', async () => {
    const sources = await listSources(store.folder);
    const at = (first: string, last: string) => ({ ranges: new Map([[CALLS, { first, last }]]) });
    const filter = {
      kind: 'call',
      since: '2026-11-03T00:00:00.000Z',
      until: '2026-11-04T00:00:00.000Z',
    } as const;
    const counted = (first: string, last: string) => count(store.engine, sources, filter, at(first, last));
    expect(await counted('2026-11-01T00:00:00.000Z', '2026-11-03T00:00:00.000Z')).toBe(1);
    // Not what the segment holds: shows that it was not read.
    expect(await counted('2026-11-01T00:00:00.000Z', '2026-11-02T23:59:59.999Z')).toBe(0);
    expect(await counted('2026-11-03T23:59:59.999Z', '2026-11-05T00:00:00.000Z')).toBe(1);
    expect(await counted('2026-11-04T00:00:00.000Z', '2026-11-05T00:00:00.000Z')).toBe(0);
  });
});

describe('a search of more than is read at once', () => {
  let store: Store;
  const AMOUNT = 9000;
  const times = (number: number) => new Date(Date.UTC(2026, 10, 1) + number * 1000).toISOString();
  const lines = Array.from({ length: AMOUNT }, (_, number) => line(number, times(number)));
  beforeAll(async () => {
    store = await makeStore();
    await store.seal(
      'a-calls-20261101t000000z000001',
      lines.filter((_, number) => number % 3 === 0),
    );
    await store.seal(
      'b-calls-20261101t000000z000001',
      lines.filter((_, number) => number % 3 === 1),
    );
    store.open(
      'c-calls-20261101t000000z000001',
      lines
        .filter((_, number) => number % 3 === 2)
        .map((one) => `${one}\n`)
        .join(''),
    );
  });
  afterAll(() => store.close());

  it('gives all of them in order', async () => {
    expect(await foundLines(store, {})).toEqual(lines);
    expect(await foundLines(store, {}, { order: 'newest', limit: 8500, offset: 100 })).toEqual(
      lines.toReversed().slice(100, 8600),
    );
  });

  it('gives those of one time in the order in which they were recorded', async () => {
    const other = await makeStore();
    const same = Array.from({ length: 100 }, (_, number) => line(number, times(0)));
    await other.seal(CALLS, same);
    expect(await foundLines(other, {})).toEqual(same);
    other.close();
  });
});

describe('finding a record by its id', () => {
  let store: Store;
  /** Version 7, of 2026-11-01T00:00:00.000Z. */
  const timed = `${Date.UTC(2026, 10, 1)
    .toString(16)
    .padStart(12, '0')
    .replace(/^(.{8})/, '$1-')}-7000-8000-000000000001`;
  const first = line(1, '2026-11-01T00:00:00.000Z', { id: timed });
  const second = line(2, '2026-11-20T00:00:00.000Z');
  const late = line(3, '2026-11-20T00:00:01.000Z', { id: timed.replace(/1$/, '3') });
  const one = 'a-calls-20261101t000000z000001';
  const two = 'a-calls-20261120t000000z000001';
  const range = (day: number) => ({
    first: new Date(Date.UTC(2026, 10, day)).toISOString(),
    last: new Date(Date.UTC(2026, 10, day) + 1000).toISOString(),
  });
  beforeAll(async () => {
    store = await makeStore();
    await store.seal(one, [first]);
    await store.seal(two, [second, late]);
    store.open('b-calls-20261121t000000z000001', `${RECORDS[3]}\n`);
  });
  afterAll(() => store.close());

  it('finds it by all that is known, by none of it, and against it', async () => {
    const sources = await listSources(store.folder);
    const ranges = new Map([
      [one, range(1)],
      [two, range(20)],
    ]);
    for (const known of [undefined, ranges]) {
      const find = (id: string) => findRecords(store.engine, sources, id, known);
      expect(await find(timed)).toEqual([first]);
      expect(await find(idOf(2))).toEqual([second]);
      expect(await find(timed.replace(/1$/, '3'))).toEqual([late]);
      expect(await find(idOf(4))).toEqual([RECORDS[3]]);
      expect(await find(idOf(9))).toEqual([]);
    }
  });

  it('reads no segment of another time where the id says the time', async () => {
    store.write(`date=2026-11-20/${two}.parquet`, 'spoilt');
    const sources = await listSources(store.folder);
    const ranges = new Map([[two, range(20)]]);
    expect(await findRecords(store.engine, sources, timed, ranges)).toEqual([first]);
    await expect(findRecords(store.engine, sources, timed)).rejects.toThrow(Failure);
  });
});
