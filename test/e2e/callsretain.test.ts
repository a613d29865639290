import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  copyOfArchive,
  filesOf,
  foundArchive,
  holding,
  idOf,
  later,
  record,
  sealed,
} from '../calls/retain/archive.ts';
import { builtBin } from '../helpers/built.ts';
import type { Hospital } from '../helpers/hospital.ts';
import { createSandbox, run, type Sandbox } from '../helpers/sandbox.ts';

const KILLER = pathToFileURL(join(import.meta.dirname, '../helpers/killer.js')).href;
const KILLED = -1;
/** There are some forty moments in each command; all of them take a minute. */
const STEP = 11;
const SAID = 'My knee has been hurting since the marathon in the spring';

let sandbox: Sandbox;
let archive: Hospital;

/** Sealed: 1 of a user, 2 of another; waiting: 3 of the user. It is 200 days later. */
beforeAll(async () => {
  sandbox = await createSandbox();
  archive = await foundArchive(sandbox);
  await sealed(archive, [
    { id: 1, user: 'u-1009', said: SAID },
    { id: 2, user: 'u-7', said: 'I cannot sleep at night' },
  ]);
  await record(archive, [{ id: 3, user: 'u-1009', said: SAID }]);
  later(archive, 200);
});
afterAll(() => sandbox.remove());

/** Runs a command as a process that is killed just before the `at`-th thing that it does to a file; 0: it lives. */
async function apart(hospital: Hospital, args: readonly string[], at: number) {
  const { team, ada } = hospital;
  const count = `${team.repo}-moments`;
  const { code, stderr } = await run(
    process.execPath,
    ['--import', KILLER, builtBin(), '--git', 'embedded', ...args],
    {
      cwd: team.repo,
      env: {
        ...sandbox.env,
        ...team.identity(ada),
        KILL_COUNT: count,
        ...(at === 0 ? {} : { KILL_AT: String(at) }),
      },
    },
  );
  return { code, stderr, moments: at === 0 ? (await readFile(count, 'utf8')).split('\n').length : 0 };
}

async function lastEvent({ team }: Hospital): Promise<string> {
  return team.git('log', '-1', '--format=%B', 'refs/notes/promptaudit');
}

async function verifyCodes({ team, bob }: Hospital): Promise<readonly string[]> {
  const { stdout } = await team.cli(bob, ['--json', 'calls', 'verify']);
  const { findings }: { findings: readonly { code: string }[] } = JSON.parse(stdout);
  return [...new Set(findings.map(({ code }) => code))];
}

describe('killed at any moment', () => {
  it('an erasure is done or not, and can be finished', async () => {
    const args = ['calls', 'erase', '--user', 'u-1009', '-m', 'Request 31'];
    const { code, moments, stderr } = await apart(await copyOfArchive(archive), args, 0);
    expect([code, stderr]).toEqual([0, '']);
    const signed: boolean[] = [];
    for (let at = moments; at > 0; at -= STEP) {
      const own = await copyOfArchive(archive);
      expect([at, (await apart(own, args, at)).code]).toEqual([at, KILLED]);
      const codes = await verifyCodes(own);
      const isSigned = (await lastEvent(own)).includes('Event: erasure');
      signed.push(isSigned);
      expect([at, codes.filter((one) => one !== 'calls/erased')]).toEqual([at, []]);
      if (isSigned) await own.team.cli(own.ada, ['calls', 'erase', '--resume']);
      else {
        expect([at, (await holding(own, SAID)).length]).toEqual([at, 2]);
        await own.team.ok(own.ada, args);
      }
      expect([at, await holding(own, SAID)]).toEqual([at, []]);
      expect([at, await verifyCodes(own)]).toEqual([at, []]);
      expect([at, (await holding(own, idOf(2))).length]).toEqual([at, 2]);
    }
    expect([...new Set(signed)]).toEqual([true, false]);
  });

  it('a purge is done or not, and is finished by the next', async () => {
    const args = ['calls', 'purge', 'calls'];
    const { code, moments, stderr } = await apart(await copyOfArchive(archive), args, 0);
    expect([code, stderr]).toEqual([0, '']);
    for (let at = moments; at > 0; at -= STEP) {
      const own = await copyOfArchive(archive);
      expect([at, (await apart(own, args, at)).code]).toEqual([at, KILLED]);
      const codes = await verifyCodes(own);
      const isSigned = (await lastEvent(own)).includes('Event: purge');
      expect([at, codes.filter((one) => one !== 'calls/purged')]).toEqual([at, []]);
      const next = await own.team.cli(own.ada, args);
      expect([at, next.code === 0 || isSigned]).toEqual([at, true]);
      expect([at, await verifyCodes(own)]).toEqual([at, []]);
      const left = (await filesOf(own)).filter((path) => /ward-calls-.*\.parquet$/.test(path));
      expect([at, left]).toEqual([at, []]);
    }
  });
});
