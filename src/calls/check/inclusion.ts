import { Buffer } from 'node:buffer';
import { Failure } from '../../failure.ts';
import { kindOf } from '../../git/files.ts';
import { HASH_SIZE, inclusionPath, merkleRoot } from '../../ledger/merkle.ts';
import { ask, type Engine, literal } from '../engine/duckdb.ts';
import { parquetFiles } from '../engine/parquetfiles.ts';
import { readLeaves } from './readsealed.ts';

export interface Inclusion {
  /** The record's canonical JSON. */
  readonly line: string;
  /** From 0. */
  readonly index: number;
  /** How many records the segment holds. */
  readonly size: number;
  /** RFC 6962, section 2.1.1. */
  readonly path: readonly Buffer[];
  readonly root: Buffer;
}

/** What proves that a row of a sealed segment is one of its records. @throws Failure where there is no such row, or it cannot be read */
export async function inclusionOf(engine: Engine, path: string, row: number): Promise<Inclusion> {
  await mustBeFile(path);
  let found: string | undefined;
  let leaves: Buffer = Buffer.alloc(0);
  try {
    found = await lineAt(engine, path, row);
    if (found !== undefined) leaves = await readLeaves(engine, path);
  } catch {
    throw new Failure(
      `${path} cannot be read: run \`promptaudit calls verify\` to see what is wrong with it`,
    );
  }
  if (found === undefined) throw new Failure(`${path} has no row ${row}: ask for one that it has`);
  return {
    line: found,
    index: row,
    size: leaves.length / HASH_SIZE,
    path: inclusionPath(leaves, row),
    root: merkleRoot(leaves),
  };
}

export interface FoundRecord {
  readonly path: string;
  /** From 0. */
  readonly row: number;
  readonly line: string;
}

/** The record of that id in any of these sealed segments. One that cannot be read does not hide the others. */
export async function findRecord(
  engine: Engine,
  paths: readonly string[],
  id: string,
): Promise<FoundRecord | undefined> {
  const there: string[] = [];
  for (const path of paths) if ((await kindOf(path)) === 'file') there.push(path);
  if (there.length === 0) return undefined;
  try {
    return await lookUp(engine, there, id);
  } catch {
    for (const path of there) {
      const found = await lookUp(engine, [path], id).catch(() => undefined);
      if (found !== undefined) return found;
    }
    return undefined;
  }
}

async function lookUp(
  engine: Engine,
  paths: readonly string[],
  id: string,
): Promise<FoundRecord | undefined> {
  const [found] = await ask(
    engine,
    `SELECT filename, file_row_number::DOUBLE AS row, record FROM ${parquetFiles(paths)}
     WHERE id = ${literal(id)} LIMIT 1`,
  );
  if (found === undefined) return undefined;
  return { path: String(found.filename), row: Number(found.row), line: String(found.record) };
}

async function lineAt(engine: Engine, path: string, row: number): Promise<string | undefined> {
  if (!Number.isSafeInteger(row)) return undefined;
  const [found] = await ask(
    engine,
    `SELECT record FROM ${parquetFiles([path])} WHERE file_row_number = ${row}`,
  );
  return typeof found?.record === 'string' ? found.record : undefined;
}

async function mustBeFile(path: string): Promise<void> {
  if ((await kindOf(path)) !== 'file') throw new Failure(`${path} is not there: was it purged or moved?`);
}
