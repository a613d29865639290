import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { COLUMNS } from '../../../src/calls/engine/columns.ts';
import { type Engine, literal, openEngine } from '../../../src/calls/engine/duckdb.ts';
import { type CallFilter, parseFilter } from '../../../src/calls/search/filter.ts';
import { type SearchOptions, search } from '../../../src/calls/search/search.ts';
import { listSources } from '../../../src/calls/search/sources.ts';

/** A store in a folder of its own, and an engine to read it with. */
export interface Store {
  readonly folder: string;
  readonly engine: Engine;
  /** A path below the folder's parent, which is there for the test alone. */
  beside(name: string): string;
  seal(segment: string, lines: readonly string[]): Promise<string>;
  open(segment: string, text: string): string;
  write(path: string, bytes: string | Uint8Array): string;
  close(): void;
}

export async function makeStore(name = 'store'): Promise<Store> {
  const parent = mkdtempSync(join(tmpdir(), 'search-'));
  const folder = join(parent, name);
  mkdirSync(folder);
  const engine = await openEngine(join(parent, 'scratch'));
  const write = (path: string, bytes: string | Uint8Array): string => {
    const whole = join(folder, path);
    mkdirSync(dirname(whole), { recursive: true });
    writeFileSync(whole, bytes);
    return whole;
  };
  return {
    folder,
    engine,
    beside: (other) => join(parent, other),
    write,
    open: (segment, text) => write(`open/${segment}.jsonl`, text),
    seal: async (segment, lines) => {
      const [, year, month, day] = /-(\d{4})(\d\d)(\d\d)t/.exec(segment) ?? [];
      const path = write(`date=${year}-${month}-${day}/${segment}.parquet`, '');
      await writeParquet(engine, lines, path);
      return path;
    },
    close: () => {
      engine.close();
      rmSync(parent, { recursive: true });
    },
  };
}

/** By plain SQL, from values that are bound: no reader or writer of the product takes part. */
async function writeParquet(engine: Engine, lines: readonly string[], path: string): Promise<void> {
  const { connection } = engine;
  const structure = JSON.stringify(Object.fromEntries(COLUMNS.map(({ field, type }) => [field, type])));
  const columns = COLUMNS.map(({ field, name }) => `r."${field}" AS ${name}`).join(', ');
  await connection.run(
    'CREATE OR REPLACE TEMP TABLE given AS SELECT unnest(from_json($1::JSON, \'["VARCHAR"]\')) AS record',
    [JSON.stringify(lines)],
  );
  await connection.run(
    `COPY (SELECT record, ${columns} FROM (SELECT record, from_json(record, ${literal(structure)}) AS r FROM given)) TO ${literal(path)} (FORMAT parquet, ROW_GROUP_SIZE 2048)`,
  );
}

/** A record's canonical line; the last digits of its id are `number`. */
export function line(
  number: number,
  occurredAt: string,
  fields: Readonly<Record<string, unknown>> = {},
): string {
  const record: Record<string, unknown> = {
    schema: 'promptaudit/record@1',
    kind: 'call',
    id: idOf(number),
    occurredAt,
    recordedAt: occurredAt,
    ...fields,
  };
  return JSON.stringify(Object.fromEntries(Object.entries(record).sort(([a], [b]) => (a < b ? -1 : 1))));
}

export function idOf(number: number): string {
  return `00000000-0000-4000-8000-${String(number).padStart(12, '0')}`;
}

/** The numbers that `line` was given, of what a search finds. */
export async function found(
  store: Store,
  filter: CallFilter,
  options: Partial<SearchOptions> = {},
): Promise<number[]> {
  return (await foundLines(store, filter, options)).map((one) => Number(JSON.parse(one).id.slice(-12)));
}

export async function foundLines(
  store: Store,
  filter: CallFilter,
  options: Partial<SearchOptions> = {},
): Promise<string[]> {
  const lines: string[] = [];
  const sources = await listSources(store.folder);
  const all = search(store.engine, sources, parseFilter(filter), { order: 'oldest', ...options });
  for await (const one of all) lines.push(one);
  return lines;
}

export const CALLS = 'api-calls-20261101t000000z000001';
export const ACCESS = 'api-access-20261101t000000z000001';
export const OPEN_CALLS = 'web-calls-20261104t000000z000002';
const OPEN_ACCESS = 'web-access-20261104t000000z000002';

/** What an attacker calls herself. */
export const QUOTES = "x' OR '1'='1";

/** Six calls and two accesses, sealed and open. */
export const RECORDS: readonly string[] = [
  line(1, '2026-11-01T00:00:00.000Z', {
    'gen_ai.operation.name': 'chat',
    'gen_ai.prompt.name': 'intake',
    'gen_ai.prompt.version': '1',
    'promptaudit.environment': 'production',
    'user.id': 'ann',
    'gen_ai.request.model': 'gpt-5',
    'gen_ai.provider.name': 'openai',
    'promptaudit.workflow': 'triage',
    'gen_ai.conversation.id': 'k1',
    'service.name': 'api',
    'gen_ai.usage.input_tokens': 100,
    'gen_ai.usage.output_tokens': 50,
    'promptaudit.latency_ms': 200,
    'promptaudit.cost_usd': 0.01,
    'gen_ai.request.stop_sequences': ['a', 'b,c'],
    'gen_ai.request.stream': true,
    content: [
      {
        bytes: 4012,
        digest: `sha256:${'ab'.repeat(32)}`,
        part: 'input',
        redactions: [{ count: 2, rule: 'email' }],
      },
    ],
  }),
  line(2, '2026-11-02T00:00:00.000Z', {
    'gen_ai.prompt.name': 'intake',
    'gen_ai.prompt.version': '2',
    'promptaudit.environment': 'production',
    'user.id': 'bob',
    'gen_ai.request.model': 'claude',
    'gen_ai.response.model': 'claude-2026',
    'gen_ai.provider.name': 'anthropic',
    'promptaudit.workflow': 'triage',
    'gen_ai.conversation.id': 'k1',
    'service.name': 'api',
    'gen_ai.usage.input_tokens': 10,
    'promptaudit.latency_ms': 900,
    'promptaudit.cost_usd': 0.5,
    'promptaudit.prompt.digest': `sha256:${'2'.repeat(64)}`,
    'error.type': 'timeout',
  }),
  line(3, '2026-11-03T00:00:00.000Z', {
    'gen_ai.prompt.name': 'refund',
    'gen_ai.prompt.version': '1',
    'promptaudit.environment': 'staging',
    'user.id': 'ann',
    'gen_ai.request.model': 'gpt-5',
  }),
  line(4, '2026-11-04T10:00:00.500Z', {
    'gen_ai.prompt.name': 'refund',
    'gen_ai.prompt.version': '1',
    'promptaudit.environment': 'staging',
    'user.id': QUOTES,
    'gen_ai.request.model': 'claude',
    'gen_ai.response.model': 'gpt-5',
    'gen_ai.provider.name': 'openai',
    'promptaudit.workflow': 'billing',
    'gen_ai.conversation.id': 'k2',
    'service.name': 'web',
    'gen_ai.usage.input_tokens': 1000,
    'gen_ai.usage.output_tokens': 2000,
    'promptaudit.latency_ms': 5000.5,
    'promptaudit.cost_usd': 0,
  }),
  line(5, '2026-11-02T12:00:00.000Z', {
    kind: 'access',
    'promptaudit.access.action': 'search',
    'promptaudit.access.actor': 'alice',
    'promptaudit.access.outcome': 'allowed',
    'promptaudit.access.rows': 3,
    'user.id': 'ann',
  }),
  line(6, '2026-11-05T00:00:00.000Z', {
    kind: 'access',
    'promptaudit.access.action': 'show',
    'promptaudit.access.actor': 'mallory',
    'promptaudit.access.outcome': 'denied',
  }),
];

/** A store of RECORDS. */
export async function makeSampleStore(name?: string): Promise<Store> {
  const store = await makeStore(name);
  await store.seal(CALLS, RECORDS.slice(0, 3));
  await store.seal(ACCESS, RECORDS.slice(4, 5));
  store.open(OPEN_CALLS, `${RECORDS[3]}\n`);
  store.open(OPEN_ACCESS, `${RECORDS[5]}\n`);
  return store;
}
