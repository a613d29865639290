import { readFile, rm } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { INTAKE, promptText } from '../helpers/clinic.ts';
import { chainOf, cloneOf, inClone, onServer } from '../helpers/clones.ts';
import { LEDGER } from '../helpers/forge.ts';
import { copyOf, foundOffice, type Office } from '../helpers/office.ts';
import { createSandbox, run, type Sandbox } from '../helpers/sandbox.ts';
import { codesOfSync, sync, syncTold, trySync } from '../helpers/syncing.ts';
import type { Person, Team } from '../helpers/team.ts';

let sandbox: Sandbox;
let office: Office;

beforeAll(async () => {
  sandbox = await createSandbox();
  office = await foundOffice(sandbox);
});

afterAll(() => sandbox.remove());

/** A clone as `git clone` leaves it. */
async function fresh(): Promise<{ readonly copy: Office; readonly clone: Team }> {
  const copy = await copyOf(office);
  const folder = relative(sandbox.dir, dirname(copy.server.bare));
  return { copy, clone: await cloneOf(copy.server, `${folder}/fresh`) };
}

/** The root, as `sha256sum` has it of the genesis commit. */
async function rootOf({ server }: Office): Promise<string> {
  const genesis = (await server.git('rev-list', '--first-parent', LEDGER)).split('\n').at(-1) ?? '';
  const options = { cwd: server.bare, env: sandbox.env };
  const { stdout } = await run('git', ['cat-file', 'commit', genesis], options);
  return `sha256:${(await sandbox.ok('sha256sum', [], { input: stdout })).slice(0, 64)}`;
}

const AHEAD = Date.parse('2099-01-01T00:00:00Z') / 1000;

/** What `verify` finds wrong. */
async function verified(clone: Team, person: Person): Promise<readonly { code: string; hint: string }[]> {
  const { stdout } = await clone.cli(person, ['--json', 'verify']);
  return JSON.parse(stdout).findings;
}

const VERBS = [
  ['log'],
  ['active'],
  ['status'],
  ['list'],
  ['show', 'intake'],
  ['review'],
  ['whoami'],
  ['blame', 'intake'],
  ['search', 'a'],
  ['verify'],
  ['policy', 'show'],
  ['commit', '-m', 'x'],
  ['retire', 'intake', '-m', 'x'],
  ['approve', 'intake', '-m', 'x'],
  ['reject', 'intake', '-m', 'x'],
  ['deploy', 'intake', '-e', 'staging'],
  ['rollback', 'intake', '-e', 'staging'],
  ['acknowledge', 'ledger/time', '9', '-m', 'x'],
];

test('every verb says that the ledger was not fetched, and offers sync', async () => {
  const { copy, clone } = await fresh();
  const before = await clone.git('for-each-ref');
  for (const args of VERBS) {
    const { code, stdout, stderr } = await clone.cli(copy.olga, args);
    expect([args, code === 0, stdout + stderr]).toEqual([
      args,
      false,
      expect.stringContaining('promptaudit sync'),
    ]);
  }
  expect(await clone.git('for-each-ref')).toBe(before);
});

describe.each([['sync'], ['init']])('%s in a clone of a registry', (verb) => {
  test('brings the ledger, pins its root aloud, and tells git about it', async () => {
    const { copy, clone } = await fresh();
    const { server, olga, bob } = copy;
    const root = await rootOf(copy);
    const { code, stdout, stderr } = await clone.cli(bob, [verb]);
    expect([code, stdout + stderr]).toEqual([0, expect.stringContaining(root)]);
    expect(await chainOf(inClone(clone))).toEqual(await chainOf(onServer(server)));
    expect(JSON.parse(await readFile(join(clone.repo, '.git/promptaudit/trust.json'), 'utf8'))).toMatchObject(
      {
        root: { digest: root },
        head: { sequence: 9 },
      },
    );
    expect(await clone.json(olga, ['verify'])).toMatchObject({ ok: true, findings: [] });
    const set = (key: string) => clone.git('config', '--get-all', key);
    expect(await set('notes.displayRef')).toBe(LEDGER);
    expect(await set('remote.origin.fetch')).toContain(`${LEDGER}:refs/promptaudit/remotes/origin/ledger`);
    expect(await clone.git('verify-commit', LEDGER).catch((error) => String(error))).not.toContain('error');
    expect(await clone.git('status', '--porcelain')).toBe('');
    expect(await clone.git('log', '-1', '--format=%N', await clone.git('rev-parse', 'main'))).toContain(
      'Event: deployment',
    );
    await clone.ok(bob, ['approve', 'triage/adults@1', '-m', 'Read it']);
    expect(await sync(clone, bob)).toMatchObject({ sent: { events: 1, tags: 1 } });
  });
});

test('a root that is given is held to', async () => {
  const { copy, clone } = await fresh();
  const wrong = `sha256:${'0'.repeat(64)}`;
  const before = await clone.git('for-each-ref');
  expect(await codesOfSync(clone, copy.olga, ['--root', wrong])).toEqual(['ledger/fork']);
  const env = { PROMPTAUDIT_ROOT: wrong };
  expect((await trySync(clone, copy.olga, [], { env })).code).toBe(1);
  expect(await clone.git('for-each-ref')).toBe(before);
  await expect(readFile(join(clone.repo, '.git/promptaudit/trust.json'))).rejects.toThrow('ENOENT');
  const root = await rootOf(copy);
  expect((await sync(clone, copy.olga, ['--root', root])).received).toEqual({ events: 9, tags: 0 });
});

test('init where the server has no registry founds one', async () => {
  const { copy, clone } = await fresh();
  await copy.server.git('update-ref', '-d', LEDGER);
  await clone.git('rm', '-q', '-r', '.promptaudit');
  await clone.git('commit', '-q', '-m', 'No registry');
  await clone.ok(copy.olga, ['init', '--name', 'another']);
  expect((await chainOf(inClone(clone))).map(({ event }) => event)).toEqual([
    'genesis',
    'policy',
    'version',
    'version',
  ]);
});

describe('a ledger that was deleted here', () => {
  test('comes back by sync, as ledger/missing says', async () => {
    const { copy, clone } = await fresh();
    await sync(clone, copy.olga);
    await clone.git('update-ref', '-d', LEDGER);
    const { code, stdout } = await clone.cli(copy.olga, ['--json', 'verify']);
    expect([code, JSON.parse(stdout).findings]).toMatchObject([
      1,
      [{ code: 'ledger/missing', hint: expect.stringContaining('promptaudit sync') }],
    ]);
    expect(await sync(clone, copy.olga)).toMatchObject({ received: { events: 9, tags: 0 }, ahead: 0 });
    expect(await clone.json(copy.olga, ['verify'])).toMatchObject({ ok: true, findings: [] });
  });

  test('comes back with what the remote has more by now', async () => {
    const { copy, clone } = await fresh();
    await sync(clone, copy.olga);
    await clone.git('update-ref', '-d', LEDGER);
    await copy.other.ok(copy.dana, ['deploy', 'intake@1', '-e', 'staging']);
    await sync(copy.other, copy.dana);
    expect(await sync(clone, copy.olga)).toMatchObject({ received: { events: 10, tags: 0 } });
    expect(await chainOf(inClone(clone))).toEqual(await chainOf(onServer(copy.server)));
  });

  test('does not come back shorter than this clone verified it', async () => {
    const { copy, clone } = await fresh();
    await sync(clone, copy.olga);
    await clone.ok(copy.dana, ['deploy', 'intake@1', '-e', 'staging']);
    await clone.git('update-ref', '-d', LEDGER);
    expect(await codesOfSync(clone, copy.olga)).toEqual(['ledger/rollback']);
    await expect(clone.git('rev-parse', '--verify', '-q', LEDGER)).rejects.toThrow();
  });
});

describe('what verify says to do', () => {
  test('brings a ledger that was cut here back from the remote', async () => {
    const { copy, clone } = await fresh();
    await sync(clone, copy.olga);
    await clone.git('update-ref', LEDGER, `${LEDGER}~2`);
    const command = 'git fetch <remote> refs/notes/promptaudit:refs/notes/promptaudit';
    expect(await verified(clone, copy.olga)).toContainEqual(
      expect.objectContaining({ code: 'ledger/rollback', hint: expect.stringContaining(command) }),
    );
    await clone.git('fetch', '-q', 'origin', 'refs/notes/promptaudit:refs/notes/promptaudit');
    expect(await verified(clone, copy.olga)).toEqual([]);
  });

  test('brings an object that was lost here back from the remote', async () => {
    const { copy, clone } = await fresh();
    await sync(clone, copy.olga);
    const blob = await clone.git('rev-parse', `main:${INTAKE}`);
    const unpack = 'mv objects/pack/*.pack . && for pack in *.pack; do git unpack-objects -q <"$pack"; done';
    await sandbox.ok('sh', ['-c', unpack], { cwd: join(clone.repo, '.git') });
    await rm(join(clone.repo, '.git/objects', blob.slice(0, 2), blob.slice(2)));
    expect(await verified(clone, copy.olga)).toContainEqual(
      expect.objectContaining({
        code: 'object/missing',
        hint: expect.stringContaining('git fetch --refetch <remote>'),
      }),
    );
    await clone.git('fetch', '-q', '--refetch', 'origin');
    expect(await verified(clone, copy.olga)).toEqual([]);
  });
});

test('of an event that is dated ahead it is not said that it can be acknowledged now', async () => {
  const { copy, clone } = await fresh();
  await sync(clone, copy.olga);
  const now = clone.clock;
  clone.clock = AHEAD;
  await copy.other.ok(copy.dana, ['deploy', 'intake@1', '-e', 'staging']);
  clone.clock = now;
  await copy.other.git('push', '-q', 'origin', LEDGER);
  expect((await trySync(clone, copy.olga)).document).toMatchObject({
    findings: [{ code: 'ledger/time', hint: expect.stringMatching(/^nobody can sign behind it/) }],
  });
});

describe('an event that was signed while the clock was ahead', () => {
  test('is dated anew before it is sent', async () => {
    const { clone, server, olga } = await copyOf(office);
    const now = clone.clock;
    clone.clock = AHEAD;
    await clone.write(INTAKE, promptText('intake', 'Ask for every allergy.'));
    await clone.ok(olga, ['commit', '-m', 'Ask for each']);
    await clone.ok(olga, ['deploy', 'intake@1', '-e', 'staging']);
    clone.clock = now;
    const { stderr } = await clone.cli(olga, ['reject', 'intake@3', '-m', 'x']);
    expect(stderr).toMatch(/seconds behind .* promptaudit sync signs it again/s);
    const rows = [
      { event: 'version', prompt: 'intake', from: 10, to: 10, version: { from: 3, to: 3 } },
      { event: 'deployment', prompt: 'intake', from: 11, to: 11, version: null },
    ];
    expect(await sync(clone, olga, ['--dry-run'])).toMatchObject({
      replayed: rows.map((row) => expect.objectContaining({ to: row.to })),
      dryRun: true,
    });
    expect(await sync(clone, olga)).toMatchObject({
      replayed: rows,
      aside: [],
      findings: [],
      sent: { events: 2, branch: true },
    });
    const dates = await server.git('log', '--first-parent', '--format=%cs', LEDGER);
    expect(dates).not.toContain('2099');
    expect(await chainOf(inClone(clone))).toEqual(await chainOf(onServer(server)));
    expect(await verified(clone, olga)).toEqual([]);
  });

  test('stays as it is where another remote has it', async () => {
    const { clone, server, olga } = await copyOf(office);
    const second = join(dirname(clone.repo), 'second.git');
    await clone.git('init', '-q', '--bare', second);
    await clone.git('remote', 'add', 'second', second);
    await sync(clone, olga, ['second']);
    const now = clone.clock;
    clone.clock = AHEAD;
    await clone.ok(olga, ['deploy', 'intake@1', '-e', 'staging']);
    await sync(clone, olga, ['origin']);
    clone.clock = now;
    expect(await syncTold(clone, olga, ['second'])).toMatchObject({
      findings: [{ code: 'ledger/time', sequence: 10 }],
      replayed: [],
      sent: { events: 0 },
    });
    expect(await chainOf(inClone(clone))).toEqual(await chainOf(onServer(server)));
    // Nothing of it is sent where it is only fetched, or kept aside.
    expect((await sync(clone, olga, ['second', '--pull'])).findings).toEqual([]);
    expect(await syncTold(clone, olga, ['second', '--set-aside'])).toMatchObject({
      findings: [],
      aside: [{ sequence: 10 }],
      sent: { events: 0 },
    });
  });

  test('is not sent where nothing is there to sign it again upon', async () => {
    const { clone, olga } = await copyOf(office);
    const second = join(dirname(clone.repo), 'second.git');
    await clone.git('init', '-q', '--bare', second);
    await clone.git('remote', 'add', 'second', second);
    const now = clone.clock;
    clone.clock = AHEAD;
    await clone.ok(olga, ['deploy', 'intake@1', '-e', 'staging']);
    clone.clock = now;
    expect(await syncTold(clone, olga, ['second'])).toMatchObject({
      findings: [{ code: 'ledger/time', sequence: 10 }],
      sent: { events: 0, tags: 0, branch: false },
      ahead: 10,
    });
    expect(await clone.git('ls-remote', 'second')).toBe('');
  });
});

test('a stock fetch of the ledger does instead of the first sync', async () => {
  const { copy, clone } = await fresh();
  await clone.git('fetch', '-q', 'origin', `${LEDGER}:${LEDGER}`);
  expect(await clone.json(copy.olga, ['verify'])).toMatchObject({ ok: true, counts: { events: 9 } });
  expect(await sync(clone, copy.olga)).toMatchObject({
    received: { events: 0 },
    sent: { events: 0, tags: 0, branch: false },
    findings: [],
  });
});

describe('how far a clone is from what it last saw of its remote', () => {
  test('is said by status and by the verbs that write', async () => {
    const copy = await copyOf(office);
    const { clone, other, dana, bob } = copy;
    expect((await clone.cli(dana, ['status'])).stderr).not.toMatch(/ahead|behind/);
    expect((await clone.cli(dana, ['deploy', 'intake@1', '-e', 'staging'])).stderr).toMatch(/1 .*ahead/);
    expect((await clone.cli(dana, ['status'])).stderr).toMatch(/1 .*ahead/);
    await other.ok(bob, ['approve', 'triage/adults@1', '-m', 'Read it']);
    await sync(other, bob);
    await clone.git('fetch', '-q', 'origin');
    expect((await clone.cli(dana, ['status'])).stderr).toMatch(/1 .*ahead.*1 .*behind|1 .*behind.*1 .*ahead/);
    expect((await clone.cli(dana, ['--quiet', 'status'])).stderr).toBe('');
    await sync(clone, dana);
    expect((await clone.cli(dana, ['status'])).stderr).not.toMatch(/ahead|behind/);
  });
});
