import type { Engine } from '../engine/duckdb.ts';
import { query } from '../search/query.ts';
import type { Sources } from '../search/sources.ts';
import type { TraceFacts } from './facts.ts';
import { staysOf } from './stays.ts';
import { type Subject, subjectsOf } from './subjects.ts';
import { STATE_VERDICT } from './verdict.ts';

/** Rows that go to DuckDB in one piece. */
const BATCH = 5000;

/** The facts as temporary tables of the engine. Times are milliseconds since the epoch, `till` exclusive. */
const TABLES = {
  known_prompt: { prompt: 'VARCHAR' },
  known_subject: { key: 'VARCHAR', prompt: 'VARCHAR', version: 'VARCHAR', digest: 'VARCHAR' },
  known_piece: {
    key: 'VARCHAR',
    environment: 'VARCHAR',
    since: 'BIGINT',
    till: 'BIGINT',
    verdict: 'VARCHAR',
  },
  known_stay: {
    prompt: 'VARCHAR',
    environment: 'VARCHAR',
    version: 'BIGINT',
    sequence: 'BIGINT',
    since: 'BIGINT',
    till: 'BIGINT',
  },
} as const;

type TableName = keyof typeof TABLES;
type RowOf<T extends TableName> = { readonly [C in keyof (typeof TABLES)[T]]: string | number | undefined };

/** Loads what the registry knows; `tolerance` in milliseconds. */
export async function loadFacts(
  engine: Engine,
  sources: Sources,
  facts: TraceFacts,
  tolerance: number,
): Promise<void> {
  const subjects = [...subjectsOf(facts, tolerance).values()];
  const load = <T extends TableName>(name: T, rows: Iterable<RowOf<T>>): Promise<void> =>
    fillTable(engine, sources, name, rows);
  await load(
    'known_prompt',
    Array.from(facts.prompts.keys(), (prompt) => ({ prompt })),
  );
  await load('known_subject', subjects.map(subjectRow));
  await load('known_piece', subjects.flatMap(pieceRows));
  await load('known_stay', [...facts.prompts.values()].flatMap(staysOf).map(stayRow));
}

function subjectRow({ key, prompt, version, ambiguous, digest }: Subject): RowOf<'known_subject'> {
  return { key, prompt, version: ambiguous ? undefined : String(version.number), digest };
}

function pieceRows({ key, pieces }: Subject): readonly RowOf<'known_piece'>[] {
  return [...pieces].flatMap(([environment, all]) =>
    all.map(({ from, to, state }) => {
      return { key, environment, since: from, till: to, verdict: STATE_VERDICT[state] };
    }),
  );
}

function stayRow({
  prompt,
  environment,
  version,
  activation,
  from,
  to,
}: ReturnType<typeof staysOf>[number]): RowOf<'known_stay'> {
  return {
    prompt,
    environment,
    version: version.number,
    sequence: activation.sequence,
    since: from,
    till: to,
  };
}

async function fillTable<T extends TableName>(
  engine: Engine,
  sources: Sources,
  name: T,
  rows: Iterable<RowOf<T>>,
): Promise<void> {
  const columns = Object.entries(TABLES[name]);
  const run = (sql: string, values: readonly string[] = []) => query(engine, sources, sql, values);
  const declared = columns.map(([column, type]) => `${column} ${type}`).join(', ');
  await run(`CREATE OR REPLACE TEMP TABLE ${name} (${declared})`);
  const structure = JSON.stringify([TABLES[name]]);
  const fields = columns.map(([column]) => `one.${column}`).join(', ');
  const insert = `INSERT INTO ${name} SELECT ${fields} FROM (SELECT unnest(from_json($1::JSON, '${structure}')) AS one)`;
  const all = [...rows];
  for (let at = 0; at < all.length; at += BATCH)
    await run(insert, [JSON.stringify(all.slice(at, at + BATCH))]);
}
