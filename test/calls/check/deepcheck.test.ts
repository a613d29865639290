import { readFile, writeFile } from 'node:fs/promises';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { deepCheck } from '../../../src/calls/check/deepcheck.ts';
import type { DeepCheck } from '../../../src/calls/check/deeptask.ts';
import { ask, literal } from '../../../src/calls/engine/duckdb.ts';
import { parquetFiles } from '../../../src/calls/engine/parquetfiles.ts';
import { leafHash } from '../../../src/ledger/merkle.ts';
import { callLines, idOf, lineOf } from '../seal/records.ts';
import { type Workshop, workshop } from '../seal/workshop.ts';

const lines = callLines(12);
const leaves = Buffer.concat(lines.map((line) => leafHash(Buffer.from(line))));

interface Scene extends Workshop {
  readonly path: string;
  /** Checks the forged file; without one, the sealed one. */
  check(forged?: string, more?: Partial<DeepCheck>): Promise<readonly string[]>;
  /** Writes what the query makes of the sealed segment, `sealed`, as a Parquet file. */
  forge(query: string): Promise<string>;
}

/** A sealed segment, and whoever may write to the store. */
async function scene(): Promise<Scene> {
  const shop = await workshop();
  const { path, ...seal } = await shop.seal(lines);
  const { engine } = shop;
  const sealed = `(SELECT * EXCLUDE (file_row_number) FROM ${parquetFiles([path])})`;
  return {
    ...shop,
    path,
    forge: async (query) => {
      const forged = shop.at('forged.parquet');
      await ask(
        engine,
        `COPY (WITH sealed AS ${sealed} ${query}) TO ${literal(forged)}
        (FORMAT parquet, WRITE_BLOOM_FILTER false)`,
      );
      return forged;
    },
    check: async (forged = path, more = {}) => {
      const findings = await deepCheck({ engine, path: forged, kind: 'call', seal, ...more });
      return findings.map(({ kind, message }) => `${kind}: ${message}`);
    },
  };
}

describe('the deep check', () => {
  it('finds nothing in what was sealed', async () => {
    const { check } = await scene();
    let told = 0;
    const progress = (records: number) => {
      told += records;
    };
    expect(await check(undefined, { progress })).toEqual([]);
    expect(told).toBe(12);
  });

  it('sees what a file holds now, also where it looked a moment ago', async () => {
    const { check, path } = await scene();
    const whole = await readFile(path);
    const cut = Buffer.from(whole);
    cut[cut.length - 1] = 0;
    await writeFile(path, cut);
    expect(await check()).toEqual([expect.stringMatching(/^unreadable/)]);
    await writeFile(path, whole);
    expect(await check()).toEqual([]);
  });

  it('finds nothing over several row groups and batches', async () => {
    const { engine, seal } = await workshop();
    const { path, ...many } = await seal(callLines(22_000));
    expect(await deepCheck({ engine, path, kind: 'call', seal: many })).toEqual([]);
  });

  it('names the column and row that says something else than its record', async () => {
    const { check, forge } = await scene();
    const forged = await forge(
      `SELECT * REPLACE (
         CASE WHEN id = '${idOf(4)}' THEN 999 ELSE gen_ai_usage_input_tokens END AS gen_ai_usage_input_tokens,
         CASE WHEN id = '${idOf(7)}' THEN 'u9' END AS user_id,
         CASE WHEN id = '${idOf(7)}' THEN NULL ELSE gen_ai_request_model END AS gen_ai_request_model
       ) FROM sealed`,
    );
    expect(await check(forged)).toEqual([
      `column: in row 4, column gen_ai_usage_input_tokens says something else than its record ${idOf(4)}`,
      `column: in row 7, column gen_ai_request_model says something else than its record ${idOf(7)}`,
      `column: in row 7, column user_id says something else than its record ${idOf(7)}`,
    ]);
    const all = await check(await forge(`SELECT * REPLACE ('x' AS user_id) FROM sealed, range(3)`));
    expect(all.filter((finding) => finding.startsWith('column:'))).toHaveLength(21);
    expect(all).toContain('column: there are 16 more rows whose columns differ');
  });

  it('finds an altered record, and says which with another copy', async () => {
    const { check, forge } = await scene();
    const altered = lines[5]!.replace('model-2', 'model-0');
    const forged = await forge(
      `SELECT * REPLACE (
         CASE WHEN id = '${idOf(5)}' THEN ${literal(altered)} ELSE record END AS record,
         CASE WHEN id = '${idOf(5)}' THEN 'model-0' ELSE gen_ai_request_model END AS gen_ai_request_model
       ) FROM sealed`,
    );
    expect(await check(forged)).toEqual([
      expect.stringMatching(/^root: .* was sealed: a record was altered, /),
    ]);
    expect(await check(forged, { leaves: async () => leaves })).toEqual([
      expect.stringMatching(/^root: .* was sealed$/),
      `record: row 5 holds a record that was not sealed so, ${idOf(5)}`,
      'missing: the record that was sealed at place 5 is not there as it was',
    ]);
    // Another segment's leaves are no copy of this one's.
    expect(await check(forged, { leaves: async () => leaves.subarray(32) })).toHaveLength(1);
  });

  it('finds records dropped, added, moved and repeated', async () => {
    const { check, forge } = await scene();
    expect(
      await check(await forge(`SELECT * FROM sealed WHERE id <> '${idOf(11)}'`), {
        leaves: async () => leaves,
      }),
    ).toEqual([
      'count: it holds 11 records where 12 were sealed: 1 missing',
      'range: its records occurred from 2026-11-21T10:00:00.000Z to 2026-11-21T10:00:10.000Z where 2026-11-21T10:00:00.000Z to 2026-11-21T10:00:11.000Z was sealed',
      expect.stringMatching(/^root: /),
      'missing: the record that was sealed at place 11 is not there as it was',
    ]);
    expect(
      await check(await forge('SELECT * FROM sealed ORDER BY id DESC'), { leaves: async () => leaves }),
    ).toEqual([
      expect.stringMatching(/^root: /),
      'order: its records are those that were sealed, in another order',
    ]);
    expect(
      await check(await forge(`SELECT * FROM sealed UNION ALL SELECT * FROM sealed WHERE id = '${idOf(2)}'`)),
    ).toEqual([
      'count: it holds 13 records where 12 were sealed: 1 too many',
      expect.stringMatching(/^root: /),
      `duplicate-id: row 12 has the id of row 2, ${idOf(2)}`,
    ]);
    expect(await check(await forge('SELECT * FROM sealed WHERE false'))).toEqual([
      'count: it holds 0 records where 12 were sealed: 12 missing',
      expect.stringMatching(/^range: its records occurred from none to none/),
      expect.stringMatching(/^root: /),
    ]);
  });

  it('names rows that hold no record', async () => {
    const { check, forge } = await scene();
    const forged = await forge(
      `SELECT * REPLACE (CASE id
         WHEN '${idOf(1)}' THEN 'no json'
         WHEN '${idOf(2)}' THEN NULL
         WHEN '${idOf(3)}' THEN record || ' '
         WHEN '${idOf(4)}' THEN record || chr(10) || record
         WHEN '${idOf(5)}' THEN ''
         ELSE record END AS record) FROM sealed`,
    );
    const found = await check(forged, { leaves: async () => leaves });
    expect(found.filter((finding) => finding.startsWith('record: '))).toEqual([
      'record: row 1 holds no record: it is not a JSON object',
      'record: row 2 holds no record: it is not a JSON object',
      'record: row 3 holds no record: it is not canonical JSON',
      'record: row 4 holds no record: it is not JSON',
      'record: row 5 holds no record: it is not a JSON object',
    ]);
    expect(found.filter((finding) => finding.startsWith('missing: '))).toHaveLength(5);
    expect(found).toContain(
      'column: in row 1, column id says something else than its record, which is unreadable',
    );
  });

  it('finds columns that are missing, of another type, or of another tool', async () => {
    const { check, forge } = await scene();
    expect(await check(await forge('SELECT * EXCLUDE (user_id, error_type) FROM sealed'))).toEqual([
      'schema: it has no column error_type',
      'schema: it has no column user_id',
    ]);
    expect(
      await check(
        await forge(
          'SELECT * REPLACE (gen_ai_usage_input_tokens::VARCHAR AS gen_ai_usage_input_tokens), 1 AS "x\u202ey" FROM sealed',
        ),
      ),
    ).toEqual([
      'schema: its column gen_ai_usage_input_tokens is of type VARCHAR instead of BIGINT',
      expect.stringMatching(/^schema: it has a column "x.+y" that no segment has$/),
    ]);
    const foreign = await check(await forge('SELECT 1 AS record, 2 AS file_row_number'));
    expect(foreign.length).toBeGreaterThan(0);
    expect(foreign.join()).not.toContain('root');
  });

  it('tells a seal that says another range, and a record of another kind', async () => {
    const { engine, convert, at } = await workshop();
    const access = {
      'promptaudit.access.action': 'show',
      'promptaudit.access.actor': 'ada',
      'promptaudit.access.outcome': 'denied',
    };
    const { file } = await convert([lineOf({ ...access, id: idOf(1) }, 'access')], { kind: 'access' });
    const path = at('segment.parquet');
    expect(await deepCheck({ engine, path, kind: 'access', seal: file! })).toEqual([]);
    const seal = { ...file!, first: '2026-11-21T09:59:59.999Z' };
    expect(await deepCheck({ engine, path, kind: 'access', seal })).toMatchObject([{ kind: 'range' }]);
  });

  it('calls unreadable what is no Parquet file', async () => {
    const { check, path, at, folder } = await scene();
    const bytes = await readFile(path);
    const forged = at('forged.parquet');
    for (const some of [
      Buffer.alloc(0),
      Buffer.from('{}\n'),
      Buffer.from('PAR1PAR1'),
      bytes.subarray(0, bytes.length - 1),
      bytes.subarray(0, bytes.length / 2),
      bytes.subarray(8),
      Buffer.alloc(100_000, 'PAR1'),
    ]) {
      await writeFile(forged, some);
      expect(await check(forged)).toEqual([expect.stringMatching(/^unreadable: it cannot be read: [ -~]+$/)]);
    }
    expect(await check(at('gone.parquet'))).toEqual(['unreadable: there is no such file']);
    expect(await check(folder)).toEqual(['unreadable: there is no such file']);
  });

  it('never takes bytes that changed for the records that were sealed', async () => {
    const { engine, check, path, at } = await scene();
    const bytes = await readFile(path);
    const forged = at('forged.parquet');
    const flips = fc.array(fc.tuple(fc.nat(bytes.length - 1), fc.integer({ min: 1, max: 255 })), {
      minLength: 1,
      maxLength: 3,
    });
    await fc.assert(
      fc.asyncProperty(flips, async (places) => {
        const changed = Buffer.from(bytes);
        for (const [at, mask] of places) changed[at]! ^= mask;
        await writeFile(forged, changed);
        if ((await check(forged)).length > 0) return;
        const rows = await ask(engine, `SELECT record FROM ${parquetFiles([forged])}`);
        expect(rows.map(({ record }) => record)).toEqual(lines);
      }),
      { numRuns: 40 },
    );
  });
});
