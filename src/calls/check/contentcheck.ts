import { contentDigest } from '../content/format.ts';
import { BatchKeys } from '../content/seal.ts';
import { type ItemEntry, openEntry } from '../content/walk.ts';
import type { Engine } from '../engine/duckdb.ts';
import { parquetFiles } from '../engine/parquetfiles.ts';
import { contentItems } from '../retain/contents.ts';
import type { SegmentParts } from '../store/names.ts';

export interface ContentCheck {
  readonly engine: Engine;
  readonly store: string;
  readonly segment: SegmentParts;
  /** The segment's Parquet file, which can be read. */
  readonly path: string;
  /** Calls whose content need not be there. */
  readonly erased: readonly string[];
}

/** A text that a record vouches for and that is not there as it does. */
interface ContentProblem {
  readonly id: string;
  readonly part: string;
  readonly is: 'missing' | 'altered';
}

export interface CheckedContent {
  /** The first of them. */
  readonly problems: readonly ContentProblem[];
  readonly total: number;
}

/** Problems that are named. */
const NAMED = 10;
/** Items, and ids, that are handed to the engine at a time. */
const BATCH = 10_000;

/**
 * Compares what was said, as the content file has it, with the digests in the segment's records, in one pass. What is encrypted
 * counts as there: only who can open it can tell more.
 * @throws Failure where the content file cannot be read; Error with DuckDB's words where the Parquet file cannot
 */
export async function checkContent(check: ContentCheck): Promise<CheckedContent> {
  const { connection } = check.engine;
  await connection.run('CREATE OR REPLACE TEMP TABLE kept (id VARCHAR, part VARCHAR, digest VARCHAR)');
  await connection.run('CREATE OR REPLACE TEMP TABLE erased (id VARCHAR)');
  try {
    if (!(await hasContent(check))) return { problems: [], total: 0 };
    await gather(check);
    return await compare(check);
  } finally {
    await connection.run('DROP TABLE kept');
    await connection.run('DROP TABLE erased');
  }
}

async function hasContent({ engine, path }: ContentCheck): Promise<boolean> {
  const sql = `SELECT count(*)::INTEGER AS records FROM ${parquetFiles([path])} WHERE len(content) > 0`;
  const [row] = (await engine.connection.runAndReadAll(sql)).getRowObjectsJson();
  return row?.records !== 0;
}

type Kept = readonly [id: string, part: string, digest: string];

/** `digest` is empty for what cannot be opened without an identity, and a word that is no digest for what is altered. */
async function gather({ engine, store, segment, erased }: ContentCheck): Promise<void> {
  const { connection } = engine;
  const keys = new BatchKeys();
  let batch: Kept[] = [];
  const put = async (): Promise<void> => {
    const sql = `INSERT INTO kept SELECT r[1], r[2], r[3] FROM (SELECT unnest(from_json($1::JSON, '[["VARCHAR"]]')) AS r)`;
    await connection.run(sql, [JSON.stringify(batch)]);
    batch = [];
  };
  for await (const entry of contentItems(store, segment)) {
    batch.push([entry.item.id, entry.item.part, await digestOf(entry, segment, keys)]);
    if (batch.length === BATCH) await put();
  }
  await put();
  for (let at = 0; at < erased.length; at += BATCH) {
    const sql = `INSERT INTO erased SELECT unnest(from_json($1::JSON, '["VARCHAR"]'))`;
    await connection.run(sql, [JSON.stringify(erased.slice(at, at + BATCH))]);
  }
}

async function digestOf(entry: ItemEntry, { name }: SegmentParts, keys: BatchKeys): Promise<string> {
  const opened = await openEntry(entry, name, keys);
  if (typeof opened === 'string') return opened === 'altered' ? opened : '';
  return contentDigest(Buffer.concat([opened.salt, Buffer.from(opened.text)]));
}

async function compare({ engine, path }: ContentCheck): Promise<CheckedContent> {
  const sql = `WITH said AS (
      SELECT id, file_row_number AS row, unnest(content) AS text FROM ${parquetFiles([path])} WHERE len(content) > 0
    ), judged AS (
      SELECT said.id, said.row, said.text.part AS part, count(kept.id) > 0 AS there,
        bool_or(kept.digest = '' OR kept.digest = said.text.digest) AS holds
      FROM said LEFT JOIN kept ON kept.id = said.id AND kept.part = said.text.part
      GROUP BY ALL
    )
    SELECT id, part, there, count(*) OVER ()::INTEGER AS total FROM judged
    WHERE holds IS DISTINCT FROM true AND id NOT IN (SELECT id FROM erased)
    ORDER BY row, part LIMIT ${NAMED}`;
  const rows = (await engine.connection.runAndReadAll(sql)).getRowObjectsJson();
  return {
    problems: rows.map(({ id, part, there }) => ({
      id: String(id),
      part: String(part),
      is: there === true ? 'altered' : 'missing',
    })),
    total: Number(rows[0]?.total ?? 0),
  };
}
