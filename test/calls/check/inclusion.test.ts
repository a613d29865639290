import { writeFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { findRecord, inclusionOf } from '../../../src/calls/check/inclusion.ts';
import { Failure } from '../../../src/failure.ts';
import { isIncluded, leafHash } from '../../../src/ledger/merkle.ts';
import { callLines, idOf } from '../seal/records.ts';
import { workshop } from '../seal/workshop.ts';

describe('one record of a sealed segment', () => {
  it('is proven by its path without the others', async () => {
    const { engine, seal } = await workshop();
    const lines = callLines(2_500);
    const { path, merkleRoot } = await seal(lines);
    for (const row of [0, 1023, 1024, 2_499]) {
      const proof = await inclusionOf(engine, path, row);
      expect([proof.line, proof.index, proof.size]).toEqual([lines[row], row, 2_500]);
      expect(`sha256:${proof.root.toString('hex')}`).toBe(merkleRoot);
      const root = Buffer.from(merkleRoot.slice(7), 'hex');
      expect(isIncluded(leafHash(Buffer.from(proof.line)), row, 2_500, proof.path, root)).toBe(true);
    }
    for (const row of [2_500, -1, 0.5, Number.NaN]) {
      await expect(inclusionOf(engine, path, row)).rejects.toThrow(Failure);
    }
  });

  it('is found by its id, beside segments that are gone or damaged', async () => {
    const { engine, seal, at } = await workshop();
    const [one, two] = [await seal(callLines(5), 'one'), await seal(callLines(5, 5), 'two')];
    const line = callLines(5, 5)[2];
    await writeFile(at('broken.parquet'), 'PAR1 no such thing PAR1');
    const found = { path: two.path, row: 2, line };
    expect(await findRecord(engine, [one.path, two.path], idOf(7))).toEqual(found);
    const paths = [at('gone*.parquet'), at('broken.parquet'), one.path, two.path];
    expect(await findRecord(engine, paths, idOf(7))).toEqual(found);
    expect(await findRecord(engine, paths, idOf(10))).toBeUndefined();
    expect(await findRecord(engine, paths, "' OR 'a' = 'a")).toBeUndefined();
    expect(await findRecord(engine, [], idOf(7))).toBeUndefined();
    await expect(inclusionOf(engine, at('broken.parquet'), 0)).rejects.toThrow(/^.* cannot be read: run/);
    await expect(inclusionOf(engine, at('gone.parquet'), 0)).rejects.toThrow(/is not there/);
  });
});
