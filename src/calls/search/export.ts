import { randomBytes } from 'node:crypto';
import { type FileHandle, open, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { Failure } from '../../failure.ts';
import { errorCode, errorReason, syncFolder } from '../../git/files.ts';
import { EVERY_COLUMN, withColumns } from '../engine/columns.ts';
import { type Engine, isOutOfMemory, literal, singleThreaded } from '../engine/duckdb.ts';
import { conditionOf } from './condition.ts';
import type { CallFilter } from './filter.ts';
import { guarded } from './query.ts';
import { relation } from './relation.ts';
import type { Scope } from './search.ts';
import { relevantSources, type Sources } from './sources.ts';

/**
 * - `lines`: the records' lines exactly as they are sealed, so that their leaf hashes can be made from them
 * - `parquet`: a row for each record: its line under `record`, and every field in a column of its own
 * - a function that writes them any other way
 */
export type ExportForm = 'lines' | 'parquet' | Renderer;
type Renderer = (lines: AsyncIterable<string>) => AsyncIterable<string>;

export interface Exported {
  readonly records: number;
  /** Of the file. */
  readonly bytes: number;
}

/** The temporary file is ours. */
const PARQUET = 'USE_TMP_FILE false, FORMAT parquet, COMPRESSION zstd, COMPRESSION_LEVEL 1';
/** Rows of a row group; fewer where the records are so large that as many want more memory than there is. */
const ROWS = { usual: 20_480, large: 256 } as const;

/**
 * Writes the records that are meant to a file: segment after segment, each in the order in which it was recorded. The file is
 * there whole or not at all; one that was there is replaced.
 * @throws Failure where records cannot be read or the file cannot be written
 */
export async function exportRecords(
  engine: Engine,
  sources: Sources,
  filter: CallFilter,
  form: ExportForm,
  target: string,
  { ranges, ids }: Scope = {},
): Promise<Exported> {
  const meant = relevantSources(sources, filter, ranges);
  const { sql: where, values } = conditionOf(filter, ids);
  const temporary = join(dirname(target), `.${basename(target)}.${randomBytes(6).toString('hex')}.tmp`);
  const chosen = `SELECT record FROM ${relation(meant, where)} WHERE ${where}`;
  try {
    // Made here, so that a folder that cannot be written to is told as such.
    const file = await open(temporary, 'wx', 0o600);
    let records: number;
    try {
      records =
        form === 'parquet'
          ? await copyRows(engine, meant, withColumns(`(${chosen})`, EVERY_COLUMN), values, temporary)
          : await writeTexts(file, linesOf(engine, meant, chosen, values), form);
      await file.sync();
    } finally {
      await file.close();
    }
    const { size } = await stat(temporary);
    await rename(temporary, target);
    await syncFolder(dirname(target));
    return { records, bytes: size };
  } catch (error) {
    await rm(temporary, { force: true });
    if (errorCode(error) === '') throw error;
    throw new Failure(`${target} cannot be written: ${errorReason(error)}`);
  }
}

/** By one thread: two want more memory than there is, and then wait for the disk. */
async function copyRows(
  engine: Engine,
  sources: Sources,
  chosen: string,
  values: readonly string[],
  path: string,
): Promise<number> {
  const copy = async (rows: number): Promise<number> => {
    const sql = `COPY (${chosen}) TO ${literal(path)} (${PARQUET}, ROW_GROUP_SIZE ${rows})`;
    const reader = await engine.connection.runAndReadAll(sql, [...values]);
    return Number(reader.getRowObjectsJS()[0]?.Count ?? 0);
  };
  return guarded(engine, sources, () =>
    singleThreaded(engine, () =>
      copy(ROWS.usual).catch((error) => {
        if (isOutOfMemory(error)) return copy(ROWS.large);
        throw error;
      }),
    ),
  );
}

/** Texts as they are read, so that there are never more of them in memory than one of DuckDB's chunks. */
async function* linesOf(
  engine: Engine,
  sources: Sources,
  chosen: string,
  values: readonly string[],
): AsyncGenerator<string> {
  const result = await guarded(engine, sources, () => engine.connection.stream(chosen, [...values]));
  for (;;) {
    const chunk = await guarded(engine, sources, () => result.fetchChunk());
    if (chunk === null || chunk.rowCount === 0) return;
    const column = chunk.getColumnVector(0);
    for (let row = 0; row < column.itemCount; row += 1) yield String(column.getItem(row));
  }
}

/** Written when that much has gathered, in UTF-16 code units. */
const BATCH = 1024 * 1024;

async function writeTexts(
  file: FileHandle,
  lines: AsyncIterable<string>,
  form: 'lines' | Renderer,
): Promise<number> {
  let records = 0;
  async function* counted(): AsyncGenerator<string> {
    for await (const line of lines) {
      records += 1;
      yield line;
    }
  }
  async function* ended(): AsyncGenerator<string> {
    for await (const line of counted()) yield `${line}\n`;
  }
  let batch = '';
  for await (const text of form === 'lines' ? ended() : form(counted())) {
    batch += text;
    if (batch.length < BATCH) continue;
    await file.writeFile(batch);
    batch = '';
  }
  await file.writeFile(batch);
  return records;
}
