import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { INTAKE, promptText } from '../helpers/clinic.ts';
import { type ChainEvent, chainOf, doAll, inClone, onServer, tagsIn, tagsOf } from '../helpers/clones.ts';
import { start } from '../helpers/commandline.ts';
import { KillerGit, type When } from '../helpers/killergit.ts';
import { copyOf, foundOffice, type Office } from '../helpers/office.ts';
import { createSandbox, type Sandbox } from '../helpers/sandbox.ts';
import { leftLying } from '../helpers/state.ts';
import { sync } from '../helpers/syncing.ts';

const ADULTS = 'prompts/triage/adults.prompt.yml';
const KILLER = pathToFileURL(join(import.meta.dirname, '../helpers/killer.js')).href;
/** As `run` tells of a process that a signal ended. */
const KILLED = -1;

let sandbox: Sandbox;
let office: Office;

/**
 * At the server, 10: Alice commits intake v3. In Olga's clone, 10: triage/adults v2, 11: she approves intake v2, 12: she deploys
 * intake v1 to staging. To sync is to take one event in, to sign three again, and to push three and a tag and the branch.
 */
beforeAll(async () => {
  sandbox = await createSandbox();
  office = await foundOffice(sandbox);
  const { clone, other, olga, alice } = office;
  await other.write(INTAKE, promptText('intake', 'Ask about smoking.'));
  await other.ok(alice, ['commit', 'intake', '-m', 'Smoking']);
  await sync(other, alice);
  await clone.write(ADULTS, promptText('triage/adults', 'How urgent is it now?'));
  await doAll(
    clone,
    [olga, 'commit', '-m', 'Now'],
    [olga, 'approve', 'intake@2', '-m', 'Read it'],
    [olga, 'deploy', 'intake@1', '-e', 'staging'],
  );
});

afterAll(() => sandbox.remove());

const MINE = ['version triage/adults v2', 'approval intake v2', 'deployment intake v1'];
const THEIRS = 'version intake v3';
const label = ({ event, prompt, version }: ChainEvent) => `${event} ${prompt} v${version}`;
const newest = (chain: readonly ChainEvent[]) => chain.slice(9).map(label);

/** Starts the sync in a process of its own; answers its exit code. */
async function syncApart(copy: Office, env: Readonly<Record<string, string>>): Promise<number> {
  copy.clone.clock += 60;
  const identity = copy.clone.identity(copy.olga);
  return (await start(copy.clone, 'native', copy.olga, ['sync'], { ...identity, ...env })).code;
}

/** Whatever was cut off: nothing is lost on either side, and the next sync makes it whole. */
async function expectToPickUp(copy: Office): Promise<void> {
  const { server, clone, olga } = copy;
  expect([MINE, [THEIRS, ...MINE]]).toContainEqual(newest(await chainOf(inClone(clone))));
  expect([[THEIRS], [THEIRS, ...MINE]]).toContainEqual(newest(await chainOf(onServer(server))));
  expect(await readFile(join(clone.repo, ADULTS), 'utf8')).toContain('How urgent is it now?');

  expect(await sync(clone, olga)).toMatchObject({ findings: [], aside: [], ahead: 0, behind: 0 });
  const chain = await chainOf(onServer(server));
  expect(newest(chain)).toEqual([THEIRS, ...MINE]);
  expect(await chainOf(inClone(clone))).toEqual(chain);
  expect(await tagsOf(onServer(server))).toEqual(tagsIn(chain));
  expect(await tagsOf(inClone(clone))).toEqual(tagsIn(chain));
  expect(await clone.json(olga, ['verify'])).toMatchObject({ ok: true, findings: [] });
  expect(await clone.git('rev-parse', 'main')).toBe(await server.git('rev-parse', 'main'));
  // In one line, each once: the policy, the two prompts, the team, intake v2, hers at the server, and ours.
  expect(await clone.git('rev-list', '--count', '--no-merges', 'main')).toBe('7');
  expect(await clone.git('status', '--porcelain')).toBe('');
  expect(await readFile(join(clone.repo, INTAKE), 'utf8')).toContain('Ask about smoking.');
  expect(await leftLying(clone.repo)).toEqual([]);
  expect(await clone.git('for-each-ref', 'refs/promptaudit/aside')).toBe('');
}

/** A git that leaves something behind. To die before one that does not is to die before the next that does. */
const CHANGES = /(?:^| )(?:fetch|push|read-tree -m -u(?! -n)|unpack-objects|update-ref) /;

/** Two at a time: there are two cores. */
async function inPairs<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  const queue = [...items];
  const take = async (): Promise<void> => {
    for (let item = queue.shift(); item !== undefined; item = queue.shift()) await work(item);
  };
  await Promise.all([take(), take()]);
}

test('a sync that is killed at any git that changes something', async () => {
  const whole = await copyOf(office);
  const counter = await KillerGit.make(sandbox, 0);
  expect(await syncApart(whole, counter.env)).toBe(0);
  await expectToPickUp(whole);
  const calls = await counter.calls();
  expect(calls.filter((args) => /\bpush\b/.test(args))).toHaveLength(1);

  const deaths = calls.flatMap((args, index): (readonly [number, When])[] =>
    CHANGES.test(args)
      ? [
          [index + 1, 'before'],
          [index + 1, 'meanwhile'],
        ]
      : [],
  );
  // To take in what is there, to write anew, to move the files and the refs, to send.
  expect(deaths).toHaveLength(2 * 5);
  await inPairs(deaths, async ([at, when]) => {
    const copy = await copyOf(office);
    const killer = await KillerGit.make(sandbox, at, when);
    expect([at, when, await syncApart(copy, killer.env)]).toEqual([at, when, KILLED]);
    if (when === 'meanwhile') await expect.poll(() => killer.isOver(), { timeout: 10_000 }).toBe(true);
    await expectToPickUp(copy);
  });
});

test('a sync that is killed when it has written a file out and not yet put it in its place', async () => {
  const names = join(sandbox.dir, 'names');
  const dying = (at: number) => ({
    NODE_OPTIONS: `--import=${KILLER}`,
    KILL_AT: String(at),
    ...(at === 0 ? { KILL_COUNT: names } : {}),
  });
  expect(await syncApart(await copyOf(office), dying(0))).toBe(0);
  const moments = (await readFile(names, 'utf8')).split('\n');
  const deaths = moments.flatMap((name, index) => (name === 'rename' ? [index + 1] : []));
  // What it trusts, once the remote is read, before the refs move and when all is sent: of files there is nothing else.
  expect(new Set(moments)).toEqual(new Set(['spawn', 'mkdir', 'open', 'writeFile', 'rename']));
  expect(deaths).toHaveLength(3);
  await inPairs(deaths, async (at) => {
    const copy = await copyOf(office);
    expect([at, await syncApart(copy, dying(at))]).toEqual([at, KILLED]);
    await expectToPickUp(copy);
  });
});
