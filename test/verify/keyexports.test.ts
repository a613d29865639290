import { createHash } from 'node:crypto';
import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Oid } from '../../src/git/object.ts';
import { encodeEvent } from '../../src/ledger/codec.ts';
import type { RegistryId, Sha256 } from '../../src/ledger/event.ts';
import type { VerifyDocument } from '../helpers/documents.ts';
import { LEDGER } from '../helpers/forge.ts';
import { promptText } from '../helpers/hospital.ts';
import { createSandbox, run, type Sandbox } from '../helpers/sandbox.ts';
import { Team } from '../helpers/team.ts';

let sandbox: Sandbox;
let team: Team;
let fingerprint: string;

const gpg = (...args: string[]) => sandbox.ok('gpg', ['--batch', '-q', '--passphrase', '', ...args]);

/** Olga's primary key certifies only. She has two subkeys and signs with the newer one; `older.asc` was exported before she had it. */
beforeAll(async () => {
  sandbox = await createSandbox();
  await mkdir(join(sandbox.dir, '.gnupg'), { mode: 0o700 });
  await gpg('--quick-gen-key', 'Olga <olga@acme.example>', 'ed25519', 'cert', 'never');
  const listed = await gpg('--with-colons', '--list-keys');
  fingerprint = /^fpr:+([0-9A-F]+):/m.exec(listed)?.[1] ?? '';
  await gpg('--quick-add-key', fingerprint, 'ed25519', 'sign', 'never');
  await gpg('--armor', '--output', join(sandbox.dir, 'older.asc'), '--export', fingerprint);
  // gpg signs with the newest subkey, by the second.
  await delay(1100);
  await gpg('--quick-add-key', fingerprint, 'ed25519', 'sign', 'never');
  team = new Team(sandbox, 'native');
  await team.initRepository();
  await team.git('config', 'user.name', 'Olga');
  await team.git('config', 'user.email', 'olga@acme.example');
  await team.git('config', 'user.signingkey', fingerprint);
  await team.ok(undefined, ['init', '--name', 'exports']);
});
afterAll(async () => {
  await run('gpgconf', ['--kill', 'all'], { env: sandbox.env });
  await sandbox.remove();
});

const sha256 = (bytes: Uint8Array) => `sha256:${createHash('sha256').update(bytes).digest('hex')}` as Sha256;
const bytesOf = async (...args: string[]) =>
  (await run('git', args, { cwd: team.repo, env: sandbox.env })).stdout;

/** Puts a policy event to the ledger that nobody signed: the same policy, beside the older export of Olga's key. */
async function bringOlderExport(): Promise<void> {
  const keyFile = join(team.repo, `.promptaudit/keys/${fingerprint}.asc`);
  await sandbox.ok('cp', [join(sandbox.dir, 'older.asc'), keyFile]);
  expect(await team.git('status', '--porcelain')).toContain('.asc');
  await team.git('add', keyFile);
  const tree = await team.git('write-tree');
  const commit = (await team.git('commit-tree', tree, '-p', 'HEAD', '-m', 'Keys')) as Oid;
  await team.git('reset', '-q', '--hard');
  const tip = await bytesOf('cat-file', 'commit', LEDGER);
  const registry = /^Registry: (.*)$/m.exec(tip.toString())?.[1] as RegistryId;
  const message = encodeEvent({
    sequence: Number(/^Sequence: (.*)$/m.exec(tip.toString())?.[1]) + 1,
    previous: sha256(tip),
    registry,
    policy: 1,
    detail: {
      event: 'policy',
      version: 2,
      commit,
      contentDigest: sha256(await bytesOf('cat-file', 'blob', `${commit}:.promptaudit/policy.yml`)),
    },
    reason: '',
  });
  const file = join(sandbox.dir, 'message');
  await writeFile(file, message);
  const event = await team.git('commit-tree', `${LEDGER}^{tree}`, '-p', LEDGER, '-p', commit, '-F', file);
  await team.git('update-ref', LEDGER, event);
}

test('a policy that does not count takes no subkey away from anybody', async () => {
  await bringOlderExport();
  await team.write('prompts/intake.prompt.yml', promptText('intake', 'Ask.'));
  await team.ok(undefined, ['commit', '-m', 'First wording']);
  await team.ok(undefined, ['deploy', 'intake@1', '-e', 'staging']);
  for (const adapter of ['native', 'embedded'] as const) {
    const { stdout } = await team.through(adapter).cli(undefined, ['--json', 'verify']);
    const { findings, counts }: VerifyDocument = JSON.parse(stdout);
    expect(findings.map(({ code, sequence }) => `${code}@${sequence}`).sort()).toEqual([
      'ledger/tree@3',
      'signature/missing@3',
    ]);
    expect(counts).toMatchObject({ versions: 1, deployments: 1 });
  }
});

test('a key file that is gone is missed, and comes back', async () => {
  const file = await looseFileOf(`HEAD:.promptaudit/keys/${fingerprint}.asc`);
  const known = await codesNow();
  await rename(file, join(sandbox.dir, 'aside'));
  expect(await codesNow()).toContain('object/missing@2');
  await rm(join(team.repo, '.git/promptaudit/index'), { recursive: true });
  expect((await team.cli(undefined, ['status'])).code).toBe(1);
  await rename(join(sandbox.dir, 'aside'), file);
  expect(await codesNow()).toEqual(known);
  await team.ok(undefined, ['status']);
});

async function looseFileOf(revision: string): Promise<string> {
  const oid = await team.git('rev-parse', revision);
  return join(team.repo, '.git/objects', oid.slice(0, 2), oid.slice(2));
}

async function codesNow(): Promise<readonly string[]> {
  const { stdout } = await team.cli(undefined, ['--json', 'verify']);
  const { findings }: VerifyDocument = JSON.parse(stdout);
  return findings.map(({ code, sequence }) => `${code}@${sequence}`).sort();
}
