import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { COLUMNS } from '../../../src/calls/engine/columns.ts';
import { ACCESS, CALLS, makeStore, RECORDS, type Store } from './store.ts';

/** The page that tells how other engines read the store. */
const PAGE = readFileSync(resolve(import.meta.dirname, '../../../docs/calls-warehouse.md'), 'utf8');
const STATEMENTS = Array.from(PAGE.matchAll(/^```sql\n(.*?)^```$/gms), ([, sql = '']) => sql);

function statementWith(text: string): string {
  const found = STATEMENTS.filter((sql) => sql.includes(text));
  expect(found).toHaveLength(1);
  return found[0] ?? '';
}

/** By DuckDB's own name of each; the content's is the one with STRUCT. */
const CLICKHOUSE: Readonly<Record<string, string>> = {
  VARCHAR: 'Nullable(String)',
  BIGINT: 'Nullable(Int64)',
  DOUBLE: 'Nullable(Float64)',
  BOOLEAN: 'Nullable(Bool)',
  TIMESTAMPTZ: "Nullable(DateTime64(6, 'UTC'))",
  'VARCHAR[]': 'Array(String)',
  'STRUCT(bytes BIGINT, digest VARCHAR, part VARCHAR, redactions STRUCT("count" BIGINT, "rule" VARCHAR)[])[]':
    'Array(Tuple(bytes Nullable(Int64), digest Nullable(String), part Nullable(String), ' +
    'redactions Array(Tuple(`count` Nullable(Int64), rule Nullable(String)))))',
};
const ATHENA: Readonly<Record<string, string>> = {
  VARCHAR: 'string',
  BIGINT: 'bigint',
  DOUBLE: 'double',
  BOOLEAN: 'boolean',
  TIMESTAMPTZ: 'timestamp',
  'VARCHAR[]': 'array<string>',
  'STRUCT(bytes BIGINT, digest VARCHAR, part VARCHAR, redactions STRUCT("count" BIGINT, "rule" VARCHAR)[])[]':
    'array<struct<bytes:bigint,digest:string,part:string,redactions:array<struct<count:bigint,rule:string>>>>',
};

describe('the page on warehouses', () => {
  it.each([
    ['ENGINE = S3', CLICKHOUSE],
    ['CREATE EXTERNAL TABLE', ATHENA],
  ])('gives every column of a segment to %s', (text, types) => {
    const lines = statementWith(text).split('\n');
    const columns = lines
      .filter((line) => line.startsWith('  `'))
      .map((line) => line.trim().replace(/,$/, ''));
    const expected = [{ name: 'record', type: 'VARCHAR' }, ...COLUMNS];
    expect(columns).toEqual(expected.map(({ name, type }) => `\`${name}\` ${types[type]}`));
  });
});

describe('what the page has DuckDB do', () => {
  let store: Store;
  const rows = async (sql: string) => (await store.engine.connection.runAndReadAll(sql)).getRowsJson();
  beforeAll(async () => {
    store = await makeStore();
    await store.seal(CALLS, RECORDS.slice(0, 3));
    await store.seal(ACCESS, RECORDS.slice(4, 5));
    const sql = statementWith('CREATE VIEW calls AS\nSELECT').replace('.promptaudit/calls', store.folder);
    const [settings = '', view = ''] = sql.split(';\n');
    await rows(settings);
    await rows(view);
  });
  afterAll(() => store.close());

  it('finds a record and its leaf hash', async () => {
    const [, select = ''] = statementWith('CREATE VIEW calls AS\nSELECT').split('\n\n');
    const [, id] = /"id":"([^"]+)"/.exec(RECORDS[1] ?? '') ?? [];
    // RFC 6962, section 2.1.
    const leaf = createHash('sha256').update(`\0${RECORDS[1]}`).digest('hex');
    expect(await rows(select.replace('ID', id ?? ''))).toEqual([[id, RECORDS[1], leaf]]);
  });

  it('reads from the record what has no column', async () => {
    const [, operation = ''] = /^\| DuckDB \| `(.*)` \|$/m.exec(PAGE) ?? [];
    expect(COLUMNS.map(({ field }) => field)).not.toContain('gen_ai.operation.name');
    const counted = await rows(
      `SELECT ${operation} AS operation, count(*) FROM calls GROUP BY ALL ORDER BY ALL`,
    );
    expect(counted).toEqual([
      ['chat', '1'],
      [null, '3'],
    ]);
  });

  it('counts what a day cost, and the calls of approved versions', async () => {
    expect(await rows(statementWith('AS usd'))).toEqual([
      ['2026-11-01', 'gpt-5', '1', 0.01],
      ['2026-11-02', 'claude', '1', 0.5],
      ['2026-11-03', 'gpt-5', '1', null],
    ]);
    await rows("CREATE TABLE approved AS SELECT 'sha256:' || repeat('2', 64) AS digest");
    expect(await rows(statementWith('of_an_approved_version'))).toEqual([
      ['intake', '1', '0', '1'],
      ['intake', '2', '1', '0'],
      ['refund', '1', '0', '1'],
    ]);
  });
});
