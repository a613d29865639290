import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import fc from 'fast-check';
import { expect, it, onTestFinished } from 'vitest';
import { scanSegment } from '../../../src/calls/seal/scan.ts';
import { Failure } from '../../../src/failure.ts';
import { builtBin } from '../../helpers/built.ts';
import { callLines } from './records.ts';

const RECORDS = callLines(60);

const line = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom(...RECORDS) },
  { weight: 1, arbitrary: fc.constantFrom('', 'mine', 'yours', '{"kind":"call"}', 'x'.repeat(200_000)) },
);

async function newFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'scan-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  return folder;
}

/** What the scan says, and the leaf hashes that it leaves. */
async function scanned(scan: typeof scanSegment, path: string, large: number) {
  const leaves = join(dirname(path), 'leaves');
  const said = await scan(path, 'call', leaves, large);
  return { ...said, leaves: await readFile(leaves) };
}

it('comes to the same in halves', async () => {
  const folder = await newFolder();
  const path = join(folder, 'segment.jsonl');
  const file = fc.tuple(fc.array(line, { maxLength: 40 }), fc.constantFrom('', '\n', '{"torn'));
  await fc.assert(
    fc.asyncProperty(file, async ([lines, end]) => {
      await writeFile(path, lines.join('\n') + end);
      const whole = await scanned(scanSegment, path, Number.POSITIVE_INFINITY);
      expect(await scanned(scanSegment, path, 1)).toEqual(whole);
    }),
    { numRuns: 25 },
  );
});

it('has another thread take the second half', async () => {
  const built = await import(join(dirname(builtBin()), '../dist/calls/seal/scan.js'));
  const folder = await newFolder();
  const path = join(folder, 'segment.jsonl');
  await writeFile(path, `${RECORDS.join('\n')}\nmine\n`);
  const whole = await scanned(scanSegment, path, Number.POSITIVE_INFINITY);
  expect(whole.records).toBe(60);
  expect(await scanned(built.scanSegment, path, 1)).toEqual(whole);
  expect((await readdir(folder)).sort()).toEqual(['leaves', 'segment.jsonl']);

  // That is where the thread writes to.
  await mkdir(join(folder, 'leaves.rest'));
  await expect(built.scanSegment(path, 'call', join(folder, 'leaves'), 1)).rejects.toThrow(
    /leaves\.rest cannot be written: /,
  );
});

it('says what cannot be read', async () => {
  const folder = await newFolder();
  const scan = scanSegment(join(folder, 'none.jsonl'), 'call', join(folder, 'leaves'), 1);
  await expect(scan).rejects.toThrow(Failure);
  await expect(scan).rejects.toThrow(/none\.jsonl cannot be read: /);
});
