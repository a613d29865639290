import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { makeStore } from '../../../src/calls/store/folder.ts';
import { openPath, parseSegmentName, sealedPath, segmentName } from '../../../src/calls/store/names.ts';
import { RecordLog } from '../../../src/calls/store/recordlog.ts';
import { Disk, mayMount } from '../../helpers/disk.ts';
import { sandbox } from '../../helpers/sandbox.ts';
import { filesIn, linesIn, NOW, newSegment, newStore, openLog, RECORDER, records, usersIn } from './room.ts';

const ID = '0193a1b2-c3d4-7000-8000-000000000001';
const AN_HOUR = 3_600_000;

function later(milliseconds: number): Date {
  return new Date(NOW.getTime() + milliseconds);
}

it('writes each record’s line as it is, and lets go of what it wrote', async () => {
  const store = await newStore();
  const log = openLog(store);
  const given = [...records(['a', 'ü😂']), ...records(['b'], 'access')];
  expect(log.append(given)).toEqual({ kept: [given[2], given[0], given[1]].sort(byKind), duplicates: [] });
  await log.sync();
  expect(filesIn(store, '.lock')).toHaveLength(2);
  await log.close();
  expect(linesIn(store)).toEqual([[given[2]?.line], [given[0]?.line, given[1]?.line]]);
  expect(filesIn(store, '.lock')).toEqual([]);
});

it('writes batches of any size, and lines of any length', async () => {
  const store = await newStore();
  const log = openLog(store);
  const [model] = records(['a']);
  if (model === undefined) throw new Error('no record');
  // Of three bytes a character; the second alone takes more than is put together at a time.
  const lines = [
    '€'.repeat(300_000),
    '€'.repeat(900_000),
    ...Array(5000).fill('€'.repeat(500)),
    'a',
    '',
    '€',
  ];
  for (const batch of [lines, lines.toReversed(), ['a'], []])
    log.append(batch.map((line) => ({ ...model, line, given: false })));
  await log.close();
  expect(linesIn(store)).toEqual([[...lines, ...lines.toReversed(), 'a']]);
});

function byKind(a: { kind: string } | undefined, b: { kind: string } | undefined): number {
  return (b?.kind ?? '').localeCompare(a?.kind ?? '');
}

describe('an id that comes again', () => {
  it('is kept once in a batch, over batches, and by the command that goes on with the segment', async () => {
    const store = await newStore();
    const log = openLog(store);
    const [first, second] = [records(['a'], 'call', ID), records(['b'], 'call', ID)];
    expect(log.append([...first, ...second]).duplicates).toEqual([ID]);
    expect(log.append(second).duplicates).toEqual([ID]);
    await log.close();
    const next = openLog(store);
    expect(next.append(second)).toEqual({ kept: [], duplicates: [ID] });
    await next.close();
    expect(usersIn(store)).toEqual([['a']]);
  });

  it('is kept where the first try could not be written', async () => {
    const store = await newStore();
    const log = openLog(store);
    const [call] = records(['a'], 'call', ID);
    const [access] = records(['b'], 'access');
    if (call === undefined || access === undefined) throw new Error('no records');
    log.append(records(['before']));
    // The accesses' segment cannot be made.
    rmSync(join(store, 'open'), { recursive: true });
    expect(() => log.append([call, access])).toThrow(/ENOENT/);
    await makeStore(store);
    expect(log.append([call, access]).kept).toHaveLength(2);
    await log.close();
    expect(usersIn(store)).toEqual([['b'], ['a']]);
  });
});

it('takes back the calls of a batch whose accesses cannot be written', async () => {
  const store = await newStore();
  const log = new RecordLog({ store, recorder: RECORDER, now: () => NOW, random: () => 'aaaaaa' });
  log.append(records(['before']));
  mkdirSync(openPath(store, segmentName(RECORDER, 'access', NOW, 'aaaaaa')));
  const batch = [...records(['a'], 'call', ID), ...records(['b'], 'access')];
  expect(() => log.append(batch)).toThrow(/EEXIST/);
  expect(log.append(records(['a'], 'call', ID)).duplicates).toEqual([]);
  const { name } = log.segment('calls');
  await log.close();
  expect(readFileSync(openPath(store, name), 'utf8').match(/"user.id":"[^"]+"/g)).toEqual([
    '"user.id":"before"',
    '"user.id":"a"',
  ]);
});

describe('rotation', () => {
  it('is due by age, by count, and not before', async () => {
    const store = await newStore();
    const clock = { now: NOW };
    const log = openLog(store, clock, { age: AN_HOUR, records: 3 });
    log.append(records(['a']));
    clock.now = later(AN_HOUR - 1);
    log.append(records(['b']));
    clock.now = later(AN_HOUR);
    log.append(records(['c']));
    log.append(records(['d', 'e']));
    clock.now = later(AN_HOUR + 1000);
    log.append(records(['f']));
    await log.close();
    expect(usersIn(store)).toEqual([['a', 'b'], ['c', 'd', 'e'], ['f']]);
  });

  it('is due where the clock was set back, but not for a moment', async () => {
    const store = await newStore();
    const clock = { now: later(70 * 365 * 24 * AN_HOUR) };
    const log = openLog(store, clock, { age: AN_HOUR, records: 1000 });
    log.append(records(['ahead']));
    clock.now = later(-1000);
    log.append(records(['a']));
    clock.now = later(-2000);
    log.append(records(['b']));
    await log.close();
    expect(usersIn(store).sort()).toEqual([['a', 'b'], ['ahead']]);
  });

  it('comes although there is always a sync under way, and what was full is durable and let go', async () => {
    const store = await newStore();
    const clock = { now: NOW };
    const log = openLog(store, clock, { age: AN_HOUR, records: 2 });
    const syncs: Promise<void>[] = [];
    for (const user of ['a', 'b', 'c', 'd', 'e']) {
      clock.now = new Date(clock.now.getTime() + 1000);
      log.append(records([user]));
      syncs.push(log.sync());
    }
    await Promise.all(syncs);
    expect(usersIn(store)).toEqual([['a', 'b'], ['c', 'd'], ['e']]);
    await log.tend();
    expect(filesIn(store, '.lock')).toHaveLength(1);
    await log.close();
    expect(filesIn(store, '.lock')).toEqual([]);
  });

  it('waits for what is being written elsewhere for a segment', async () => {
    const store = await newStore();
    const log = openLog(store, { now: NOW }, { age: AN_HOUR, records: 1 });
    const unpin = log.pin();
    const { name } = log.segment('calls');
    log.append(records(['a']));
    expect(log.segment('calls').name).toBe(name);
    unpin();
    unpin();
    expect(log.segment('calls').name).not.toBe(name);
    await log.close();
  });
});

describe('a later command', () => {
  it('goes on with a segment that was left before it was full, and with no other', async () => {
    const store = await newStore();
    for (const user of ['a', 'b', 'c']) {
      const log = openLog(store);
      log.append(records([user]));
      await log.close();
    }
    expect(usersIn(store)).toEqual([['a', 'b', 'c']]);
    const old = openLog(store, { now: later(AN_HOUR) });
    old.append(records(['d']));
    await old.close();
    const early = openLog(store, { now: later(-1000) });
    early.append(records(['e']));
    await early.close();
    expect(usersIn(store).flat().sort()).toEqual(['a', 'b', 'c', 'd', 'e']);
    expect(usersIn(store)).toHaveLength(3);
  });

  it('never writes beside another who writes under the same name', async () => {
    const store = await newStore();
    const [one, other] = [openLog(store), openLog(store)];
    for (const user of ['a', 'b']) {
      one.append(records([`one ${user}`]));
      other.append(records([`other ${user}`]));
    }
    await one.close();
    await other.close();
    expect(
      usersIn(store)
        .map((users) => users.join())
        .sort(),
    ).toEqual(['one a,one b', 'other a,other b']);
  });

  it('leaves a segment alone that is sealed, torn, a link or a folder', async () => {
    const store = await newStore();
    const [sealed, torn, link, folder, huge] = [1, 2, 3, 4, 5].map((second) =>
      newSegment(later(-second * 1000)),
    );
    if (!sealed || !torn || !link || !folder || !huge) throw new Error('no names');
    const outside = join(store, '..', 'outside.jsonl');
    writeFileSync(outside, 'precious\n');
    writeFileSync(openPath(store, sealed), 'sealed\n');
    const parts = parseSegmentName(sealed);
    if (parts === undefined) throw new Error(sealed);
    mkdirSync(join(sealedPath(store, parts), '..'), { recursive: true });
    writeFileSync(sealedPath(store, parts), 'PAR1');
    writeFileSync(openPath(store, torn), 'whole\nto');
    symlinkSync(outside, openPath(store, link));
    mkdirSync(openPath(store, folder));
    writeFileSync(openPath(store, huge), '');
    truncateSync(openPath(store, huge), 33 << 20);
    const log = openLog(store);
    log.append(records(['new']));
    await log.close();
    expect(readFileSync(openPath(store, sealed), 'utf8')).toBe('sealed\n');
    expect(readFileSync(openPath(store, torn), 'utf8')).toBe('whole\nto');
    expect(readFileSync(outside, 'utf8')).toBe('precious\n');
    expect(filesIn(store, '.lock')).toEqual([]);
    expect(filesIn(store, '.jsonl')).toHaveLength(6);
  });

  it('takes what is no UTF-8 in a segment by its bytes', async () => {
    const store = await newStore();
    const name = newSegment();
    writeFileSync(openPath(store, name), Buffer.from([0xff, 0xfe, 0x0a]));
    const log = openLog(store);
    log.append(records(['a']));
    expect(log.segment('calls').name).toBe(name);
    await log.close();
    expect(readFileSync(openPath(store, name)).subarray(0, 4)).toEqual(Buffer.from([0xff, 0xfe, 0x0a, 0x7b]));
  });
});

describe('a segment that somebody', () => {
  it.each<[string, (path: string) => void]>([
    ['cut', (path) => truncateSync(path, 10)],
    ['emptied', (path) => truncateSync(path, 0)],
    ['wrote to', (path) => appendFileSync(path, 'x')],
    ['took away', (path) => rmSync(path)],
  ])('%s is not written to any more, or from its beginning', async (_, attack) => {
    const store = await newStore();
    const log = openLog(store);
    log.append(records(['a']));
    const { name } = log.segment('calls');
    attack(openPath(store, name));
    log.append(records(['b']));
    await log.close();
    expect(usersIn(store).flat()).toContain('b');
  });

  it('took away while it must stay makes the batch fail rather than be lost', async () => {
    const store = await newStore();
    const log = openLog(store);
    const unpin = log.pin();
    const { name } = log.segment('calls');
    rmSync(openPath(store, name));
    expect(() => log.append(records(['a']))).toThrow(`took away or cut the open segment ${name}`);
    unpin();
    log.append(records(['a']));
    await log.close();
    expect(usersIn(store)).toEqual([['a']]);
  });
});

it('shares one wait for the disk among those who ask while one is under way', async () => {
  const store = await newStore();
  const log = openLog(store);
  log.append(records(['a']));
  const first = log.sync();
  log.append(records(['b']));
  const [second, third] = [log.sync(), log.sync()];
  expect(second).toBe(third);
  expect(second).not.toBe(first);
  await Promise.all([first, second]);
  await log.close();
});

it('leaves no file of a segment to which nothing was written', async () => {
  const store = await newStore();
  const log = openLog(store);
  log.segment('calls');
  await log.close();
  expect(filesIn(store, '')).toEqual([]);
});

describe.runIf(mayMount())('on a disk of its own', () => {
  it('takes a batch whole or not at all while it is full, and leaves no litter', async () => {
    const disk = await Disk.mount(await sandbox(), 'disk');
    const store = join(disk.folder, 'calls');
    await makeStore(store);
    const log = openLog(store);
    log.append(records(['before']));
    await disk.fill(1);
    const many = records(Array.from({ length: 100 }, (_, at) => `user ${at}`));
    for (let round = 0; round < 5; round += 1) expect(() => log.append(many)).toThrow(/ENOSPC/);
    expect(usersIn(store)).toEqual([['before']]);
    expect(filesIn(store, '')).toHaveLength(2);
    await disk.fill(0);
    for (let round = 0; round < 5; round += 1)
      expect(() => log.append([...many, ...records(['a'], 'access')])).toThrow(/ENOSPC/);
    expect(filesIn(store, '').filter((name) => name.includes('-access-')).length).toBeLessThan(3);
    await disk.empty();
    log.append(many);
    await log.close();
    expect(usersIn(store)).toEqual([['before', ...many.map((_, at) => `user ${at}`)]]);
  });

  it('says so where it is read only', async () => {
    const disk = await Disk.mount(await sandbox(), 'disk');
    const store = join(disk.folder, 'calls');
    await makeStore(store);
    await disk.makeReadOnly();
    await expect(makeStore(join(disk.folder, 'other'))).rejects.toThrow(
      `the store of calls cannot be written at ${join(disk.folder, 'other')}: the file system is read-only`,
    );
    expect(() => openLog(store).append(records(['a']))).toThrow(/EROFS/);
  });
});

describe('makeStore', () => {
  it('keeps a store out of git, and nothing else', async () => {
    const { dir } = await sandbox();
    await makeStore(join(dir, 'deep', 'calls'));
    expect(readFileSync(join(dir, 'deep', 'calls', '.gitignore'), 'utf8')).toBe('*\n');
    writeFileSync(join(dir, 'other.txt'), 'mine');
    await makeStore(dir);
    expect(existsSync(join(dir, '.gitignore'))).toBe(false);
  });

  it('says what is in its way', async () => {
    const { dir } = await sandbox();
    writeFileSync(join(dir, 'calls'), '');
    await expect(makeStore(join(dir, 'calls'))).rejects.toThrow(
      /calls is a file: a store of calls is a folder$/,
    );
  });
});
