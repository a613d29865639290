import { createHash } from 'node:crypto';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Hospital } from '../../helpers/hospital.ts';
import { createSandbox, type Sandbox } from '../../helpers/sandbox.ts';
import { copyOfArchive, filesOf, foundArchive, holding, sealed, storeOf } from './archive.ts';

let sandbox: Sandbox;
let archive: Hospital;
let own: Hospital;

beforeAll(async () => {
  sandbox = await createSandbox();
  archive = await foundArchive(sandbox);
  await sealed(archive, [
    { id: 1, user: 'u-1009' },
    { id: 2, user: 'u-1009' },
    { id: 3, user: 'u-7' },
  ]);
});
afterAll(() => sandbox.remove());
beforeEach(async () => {
  own = await copyOfArchive(archive);
});

const HOLD = ['calls', 'hold', 'case-17', '--user', 'u-1009', '-m', 'Complaint 17'];
const fileOf = (hospital: Hospital) => join(storeOf(hospital), 'holds', 'case-17.json');

interface Holds {
  readonly holds: readonly Record<string, unknown>[];
}

describe('a hold', () => {
  it('keeps its filter in the store and the digest of it in the ledger', async () => {
    expect(await own.team.ok(own.bob, HOLD)).toMatch(/^9 \w+ put hold case-17 on records of calls\n$/);
    const text = await readFile(fileOf(own), 'utf8');
    expect(text).toBe('{"kind":"call","user":"u-1009"}');
    const message = await own.team.git('log', '-1', '--format=%B', 'refs/notes/promptaudit');
    expect(message).toContain(`Query-Digest: sha256:${createHash('sha256').update(text).digest('hex')}`);
    expect(message).not.toContain('u-1009');
  });

  it('tells of an environment that the policy does not have, where it covers nothing', async () => {
    const placed = await own.team.cli(own.bob, [
      ...['calls', 'hold', 'case-17', '--env', 'prodction', '-m', 'Complaint 17'],
    ]);
    expect(placed.stderr).toMatch(
      /it covers 0 records now.*\nwarning: the policy has no environment "prodction": did you mean production\?\n$/,
    );
  });

  it('says how many records it covers, when placed and when listed', async () => {
    const placed = await own.team.cli(own.bob, HOLD);
    expect(placed.stderr).toContain('it covers 2 records now');
    const { holds } = await own.team.json<Holds>(own.bob, ['calls', 'hold', '--list']);
    expect(holds).toEqual([
      {
        name: 'case-17',
        state: 'standing',
        sequence: 9,
        since: expect.stringMatching(/^2026-01-05T/),
        by: own.bob.email,
        reason: 'Complaint 17',
        releasedBy: null,
        filter: { kind: 'call', user: 'u-1009' },
        records: 2,
        problem: null,
      },
    ]);
  });

  it('says in a dry run what it would cover, and is not placed', async () => {
    const { code, stdout, stderr } = await own.team.cli(own.bob, [...HOLD, '--dry-run']);
    expect([code, stdout]).toEqual([0, 'would write event 9: put hold case-17 on records of calls\n']);
    expect(stderr).toBe('it would cover 2 records now, and what is recorded later\n');
    await expect(readFile(fileOf(own), 'utf8')).rejects.toMatchObject({ code: 'ENOENT' });
    expect((await own.team.json<Holds>(own.bob, ['calls', 'hold'])).holds).toEqual([]);
  });

  it('is listed within 80 columns, and as released once it is', async () => {
    await own.team.ok(own.bob, [
      ...HOLD,
      '-m',
      'A complaint about the advice that was given. '.repeat(4).trim(),
    ]);
    await own.team.ok(own.ada, ['calls', 'release', 'case-17', '-m', 'Settled']);
    const text = await own.team.ok(own.bob, ['calls', 'hold']);
    expect(text).toContain('case-17  released by event 10\n');
    expect(Math.max(...text.split('\n').map((line) => line.length))).toBeLessThanOrEqual(80);
  });

  it('puts the people in it into no record of the access', async () => {
    const before = await holding(own, 'u-1009');
    await own.team.ok(own.bob, HOLD);
    expect(await holding(own, 'u-1009')).toEqual([...before, 'holds/case-17.json'].sort());
    const { calls } = await own.team.json<{ calls: Record<string, string>[] }>(own.bob, [
      'calls',
      'search',
      '--kind',
      'access',
      '--actor',
      own.bob.email,
    ]);
    expect(calls[0]?.['promptaudit.access.action']).toBe('hold');
    expect(calls[0]?.['promptaudit.access.query']).toMatch(/^sha256:/);
  });

  it.each([
    [[...HOLD.slice(0, 2), '../case', ...HOLD.slice(3)], 2, 'is not the name of a hold'],
    [HOLD.slice(0, -2), 2, 'say why they are held with -m'],
    [[...HOLD, '--list'], 2, 'leave the name out'],
    [['calls', 'hold', 'case-17', '--text', 'x', '-m', 'y'], 2, 'has no option "--text"'],
  ])('refuses %j', async (args, code, told) => {
    const [found, text] = await own.team.told(own.bob, args);
    expect([found, text]).toEqual([code, expect.stringContaining(told)]);
    expect(await holding(own, 'case-17')).toEqual([]);
  });

  it.each([
    [['calls', 'hold', 'case-17', '-m', 'y']],
    [['calls', 'search']],
    [['calls', 'stats']],
    [['calls', 'export', 'out.csv']],
    [['calls', 'reconcile']],
  ])('is refused, as is %j, of a prompt "at" an environment, which is the name of none', async (args) => {
    const told = await own.team.told(own.bob, [...args, '--prompt', 'discharge@production']);
    expect(told).toEqual([
      2,
      expect.stringContaining(
        '--prompt discharge@production names no version: for an environment, say --prompt discharge --env production',
      ),
    ]);
    expect(await holding(own, 'case-17')).toEqual([]);
    // It may be the name that an application has for a prompt.
    const [, other] = await own.team.told(own.bob, [...args, '--prompt', 'discharge@lab']);
    expect(other).not.toContain('names no version');
  });

  it('is for admins and auditors, and puts who else tries on the record', async () => {
    expect((await own.team.refused(own.alice, HOLD)).rules).toEqual(['signature/role']);
    expect((await filesOf(own)).filter((path) => path.startsWith('holds/'))).toEqual([]);
    const { calls } = await own.team.json<{ calls: Record<string, string>[] }>(own.bob, [
      'calls',
      'search',
      '--kind',
      'access',
      '--actor',
      own.alice.email,
    ]);
    expect(calls.map((one) => one['promptaudit.access.outcome'])).toEqual(['denied']);
  });

  it('has a name of its own, and keeps its filter when another one asks for the name', async () => {
    await own.team.ok(own.bob, HOLD);
    const again = ['calls', 'hold', 'case-17', '--user', 'u-7', '-m', 'Another'];
    expect((await own.team.refused(own.bob, again)).rules).toEqual(['hold/name']);
    expect(await readFile(fileOf(own), 'utf8')).toContain('u-1009');
  });

  it.each([
    ['is gone', (path: string) => rm(path), 'is not in the store'],
    ['was altered', (path: string) => writeFile(path, '{"user":"u-7"}'), 'is not what event 9 says'],
  ])('says when what it is about %s', async (_, harm, told) => {
    await own.team.ok(own.bob, HOLD);
    await harm(fileOf(own));
    const { code, stdout } = await own.team.cli(own.bob, ['--json', 'calls', 'hold']);
    const { holds }: Holds = JSON.parse(stdout);
    expect([code, holds[0]?.problem, holds[0]?.records]).toEqual([1, expect.stringContaining(told), null]);
  });
});

describe('a release', () => {
  it('is for admins, of a hold that stands', async () => {
    await own.team.ok(own.bob, HOLD);
    const release = ['calls', 'release', 'case-17', '-m', 'Settled'];
    expect((await own.team.refused(own.bob, release)).rules).toEqual(['signature/role']);
    await own.team.ok(own.ada, release);
    expect((await own.team.refused(own.ada, release)).rules).toEqual(['hold/name']);
  });
});
