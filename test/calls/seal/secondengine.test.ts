import fc from 'fast-check';
import { asyncBufferFromFile, parquetMetadataAsync, parquetReadObjects } from 'hyparquet';
import { compressors } from 'hyparquet-compressors';
import { describe, expect, it } from 'vitest';
import { columnOf, FIELD_NAMES, fieldSpec, RECORD_KINDS } from '../../../src/calls/record/fields.ts';
import { recordLine } from './arbitraryrecord.ts';
import { idOf } from './records.ts';
import { workshop } from './workshop.ts';

/** As hyparquet gives a value, from the value in the record's JSON. */
function expected(type: string, value: unknown): unknown {
  // hyparquet has null for a value that is not there, and undefined for a list.
  if (value === undefined) return ['texts', 'content'].includes(type) ? undefined : null;
  switch (type) {
    case 'integer':
    case 'signed':
      return BigInt(value as number);
    case 'time':
      return new Date(value as string);
    case 'content':
      return (value as { bytes: number; redactions?: { count: number }[] }[]).map((part) => ({
        ...part,
        bytes: BigInt(part.bytes),
        redactions: part.redactions?.map((fired) => ({ ...fired, count: BigInt(fired.count) })),
      }));
    default:
      return value;
  }
}

describe('a sealed segment, read by another engine', () => {
  it.each(RECORD_KINDS)('holds in every column what the %s records say', async (kind) => {
    const { convert, at } = await workshop();
    const lines = fc
      .sample(recordLine, { numRuns: 400, seed: 5 })
      .filter((one) => one.kind === kind)
      .map(({ line }, number) => line.replace(/"id":"[^"]*"/, `"id":"${idOf(number)}"`));
    const { file, damaged } = await convert(lines, { kind });
    expect([file?.records, damaged]).toEqual([lines.length, []]);

    const buffer = await asyncBufferFromFile(at('segment.parquet'));
    const rows = await parquetReadObjects({ file: buffer, compressors });
    expect(rows).toEqual(
      lines.map((line) => {
        const record = JSON.parse(line);
        const columns = FIELD_NAMES.filter((name) => fieldSpec(name).column).map((name) => [
          columnOf(name),
          expected(fieldSpec(name).type, record[name]),
        ]);
        return { record: line, ...Object.fromEntries(columns) };
      }),
    );
    const { schema } = await parquetMetadataAsync(buffer);
    const time = schema.find(({ name }) => name === 'occurred_at');
    expect(time?.logical_type).toEqual({ type: 'TIMESTAMP', isAdjustedToUTC: true, unit: 'MICROS' });
  });
});
