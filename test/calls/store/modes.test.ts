import { chmod, lstat, mkdir, readdir, rm } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Hospital } from '../../helpers/hospital.ts';
import { createSandbox, type Sandbox } from '../../helpers/sandbox.ts';
import { copyOfArchive, foundArchive, record, sealed, storeOf } from '../retain/archive.ts';

let sandbox: Sandbox;
let archive: Hospital;
let own: Hospital;
let before: number;

beforeAll(async () => {
  // Nothing is held back by it, as on a machine of somebody who does not know what that is.
  before = process.umask(0);
  sandbox = await createSandbox();
  archive = await foundArchive(sandbox);
});
afterAll(async () => {
  process.umask(before);
  await sandbox.remove();
});
beforeEach(async () => {
  own = await copyOfArchive(archive);
});

/** Fills a store with files of every kind that there is. */
async function fill(hospital: Hospital): Promise<void> {
  const { team, ada } = hospital;
  await sealed(hospital, [{ id: 1, user: 'u-1009', said: 'My knee hurts' }]);
  await record(hospital, [{ id: 2, user: 'u-7', said: 'I cannot sleep' }]);
  await team.ok(ada, ['calls', 'hold', 'case-17', '--user', 'u-8', '-m', 'Complaint 17']);
  await team.ok(ada, ['calls', 'erase', '--user', 'u-1009', '-m', 'Request 31']);
  await team.ok(ada, ['calls', 'search']);
}

/** The permissions of what is in a store, by kind and place; `.` is the store. */
async function modesIn(store: string): Promise<Record<string, string>> {
  const paths = (await readdir(store, { recursive: true })).map((path) => join(store, path));
  const modes: Record<string, string> = {};
  for (const path of [store, ...paths]) {
    const found = await lstat(path);
    const name = relative(store, path).replace(/\d{4}-\d\d-\d\d/, 'DAY');
    const place = name.replace(/[^/]*(\.\w+)$/, '*$1') || '.';
    modes[place] = (found.mode & 0o7777).toString(8);
  }
  return modes;
}

const FILES = [
  '*.gitignore',
  'open/*.jsonl',
  'date=DAY/*.parquet',
  'leaves/date=DAY/*.leaves',
  'holds/*.json',
  'certificates/*.json',
];
const FOLDERS = [
  '.',
  'open',
  'tmp',
  'content',
  'content/date=DAY',
  'date=DAY',
  'holds',
  'certificates',
  'leaves',
  'leaves/date=DAY',
];

function expected(folders: string, files: string): Record<string, string> {
  return {
    ...Object.fromEntries(FOLDERS.map((place) => [place, folders])),
    ...Object.fromEntries(FILES.map((place) => [place, files])),
    'content/date=DAY/*.content': '600',
  };
}

describe('what is in a store', () => {
  it('is its owner’s alone', async () => {
    await fill(own);
    expect(await modesIn(storeOf(own))).toEqual(expected('700', '600'));
  });

  it('is as open as the store’s folder, but to nobody beyond a group and but for what was said', async () => {
    const store = storeOf(own);
    await mkdir(store, { recursive: true });
    await chmod(store, 0o777);
    await fill(own);
    expect(await modesIn(store)).toEqual({ ...expected('770', '660'), '.': '777' });
    await rm(join(store, 'open'), { recursive: true });
    await chmod(store, 0o750);
    await record(own, [{ id: 3, user: 'u-7', said: 'I cannot sleep' }]);
    expect(await modesIn(store)).toMatchObject({
      '.': '750',
      open: '750',
      'open/*.jsonl': '640',
      holds: '770',
    });
  });
});
