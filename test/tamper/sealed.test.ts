import { copyFile, readFile, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { expect, test } from 'vitest';
import { checkStore } from '../../src/calls/check/checkstore.ts';
import { openEngine } from '../../src/calls/engine/duckdb.ts';
import { callsOf } from '../helpers/callsevents.ts';
import { describeAttacks, tamperScene } from './attack.ts';
import { fileOf, SEALED_ATTACKS, sealRecords, storeOf } from './attacks/sealed.ts';

const scene = tamperScene(sealRecords);

describeAttacks('the files of sealed segments', SEALED_ATTACKS, scene);

test('a file that nobody sealed is not passed over for the lines beside it', async () => {
  const h = await scene.copy();
  const file = await fileOf(h, 12);
  const copy = file.replace(/[0-9a-f]{6}\.parquet$/, '000000.parquet');
  await copyFile(file, copy);
  await writeFile(join(storeOf(h), 'open', `${basename(copy, '.parquet')}.jsonl`), '');
  const counted = await h.team.json<{ counts: object }>(undefined, ['calls', 'verify']);
  expect(counted.counts).toMatchObject({ segments: 3, open: 1 });
});

/** Bytes from one flipped bit to the next; one of `DEEP` is looked at record by record too. */
const STEP = 59;
const DEEP = 8;

test('a flipped bit in any byte of a sealed file is found, and never ends the check', async () => {
  const h = await scene.copy();
  const [calls, store, file] = [await callsOf(h.team), storeOf(h), await fileOf(h, 12)];
  const whole = await readFile(file);
  // One engine for all: what a damaged file does to it must not tell on the files after it.
  const engine = await openEngine(join(h.team.sandbox.dir, 'scratch'));
  const found = async (bytes: Uint8Array, isDeep: boolean) => {
    await writeFile(file, bytes);
    const deep = isDeep ? async () => engine : undefined;
    return (await checkStore({ store, calls, deep })).findings;
  };
  try {
    let flips = 0;
    for (let at = 0; at < whole.length; at += STEP) {
      const bytes = Buffer.from(whole);
      bytes[at] = (bytes[at] ?? 0) ^ (1 << (at % 8));
      flips += 1;
      const [first, ...more] = await found(bytes, flips % DEEP === 0);
      expect([at, first?.code, first?.sequence]).toEqual([at, 'calls/altered', 12]);
      expect(more.filter(({ sequence }) => sequence !== 12)).toEqual([]);
    }
    expect(flips).toBeGreaterThan(100);
    expect(await found(whole, true)).toEqual([]);
  } finally {
    engine.close();
  }
});
