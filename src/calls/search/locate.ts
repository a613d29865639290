import { join } from 'node:path';
import { findRecord } from '../check/inclusion.ts';
import type { Engine } from '../engine/duckdb.ts';
import type { SegmentParts } from '../store/names.ts';
import { findRecords } from './find.ts';
import type { Source, Sources, TimeRange } from './sources.ts';

/** One record and where it is. */
export interface Located {
  /** Canonical JSON. */
  readonly line: string;
  readonly segment: SegmentParts;
  /** In a sealed segment: its file, and its row from 0. */
  readonly sealed: { readonly path: string; readonly row: number } | undefined;
}

/** The record of an id, in sealed segments first. @throws Failure where a file cannot be read */
export async function locateRecord(
  engine: Engine,
  sources: Sources,
  id: string,
  ranges: ReadonlyMap<string, TimeRange> | undefined,
): Promise<Located | undefined> {
  const [line] = await findRecords(engine, sources, id, ranges);
  if (line === undefined) return undefined;
  const bySegment = new Map(sources.sealed.map((source) => [join(source.path), source]));
  const found = await findRecord(engine, [...bySegment.keys()], id);
  const sealed = found && bySegment.get(found.path);
  if (found !== undefined && sealed !== undefined)
    return { line: found.line, segment: sealed.segment, sealed: found };
  const open = await openSegmentOf(engine, sources, id);
  return open && { line, segment: open.segment, sealed: undefined };
}

async function openSegmentOf(engine: Engine, sources: Sources, id: string): Promise<Source | undefined> {
  for (const source of sources.open) {
    const found = await findRecords(engine, { ...sources, sealed: [], open: [source] }, id);
    if (found.length > 0) return source;
  }
  return undefined;
}
