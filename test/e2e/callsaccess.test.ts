import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readdir, readFile, rm, truncate } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  accessesIn,
  type CallRoom,
  copyOf,
  foundCallRoom,
  idOf,
  openLines,
  recordCalls,
} from '../helpers/callroom.ts';
import { Disk, mayMount } from '../helpers/disk.ts';
import { createSandbox, type Sandbox } from '../helpers/sandbox.ts';
import type { Person } from '../helpers/team.ts';

let sandbox: Sandbox;
let base: CallRoom;

/** Calls 1 to 3 are sealed, with what was said in them; 4 is open. */
beforeAll(async () => {
  sandbox = await createSandbox();
  base = await foundCallRoom(sandbox);
  const said = {
    'gen_ai.input.messages': [{ role: 'user', parts: [{ type: 'text', content: 'My knee hurts' }] }],
  };
  await recordCalls(base, [1, 2, 3], ['--content'], said);
  await base.team.ok(base.rita, ['calls', 'seal']);
  await recordCalls(base, [4]);
});

afterAll(() => sandbox.remove());

/** The one access that a command leaves, as far as it says who did what. */
async function accessOf(room: CallRoom, person: Person, args: readonly string[]) {
  const before = (await accessesIn(room.store)).length;
  const told = await room.team.cli(person, args);
  const [access, ...more] = (await accessesIn(room.store)).slice(before);
  expect(more).toEqual([]);
  const said = Object.entries(access ?? {}).flatMap(([name, value]) => {
    const [, short] = /^(?:promptaudit\.access\.|error\.)(.*)$/.exec(name) ?? [];
    return short === undefined ? [] : [[short, value]];
  });
  return { ...told, access: Object.fromEntries(said) };
}

const CALLS = '{"kind":"call"}';
/** The words are there by a salted digest only. */
const SPOKEN = expect.stringMatching(
  /^\{"kind":"call","text":\{"digest":"sha256:[0-9a-f]{64}","salt":"[0-9a-f]{64}"\}\}$/,
);
const TO = ['--purpose', 'Case 12'];

describe('every look at records leaves one access', () => {
  it.each<[string, readonly string[], Readonly<Record<string, unknown>>]>([
    ['calls search', ['calls', 'search'], { action: 'search', object: 'calls', query: CALLS, rows: 4 }],
    [
      'calls search -n',
      ['calls', 'search', '-n', '2'],
      { action: 'search', object: 'calls', query: CALLS, rows: 2 },
    ],
    [
      'calls search for what is not there',
      ['calls', 'search', '--user', 'nobody'],
      { action: 'search', object: 'calls', query: '{"kind":"call","user":"nobody"}', rows: 0 },
    ],
    [
      'calls search --text',
      ['calls', 'search', '--text', 'knee'],
      { action: 'search', object: 'calls', query: SPOKEN, rows: 3 },
    ],
    ['calls show', ['calls', 'show', idOf(1)], { action: 'show', object: idOf(1), rows: 1 }],
    [
      'calls show --content',
      ['calls', 'show', idOf(1), '--content'],
      { action: 'decrypt', object: idOf(1), rows: 1 },
    ],
    [
      'calls show --proof',
      ['calls', 'show', idOf(1), '--proof'],
      { action: 'prove', object: idOf(1), rows: 1 },
    ],
    [
      'calls export',
      ['calls', 'export', 'out.csv'],
      { action: 'export', object: 'calls', query: CALLS, rows: 4 },
    ],
    [
      'calls stats',
      ['calls', 'stats', '--by', 'model'],
      { action: 'stats', object: 'calls', query: CALLS, rows: 1 },
    ],
    [
      'calls reconcile',
      ['calls', 'reconcile'],
      { action: 'reconcile', object: 'calls', query: CALLS, rows: expect.any(Number) },
    ],
    ['trace of a call', ['trace', idOf(1)], { action: 'trace', object: idOf(1), rows: 1 }],
    ['trace of a version', ['trace', 'intake@2'], { action: 'trace', object: 'intake@2', rows: 1 }],
  ])('%s', async (_, args, expected) => {
    const room = await copyOf(base);
    const { access, stderr } = await accessOf(room, room.olga, [...args, ...TO]);
    expect(stderr).not.toMatch(/^promptaudit:/m);
    expect(access).toEqual({ actor: room.olga.email, outcome: 'allowed', purpose: 'Case 12', ...expected });
  });

  it.each([
    ['calls search', ['calls', 'search']],
    ['calls stats', ['calls', 'stats']],
    ['calls export', ['calls', 'export', 'out.jsonl', '--force']],
  ])('which tells the words of %s --text to nobody who does not know them', async (_, args) => {
    const room = await copyOf(base);
    const words = 'Ms Zoë Brown, 7 Elm St.';
    const { access } = await accessOf(room, room.olga, [...args, '--text', words]);
    const { text } = JSON.parse(String(access.query));
    const salted = createHash('sha256').update(Buffer.from(text.salt, 'hex')).update(words);
    expect(text.digest).toBe(`sha256:${salted.digest('hex')}`);
    const again = await accessOf(room, room.olga, [...args, '--text', words]);
    expect(JSON.parse(String(again.access.query)).text.salt).not.toBe(text.salt);
    for (const entry of await readdir(room.store, { recursive: true, withFileTypes: true }))
      if (entry.isFile())
        expect(await readFile(join(entry.parentPath, entry.name), 'utf8')).not.toMatch(/ Brown|Elm St/);
  });

  it('whatever its purpose or subject is', async () => {
    const room = await copyOf(base);
    const purpose = `${'x'.repeat(4095)}😀`;
    const searched = await accessOf(room, room.olga, ['calls', 'search', '--purpose', purpose]);
    expect([searched.code, searched.access.purpose]).toEqual([0, `${'x'.repeat(4095)}\ufffd`]);
    const traced = await accessOf(room, room.olga, ['trace', '']);
    expect(traced.stderr).not.toContain('cannot be recorded');
    expect([traced.code, traced.access.object, traced.access.outcome]).toEqual([2, 'calls', 'failed']);
  });

  it.each<[string, readonly string[], string]>([
    ['calls show --content', ['calls', 'show', idOf(1), '--content'], 'decrypt'],
    ['calls search --text', ['calls', 'search', '--text', 'knee'], 'search'],
    ['calls stats --text', ['calls', 'stats', '--text', 'knee'], 'stats'],
    ['calls export --text', ['calls', 'export', 'out.jsonl', '--text', 'knee'], 'export'],
  ])('that is denied: %s without the role', async (_, args, action) => {
    const room = await copyOf(base);
    const { access, code, stdout, stderr } = await accessOf(room, room.alice, [...args, ...TO]);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr.replace(/\s+/g, ' ')).toMatch(/^refused: cannot show what was said in calls .*auditor/);
    expect(access).toMatchObject({
      action,
      actor: room.alice.email,
      outcome: 'denied',
      type: 'Refusal',
      purpose: 'Case 12',
    });
    expect(access).not.toHaveProperty('rows');
    expect((await readdir(room.team.repo)).filter((name) => name.includes('out'))).toEqual([]);
  });

  it.each<[string, readonly string[], string, number]>([
    ['calls show of what is not there', ['calls', 'show', idOf(9)], 'Failure', 2],
    ['calls show --proof of what is not sealed', ['calls', 'show', idOf(4), '--proof'], 'Refusal', 1],
    ['trace of what is not there', ['trace', idOf(9)], 'Failure', 2],
    ['calls export that cannot be written', ['calls', 'export', `${'x'.repeat(250)}.csv`], 'Error', 2],
  ])('that fails: %s', async (_, args, type, code) => {
    const room = await copyOf(base);
    const told = await accessOf(room, room.olga, args);
    expect(told).toMatchObject({
      code,
      stdout: '',
      access: { actor: room.olga.email, outcome: 'failed', type },
    });
  });

  it('that fails: any at a damaged file, which is named with what to do', async () => {
    const room = await copyOf(base);
    const [file = ''] = (await readdir(room.store, { recursive: true })).filter((name) =>
      name.endsWith('.parquet'),
    );
    await truncate(join(room.store, file), 100);
    const looks = [
      ['calls', 'search'],
      ['calls', 'show', idOf(1)],
      ['calls', 'stats'],
      ['calls', 'export', 'out.parquet'],
      ['calls', 'reconcile'],
      ['trace', idOf(1)],
    ];
    for (const args of looks) {
      const { access, code, stdout, stderr } = await accessOf(room, room.olga, args);
      expect([args, code, stdout, access.outcome]).toEqual([args, 2, '', 'failed']);
      expect(stderr).toBe(
        `promptaudit: ${join(room.store, file)} cannot be read as a segment of records: run promptaudit calls verify, which says what is wrong with it\n`,
      );
    }
    expect((await readdir(room.team.repo)).filter((name) => name.includes('out'))).toEqual([]);
  });

  it('by whoever the system knows, where git knows nobody', async () => {
    const room = await copyOf(base);
    await room.team.ok(undefined, ['calls', 'search', '--store', room.store], { cwd: sandbox.dir });
    const [access] = await accessesIn(room.store);
    expect(access?.['promptaudit.access.actor']).toMatch(/^user:./);
  });
});

const LOOKS = [
  ['calls', 'search'],
  ['calls', 'show', idOf(1)],
  ['calls', 'show', idOf(1), '--content'],
  ['calls', 'show', idOf(1), '--proof'],
  ['calls', 'export', 'out.csv'],
  ['calls', 'stats'],
  ['calls', 'reconcile'],
  ['trace', idOf(1)],
] as const;

/** What changes a store cannot be recorded in another. */
const DEEDS = [
  ['calls', 'hold'],
  ['calls', 'hold', 'case-1', '-m', 'Asked for'],
  ['calls', 'release', 'case-1', '-m', 'Settled'],
  ['calls', 'purge', 'calls'],
  ['calls', 'erase', '--user', 'u1', '-m', 'Asked for'],
] as const;

describe('where a look cannot be recorded', () => {
  it.runIf(mayMount())('nothing is shown of a store that is read only, but with --access-store', async () => {
    const room = await copyOf(base);
    const disk = await Disk.mount(sandbox, 'readonly');
    const store = join(disk.folder, 'calls');
    await sandbox.ok('cp', ['-a', room.store, store]);
    await disk.makeReadOnly();
    for (const look of LOOKS) {
      const { code, stdout, stderr } = await room.team.cli(room.olga, [...look, '--store', store]);
      expect([look, code, stdout]).toEqual([look, 2, '']);
      expect(stderr).toMatch(/read-only.*name a store for that with --access-store\n$/);
    }
    expect(existsSync(join(room.team.repo, 'out.csv'))).toBe(false);
    for (const deed of DEEDS) {
      const { code, stdout, stderr } = await room.team.cli(room.olga, [...deed, '--store', store]);
      expect([deed, code, stdout]).toEqual([deed, 2, '']);
      expect(stderr).toMatch(/read-only.*run this as somebody who may write the store\n$/);
    }
    const other = join(room.team.repo, 'accesses');
    for (const look of LOOKS) {
      const { stdout, stderr } = await room.team.cli(room.olga, [
        ...look,
        '--store',
        store,
        '--access-store',
        other,
      ]);
      expect([look, stdout]).not.toEqual([look, '']);
      expect(stderr).not.toMatch(/^promptaudit:/m);
    }
    expect(await accessesIn(other)).toHaveLength(LOOKS.length);
  });

  it.runIf(mayMount())('nothing is shown when the disk is full', async () => {
    const room = await copyOf(base);
    const disk = await Disk.mount(sandbox, 'full');
    const store = join(disk.folder, 'calls');
    await sandbox.ok('cp', ['-a', room.store, store]);
    await disk.fill(0);
    const before = await openLines(store, 'calls');
    for (const look of LOOKS) {
      const { code, stdout, stderr } = await room.team.cli(room.olga, [...look, '--store', store]);
      expect([look, code, stdout]).toEqual([look, 2, '']);
      expect(stderr).toMatch(/no space is left on the device/);
    }
    expect((await readdir(room.team.repo)).filter((name) => name.includes('out'))).toEqual([]);
    await disk.empty();
    expect(await openLines(store, 'calls')).toEqual(before);
    await room.team.ok(room.olga, ['calls', 'search', '--store', store]);
    expect(await accessesIn(store)).toHaveLength(1);
  });

  it('an export leaves no file, neither a new one nor in place of an old one', async () => {
    const room = await copyOf(base);
    await room.team.write('out.csv', 'old');
    await rm(join(room.store, 'open'), { recursive: true });
    await room.team.write('.promptaudit/calls/open', 'in the way');
    const args = ['calls', 'export', 'out.csv', '--force'];
    const { code, stdout } = await room.team.cli(room.olga, args);
    expect([code, stdout]).toEqual([2, '']);
    expect(await readFile(join(room.team.repo, 'out.csv'), 'utf8')).toBe('old');
    expect((await readdir(room.team.repo)).filter((name) => name.includes('out'))).toEqual(['out.csv']);
  });
});
