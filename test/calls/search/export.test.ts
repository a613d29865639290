import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { asyncBufferFromFile, parquetMetadataAsync, parquetReadObjects } from 'hyparquet';
import { compressors } from 'hyparquet-compressors';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { EVERY_COLUMN } from '../../../src/calls/engine/columns.ts';
import { type ExportForm, exportRecords } from '../../../src/calls/search/export.ts';
import type { CallFilter } from '../../../src/calls/search/filter.ts';
import { listSources } from '../../../src/calls/search/sources.ts';
import { Failure } from '../../../src/failure.ts';
import { callsCsv } from '../../../src/report/calls/documents.ts';
import { CALLS, makeSampleStore, QUOTES, RECORDS, type Store } from './store.ts';

let store: Store;
beforeEach(async () => {
  store = await makeSampleStore();
});
afterEach(() => store.close());

async function exported(form: ExportForm, filter: CallFilter = {}, name = "it's out") {
  const path = store.beside(name);
  const result = await exportRecords(store.engine, await listSources(store.folder), filter, form, path);
  return { path, result };
}

describe('an export', () => {
  it('of lines is the records exactly, segment after segment', async () => {
    const { path, result } = await exported('lines');
    const [one, two, three, four, five, six] = RECORDS;
    const expected = [five, one, two, three, six, four].map((line) => `${line}\n`).join('');
    expect(readFileSync(path, 'utf8')).toBe(expected);
    expect(result).toEqual({ records: 6, bytes: Buffer.byteLength(expected) });
  });

  it('of rows is read alike by another engine', async () => {
    const { path, result } = await exported('parquet', { kind: 'call' });
    expect(result).toEqual({ records: 4, bytes: statSync(path).size });
    const file = await asyncBufferFromFile(path);
    const metadata = await parquetMetadataAsync(file);
    const columns = metadata.schema.filter(
      (_, index) => metadata.schema[0]?.num_children !== undefined && index > 0,
    );
    expect(columns.map(({ name }) => name)).toEqual(
      expect.arrayContaining(['record', ...EVERY_COLUMN.map(({ name }) => name)]),
    );
    const rows = await parquetReadObjects({ file, compressors });
    expect(rows.map(({ record }) => record)).toEqual(RECORDS.slice(0, 4));
    expect(rows[0]).toMatchObject({
      kind: 'call',
      occurred_at: new Date('2026-11-01T00:00:00.000Z'),
      gen_ai_prompt_name: 'intake',
      gen_ai_usage_input_tokens: 100n,
      gen_ai_request_stop_sequences: ['a', 'b,c'],
      gen_ai_request_stream: true,
      cost_usd: 0.01,
      content: [{ bytes: 4012n, part: 'input', redactions: [{ count: 2n, rule: 'email' }] }],
      error_type: null,
    });
    expect(rows[3]).toMatchObject({ user_id: QUOTES, latency_ms: 5000.5 });
    expect(Object.keys(rows[0] ?? {})).toEqual(['record', ...EVERY_COLUMN.map(({ name }) => name)]);
  });

  it('is whatever else a function makes of the lines', async () => {
    const { path, result } = await exported(callsCsv, { user: QUOTES });
    const [head, row, end] = readFileSync(path, 'utf8').split('\r\n');
    expect(head).toMatch(/^schema,kind,id,occurredAt,recordedAt,/);
    expect(row).toContain(`,${QUOTES},`);
    expect(end).toBe('');
    expect(result.records).toBe(1);
  });

  it.each<ExportForm>(['lines', 'parquet', callsCsv])('may hold nothing', async (form) => {
    const { result } = await exported(form, { user: 'nobody' });
    expect(result.records).toBe(0);
  });

  it('replaces what was there, though not where it fails', async () => {
    const { path } = await exported('lines', { user: 'bob' });
    await exported('lines', { user: 'ann' });
    const before = readFileSync(path, 'utf8');
    expect(before.split('\n')).toHaveLength(4);
    writeFileSync(`${store.folder}/date=2026-11-01/${CALLS}.parquet`, 'spoilt');
    for (const form of ['lines', 'parquet', callsCsv] as const)
      await expect(exported(form)).rejects.toThrow(/cannot be read as a segment/);
    expect(readFileSync(path, 'utf8')).toBe(before);
    expect(readdirSync(store.beside('')).filter((name) => name.includes('out'))).toEqual(["it's out"]);
  });

  it('is refused where there is no folder for it', async () => {
    await expect(exported('lines', {}, 'none/out')).rejects.toThrow(
      /none\/out cannot be written: there is no such file or folder/,
    );
    await expect(exported('parquet', {}, 'none/out')).rejects.toThrow(Failure);
  });
});
