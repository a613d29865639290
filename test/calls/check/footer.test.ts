import { readFile, writeFile } from 'node:fs/promises';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { deepCheck } from '../../../src/calls/check/deepcheck.ts';
import type { SealedRecords } from '../../../src/calls/check/deeptask.ts';
import { ask, type Engine, literal } from '../../../src/calls/engine/duckdb.ts';
import { parquetFiles } from '../../../src/calls/engine/parquetfiles.ts';
import { callLines, idOf, lineOf } from '../seal/records.ts';
import { workshop } from '../seal/workshop.ts';

/** Replaces bytes in a Parquet file's footer, whose length is said in front of the last four bytes. @returns how often */
async function lie(path: string, from: Buffer, to: Buffer): Promise<number> {
  const bytes = await readFile(path);
  let count = 0;
  let at = bytes.length - 8 - bytes.readUInt32LE(bytes.length - 8);
  for (at = bytes.indexOf(from, at); at >= 0; at = bytes.indexOf(from, at + 1)) {
    to.copy(bytes, at);
    count += 1;
  }
  await writeFile(path, bytes);
  return count;
}

async function found(engine: Engine, path: string, condition: string): Promise<number> {
  const [row] = await ask(
    engine,
    `SELECT count(*)::DOUBLE AS found FROM ${parquetFiles([path])} WHERE ${condition}`,
  );
  return Number(row?.found);
}

async function checked(engine: Engine, path: string, seal: SealedRecords): Promise<readonly string[]> {
  const findings = await deepCheck({ engine, path, kind: 'call', seal });
  return findings.map(({ kind, message }) => `${kind}: ${message}`);
}

const HIDES = 'is not so, and hides records from whoever searches';

it('finds a greatest value that hides the records that have more', async () => {
  const { engine, seal } = await workshop();
  const { path, ...sealed } = await seal(callLines(12));
  expect(await found(engine, path, "gen_ai_request_model = 'model-2'")).toBe(4);
  expect(await lie(path, Buffer.from('model-2'), Buffer.from('model-1'))).toBeGreaterThan(0);
  expect(await found(engine, path, "gen_ai_request_model = 'model-2'")).toBe(0);
  expect(await checked(engine, path, sealed)).toEqual([
    `footer: what it says of the values of column gen_ai_request_model in 1 row group ${HIDES}`,
  ]);
});

it('finds a least value that hides the records that have less, in whichever row group', async () => {
  const { engine, seal } = await workshop();
  const rows = 22_000;
  const { path, ...sealed } = await seal(callLines(rows));
  const least = `(SELECT min(row_group_num_rows) FROM parquet_metadata(${literal(path)}) WHERE row_group_id = 0)`;
  const [second] = await ask(engine, `SELECT ${least}::DOUBLE AS start`);
  const start = Number(second?.start);
  expect(start).toBeLessThan(rows);
  const [from, to] = [Buffer.alloc(8), Buffer.alloc(8)];
  from.writeBigInt64LE(BigInt(start));
  to.writeBigInt64LE(BigInt(start + 1));
  expect(await lie(path, from, to)).toBeGreaterThan(0);
  expect(await found(engine, path, `gen_ai_usage_input_tokens = ${start}`)).toBe(0);
  expect(await checked(engine, path, sealed)).toEqual([
    `footer: what it says of the values of column gen_ai_usage_input_tokens in 1 row group ${HIDES}`,
  ]);
});

it('finds a count of nulls that hides the records that have none', async () => {
  const { engine, seal } = await workshop();
  const lines = Array.from({ length: 12 }, (_, at) =>
    lineOf({ id: idOf(at), ...(at < 5 && { 'error.type': 'timeout' }) }),
  );
  const { path, ...sealed } = await seal(lines);
  expect(await found(engine, path, 'error_type IS NULL')).toBe(7);
  // Of a Thrift compact struct: the third of them, an i64: 7, and then 0, in zigzag.
  expect(await lie(path, Buffer.from([0x16, 14]), Buffer.from([0x16, 0]))).toBe(1);
  expect(await found(engine, path, 'error_type IS NULL')).toBe(0);
  expect(await checked(engine, path, sealed)).toEqual([
    `footer: what it says of the values of column error_type in 1 row group ${HIDES}`,
  ]);
});

it('finds a Bloom filter', async () => {
  const { engine, seal, at } = await workshop();
  const { path, ...sealed } = await seal(callLines(12));
  const forged = at('forged.parquet');
  const rows = `SELECT * EXCLUDE (file_row_number) FROM ${parquetFiles([path])}`;
  await ask(engine, `COPY (${rows}) TO ${literal(forged)} (FORMAT parquet, WRITE_BLOOM_FILTER true)`);
  expect(await checked(engine, forged, sealed)).toContain(
    'footer: its column kind has a Bloom filter, which no segment has',
  );
});

it('takes no text or number that was sealed for a lie', async () => {
  const { engine, seal } = await workshop();
  // What is longer than a footer quotes, ends in the middle of a character there, or cannot be counted up.
  const text = fc
    .tuple(
      fc.constantFrom('a', '~', '\\x', 'é', '\u07ff', '\uffff', '\u{10ffff}'),
      fc.constantFrom(1, 85, 128, 256, 300),
    )
    .map(([character, times]) => character.repeat(times));
  const fields = fc.record(
    {
      'gen_ai.request.model': text,
      'user.id': text,
      'promptaudit.cost_usd': fc.double({ min: 0, noDefaultInfinity: true, noNaN: true }),
      'gen_ai.request.seed': fc.maxSafeInteger(),
      'gen_ai.request.stream': fc.boolean(),
      occurredAt: fc.date({
        min: new Date(0),
        max: new Date('9999-12-31T23:59:59.999Z'),
        noInvalidDate: true,
      }),
    },
    { requiredKeys: [] },
  );
  await fc.assert(
    fc.asyncProperty(fc.array(fields, { minLength: 1, maxLength: 4 }), async (records) => {
      const { path, ...sealed } = await seal(records.map((one, at) => lineOf({ ...one, id: idOf(at) })));
      expect(await checked(engine, path, sealed)).toEqual([]);
    }),
    { numRuns: 8 },
  );
});
