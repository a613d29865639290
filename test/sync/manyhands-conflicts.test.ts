import { readFile } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { INTAKE, promptText } from '../helpers/clinic.ts';
import { chainOf, cloneOf, doAll, inClone, onServer, tagsIn, tagsOf } from '../helpers/clones.ts';
import { LEDGER } from '../helpers/forge.ts';
import { copyOf, foundOffice, type Office } from '../helpers/office.ts';
import { createSandbox, type Sandbox } from '../helpers/sandbox.ts';
import { type SyncDocument, sync, syncTold, toldBySync, trySync } from '../helpers/syncing.ts';
import type { Person, Team } from '../helpers/team.ts';

const POLICY = '.promptaudit/policy.yml';

let sandbox: Sandbox;
let office: Office;

beforeAll(async () => {
  sandbox = await createSandbox();
  office = await foundOffice(sandbox);
});

afterAll(() => sandbox.remove());

async function expectSound({ server, clone, other, olga }: Office): Promise<void> {
  const chain = await chainOf(onServer(server));
  expect(await tagsOf(onServer(server))).toEqual(tagsIn(chain));
  for (const team of [clone, other]) {
    await sync(team, olga);
    expect(await chainOf(inClone(team))).toEqual(chain);
    expect(await tagsOf(inClone(team))).toEqual(tagsIn(chain));
    expect(await team.json(olga, ['verify'])).toMatchObject({ ok: true, findings: [] });
    expect(await team.git('rev-parse', 'main')).toBe(await server.git('rev-parse', 'main'));
    expect(await team.git('status', '--porcelain')).toBe('');
  }
}

async function write(team: Team, author: Person, text: string): Promise<void> {
  await team.write(INTAKE, promptText('intake', text));
  await team.ok(author, ['commit', 'intake', '-m', text]);
}

/** The one event that was kept aside, and what is kept of it: as it was signed, and never dropped by `git gc`. */
async function expectAside(
  team: Team,
  told: SyncDocument,
  expected: object,
  signed: Readonly<Record<string, string>>,
): Promise<void> {
  expect(told.aside).toMatchObject([expected]);
  const kept = await team.git('for-each-ref', '--format=%(refname) %(objectname)', 'refs/promptaudit/aside/');
  const folder = `refs/promptaudit/aside/${signed.event}`;
  expect(kept.split('\n')).toEqual(Object.entries(signed).map(([name, oid]) => `${folder}/${name} ${oid}`));
  expect(told.aside[0]?.ref).toContain(folder);
}

test('two versions of one prompt: the later to sync gets the next number, and says so', async () => {
  const copy = await copyOf(office);
  const { server, clone, other, alice, olga } = copy;
  await write(clone, alice, 'Ask about smoking.');
  await write(other, olga, 'Ask about drinking.');
  await other.ok(olga, ['deploy', 'intake@3', '-e', 'staging']);
  await sync(clone, alice);
  expect(await toldBySync(other, olga, ['--dry-run'])).toEqual([
    0,
    expect.stringContaining('would make 2 events of this clone on top'),
  ]);
  const synced = await sync(other, olga);
  expect(synced).toMatchObject({
    received: { events: 1 },
    replayed: [
      { event: 'version', prompt: 'intake', from: 10, to: 11, version: { from: 3, to: 4 } },
      { event: 'deployment', prompt: 'intake', from: 11, to: 12 },
    ],
    aside: [],
    sent: { events: 2, branch: true },
  });
  await expectSound(copy);
  expect(await readFile(join(clone.repo, INTAKE), 'utf8')).toContain('drinking');
  expect(await clone.json(olga, ['active', '-e', 'staging'])).toMatchObject({
    active: [{ prompt: 'intake', version: 4 }],
  });
  // One line of history: each version's commit on top of the other's.
  expect(await server.git('log', '-2', '--format=%an %s', 'main')).toBe(
    'Olga Ask about drinking.\nAlice Ask about smoking.',
  );
});

test('a version that was renumbered is told in words', async () => {
  const { clone, other, alice, olga } = await copyOf(office);
  await write(clone, alice, 'Ask about smoking.');
  await write(other, olga, 'Ask about drinking.');
  await sync(clone, alice);
  expect(await toldBySync(other, olga)).toEqual([0, expect.stringContaining('intake v3 is v4 now')]);
});

test('a deployment of what somebody else has deployed meanwhile is kept aside', async () => {
  const copy = await copyOf(office);
  const { clone, other, dana } = copy;
  for (const team of [clone, other]) await team.ok(dana, ['deploy', 'intake@1', '-e', 'staging']);
  await other.ok(dana, ['withdraw', 'intake', '-e', 'production']);
  await sync(clone, dana);
  const event = await other.git('rev-parse', `${LEDGER}~1`);
  const told = await syncTold(other, dana);
  const reasons = [{ rule: 'deployment/replaces', message: 'intake v1 is active in staging already' }];
  await expectAside(other, told, { sequence: 10, event: 'deployment', prompt: 'intake', reasons }, { event });
  expect(told).toMatchObject({
    replayed: [{ event: 'withdrawal', from: 11, to: 11 }],
    sent: { events: 1 },
  });
  await expectSound(copy);
  expect(await other.git('rev-parse', `refs/promptaudit/aside/${event}/event`)).toBe(event);
});

test('one person’s approval of the same version in two clones counts once, and its tag is not moved', async () => {
  const copy = await copyOf(office);
  const { clone, other, bob } = copy;
  for (const team of [clone, other])
    await team.ok(bob, ['approve', 'triage/adults@1', '-m', `Read it in ${team.repo}`]);
  await sync(clone, bob);
  const mine = await chainOf(inClone(other));
  const { commit: event = '', tagObject: tag = '' } = mine[9] ?? {};
  await expectAside(other, await syncTold(other, bob), { sequence: 10, event: 'approval' }, { event, tag });
  await expectSound(copy);
});

test('what is no longer allowed is kept aside: a role was taken away', async () => {
  const copy = await copyOf(office);
  const { clone, other, olga, dana } = copy;
  const text = await readFile(join(clone.repo, POLICY), 'utf8');
  await clone.write(POLICY, text.replace('[deployer]', '[auditor]'));
  await clone.ok(olga, ['policy', 'commit', '-m', 'Dana leaves']);
  await sync(clone, olga);
  await other.ok(dana, ['deploy', 'intake@1', '-e', 'staging']);
  const event = await other.git('rev-parse', LEDGER);
  const told = await syncTold(other, dana);
  const reasons = [{ rule: 'signature/role' }];
  await expectAside(other, told, { sequence: 10, event: 'deployment', reasons }, { event });
  expect(await other.json(olga, ['active', '-e', 'staging'])).toMatchObject({ active: [{ version: 2 }] });
  await expectSound(copy);
});

test('two changes of the policy: nobody who was added is lost', async () => {
  const copy = await copyOf(office);
  const { clone, other, olga } = copy;
  for (const [team, name] of [
    [clone, 'Erin'],
    [other, 'Finn'],
  ] as const) {
    const { email, key } = await team.person(name);
    await doAll(
      team,
      [olga, 'policy', 'add', email, '--name', name, '--role', 'author', '--key', `${key}.pub`],
      [olga, 'policy', 'commit', '-m', name],
    );
  }
  await sync(clone, olga);
  const { document } = await trySync(other, olga);
  const policy = JSON.stringify(await other.json(olga, ['policy', 'show']));
  expect(policy).toContain('erin@acme.example');
  if ('aside' in document && document.aside.length > 0)
    expect(document.aside).toMatchObject([{ event: 'policy', sequence: 10 }]);
  else expect(policy).toContain('finn@acme.example');
  await expectSound(copy);
});

test('many at once who want the same: what does not come in is named', async () => {
  const copy = await copyOf(office);
  const { server, olga } = copy;
  server.clock.stands = true;
  const folder = relative(sandbox.dir, dirname(server.bare));
  const teams = await Promise.all(['a', 'b', 'c', 'd'].map((name) => cloneOf(server, `${folder}/${name}`)));
  const outcomes = await Promise.all(
    teams.map(async (team, index) => {
      await sync(team, olga);
      await write(team, olga, `Wording ${index}`);
      await team.ok(olga, ['deploy', 'intake@3', '-e', 'staging']);
      await team.ok(olga, ['deploy', 'triage/adults@1', '-e', 'staging']);
      const mine = (await chainOf(inClone(team)))[11]?.commit;
      const { code, document } = await trySync(team, olga);
      return { team, mine, code, document };
    }),
  );
  const chain = await chainOf(onServer(server));
  // Each brought a version and a deployment of it; one of the four was the first to deploy triage/adults.
  expect(
    chain
      .slice(9)
      .map(({ event }) => event)
      .sort(),
  ).toEqual([...Array(5).fill('deployment'), ...Array(4).fill('version')]);
  expect(outcomes.map(({ code }) => code).sort()).toEqual([0, 1, 1, 1]);
  for (const { team, mine, code, document } of outcomes) {
    expect(document).toMatchObject({ aside: code === 0 ? [] : [{ sequence: 12, event: 'deployment' }] });
    const kept = await team.git('for-each-ref', '--format=%(objectname)', 'refs/promptaudit/aside/');
    expect(kept).toBe(code === 0 ? '' : mine);
    await sync(team, olga);
    expect(await chainOf(inClone(team))).toEqual(chain);
  }
  await expectSound(copy);
});
