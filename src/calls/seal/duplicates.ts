import { kindOf } from '../../git/files.ts';
import { ask, type Engine } from '../engine/duckdb.ts';
import { parquetFiles } from '../engine/parquetfiles.ts';

/** A record whose id another one had first. */
interface RepeatedId {
  readonly id: string;
  /** From 0. */
  readonly row: number;
  /** The sealed segment that has it; `undefined` where it is the same segment. */
  readonly sealedIn: string | undefined;
}

export interface RepeatedIds {
  /** In the rows' order. */
  readonly repeated: readonly RepeatedId[];
  /** Sealed segments that could not be read. */
  readonly unread: readonly string[];
}

/**
 * Which rows of a new segment have an id that an earlier row has, or a sealed segment. A sealed one that is missing or
 * damaged does not hide the others.
 * @param mayRepeat whether two of its rows can have the same id: to say which takes three times as long as to say whether
 */
export async function repeatedIds(
  engine: Engine,
  path: string,
  mayRepeat: boolean,
  sealed: readonly string[],
): Promise<RepeatedIds> {
  const within = mayRepeat ? await repeatedWithin(engine, path) : [];
  const { repeated, unread } = await repeatedElsewhere(engine, path, sealed);
  const byRow = new Map([...within, ...repeated].map((one) => [one.row, one]));
  return { repeated: [...byRow.values()].sort((a, b) => a.row - b.row), unread };
}

async function repeatedWithin(engine: Engine, path: string): Promise<RepeatedId[]> {
  const rows = await ask(
    engine,
    `SELECT id, file_row_number AS row FROM (
       SELECT id, file_row_number, min(file_row_number) OVER (PARTITION BY id) AS first
       FROM ${parquetFiles([path])}
     ) WHERE file_row_number > first`,
  );
  return rows.map(({ id, row }) => ({ id: String(id), row: Number(row), sealedIn: undefined }));
}

async function repeatedElsewhere(
  engine: Engine,
  path: string,
  sealed: readonly string[],
): Promise<RepeatedIds> {
  const there: string[] = [];
  const unread: string[] = [];
  for (const one of sealed) ((await kindOf(one)) === 'file' ? there : unread).push(one);
  if (there.length === 0) return { repeated: [], unread };
  try {
    return { repeated: await alsoIn(engine, path, there), unread };
  } catch {
    return oneByOne(engine, path, there, unread);
  }
}

async function oneByOne(
  engine: Engine,
  path: string,
  there: readonly string[],
  missing: readonly string[],
): Promise<RepeatedIds> {
  const repeated: RepeatedId[] = [];
  const unread = [...missing];
  for (const one of there) {
    try {
      repeated.push(...(await alsoIn(engine, path, [one])));
    } catch {
      unread.push(one);
    }
  }
  return { repeated, unread };
}

async function alsoIn(engine: Engine, path: string, sealed: readonly string[]): Promise<RepeatedId[]> {
  const rows = await ask(
    engine,
    `SELECT own.id AS id, own.file_row_number AS row, min(other.filename) AS sealed
     FROM ${parquetFiles([path])} AS own JOIN ${parquetFiles(sealed)} AS other ON own.id = other.id
     GROUP BY ALL`,
  );
  return rows.map(({ id, row, sealed: one }) => ({
    id: String(id),
    row: Number(row),
    sealedIn: String(one),
  }));
}
