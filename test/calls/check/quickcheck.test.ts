import { spawnSync } from 'node:child_process';
import { rm, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, it } from 'vitest';
import { quickCheck } from '../../../src/calls/check/quickcheck.ts';
import type { Sha256 } from '../../../src/ledger/event.ts';
import { builtBin } from '../../helpers/built.ts';
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

it('does not read what is larger than all that was sealed: a sparse file may have any size', async () => {
  const { at } = await workshop();
  await writeFile(at('sealed'), 'a');
  const fileDigest = sha256sum(at('sealed'));
  await writeFile(at('swollen'), 'a');
  await truncate(at('swollen'), 5_000_000);
  const files = ['sealed', 'swollen'].map((name) => ({ path: at(name), fileDigest, fileSize: 1 }));
  let told = 0;
  const answers = await quickCheck(files, (bytes) => {
    told += bytes;
  });
  expect(answers).toEqual([{ answer: 'ok' }, { answer: 'larger', fileSize: 5_000_000 }]);
  expect(told).toBe(1);
});

it.each(['as it is built', 'where no thread starts'])('answers for every file in order, %s', async (how) => {
  const { at } = await workshop();
  const built = pathToFileURL(join(builtBin(), '../../dist/calls/check/quickcheck.js')).href;
  const check: typeof quickCheck = how === 'as it is built' ? (await import(built)).quickCheck : quickCheck;
  const names = Array.from({ length: 9 }, (_, number) => `file${number}`);
  for (const [number, name] of names.entries()) await writeFile(at(name), Buffer.alloc(5_000_000, number));
  const files = names.map((name) => ({
    path: at(name),
    fileDigest: sha256sum(at(name)),
    fileSize: 5_000_000,
  }));
  await writeFile(at('file3'), 'altered');
  await rm(at('file6'));
  let told = 0;
  const answers = await check(files, (bytes) => {
    told += bytes;
  });
  expect(answers.map(({ answer }) => answer)).toEqual(
    names.map((name) => (name === 'file3' ? 'altered' : name === 'file6' ? 'missing' : 'ok')),
  );
  expect(told).toBe(7 * 5_000_000 + 'altered'.length);
});
