import type { DuckDBValue, JS } from '@duckdb/node-api';
import { Failure } from '../../failure.ts';
import { kindOf } from '../../git/files.ts';
import { quote } from '../../ledger/text.ts';
import { COLUMNS } from '../engine/columns.ts';
import { type Engine, isOutOfMemory } from '../engine/duckdb.ts';
import { readParquet } from './relation.ts';
import type { Sources } from './sources.ts';

export type Row = Readonly<Record<string, JS>>;

/**
 * Runs one statement over a store's files and gives its rows.
 * @throws Failure that names the file that could not be read, and what to do
 */
export async function query(
  engine: Engine,
  sources: Sources,
  sql: string,
  values: readonly DuckDBValue[] = [],
): Promise<readonly Row[]> {
  return guarded(engine, sources, async () => {
    const reader = await engine.connection.runAndReadAll(sql, [...values]);
    return reader.getRowObjectsJS();
  });
}

/** Does something with the engine; what it throws is told as a Failure. */
export async function guarded<T>(engine: Engine, sources: Sources, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof Failure) throw error;
    throw await failureOf(engine, sources, error);
  }
}

async function failureOf(engine: Engine, { store, sealed, open }: Sources, error: unknown): Promise<Failure> {
  const whole = error instanceof Error ? error.message : String(error);
  // What follows is the statement, which names every file.
  const [message = ''] = whole.split('\nLINE ');
  if (isOutOfMemory(error))
    return new Failure(
      'this question needs more memory than searching may take: narrow it, for example by --since',
    );
  const named = [...sealed, ...open].map(({ path }) => path).filter((path) => message.includes(path));
  for (const path of named)
    if ((await kindOf(path)) === undefined)
      return new Failure(`${path} was sealed or purged while it was being read: ask again`);
  const suspects = sealed
    .map(({ path }) => path)
    .filter((path) => named.length === 0 || named.includes(path));
  const file = (await firstUnreadable(engine, suspects)) ?? named[0];
  const remedy = 'run promptaudit calls verify, which says what is wrong with it';
  if (file !== undefined) return new Failure(`${file} cannot be read as a segment of records: ${remedy}`);
  const [reason = ''] = message.split('\n');
  return new Failure(`the records in ${store} cannot be read (${quote(reason)}): ${remedy}`);
}

/** DuckDB does not always say which file it could not read, and sometimes names a good one beside it. */
async function firstUnreadable(
  { connection }: Engine,
  paths: readonly string[],
): Promise<string | undefined> {
  const expected = new Map(COLUMNS.map(({ name, type }) => [name, type]));
  const count = `SELECT ${['record', ...expected.keys()].map((name) => `count(${name})`).join(', ')} FROM `;
  for (const path of paths) {
    const file = readParquet([path]);
    try {
      const described = await connection.runAndReadAll(`DESCRIBE SELECT * FROM ${file}`);
      for (const { column_name, column_type } of described.getRowObjectsJson()) {
        const type = expected.get(String(column_name));
        if (type !== undefined && plain(type) !== plain(column_type)) return path;
      }
      await connection.run(count + file);
    } catch {
      return path;
    }
  }
  return undefined;
}

/** DuckDB's names of types, but for case, quotes and its long form of TIMESTAMPTZ. */
function plain(type: unknown): string {
  return String(type).replaceAll('"', '').replace('TIMESTAMP WITH TIME ZONE', 'TIMESTAMPTZ').toUpperCase();
}
