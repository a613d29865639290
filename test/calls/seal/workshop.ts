import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { type Engine, openEngine } from '../../../src/calls/engine/duckdb.ts';
import type { RecordKind } from '../../../src/calls/record/fields.ts';
import { type Conversion, convertSegment, type SealedFile } from '../../../src/calls/seal/convert.ts';
import { fileOf } from './records.ts';

export interface Workshop {
  readonly folder: string;
  readonly engine: Engine;
  at(name: string): string;
  /** Writes the lines (or the bytes) as an open segment and converts it to `<name>.parquet`. */
  convert(
    lines: readonly (string | Uint8Array)[] | Uint8Array,
    options?: { readonly name?: string; readonly kind?: RecordKind; readonly sealed?: readonly string[] },
  ): Promise<Conversion>;
  /** The same where every line is a record. */
  seal(lines: readonly string[], name?: string): Promise<SealedFile & { readonly path: string }>;
}

/** A folder and an engine, gone when the test is over. */
export async function workshop(): Promise<Workshop> {
  const folder = await mkdtemp(join(tmpdir(), 'promptaudit-seal-'));
  const engine = await openEngine(join(folder, 'scratch'));
  onTestFinished(async () => {
    engine.close();
    await rm(folder, { recursive: true, force: true });
  });
  const at = (name: string) => join(folder, name);
  const convert: Workshop['convert'] = async (
    lines,
    { name = 'segment', kind = 'call', sealed = [] } = {},
  ) => {
    const source = at(`${name}.jsonl`);
    await writeFile(source, lines instanceof Uint8Array ? lines : fileOf(lines));
    return await convertSegment({
      engine,
      kind,
      source,
      target: at(`${name}.parquet`),
      sealed: () => sealed,
    });
  };
  return {
    folder,
    engine,
    at,
    convert,
    seal: async (lines, name = 'segment') => {
      const { file, damaged } = await convert(lines, { name });
      if (file === undefined || damaged.length > 0) throw new Error('a line of the test is no record');
      return { ...file, path: at(`${name}.parquet`) };
    },
  };
}
