import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DuckDBConnection, Json } from '@duckdb/node-api';

/** A DuckDB of this process alone, in memory, that reads the store's files and nothing else. */
export interface Engine {
  readonly connection: DuckDBConnection;
  close(): void;
}

/** What all of DuckDB's buffers may take; node and the library itself come on top. */
const MEMORY = '320MB';
const THREADS = 2;

/**
 * Opens the engine; loading it takes some 20 ms.
 * @param scratch where it may put what does not fit into memory; a folder that is there or can be made
 */
export async function openEngine(scratch: string): Promise<Engine> {
  const { DuckDBInstance } = await import('@duckdb/node-api');
  const instance = await DuckDBInstance.create(':memory:', {
    threads: String(THREADS),
    memory_limit: MEMORY,
    temp_directory: scratch,
    // It takes a file that was written anew, at the same length and within seconds, for the one that it read before.
    enable_external_file_cache: 'false',
    autoinstall_known_extensions: 'false',
    autoload_known_extensions: 'false',
    allow_community_extensions: 'false',
  });
  const connection = await instance.connect();
  await connection.run("SET TimeZone = 'UTC'");
  return {
    connection,
    close: () => {
      connection.closeSync();
      instance.closeSync();
    },
  };
}

/** As `openEngine`, with a scratch folder that nobody else can have made or looks into, and that goes with the engine. */
export async function openEngineApart(): Promise<Engine> {
  const scratch = mkdtempSync(join(tmpdir(), 'promptaudit-'));
  const engine = await openEngine(scratch);
  return {
    ...engine,
    close: () => {
      engine.close();
      rmSync(scratch, { recursive: true, force: true });
    },
  };
}

/** A path or text as a SQL literal. */
export function literal(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

export type Row = Readonly<Record<string, Json>>;

/** A query's rows; whole numbers of 64 bits and times are texts. @throws Error with DuckDB's words */
export async function ask(engine: Engine, sql: string): Promise<Row[]> {
  return (await engine.connection.runAndReadAll(sql)).getRowObjectsJson();
}

/**
 * What a limit has to be for DuckDB to write Parquet on both threads: below it, rows in order are written on one, whatever
 * they take (measured with 1.5: 5.2 s and 200 MB for a million records under 800 MB, 2.9 s and 320 MB under 1 GB).
 */
const WRITING = '1GB';

/** Does `work`, which writes one Parquet file, on all threads. */
export async function writing<T>(engine: Engine, work: () => Promise<T>): Promise<T> {
  await engine.connection.run(`SET memory_limit = '${WRITING}'`);
  try {
    return await work();
  } finally {
    await engine.connection.run(`SET memory_limit = '${MEMORY}'`);
  }
}

/** Does `work` with one thread of DuckDB, which takes half of the memory. */
export async function singleThreaded<T>(engine: Engine, work: () => Promise<T>): Promise<T> {
  await engine.connection.run('SET threads = 1');
  try {
    return await work();
  } finally {
    await engine.connection.run(`SET threads = ${THREADS}`);
  }
}

/**
 * Does `work` without believing what files say of their columns: DuckDB else answers from that whether a column has nulls. Row
 * groups are still passed over whose values it rules out.
 */
export async function unbelieving<T>(engine: Engine, work: () => Promise<T>): Promise<T> {
  await engine.connection.run("SET disabled_optimizers = 'statistics_propagation'");
  try {
    return await work();
  } finally {
    await engine.connection.run("SET disabled_optimizers = ''");
  }
}

/** Whether a query failed for what `openEngine` lets it have, which says nothing of the data but how large they are. */
export function isOutOfMemory(error: unknown): boolean {
  return error instanceof Error && error.message.startsWith('Out of Memory Error');
}
