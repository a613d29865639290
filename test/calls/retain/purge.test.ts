import { createHash } from 'node:crypto';
import { mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Hospital } from '../../helpers/hospital.ts';
import { createSandbox, type Sandbox } from '../../helpers/sandbox.ts';
import { copyOfArchive, filesOf, foundArchive, later, sealed, storeOf } from './archive.ts';

let sandbox: Sandbox;
let archive: Hospital;
let own: Hospital;
let old: string;
let young: string;

const parquetOf = async (hospital: Hospital) =>
  (await filesOf(hospital)).filter((path) => /ward-calls-.*\.parquet$/.test(path));
const contentOf = async (hospital: Hospital) =>
  (await filesOf(hospital)).filter((path) => path.startsWith('content/'));
const nameOf = (path: string) => path.replace(/^.*\/|\.[^.]*$/g, '');

/** A segment of 5 January and one of 4 February; it is 15 July, 191 days after the first. Events up to 9. */
beforeAll(async () => {
  sandbox = await createSandbox();
  archive = await foundArchive(sandbox);
  await sealed(archive, [
    { id: 1, user: 'u-1009', said: 'Old words' },
    { id: 2, user: 'u-7', said: 'More old words' },
  ]);
  later(archive, 30);
  await sealed(archive, [{ id: 3, user: 'u-1009', said: 'Younger words' }]);
  later(archive, 161);
  [old = '', young = ''] = await parquetOf(archive);
});
afterAll(() => sandbox.remove());
beforeEach(async () => {
  own = await copyOfArchive(archive);
});

interface Purged {
  readonly sequence: number;
  readonly path: string;
  readonly certificate: { segments: readonly { segment: string }[]; records: number; before: string } | null;
  readonly finished: readonly { segment: string; sequence: number }[];
}

const PURGE = ['calls', 'purge', 'calls'];
const purge = (...args: string[]) => own.team.json<Purged>(own.dee, ['calls', 'purge', ...args]);
const verifies = async () =>
  (await own.team.json<{ ok: boolean }>(own.bob, ['calls', 'verify', '--deep'])).ok;

describe('a purge', () => {
  it('takes the segments that the policy keeps no longer, with what was said', async () => {
    const leaves = join(storeOf(own), 'leaves', old.replace(/parquet$/, 'leaves'));
    expect((await stat(leaves)).size).toBe(64);
    const { certificate } = await purge('calls');
    expect(certificate?.segments.map(({ segment }) => segment)).toEqual([nameOf(old)]);
    expect(certificate?.records).toBe(2);
    expect(await parquetOf(own)).toEqual([young]);
    expect((await filesOf(own)).filter((path) => path.includes(nameOf(old)))).toEqual([]);
    expect(await verifies()).toBe(true);
    expect((await own.team.refused(own.dee, PURGE)).message).toContain('nothing to purge of calls before');
  });

  it('has a certificate whose digest is in the event', async () => {
    const { path, certificate } = await purge('calls', '--before', '2026-01-10');
    const bytes = await readFile(path);
    const message = await own.team.git('log', '-1', '--format=%B', 'refs/notes/promptaudit');
    expect(message).toContain(`Certificate: sha256:${createHash('sha256').update(bytes).digest('hex')}`);
    expect(message).toContain('Before: 2026-01-10T00:00:00.000Z');
    expect(JSON.parse(bytes.toString())).toEqual(certificate);
  });

  it('takes a segment in which a call is dated ahead, once its seal is older than the period', async () => {
    const calls = [{ id: 8 }, { id: 9, occurred: '9999-12-31T23:59:59.999Z' }];
    await sealed(own, calls);
    later(own, 182);
    expect((await purge('calls', '--dry-run')).certificate?.segments).toHaveLength(2);
    later(own, 2);
    expect((await purge('calls')).certificate?.records).toBe(5);
    expect(await parquetOf(own)).toEqual([]);
    expect(await verifies()).toBe(true);
  });

  it('of content leaves the records', async () => {
    const { certificate } = await purge('content');
    expect(certificate?.segments).toHaveLength(2);
    expect(await contentOf(own)).toEqual([]);
    expect(await parquetOf(own)).toEqual([old, young]);
    expect(await verifies()).toBe(true);
  });

  it('of accesses leaves calls', async () => {
    await own.team.ok(own.bob, ['calls', 'search']);
    await own.team.ok(own.dee, ['calls', 'seal']);
    later(own, 200);
    const { certificate } = await purge('access');
    expect(certificate?.segments.map(({ segment }) => segment)).toEqual([
      expect.stringContaining('-access-'),
    ]);
    expect(await parquetOf(own)).toEqual([old, young]);
  });

  it('says in a dry run what it would take, within 80 columns, and takes nothing', async () => {
    const text = await own.team.ok(own.dee, [...PURGE, '--dry-run']);
    expect(text).toContain(nameOf(old));
    expect(Math.max(...text.split('\n').map((line) => line.length))).toBeLessThanOrEqual(80);
    expect(await parquetOf(own)).toEqual([old, young]);
    expect((await filesOf(own)).some((path) => path.startsWith('certificates/'))).toBe(false);
  });

  it('tells where the certificate is, and is on the record of accesses', async () => {
    const text = await own.team.ok(own.dee, PURGE);
    expect(text).toMatch(/^10 purged 1 segment with 2 records from before 2026-01-1\d/);
    expect(text).toContain('certificate ');
    const found = await own.team.ok(own.bob, [
      'calls',
      'search',
      '--actor',
      own.dee.email,
      '--format',
      'jsonl',
    ]);
    expect(found).toContain('"promptaudit.access.action":"purge"');
  });

  it('is refused in a clone that does not know of a hold that another placed in the store', async () => {
    const behind = await copyOfArchive(own);
    await own.team.ok(own.bob, ['calls', 'hold', 'case-17', '--user', 'u-1009', '-m', 'Complaint']);
    const { message } = await behind.team.refused(own.dee, [...PURGE, '--store', storeOf(own)]);
    expect(message).toContain(
      'hold case-17 is in the store, and in no event of this ledger: run promptaudit sync',
    );
    expect(await parquetOf(own)).toEqual([old, young]);
  });

  it('takes what of the segment was no record', async () => {
    const damaged = join(storeOf(own), 'damaged', `${nameOf(old)}.jsonl`);
    await mkdir(join(damaged, '..'), { recursive: true });
    await writeFile(damaged, '{}\n');
    await purge('calls');
    expect((await filesOf(own)).filter((path) => path.includes(nameOf(old)))).toEqual([]);
  });

  it('does not take lines that a crash left beside their sealed segment before they were looked at', async () => {
    const lines = join(storeOf(own), 'open', `${nameOf(old)}.jsonl`);
    await writeFile(
      lines,
      await own.team.ok(own.bob, ['calls', 'search', '--user', 'u-7', '--format', 'jsonl']),
    );
    for (const kind of ['calls', 'content'])
      expect((await own.team.refused(own.dee, ['calls', 'purge', kind])).message).toContain(
        'run promptaudit calls seal',
      );
    const erase = ['calls', 'erase', '--user', 'u-1009', '-m', 'Why'];
    expect((await own.team.refused(own.ada, erase)).message).toContain('run promptaudit calls seal');
    await own.team.cli(own.dee, ['calls', 'seal']);
    await purge('calls');
    expect((await filesOf(own)).filter((path) => path.includes(nameOf(old)))).toEqual([]);
  });
});

describe('what is refused', () => {
  it.each([
    ['what the policy keeps still', ['calls', '--before', '2026-03-01'], 'purge/early'],
    ['by somebody without the role', ['calls'], 'signature/role'],
  ])('%s', async (_, args, rule) => {
    const who = rule === 'signature/role' ? own.alice : own.dee;
    expect((await own.team.refused(who, ['calls', 'purge', ...args])).rules).toEqual([rule]);
    expect(await parquetOf(own)).toEqual([old, young]);
  });

  it('a class that there is not', async () => {
    expect(await own.team.told(own.dee, ['calls', 'purge', 'all'])).toEqual([
      2,
      expect.stringContaining('"all" is none of calls, content, access'),
    ]);
  });

  it('everything together, where a hold covers one record, saying what could be purged', async () => {
    later(own, 200);
    await own.team.ok(own.bob, [
      'calls',
      'hold',
      'case-17',
      '--id',
      '019aa5c1-0000-7000-8000-000000000003',
      '-m',
      'Why',
    ]);
    const { reasons } = await own.team.refused(own.dee, PURGE);
    expect(reasons[0]?.message).toBe('hold case-17 covers 1 of the records');
    const [, before = ''] = /--before (\S+),/.exec(reasons[0]?.remedy ?? '') ?? [];
    expect(await parquetOf(own)).toEqual([old, young]);
    await purge('calls', '--before', before);
    expect(await parquetOf(own)).toEqual([young]);
    await own.team.refused(own.dee, ['calls', 'purge', 'content']);
    await own.team.ok(own.ada, ['calls', 'release', 'case-17', '-m', 'Settled']);
    await purge('calls');
    expect(await parquetOf(own)).toEqual([]);
  });

  it('up to the first of the segments that a hold covers', async () => {
    later(own, 200);
    await own.team.ok(own.bob, ['calls', 'hold', 'case-17', '--user', 'u-1009', '-m', 'Why']);
    const { reasons } = await own.team.refused(own.dee, PURGE);
    expect(reasons[0]?.message).toBe('hold case-17 covers 2 of the records');
    const [, before = ''] = /--before (\S+),/.exec(reasons[0]?.remedy ?? '') ?? [];
    const { message } = await own.team.refused(own.dee, [...PURGE, '--before', before]);
    expect(message).toContain('nothing to purge');
  });

  it('nothing, where a hold covers no record in them', async () => {
    await own.team.ok(own.bob, ['calls', 'hold', 'case-17', '--user', 'nobody', '-m', 'Why']);
    expect((await purge('calls')).certificate?.records).toBe(2);
  });

  it('everything, while it is not known what a hold is about or covers', async () => {
    await own.team.ok(own.bob, ['calls', 'hold', 'case-17', '--user', 'nobody', '-m', 'Why']);
    const file = join(storeOf(own), 'holds', 'case-17.json');
    const text = await readFile(file);
    await writeFile(file, '{}');
    expect((await own.team.refused(own.dee, PURGE)).message).toContain('is not what event 10 says');
    await writeFile(file, text);
    await rm(join(storeOf(own), old));
    expect(await own.team.told(own.dee, PURGE)).toEqual([
      2,
      expect.stringContaining('nobody can tell whether hold case-17 covers it'),
    ]);
  });
});

describe('a purge that was broken off', () => {
  it('is finished by the next run, and nothing else goes', async () => {
    await sandbox.ok('cp', ['-a', storeOf(own), `${own.team.repo}-store`]);
    await purge('calls');
    for (const path of [old, (await contentOf(archive))[0] ?? ''])
      await sandbox.ok('cp', [join(`${own.team.repo}-store`, path), join(storeOf(own), path)]);
    expect((await own.team.cli(own.bob, ['calls', 'verify'])).stdout).toContain('calls/purged');
    const { finished, certificate } = await purge('calls');
    expect([finished, certificate]).toEqual([[{ segment: nameOf(old), sequence: 10 }], null]);
    expect(await parquetOf(own)).toEqual([young]);
    expect((await contentOf(own)).map(nameOf)).toEqual([nameOf(young)]);
  });
});
