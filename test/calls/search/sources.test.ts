import { mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { count } from '../../../src/calls/search/search.ts';
import { listSources } from '../../../src/calls/search/sources.ts';
import { Failure } from '../../../src/failure.ts';
import { CALLS, found, line, makeSampleStore, makeStore, OPEN_CALLS, RECORDS, type Store } from './store.ts';

let store: Store;
beforeEach(async () => {
  store = await makeSampleStore();
});
afterEach(() => store.close());

describe('the segments of a store', () => {
  it('are the sealed and the open ones, each once', async () => {
    store.open(CALLS, 'what is sealed already\n');
    store.write(`open/${OPEN_CALLS}.lock`, '{}');
    const { sealed, open, strangers } = await listSources(store.folder);
    expect(sealed.map(({ segment }) => segment.name)).toEqual(['api-access-20261101t000000z000001', CALLS]);
    expect(open.map(({ segment }) => segment.name)).toEqual([
      'web-access-20261104t000000z000002',
      OPEN_CALLS,
    ]);
    expect(strangers).toEqual([]);
    expect(await found(store, {})).toEqual([1, 2, 5, 3, 4, 6]);
  });

  it('are nothing else that lies about', async () => {
    const date = 'date=2026-11-01';
    const name = 'x-calls-20261101t000000z00000a';
    mkdirSync(join(store.folder, date, `${name}.parquet`));
    mkdirSync(join(store.folder, 'open', `${name}.jsonl`));
    symlinkSync(
      join(store.folder, date, `${CALLS}.parquet`),
      join(store.folder, date, `${name.replace('x', 'y')}.parquet`),
    );
    symlinkSync(join(store.folder, date), join(store.folder, 'date=2026-11-02'));
    store.write(`${date}/it's "quoted".parquet`, 'x');
    store.write(`${date}/api-calls-20261102t000000z000001.parquet`, 'of another day');
    store.write(`${date}/${CALLS}.parquet.tmp`, 'x');
    store.write('date=2026-1-1/x', 'x');
    store.write('open/notes.txt', 'x');
    store.write('spare.parquet', 'x');
    store.write('tmp/half.parquet', 'x');
    store.write('.gitignore', '*');
    const { sealed, open, strangers } = await listSources(store.folder);
    expect([sealed.length, open.length]).toEqual([2, 2]);
    expect(strangers).toEqual([
      'date=2026-1-1',
      `${date}/api-calls-20261101t000000z000001.parquet.tmp`,
      `${date}/api-calls-20261102t000000z000001.parquet`,
      `${date}/it's "quoted".parquet`,
      `${date}/${name}.parquet`,
      `${date}/${name.replace('x', 'y')}.parquet`,
      'date=2026-11-02',
      'open/notes.txt',
      `open/${name}.jsonl`,
      'spare.parquet',
    ]);
    expect(await found(store, {})).toEqual([1, 2, 5, 3, 4, 6]);
  });

  it('may be none at all', async () => {
    const empty = await makeStore();
    expect(await found(empty, { user: 'ann' })).toEqual([]);
    expect(await count(empty.engine, await listSources(empty.folder), {})).toBe(0);
    empty.close();
  });

  it('are not those of a folder that is not there', async () => {
    await expect(listSources(join(store.folder, 'none'))).rejects.toThrow(/there are no records in .*none/);
    writeFileSync(store.beside('file'), 'x');
    await expect(listSources(store.beside('file'))).rejects.toThrow(Failure);
  });
});

describe('an open segment', () => {
  const later = '2026-11-09T00:00:00.000Z';

  it('is read but for a last line that is torn', async () => {
    const torn = line(8, later, { 'user.id': 'zoe' });
    store.open(OPEN_CALLS, `${RECORDS[3]}\n${line(7, later)}\n${torn.slice(0, -5)}`);
    expect(await found(store, { since: later })).toEqual([7]);
  });

  it('is read but for a last record whose line feed is missing', async () => {
    store.open(OPEN_CALLS, `${line(7, later)}\n${line(8, later)}`);
    expect(await found(store, { since: later })).toEqual([7]);
  });

  it('is read but for what is no record', async () => {
    const bad = ['nope', '[]', '3', 'null', '"text"', '{"id":', '{"id":"x"}', `${line(9, 'no time')}`];
    const bytes = Buffer.concat([
      Buffer.from(`${bad.join('\n')}\n`),
      Buffer.from([0x7b, 0xff, 0xfe, 0x7d, 0x0a]),
      Buffer.from('{"id":"\u0001","nul":"\0"}\n'),
      Buffer.from(
        `${line(7, later, { 'user.id': 'é 😀 "quoted", \\ and , ; \u2028', 'gen_ai.usage.input_tokens': 2 ** 53 - 1 })}\n`,
      ),
    ]);
    store.write(`open/${OPEN_CALLS}.jsonl`, bytes);
    expect(await found(store, { kind: 'call', since: later })).toEqual([7]);
    expect(await found(store, { user: 'é 😀 "quoted", \\ and , ; \u2028' })).toEqual([7]);
    expect(await found(store, { minTokens: 2 ** 53 - 1, maxTokens: 2 ** 53 - 1 })).toEqual([7]);
  });

  it('may be sealed while it is read, which is told', async () => {
    const sources = await listSources(store.folder);
    const [first] = sources.open;
    rmSync(first?.path ?? '');
    await expect(count(store.engine, sources, {})).rejects.toThrow(
      new Failure(`${first?.path} was sealed or purged while it was being read: ask again`),
    );
  });

  it('takes a field of another type for one that is not there', async () => {
    const odd = line(7, later, {
      'gen_ai.usage.input_tokens': 'many',
      'promptaudit.latency_ms': [1],
      content: 'x',
    });
    store.open(OPEN_CALLS, `${odd}\n`);
    expect(await found(store, { since: later, minTokens: 0 })).toEqual([]);
    expect(await found(store, { since: later })).toEqual([7]);
  });

  it('may be empty, or hold the longest line there is', async () => {
    const long = line(7, later, { 'user.id': 'u'.repeat(65_000) });
    store.open(OPEN_CALLS, '');
    store.open('z-calls-20261109t000000z000003', `${long}\n`);
    expect(await found(store, { since: later })).toEqual([7]);
  });
});

describe('a sealed segment that cannot be read', () => {
  const name = 'bad-calls-20261101t000000z00000b';
  const place = `date=2026-11-01/${name}.parquet`;
  const search = () => found(store, { user: 'nobody' });
  const told = () =>
    new RegExp(`${name}.parquet cannot be read as a segment of records: run promptaudit calls verify`);

  it.each(['', 'no Parquet at all', 'PAR1 and much too short PAR1'])('is named: %j', async (bytes) => {
    store.write(place, bytes);
    await expect(search()).rejects.toThrow(told());
    await expect(search()).rejects.toThrow(Failure);
  });

  it('is named when it was cut, and when a page or its footer was overwritten', async () => {
    const many = Array.from({ length: 5000 }, (_, number) =>
      line(number + 10, '2026-11-01T00:00:00.000Z', { 'user.id': `u${(number * 7919) % 4999}` }),
    );
    const path = await store.seal(name, many);
    const whole = readFileSync(path);
    expect(await found(store, { user: 'u17' })).toHaveLength(1);
    const spoilt = (from: number, to: number) => Buffer.from(whole).fill(0xff, from, to);
    for (const bytes of [
      whole.subarray(0, -50),
      spoilt(4, whole.length - 20_000),
      spoilt(whole.length - 300, whole.length - 60),
    ]) {
      writeFileSync(path, bytes);
      await expect(found(store, { user: 'u17' })).rejects.toThrow(told());
    }
  });

  it('is named when it is a table of something else', async () => {
    const path = store.write(place, '');
    await store.engine.connection.run(`COPY (SELECT 1 AS other) TO '${path}' (FORMAT parquet)`);
    await expect(search()).rejects.toThrow(told());
  });

  it('is named when the first of many has no readable footer, and when another has none', async () => {
    const record = line(7, '2026-11-01T00:00:00.000Z');
    for (const other of ['a-calls-20261101t000000z00000a', 'z-calls-20261101t000000z00000c']) {
      const path = await store.seal(other, [record]);
      const bytes = readFileSync(path);
      writeFileSync(path, bytes.fill(0xff, bytes.length - 300, bytes.length - 60));
      await expect(search()).rejects.toThrow(`${path} cannot be read`);
      rmSync(path);
    }
  });

  it('is told when it holds a row without a record', async () => {
    const path = await store.seal(name, [line(7, '2026-11-01T00:00:00.000Z')]);
    const copy = `${path}.copy`;
    const { connection } = store.engine;
    await connection.run(
      `COPY (SELECT * REPLACE (NULL::VARCHAR AS record) FROM '${path}') TO '${copy}' (FORMAT parquet)`,
    );
    writeFileSync(path, readFileSync(copy));
    await expect(found(store, {})).rejects.toThrow(`${path} holds a row without a record`);
  });
});
