import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { INTAKE, promptText } from '../helpers/clinic.ts';
import { chainOf, cloneOf, doAll, heldBy, inClone, onServer, tagsIn, tagsOf } from '../helpers/clones.ts';
import { sandbox } from '../helpers/sandbox.ts';
import { type GitServer, serve, TRANSPORTS } from '../helpers/servers.ts';
import { sync, syncFailed } from '../helpers/syncing.ts';
import type { Team } from '../helpers/team.ts';

const SOUND = { ok: true, findings: [] };

/** The server has what this clone has, and nothing else. */
async function expectSame(server: GitServer, team: Team): Promise<void> {
  const chain = await chainOf(onServer(server));
  expect(await chainOf(inClone(team))).toEqual(chain);
  expect(await tagsOf(onServer(server))).toEqual(tagsIn(chain));
  expect(await tagsOf(inClone(team))).toEqual(tagsIn(chain));
  expect(await server.git('rev-parse', 'main')).toBe(await team.git('rev-parse', 'main'));
  expect(await team.git('status', '--porcelain')).toBe('');
}

/** Events: 1 genesis, 2 policy v1, 3 intake v1, 4 policy v2, 5 intake v2, 6 its approval, 7 its deployment. */
async function found(team: Team) {
  const [olga, bob] = [await team.person('Olga'), await team.person('Bob')];
  await team.write(INTAKE, promptText('intake', 'Ask about allergies.'));
  await doAll(
    team,
    [olga, 'init', '--name', 'clinic'],
    [olga, 'policy', 'add', bob.email, '--name', 'Bob', '--role', 'approver', '--key', `${bob.key}.pub`],
    [olga, 'policy', 'commit', '-m', 'The team'],
  );
  await team.write(INTAKE, promptText('intake', 'Ask about allergies first.'));
  await doAll(
    team,
    [olga, 'commit', '-m', 'Allergies first'],
    [bob, 'approve', 'intake@2', '-m', 'Reviewed'],
    [olga, 'deploy', 'intake@2', '-e', 'staging'],
  );
  return { olga, bob };
}

describe.each(TRANSPORTS)('over %s', (transport) => {
  test('a registry goes from one clone to the next and back', async () => {
    const server = await serve(await sandbox(), transport);
    onTestFinished(() => server.stop());
    const first = await cloneOf(server, 'first');
    const { olga, bob } = await found(first);
    expect(await sync(first, olga)).toMatchObject({
      remote: 'origin',
      head: { sequence: 7 },
      received: { events: 0, tags: 0 },
      replayed: [],
      aside: [],
      sent: { events: 7, tags: 1, branch: true },
      findings: [],
      ahead: 0,
      behind: 0,
    });
    await expectSame(server, first);

    const second = await cloneOf(server, 'second');
    expect(await sync(second, bob)).toMatchObject({
      head: { sequence: 7, commit: await server.git('rev-parse', 'refs/notes/promptaudit') },
      // `git clone` has brought the tags.
      received: { events: 7, tags: 0 },
      sent: { events: 0, tags: 0, branch: false },
      findings: [],
    });
    expect(await second.json(bob, ['verify'])).toMatchObject({ ...SOUND, counts: { events: 7 } });
    await expectSame(server, second);

    await second.write(INTAKE, promptText('intake', 'Ask about smoking.'));
    await doAll(
      second,
      [olga, 'commit', '-m', 'Smoking'],
      [bob, 'approve', 'intake@3', '-m', 'Reviewed, too'],
    );
    expect(await sync(second, bob)).toMatchObject({ sent: { events: 2, tags: 1, branch: true } });
    expect(await sync(first, olga)).toMatchObject({
      received: { events: 2, tags: 1 },
      sent: { events: 0, tags: 0, branch: false },
    });
    expect(await readFile(join(first.repo, INTAKE), 'utf8')).toContain('Ask about smoking.');
    expect(await first.json(olga, ['verify'])).toMatchObject({ ...SOUND, counts: { events: 9 } });
    await expectSame(server, first);
    await expectSame(server, second);

    await server.stop();
    await first.ok(olga, ['deploy', 'intake@3', '-e', 'staging']);
    const held = await heldBy(first);
    expect(await syncFailed(first, olga)).toMatch(/^promptaudit: [^\n]+\n$/);
    expect(await heldBy(first)).toEqual(held);
    await server.start();
    expect(await sync(first, olga)).toMatchObject({ sent: { events: 1, tags: 0, branch: false } });
    await expectSame(server, first);
  });
});

test('repositories of SHA-256 objects are shared, too', async () => {
  const server = await serve(await sandbox(), 'file', 'server.git', '--object-format=sha256');
  const first = await cloneOf(server, 'first');
  // git 2.39 makes a clone of an empty repository one of SHA-1 objects.
  await first.sandbox.ok('rm', ['-rf', first.repo]);
  await first.initRepository('--object-format=sha256');
  await first.git('remote', 'add', 'origin', server.url);
  first.everyday = undefined;
  const { olga } = await found(first);
  await sync(first, olga);
  const second = await cloneOf(server, 'second');
  second.everyday = undefined;
  expect(await sync(second, olga)).toMatchObject({ received: { events: 7, tags: 0 } });
  expect(await second.json(olga, ['verify'])).toMatchObject(SOUND);
  await expectSame(server, second);
});
