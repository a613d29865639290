import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { VerifyDocument } from '../helpers/documents.ts';
import { deploymentOf, forgeEvent, forget, LEDGER } from '../helpers/forge.ts';
import { ALL, copyOf, foundGuarded, type Guarded, push } from '../helpers/guarded.ts';
import { INTAKE, policyOf, promptText, setPolicy } from '../helpers/hospital.ts';
import { createSandbox, type Sandbox } from '../helpers/sandbox.ts';

let box: Sandbox;
let ground: Guarded;

/** The clone judges what it pushes; the server takes anything. */
beforeAll(async () => {
  box = await createSandbox();
  ground = await foundGuarded(box);
  await ground.server.ok(undefined, ['hook', 'uninstall']);
  await ground.team.ok(undefined, ['hook', 'install']);
});
afterAll(() => box.remove());

async function refused(g: Guarded, ...args: readonly string[]): Promise<readonly string[]> {
  const before = await g.server.git('for-each-ref');
  const { code, stderr } = await push(g, ...args);
  expect(code, stderr).toBe(1);
  const [head, ...findings] = stderr.split('\n');
  expect(head).toBe('promptaudit refuses this push:');
  expect(await g.server.git('for-each-ref')).toBe(before);
  return findings.filter((line) => line.startsWith('  ')).map((line) => /\((\S+)\):/.exec(line)?.[1] ?? line);
}

async function accepted(g: Guarded, ...args: readonly string[]): Promise<void> {
  const { code, stderr } = await push(g, ...args);
  expect([code, stderr], stderr).toEqual([0, expect.not.stringContaining('promptaudit refuses')]);
}

it('lets pass what is whole, in one push or in pieces', async () => {
  const g = await copyOf(ground);
  await g.team.write(INTAKE, promptText('clinical-intake', 'Ask about smoking.'));
  await g.team.ok(g.alice, ['commit', '-m', 'Smoking']);
  await g.team.ok(g.carol, ['approve', 'clinical-intake@3', '-m', 'Reviewed']);
  await accepted(g, '--atomic', 'origin', ...ALL);
  await accepted(g, 'origin', 'main:refs/heads/feature', 'main:refs/tags/v1.0');
  await accepted(g, 'origin', ':refs/heads/feature');
});

it('asks the remote for tags that are not pushed with their events', async () => {
  const g = await copyOf(ground);
  await g.team.ok(g.carol, ['approve', 'clinical-intake@2', '-m', 'Reviewed']);
  expect(await refused(g, 'origin', LEDGER)).toEqual(['approval/tag-missing']);
  await accepted(g, 'origin', 'refs/tags/promptaudit/clinical-intake/v2/approved/carol@acme.example');
  await accepted(g, 'origin', LEDGER);
});

it('holds back what the other side would be right to refuse', async () => {
  const g = await copyOf(ground);
  await g.team.write(INTAKE, promptText('clinical-intake', 'Whatever.'));
  await g.team.git('commit', '-q', '--no-verify', '-am', 'By hand');
  expect(await refused(g, 'origin', 'main')).toEqual(['version/unregistered']);
  expect(await refused(g, 'origin', `:${LEDGER}`)).toEqual(['ledger/missing']);
  expect(await refused(g, '--force', 'origin', `${LEDGER}~1:${LEDGER}`)).toEqual(['ledger/rollback']);
  const tag = 'refs/tags/promptaudit/clinical-intake/v2/approved/bob@acme.example';
  expect(await refused(g, 'origin', `:${tag}`)).toEqual(['approval/tag-missing']);
  expect(await refused(g, 'origin', `main:refs/replace/${'1'.repeat(40)}`)).toEqual(['repo/replace']);
  await accepted(g, '--no-verify', 'origin', 'main');
});

it('holds back an event that breaks a rule', async () => {
  const g = await copyOf(ground);
  await forgeEvent(g, g.dee, await deploymentOf(g, 5));
  expect(await refused(g, 'origin', LEDGER)).toEqual(['deployment/unapproved', 'deployment/promotion']);
});

it('knows a ledger that this clone does not have', async () => {
  const g = await copyOf(ground);
  await g.server.ok(g.dee, ['deploy', 'clinical-intake@2', '-e', 'staging']);
  await g.team.ok(g.dee, ['deploy', 'clinical-intake@1', '-e', 'staging']);
  expect(await refused(g, '--force', 'origin', LEDGER)).toEqual(['ledger/fork']);
});

it('leaves to the other side what passes there for a remote’s branch, and is not here', async () => {
  const g = await copyOf(ground);
  const tree = await g.server.git('rev-parse', 'main^{tree}');
  const oid = await g.server.git('commit-tree', tree, '-p', 'main', '-m', 'Unknown to the clone');
  for (const branch of ['main', 'release', 'guarded'])
    await g.server.git('update-ref', `refs/remotes/upstream/${branch}`, oid);
  const policy = { ...policyOf(g, { protectedBranches: ['main', 'release'] }), ledgerBranch: 'guarded' };
  await setPolicy(g, policy);
  await accepted(g, 'origin', LEDGER, 'main');
});

it('says aloud which root a clone pins that never looked at its ledger', async () => {
  const g = await copyOf(ground);
  const { root } = await g.team.json<VerifyDocument>(undefined, ['verify']);
  await forget(g);
  const { code, stderr } = await push(g, 'origin', 'main:refs/heads/feature');
  expect(code).toBe(0);
  expect(stderr).toMatch(/^first look at registry acme-clinical: /);
  expect(stderr).toContain(`\n${root}\n`);
});

it('has nothing to say where there is no registry', async () => {
  const g = await copyOf(ground);
  await g.team.git('update-ref', '-d', LEDGER);
  expect((await push(g, 'origin', 'main:refs/heads/feature')).stderr).toContain(`${LEDGER} is gone`);
  await box.ok('rm', ['-r', join(g.team.repo, '.git/promptaudit')]);
  await accepted(g, 'origin', 'main:refs/heads/feature');
});
