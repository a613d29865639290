import { rm } from 'node:fs/promises';
import type { Sha256 } from '../../ledger/event.ts';
import { ask, type Engine } from '../engine/duckdb.ts';
import { parquetFiles } from '../engine/parquetfiles.ts';
import type { RecordKind } from '../record/fields.ts';
import { fromMilliseconds } from '../record/values.ts';
import { repeatedIds } from './duplicates.ts';
import { digestFile } from './filedigest.ts';
import { copyWithout, LineSet } from './leftout.ts';
import type { Scan } from './scan.ts';
import type { Damaged } from './scanpart.ts';
import { changed, leavesBeside, writeParquet } from './writeparquet.ts';

export interface ConvertTask {
  readonly engine: Engine;
  /** Which kind of record the segment's class takes. */
  readonly kind: RecordKind;
  /** The open segment's .jsonl, which nobody writes to any more. It is only read. */
  readonly source: string;
  /** Where the Parquet file is written, in the store's `tmp`; written over. So are its neighbours `<target>.lines`, and `<target>.leaves`, which stays: the leaf hashes. */
  readonly target: string;
  /**
   * Parquet files of the segments that may have the same records: what has an id of theirs is left out. It is asked with the
   * least and the greatest `occurredAt` of the source's records, and whether some of them may have come at any time before:
   * they brought an id, and no time.
   */
  readonly sealed: (first: string, last: string, timeless: boolean) => readonly string[];
}

/** What a seal says of its file. */
export interface SealedFile {
  readonly records: number;
  /** The least and the greatest `occurredAt`. */
  readonly first: string;
  readonly last: string;
  readonly merkleRoot: Sha256;
  readonly fileDigest: Sha256;
  readonly fileSize: number;
}

interface Duplicate {
  readonly id: string;
  /** From 1, in the source. */
  readonly line: number;
  /** The sealed segment's path that has it; `undefined` where an earlier line has it. */
  readonly sealedIn: string | undefined;
}

export interface Conversion {
  /** `undefined` where no record is left: there is no target then. */
  readonly file: SealedFile | undefined;
  readonly damaged: readonly Damaged[];
  readonly duplicates: readonly Duplicate[];
  /** Of the sealed files, those that are missing or cannot be read: their ids could not be looked for. */
  readonly unread: readonly string[];
}

/**
 * Makes a sealed segment's Parquet file from an open segment: the records in the lines' order, each under `record` as it
 * is and in the columns besides. Lines that are no records, and records whose id was there before, are left out and told.
 * The file's bytes are on the disk afterwards; its name is the caller's to make durable.
 * @throws Failure where the source cannot be read or the target cannot be written
 */
export async function convertSegment(task: ConvertTask): Promise<Conversion> {
  const lines = `${task.target}.lines`;
  try {
    return await convert(task, lines);
  } catch (error) {
    await rm(task.target, { force: true });
    await rm(leavesBeside(task.target), { force: true });
    throw error;
  } finally {
    await rm(lines, { force: true });
  }
}

interface Written {
  readonly file: SealedFile;
  readonly mayRepeat: boolean;
  readonly timeless: boolean;
}

async function convert(task: ConvertTask, lines: string): Promise<Conversion> {
  const { engine, kind, source, target, sealed } = task;
  let scan = await writeParquet(engine, kind, source, target);
  const { damaged } = scan;
  const runs = damaged.map(({ line, lines: count }) => [line, line + count - 1] as const);
  const again = async (leftOut: LineSet): Promise<void> => {
    await copyWithout(source, lines, leftOut);
    scan = await writeParquet(engine, kind, lines, target);
    if (scan.damaged.length > 0) throw changed(source);
  };
  const records = scan.records;
  if (records > 0 && damaged.length > 0) await again(new LineSet(runs));
  if (records === 0) return nothingLeft(target, { damaged, duplicates: [], unread: [] });

  const { file, mayRepeat, timeless } = await describe(engine, target, scan);
  const found = await repeatedIds(engine, target, mayRepeat, sealed(file.first, file.last, timeless));
  const numbers = new LineSet(runs).linesAt(found.repeated.map(({ row }) => row));
  const duplicates = found.repeated.map(({ id, sealedIn }, at) => ({ id, line: numbers[at] ?? 0, sealedIn }));
  const left = { damaged, duplicates, unread: found.unread };
  if (duplicates.length === records) return nothingLeft(target, left);
  if (duplicates.length === 0) return { file, ...left };
  await again(new LineSet([...runs, ...numbers.map((number) => [number, number] as const)]));
  const { file: whole } = await describe(engine, target, scan);
  return { file: whole, ...left };
}

async function nothingLeft(target: string, left: Omit<Conversion, 'file'>): Promise<Conversion> {
  await rm(target, { force: true });
  await rm(leavesBeside(target), { force: true });
  return { file: undefined, ...left };
}

/**
 * SQL: whether a record took the time of its arrival, but not its id: one that is made here is of version 7, of the same
 * moment. In a burst it runs ahead of the clock.
 */
const TIMELESS = `occurred_at = recorded_at
  AND abs(('0x' || id[1:8] || id[10:13])::BIGINT - epoch_ms(recorded_at)) > 60000`;

/** What was written, and what of it may be there already: the one question is asked with the other, while the file is hashed. */
async function describe(engine: Engine, target: string, scan: Scan): Promise<Written> {
  const written = parquetFiles([target]);
  const [[rows], digest] = await Promise.all([
    ask(
      engine,
      `SELECT epoch_ms(min(occurred_at)) AS first, epoch_ms(max(occurred_at)) AS last,
         count(*) > count(DISTINCT hash(id)) AS repeated,
         (SELECT count(*) > 0 FROM ${written} WHERE ${TIMELESS}) AS timeless
       FROM ${written}`,
    ),
    digestFile(target),
  ]);
  const file: SealedFile = {
    records: scan.records,
    first: fromMilliseconds(Number(rows?.first)) ?? '',
    last: fromMilliseconds(Number(rows?.last)) ?? '',
    merkleRoot: `sha256:${scan.merkleRoot.toString('hex')}` as Sha256,
    ...digest,
  };
  return { file, mayRepeat: rows?.repeated !== false, timeless: rows?.timeless !== false };
}
