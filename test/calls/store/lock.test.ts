import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { dropLock, isHeld, takeLock, takeOver, touchLock } from '../../../src/calls/store/lock.ts';
import { sandbox } from '../../helpers/sandbox.ts';

const FRESH = 9 * 60_000;
const STALE = 11 * 60_000;

async function lockOf(content: string | Buffer | undefined, age = 0): Promise<{ path: string; now: Date }> {
  const path = join((await sandbox()).dir, 'a.lock');
  const now = new Date();
  if (content === undefined) return { path, now };
  writeFileSync(path, content);
  const at = new Date(now.getTime() - age);
  utimesSync(path, at, at);
  return { path, now };
}

function owner(more: object): string {
  return JSON.stringify({ host: hostname(), pid: process.pid, began: null, ...more });
}

/** A process id that nobody has any more. */
function deadPid(): number {
  return spawnSync('true').pid;
}

it('is held by who took it, until it is dropped', async () => {
  const { path, now } = await lockOf(undefined);
  expect(isHeld(path, now)).toBe(false);
  takeLock(path);
  expect(isHeld(path, now)).toBe(true);
  expect(isHeld(path, new Date(now.getTime() + 1e12))).toBe(true);
  expect(() => takeLock(path)).toThrow(/EEXIST/);
  dropLock(path);
  expect(isHeld(path, now)).toBe(false);
});

it('is nobody’s where its process is gone, however fresh', async () => {
  const { path, now } = await lockOf(owner({ pid: deadPid() }));
  expect(isHeld(path, now)).toBe(false);
});

it('is nobody’s where its process id went to another process', async () => {
  const { path, now } = await lockOf(owner({ began: '1' }));
  expect(isHeld(path, now)).toBe(false);
});

it.each([
  ['another machine’s', JSON.stringify({ host: 'elsewhere', pid: 1, began: '1' })],
  ['of a process whose beginning nobody told', owner({})],
  ['empty, as one that is just being written', ''],
  ['garbage', Buffer.from([0xff, 0x00, 0x7b])],
  ['no owner', '[]'],
  ['null', 'null'],
  ['of a process that cannot be', owner({ pid: -1 })],
  ['of all processes of a group', owner({ pid: 0 })],
  ['huge', 'x'.repeat(1 << 20)],
])('is held while it is touched, and not for ever, where it is %s', async (_, content) => {
  const fresh = await lockOf(content, FRESH);
  expect(isHeld(fresh.path, fresh.now)).toBe(true);
  const stale = await lockOf(content, STALE);
  expect(isHeld(stale.path, stale.now)).toBe(false);
  touchLock(stale.path, stale.now);
  expect(isHeld(stale.path, stale.now)).toBe(true);
});

it('is not followed where it is a link, and can be a folder', async () => {
  const { dir } = await sandbox();
  const target = join(dir, 'target');
  writeFileSync(target, 'precious');
  symlinkSync(target, join(dir, 'a.lock'));
  mkdirSync(join(dir, 'b.lock'));
  for (const name of ['a.lock', 'b.lock']) {
    const path = join(dir, name);
    expect(() => takeLock(path)).toThrow(/EEXIST/);
    expect(isHeld(path, new Date())).toBe(true);
    expect(takeOver(path, new Date(Date.now() + STALE))).toEqual({ left: true });
  }
  expect(readFileSync(target, 'utf8')).toBe('precious');
});

describe('takeOver', () => {
  it('tells a lock that was left from none, and leaves one that is held', async () => {
    const { path, now } = await lockOf(undefined);
    expect(takeOver(path, now)).toEqual({ left: false });
    expect(takeOver(path, now)).toBeUndefined();
    writeFileSync(path, owner({ pid: deadPid() }));
    expect(takeOver(path, now)).toEqual({ left: true });
    expect(JSON.parse(readFileSync(path, 'utf8')).pid).toBe(process.pid);
    expect(readdirSync(join(path, '..'))).toEqual(['a.lock']);
  });

  it('waits for another who is at it, and not for one who was killed at it', async () => {
    const { path, now } = await lockOf(owner({ pid: deadPid() }));
    takeLock(`${path}.guard`);
    expect(takeOver(path, now)).toBeUndefined();
    writeFileSync(`${path}.guard`, owner({ pid: deadPid() }));
    expect(takeOver(path, now)).toBeUndefined();
    expect(takeOver(path, now)).toEqual({ left: true });
  });
});
