import { spawnSync } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { quickCheck } from '../../../src/calls/check/quickcheck.ts';
import type { Sha256 } from '../../../src/ledger/event.ts';
import { workshop } from '../seal/workshop.ts';

function sha256sum(path: string): Sha256 {
  return `sha256:${spawnSync('sha256sum', [path]).stdout.toString().slice(0, 64)}` as Sha256;
}

it('tells files that are as sealed from those that are altered, missing or unreadable', async () => {
  const { at, folder } = await workshop();
  const big = Buffer.alloc(2_500_000, 'promptaudit');
  await writeFile(at('big'), big);
  await writeFile(at('small'), 'a');
  await writeFile(at('empty'), '');
  const sealed = (name: string, fileSize: number) => ({
    path: at(name),
    fileDigest: sha256sum(at(name)),
    fileSize,
  });
  const files = [
    sealed('big', big.length),
    sealed('small', 1),
    sealed('empty', 0),
    { ...sealed('small', 1), path: at('gone') },
    { ...sealed('small', 1), path: folder },
    sealed('small', 2),
  ];
  const before = [...files];
  await writeFile(at('big'), big.fill('x', 2_400_000, 2_400_001));
  let told = 0;
  const answers = await quickCheck(files, (bytes) => {
    told += bytes;
  });
  const found = sealed('small', 1);
  expect(answers).toEqual([
    { answer: 'altered', fileDigest: sha256sum(at('big')), fileSize: big.length },
    { answer: 'ok' },
    { answer: 'ok' },
    { answer: 'missing' },
    { answer: 'unreadable', why: 'it is a folder' },
    { answer: 'altered', fileDigest: found.fileDigest, fileSize: 1 },
  ]);
  expect(answers[0]).not.toMatchObject({ fileDigest: before[0]?.fileDigest });
  expect(told).toBe(big.length + 2);
});
