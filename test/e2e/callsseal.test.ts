import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { appendFile, copyFile, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { builtBin } from '../helpers/built.ts';
import {
  type CallRoom,
  callOf,
  copyOf,
  foundCallRoom,
  idOf,
  openLines,
  recordCalls,
} from '../helpers/callroom.ts';
import { callsOf, seal, sealingOf } from '../helpers/callsevents.ts';
import { start } from '../helpers/commandline.ts';
import { Disk, mayMount } from '../helpers/disk.ts';
import { Fault } from '../helpers/faulty.ts';
import { KillerGit } from '../helpers/killergit.ts';
import { createSandbox, type Sandbox } from '../helpers/sandbox.ts';
import { snapshotOf } from '../helpers/snapshot.ts';
import type { Person } from '../helpers/team.ts';

let sandbox: Sandbox;
let base: CallRoom;

beforeAll(async () => {
  sandbox = await createSandbox();
  base = await foundCallRoom(sandbox);
});

afterAll(() => sandbox.remove());

const SEAL = ['calls', 'seal'];

/** The store's files, but for folders; paths from its own. */
async function filesOf(store: string): Promise<readonly string[]> {
  const entries = await readdir(store, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile() && entry.name !== '.gitignore');
  return files.map(({ parentPath, name }) => join(parentPath, name).slice(store.length + 1)).sort();
}

async function sealedFiles(store: string): Promise<readonly string[]> {
  return (await filesOf(store)).filter((name) => name.endsWith('.parquet'));
}

/** Whoever may look at the records finds each of these calls, and once; the store is as its seals have it. */
async function expectWhole(
  room: CallRoom,
  numbers: readonly number[],
  args: readonly string[] = [],
): Promise<void> {
  const { team, olga } = room;
  const search = ['calls', 'search', '--oldest', '-n', '0', '--format', 'jsonl', ...args];
  const found = (await team.ok(olga, search)).trim().split('\n');
  expect(found.map((line) => JSON.parse(line).id)).toEqual(numbers.map(idOf));
  expect(await team.json(olga, ['calls', 'verify', '--deep', ...args])).toMatchObject({
    ok: true,
    findings: [],
  });
}

/** No line of calls is left, and nothing that sealing made on the way. */
async function expectDone(room: CallRoom, store = room.store): Promise<void> {
  expect((await filesOf(store)).filter((name) => /^tmp\/|^open\/.*-calls-/.test(name))).toEqual([]);
  expect(await openLines(store, 'calls')).toEqual([]);
}

describe('calls seal', () => {
  it('seals what was recorded, says so, and then has nothing to do', async () => {
    const room = await copyOf(base);
    const { team, rita, store } = room;
    await recordCalls(room, [1, 2, 3]);
    const dry = await team.cli(rita, [...SEAL, '--dry-run']);
    expect(dry).toMatchObject({ code: 0, stderr: '' });
    expect(dry.stdout).toMatch(/^would seal segment api-calls-[0-9]{8}t[0-9]{6}z[0-9a-f]{6}\n$/);
    expect(await team.json(rita, [...SEAL, '--dry-run'])).toEqual({
      schema: 'promptaudit/written@1',
      dryRun: true,
      events: [],
      segments: [dry.stdout.slice('would seal segment '.length, -1)],
    });
    expect(await openLines(store, 'calls')).toHaveLength(3);
    const done = await team.json<{ events: { sequence: number; event: string }[] }>(rita, SEAL);
    expect(done.events).toMatchObject([{ sequence: 11, event: 'seal' }]);
    expect(await team.told(rita, SEAL)).toEqual([1, 'refused: there is nothing to seal']);
    await expectDone(room);
    await expectWhole(room, [1, 2, 3]);
  });

  it('is refused without the role, and changes nothing', async () => {
    const room = await copyOf(base);
    await recordCalls(room, [1]);
    await writeFile(join(room.store, 'open', 'api-calls-20260101t000000z00000a.jsonl'), '{"torn');
    const before = await snapshotOf(room.team.repo);
    const { message, reasons } = await room.team.refused(room.alice, SEAL);
    expect(message).toBe('cannot seal calls');
    expect(reasons).toMatchObject([{ rule: 'signature/role', message: expect.stringContaining('recorder') }]);
    expect(await room.team.cli(undefined, SEAL)).toMatchObject({ code: 2, stdout: '' });
    expect(await snapshotOf(room.team.repo)).toEqual(before);
  });

  it('is refused, as is all else, where git brings files to the store, which anybody who can push chose', async () => {
    const room = await copyOf(base);
    const { team, rita, olga, store } = room;
    await recordCalls(room, [1]);
    await team.git('add', '-f', '.promptaudit/calls');
    await team.git('commit', '-q', '-m', 'By plain git');
    const says = `promptaudit: ${store} is in the commit that is checked out, so that whoever can push can write to it: find out who put it there, look at what it holds, take it out with git rm -r --cached and commit; or name another store with --store`;
    for (const args of [SEAL, ['calls', 'search'], ['calls', 'verify']])
      expect(await team.told(rita, args)).toEqual([2, says]);
    expect((await team.cli(rita, ['calls', 'record'], { stdin: callOf(2) })).code).toBe(2);
    expect((await team.cli(olga, ['calls', 'search', '--store', store])).code).toBe(0);
    await team.git('rm', '-q', '-r', '--cached', '.promptaudit/calls');
    await team.git('commit', '-q', '-m', 'Out of git');
    await team.ok(rita, SEAL);
    await expectWhole(room, [1]);
  });

  it('keeps what is no record out of the way, and one of each id', async () => {
    const room = await copyOf(base);
    const { team, rita, store } = room;
    await recordCalls(room, [1, 2]);
    await team.ok(rita, SEAL);
    // Weeks later, a file is imported again, with one call that is new.
    team.clock += 30 * 86_400;
    await recordCalls(room, [1, 2, 3], [], { 'gen_ai.request.model': 'gpt-5' });
    const [name = ''] = (await readdir(join(store, 'open'))).filter((one) => one.includes('-calls-'));
    const path = join(store, 'open', name);
    const good = await readFile(path, 'utf8');
    await writeFile(path, `no record\n${good}{}\n`);
    const { code, stderr } = await team.cli(rita, SEAL);
    expect(code).toBe(0);
    expect(stderr).toContain(
      ': 2 lines are no records and stay in damaged/ (line 1: it is not a JSON object)',
    );
    expect(stderr).toContain(`: 2 ids were there already and are kept once, ${idOf(1)} first`);
    expect(await readFile(join(store, 'damaged', name), 'utf8')).toBe(`no record\n${good}{}\n`);
    await expectDone(room);
    await expectWhole(room, [1, 2, 3]);
  });

  it('keeps one of each id of a file without times that is imported again, and tells it', async () => {
    const room = await copyOf(base);
    const { team, rita } = room;
    const timeless = (number: number): string => {
      const { occurredAt, ...rest } = JSON.parse(callOf(number));
      return `${JSON.stringify(rest)}\n`;
    };
    const record = ['calls', 'record', '--recorder', 'api'];
    await team.ok(undefined, record, { stdin: timeless(1) + timeless(2) });
    await team.ok(rita, SEAL);
    team.clock += 30 * 86_400;
    await team.ok(undefined, record, { stdin: timeless(1) + timeless(2) + timeless(3) });
    const { code, stderr } = await team.cli(rita, SEAL);
    expect(code).toBe(0);
    expect(stderr).toContain(`: 2 ids were there already and are kept once, ${idOf(1)} first`);
    await expectDone(room);
    await expectWhole(room, [1, 2, 3]);
  });

  it('keeps one of an id that two recorders have at the same time', async () => {
    const room = await copyOf(base);
    await recordCalls(room, [1, 2]);
    const stdin = callOf(2) + callOf(3);
    await room.team.ok(undefined, ['calls', 'record', '--recorder', 'web'], { stdin });
    expect((await room.team.told(room.rita, SEAL))[1]).toContain(
      `1 id was there already and is kept once, ${idOf(2)} first`,
    );
    await expectWhole(room, [1, 2, 3]);
  });

  it('into two stores of one registry: each is told that the other’s may lie elsewhere', async () => {
    const room = await copyOf(base);
    const { team, rita, olga } = room;
    const other = join(team.repo, 'other');
    await recordCalls(room, [1]);
    const web = ['calls', 'record', '--recorder', 'web', '--store', other];
    await team.ok(undefined, web, { stdin: callOf(2) });
    await team.ok(rita, SEAL);
    await team.ok(rita, [...SEAL, '--store', other]);
    const { code, stdout, stderr } = await team.cli(olga, ['--json', 'calls', 'verify']);
    const { findings, absent } = JSON.parse(stdout);
    expect([code, findings.length, absent]).toEqual([1, 1, ['web']]);
    expect(findings[0]).toMatchObject({
      code: 'calls/missing',
      object: expect.stringMatching(/^web-calls-/),
    });
    expect(stderr).toMatch(/^nothing of recorder web is in this store: where it records to another, /);
    // A store from which all is gone is no other store.
    for (const name of await sealedFiles(room.store)) await rm(join(room.store, name));
    const emptied = await team.cli(olga, ['--json', 'calls', 'verify']);
    expect(JSON.parse(emptied.stdout)).toMatchObject({ ok: false, absent: [] });
  });

  it('takes the ledger as it is when it writes, whoever moved it on', async () => {
    const room = await copyOf(base);
    await recordCalls(room, [1]);
    const { team } = room;
    let moved = false;
    // Somebody else deploys between the reading of the ledger and the writing of the seal.
    team.wrap = (inner) =>
      new Proxy(inner, {
        get: (_, key) => {
          const value: unknown = Reflect.get(inner, key, inner);
          if (key !== 'updateRefs' || typeof value !== 'function') return value;
          return async (...args: unknown[]) => {
            if (!moved) {
              moved = true;
              await team.through('embedded').ok(room.dana, ['deploy', 'intake@1', '-e', 'staging']);
            }
            return Reflect.apply(value, inner, args);
          };
        },
      });
    expect(await team.ok(room.rita, SEAL)).toContain('12');
    await expectDone(room);
    await expectWhole(room, [1]);
  });

  it('leaves the lines where the same segment was sealed elsewhere with other records', async () => {
    const room = await copyOf(base);
    const { team, rita, store } = room;
    await recordCalls(room, [1]);
    const [name = ''] = (await readdir(join(store, 'open'))).filter((one) => one.includes('-calls-'));
    const segment = basename(name, '.jsonl');
    await seal(team, rita, { ...sealingOf('a-calls-1'), segment: segment as never });
    const before = await filesOf(store);
    const told = await team.told(rita, SEAL);
    expect(told[0]).toBe(1);
    expect(told[1]).toMatch(
      /is not as event 11 sealed it, and its lines do not give that again: they stay in open\//,
    );
    expect(await filesOf(store)).toEqual(before);
    expect(await openLines(store, 'calls')).toHaveLength(1);
  });

  it('does not touch the lines of what was purged', async () => {
    const room = await copyOf(base);
    const { team, olga, rita, store } = room;
    await recordCalls(room, [1]);
    const [name = ''] = (await readdir(join(store, 'open'))).filter((one) => one.includes('-calls-'));
    await copyFile(join(store, 'open', name), join(team.repo, 'copy'));
    await team.ok(rita, SEAL);
    const policy = join(team.repo, '.promptaudit/policy.yml');
    await writeFile(policy, `${await readFile(policy, 'utf8')}retention:\n  calls: 183d\n`);
    await team.ok(olga, ['policy', 'commit', '-m', 'Half a year']);
    team.clock += 200 * 86_400;
    await team.ok(olga, ['calls', 'purge', 'calls', '-m', 'Too old']);
    await copyFile(join(team.repo, 'copy'), join(store, 'open', name));
    // The purge is on the record, and that is all that there is to seal.
    await team.ok(rita, SEAL);
    expect(await sealedFiles(store)).toEqual([expect.stringContaining('-access-')]);
    expect(await openLines(store, 'calls')).toHaveLength(1);
    const { stdout } = await team.cli(olga, ['--json', 'calls', 'verify']);
    expect(JSON.parse(stdout).findings).toMatchObject([{ code: 'calls/purged' }]);
  });
});

describe('a crash while sealing', () => {
  /** What a run leaves that was cut off when the seal was in the ledger and the lines were still there. */
  async function sealedWithLines(
    lines = callOf(1) + callOf(2),
  ): Promise<CallRoom & { readonly lines: string; readonly file: string }> {
    const room = await copyOf(base);
    const { team, rita, store } = room;
    await team.ok(undefined, ['calls', 'record', '--recorder', 'api'], { stdin: lines });
    const [name = ''] = (await readdir(join(store, 'open'))).filter((one) => one.includes('-calls-'));
    const path = join(store, 'open', name);
    const kept = join(team.repo, 'kept');
    await copyFile(path, kept);
    await team.ok(rita, SEAL);
    await copyFile(kept, path);
    const [file = ''] = await sealedFiles(store);
    return { ...room, lines: path, file: join(store, file) };
  }

  it('behind the event: the next run takes the lines away', async () => {
    const room = await sealedWithLines();
    await expectWhole(room, [1, 2]);
    await room.team.cli(room.rita, SEAL);
    await expectDone(room);
    await expectWhole(room, [1, 2]);
  });

  it('behind the event: what was no record is kept', async () => {
    const room = await sealedWithLines();
    await writeFile(room.lines, `no record\n${await readFile(room.lines, 'utf8')}`);
    const [code, told] = await room.team.told(room.rita, SEAL);
    expect(code).toBe(1);
    expect(told).toContain('1 line is no record and stays in damaged/');
    expect(await filesOf(join(room.store, 'damaged'))).toEqual([basename(room.lines)]);
    await expectDone(room);
  });

  it('behind the event: what was left out because it was there before is no loss', async () => {
    const room = await copyOf(base);
    const { team, rita, store } = room;
    await team.ok(undefined, ['calls', 'record', '--recorder', 'web'], { stdin: callOf(1) + callOf(2) });
    await team.ok(rita, SEAL);
    await recordCalls(room, [2, 3]);
    const [name = ''] = (await readdir(join(store, 'open'))).filter((one) => one.includes('-calls-'));
    const lines = await readFile(join(store, 'open', name));
    await team.ok(rita, SEAL);
    await writeFile(join(store, 'open', name), lines);
    expect(await team.told(rita, SEAL)).toEqual([1, 'refused: there is nothing to seal']);
    await expectDone(room);
    await expectWhole(room, [1, 2, 3]);
  });

  it('behind the event: what came to the lines since is not lost', async () => {
    const room = await sealedWithLines();
    const line = JSON.stringify({
      ...JSON.parse((await readFile(room.lines, 'utf8')).split('\n')[0] ?? ''),
      id: idOf(3),
    });
    await writeFile(room.lines, `${await readFile(room.lines, 'utf8')}${line}\n`);
    const [, told] = await room.team.told(room.rita, SEAL);
    expect(told).toContain(
      `has 1 record in its lines that came after its seal: give what jq -c 'del(.schema, .recordedAt, .content)' makes of ${room.lines} to promptaudit calls record`,
    );
    const lines = await readFile(room.lines, 'utf8');
    expect(lines).toContain(idOf(3));
    const bare = lines
      .trim()
      .split('\n')
      .map((one) => {
        const { schema, recordedAt, content, ...rest } = JSON.parse(one);
        return `${JSON.stringify(rest)}\n`;
      });
    await room.team.ok(undefined, ['calls', 'record', '--recorder', 'web'], { stdin: bare.join('') });
    await room.team.ok(room.rita, SEAL);
    expect(await room.team.told(room.rita, SEAL)).toEqual([1, 'refused: there is nothing to seal']);
    await expectDone(room);
    // It was made of the first, and is as old.
    await expectWhole(room, [1, 3, 2]);
  });

  it.each<[string, (file: string) => Promise<unknown>]>([
    ['is gone', (file) => rm(file)],
    ['is damaged', (file) => truncate(file, 100)],
  ])('behind the event: the lines give the sealed file again where it %s', async (_, spoil) => {
    const room = await sealedWithLines();
    await spoil(room.file);
    expect((await room.team.cli(room.rita, SEAL)).code).toBe(1);
    await expectDone(room);
    await expectWhole(room, [1, 2]);
  });

  it('at any change of the repository, before it or behind it: nothing is lost or sealed twice', async () => {
    const counted = await copyOf(base);
    await recordCalls(counted, [1, 2]);
    const whole = new Fault(0, 'before');
    counted.team.wrap = whole.wrap;
    await counted.team.ok(counted.rita, SEAL);
    expect(whole.changes).toBeGreaterThan(1);
    // Behind one change is before the next, and behind the last is nothing.
    const faults = Array.from({ length: whole.changes }, (_, index) => new Fault(index + 1, 'before'));
    for (const fault of [...faults, new Fault(whole.changes, 'after')]) {
      const room = await copyOf(base);
      await recordCalls(room, [1, 2]);
      room.team.wrap = fault.wrap;
      const first = await room.team.cli(room.rita, SEAL);
      room.team.wrap = (store) => store;
      expect(first.code).toBe(2);
      await expectWhole(room, [1, 2]);
      await room.team.cli(room.rita, SEAL);
      await expectDone(room);
      await expectWhole(room, [1, 2]);
      const { seals } = await callsOf(room.team);
      expect(seals.filter((one) => one.class === 'calls')).toHaveLength(1);
    }
  });

  it('by a kill at any git that it starts: the next run finishes', async () => {
    const counted = await copyOf(base, 'native');
    await recordCalls(counted, [1, 2]);
    const counter = await KillerGit.make(sandbox, 0);
    await start(counted.team, 'native', counted.rita, SEAL, counter.env);
    const update = (await counter.calls()).findIndex((args) => args.includes('update-ref')) + 1;
    expect(update).toBeGreaterThan(2);
    // Under the lock, before the event is written, while it is, and behind it: git is asked nothing more then.
    const kills = [
      [update - 1, 'before'],
      [update, 'before'],
      [update, 'meanwhile'],
    ] as const;
    for (const [at, when] of kills) {
      const room = await copyOf(base, 'native');
      await recordCalls(room, [1, 2]);
      const killer = await KillerGit.make(sandbox, at, when);
      const killed = await start(room.team, 'native', room.rita, SEAL, killer.env);
      expect([at, killed.code]).not.toEqual([at, 0]);
      expect(await openLines(room.store, 'calls')).toHaveLength(2);
      while (when === 'meanwhile' && !(await killer.isOver())) await pause(10);
      room.team.clock = Math.ceil(Date.now() / 1000);
      await room.team.cli(room.rita, SEAL);
      await expectDone(room);
      await expectWhole(room, [1, 2]);
      expect((await callsOf(room.team)).seals).toHaveLength(1);
    }
  });
});

describe('calls collect --seal', () => {
  /** What it says until it is ended, as by a terminal, once something holds. */
  async function collectUntil(
    { team, store }: CallRoom,
    person: Person,
    holds: (said: string) => boolean | Promise<boolean>,
    more: Readonly<Record<string, string>> = {},
  ): Promise<string> {
    const args = ['-C', team.repo, 'calls', 'collect', '--port', '0', '--seal', '--store', store];
    const env = { ...sandbox.env, ...team.identity(person), ...more };
    const child = spawn(process.execPath, [builtBin(), ...args], { env, stdio: ['ignore', 'pipe', 'pipe'] });
    let said = '';
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (chunk) => {
        said += chunk;
      });
    const ended = once(child, 'close');
    while (child.exitCode === null && !(await holds(said))) await pause(20);
    child.kill('SIGINT');
    expect(await ended, said).toEqual([0, null]);
    return said;
  }

  it('says at once why it cannot seal, and who could change that', async () => {
    const room = await copyOf(base, 'native');
    await recordCalls(room, [1]);
    const said = await collectUntil(room, room.alice, (text) => /warning: .*\n/.test(text));
    expect(said).toContain('warning: cannot seal calls: alice@acme.example does not hold the role recorder');
    expect(said).toContain('promptaudit policy add alice@acme.example --role recorder');
  });

  /** A room whose recorder signs by a program that says that it was asked, and never answers. */
  async function withMuteSigner(): Promise<{ room: CallRoom; asked: string; env: Record<string, string> }> {
    const room = await copyOf(base, 'native');
    const asked = join(room.store, '..', 'asked');
    const program = join(room.store, '..', 'mute');
    await writeFile(
      program,
      `#!/bin/sh\ntrap 'rm "${asked}"; exit' TERM\n: > '${asked}'\nsleep 600 &\nwait\n`,
      { mode: 0o755 },
    );
    await room.team.git('config', 'gpg.format', 'ssh');
    await room.team.git('config', 'gpg.ssh.program', program);
    await room.team.git('config', 'user.signingkey', room.rita.key);
    await recordCalls(room, [1]);
    return { room, asked, env: { PROMPTAUDIT_SIGNING_KEY: '' } };
  }

  it('gives up a program that never signs, and says what it may wait for', async () => {
    const { room, env } = await withMuteSigner();
    const more = { ...env, PROMPTAUDIT_SIGNING_TIMEOUT: '0.5' };
    const said = await collectUntil(room, room.rita, (text) => /warning: .*\n/.test(text), more);
    expect(said).toMatch(/warning: \S+mute gave no answer within 0.5 seconds: does it wait for a passphrase/);
    expect((await callsOf(room.team)).seals).toEqual([]);
    await room.team.ok(room.rita, SEAL);
    await expectWhole(room, [1]);
  });

  it('ends, and what it began with it, while a program is asked to sign', async () => {
    const { room, asked, env } = await withMuteSigner();
    const isAsked = () => existsSync(asked);
    await collectUntil(room, room.rita, isAsked, env);
    while (isAsked()) await pause(20);
    await room.team.ok(room.rita, SEAL);
    await expectWhole(room, [1]);
  });

  it('seals nothing where it is refused', async () => {
    const room = await copyOf(base);
    await recordCalls(room, [1]);
    const args = ['calls', 'collect', '--seal', '--host', '0.0.0.0'];
    expect(await room.team.told(room.rita, args)).toEqual([1, expect.stringContaining('refused: ')]);
    expect(await openLines(room.store, 'calls')).toHaveLength(1);
    expect((await callsOf(room.team)).seals).toEqual([]);
  });

  it('seals at once what waits for it', async () => {
    const room = await copyOf(base, 'native');
    await recordCalls(room, [1, 2]);
    const [open = ''] = (await filesOf(room.store)).filter((name) => name.endsWith('.jsonl'));
    await appendFile(join(room.store, open), 'no record\n');
    const said = await collectUntil(room, room.rita, (text) => /warning: .*\n/.test(text));
    expect(said.trim().split('\n')).toEqual([
      expect.stringMatching(/^listening on /),
      expect.stringMatching(/^warning: api-calls-.*: 1 line is no record and stays in damaged\//),
      'recorded 0',
    ]);
    await expectDone(room);
    await expectWhole(room, [1, 2]);
  });

  it('says what was left out where nothing is left to seal', async () => {
    const room = await copyOf(base, 'native');
    await recordCalls(room, [1]);
    await room.team.ok(room.rita, SEAL);
    await recordCalls(room, [1]);
    const said = await collectUntil(room, room.rita, (text) => /warning: .*\n/.test(text));
    expect(said).toMatch(
      /^listening on .*\nwarning: api-calls-.*: 1 id was there already and is kept once, .* first\nrecorded 0\n$/,
    );
    await expectDone(room);
  });

  it('says why sealing came to nothing, and goes on', async () => {
    const room = await copyOf(base, 'native');
    await recordCalls(room, [1]);
    await rm(join(room.team.repo, '.git', 'HEAD'));
    const said = await collectUntil(room, room.rita, (text) => /warning: .*\n/.test(text));
    expect(said).toMatch(
      /^listening on .*\nwarning: .*\.git is there but git takes it for no repository: .*\nrecorded 0\n$/,
    );
    expect(await openLines(room.store, 'calls')).toHaveLength(1);
  });
});

it('several at once seal each segment once, and one of each id, and neither fails', async () => {
  const room = await copyOf(base, 'native');
  // Each recorder has one call of its own, and one that all have.
  for (const [at, recorder] of ['a', 'b', 'c', 'd'].entries())
    await room.team.ok(undefined, ['calls', 'record', '--recorder', recorder], {
      stdin: callOf(9) + callOf(at + 1),
    });
  const both = await Promise.all([1, 2, 3].map(() => start(room.team, 'native', room.rita, SEAL)));
  expect(both.map(({ code, stderr }) => (code === 2 ? stderr : code)).sort()).toEqual([0, 1, 1]);
  await expectDone(room);
  await expectWhole(room, [1, 2, 3, 4, 9]);
  expect((await callsOf(room.team)).seals).toHaveLength(4);
});

describe.runIf(mayMount())('on a disk of its own', () => {
  it('that gets full wherever it may, loses nothing, and the next run seals', async () => {
    const disk = await Disk.mount(sandbox, 'full');
    const store = join(disk.folder, 'calls');
    for (const pages of [0, 1, 2, 4, 8]) {
      await rm(store, { recursive: true, force: true });
      const room = await copyOf(base);
      await recordCalls(room, [1, 2, 3], ['--store', store]);
      const lines = await openLines(store, 'calls');
      await disk.fill(pages);
      const { code, stdout, stderr } = await room.team.cli(room.rita, [...SEAL, '--store', store]);
      await disk.empty();
      if (code !== 0) {
        expect({ pages, code, stdout }).toEqual({ pages, code: 2, stdout: '' });
        expect(stderr).toMatch(/^promptaudit: [^\n]*(?:space|disk)[^\n]*\n$/i);
        expect(await openLines(store, 'calls')).toEqual(lines);
        await room.team.ok(room.rita, [...SEAL, '--store', store]);
      }
      await expectDone(room, store);
      await expectWhole(room, [1, 2, 3], ['--store', store]);
    }
  });

  it('that is read only, is told and left as it is', async () => {
    const disk = await Disk.mount(sandbox, 'readonly');
    const store = join(disk.folder, 'calls');
    const room = await copyOf(base);
    await recordCalls(room, [1], ['--store', store]);
    await disk.makeReadOnly();
    const [code, told] = await room.team.told(room.rita, [...SEAL, '--store', store]);
    expect([code, told]).toEqual([2, expect.stringMatching(/the file system is read-only$/)]);
    const collect = ['calls', 'collect', '--port', '0', '--store', store];
    expect(await room.team.told(room.rita, collect)).toEqual([
      2,
      `promptaudit: the store of calls cannot be written at ${store}: the file system is read-only`,
    ]);
    expect(await openLines(store, 'calls')).toHaveLength(1);
  });
});
