import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { promptText } from '../helpers/hospital.ts';
import { createSandbox, run, type Sandbox } from '../helpers/sandbox.ts';
import { Team } from '../helpers/team.ts';
import { type Healthy, survey } from './properties/healthy.ts';
import { findingsIn, flipped } from './properties/spoiled.ts';

let sandbox: Sandbox;
let healthy: Healthy;
beforeAll(async () => {
  sandbox = await createSandbox();
  await mkdir(join(sandbox.dir, '.gnupg'), { mode: 0o700 });
  const olga = 'Olga <olga@acme.example>';
  await sandbox.ok('gpg', [
    '--batch',
    '-q',
    '--passphrase',
    '',
    '--quick-gen-key',
    olga,
    'ed25519',
    'sign',
    'never',
  ]);
  const team = new Team(sandbox, 'native');
  await team.initRepository();
  for (const [key, value] of [
    ['user.name', 'Olga'],
    ['user.email', 'olga@acme.example'],
    ['user.signingkey', 'olga@acme.example'],
  ] as const) {
    await team.git('config', key, value);
  }
  const alice = await team.person('Alice');
  await team.ok(undefined, ['init', '--name', 'openpgp']);
  const entry = [alice.email, '--name', 'Alice', '--role', 'author', '--key', `${alice.key}.pub`];
  await team.ok(undefined, ['policy', 'add', ...entry]);
  await team.ok(undefined, ['policy', 'commit', '-m', 'Alice writes']);
  await team.write('prompts/intake.prompt.yml', promptText('intake', 'Ask.'));
  await team.ok(alice, ['commit', '-m', 'First wording']);
  await team.ok(undefined, ['approve', 'intake', '-m', 'Reviewed']);
  await team.ok(undefined, ['deploy', 'intake', '-e', 'staging']);
  healthy = await survey(team);
});
afterAll(async () => {
  await run('gpgconf', ['--kill', 'all'], { env: sandbox.env });
  await sandbox.remove();
});

test('in a registry signed with OpenPGP one flipped bit is found, even of an object with the same id', async () => {
  const { commonDir } = healthy.store.layout;
  expect(await findingsIn(healthy, { commonDir })).toEqual([]);
  expect([...healthy.trail.values()].filter((what) => what.endsWith('.asc'))).toHaveLength(1);
  for (const [oid, what] of healthy.trail) {
    const object = healthy.objects.get(oid);
    if (object === undefined || object.kind === 'tree') continue;
    await fc.assert(
      fc.asyncProperty(fc.nat({ max: object.bytes.length * 8 - 1 }), fc.boolean(), async (bit, collides) => {
        const objects = new Map([[oid, flipped(object, bit)]]);
        // A policy names a key by its fingerprint, which does not speak for every byte of the key's file.
        const spoils = { objects, collides: collides && !what.endsWith('.asc'), commonDir };
        expect(await findingsIn(healthy, spoils), what).not.toEqual([]);
      }),
      { numRuns: 3 },
    );
  }
});
