import { afterAll, beforeAll, expect, it } from 'vitest';
import { deploymentOf, forgeEvent, LEDGER } from '../helpers/forge.ts';
import { copyOf, foundGuarded, type Guarded } from '../helpers/guarded.ts';
import { INTAKE, policyOf, promptText, setPolicy } from '../helpers/hospital.ts';
import { createSandbox, type Sandbox } from '../helpers/sandbox.ts';
import type { CliResult } from '../helpers/team.ts';

let box: Sandbox;
let ground: Guarded;

/** Hooks on both sides. */
beforeAll(async () => {
  box = await createSandbox();
  ground = await foundGuarded(box);
  await ground.team.ok(undefined, ['hook', 'install']);
});
afterAll(() => box.remove());

it('is let in with all that it shares, the mirror too', async () => {
  const g = await copyOf(ground);
  const policy = { ...policyOf(g), ledgerBranch: 'promptaudit-ledger' };
  await setPolicy(g, policy);
  await g.team.ok(g.ada, ['sync']);
  await g.team.write(INTAKE, promptText('clinical-intake', 'Ask about smoking.'));
  await g.team.ok(g.alice, ['commit', '-m', 'Smoking']);
  await g.team.ok(g.carol, ['approve', 'clinical-intake@3', '-m', 'Reviewed']);
  await g.team.ok(g.alice, ['sync']);
  const ledger = await g.team.git('rev-parse', LEDGER);
  expect(await g.server.git('rev-parse', LEDGER, 'promptaudit-ledger', 'main')).toBe(
    [ledger, ledger, await g.team.git('rev-parse', 'main')].join('\n'),
  );
});

it('hears from either side why it refuses', async () => {
  const g = await copyOf(ground);
  const before = await g.server.git('for-each-ref');
  await g.team.write(INTAKE, promptText('clinical-intake', 'Whatever.'));
  await g.team.git('commit', '-qam', 'By hand');
  await g.team.ok(g.dee, ['deploy', 'clinical-intake@2', '-e', 'staging']);
  const why = 'content of clinical-intake that was never registered as a version';
  const own = await g.team.cli(g.dee, ['sync']);
  expect([own.code === 0, flat(own)]).toEqual([false, expect.stringContaining(why)]);
  await g.team.ok(undefined, ['hook', 'uninstall']);
  const theirs = await g.team.cli(g.dee, ['sync']);
  expect([theirs.code, flat(theirs)]).toEqual([1, expect.stringContaining(why)]);
  expect(flat(theirs)).toContain('pre-receive hook declined');
  expect(await g.server.git('for-each-ref')).toBe(before);
  await g.team.ok(g.alice, ['commit', 'clinical-intake', '-m', 'Whatever']);
  await g.team.ok(g.alice, ['sync']);
  expect(await g.server.git('rev-parse', LEDGER)).toBe(await g.team.git('rev-parse', LEDGER));
});

it('is not let in with an event that breaks a rule', async () => {
  const g = await copyOf(ground);
  const before = await g.server.git('for-each-ref');
  await forgeEvent(g, g.dee, await deploymentOf(g, 5));
  expect((await g.team.cli(g.dee, ['sync'])).code).not.toBe(0);
  await g.team.ok(undefined, ['hook', 'uninstall']);
  expect((await g.team.cli(g.dee, ['sync'])).code).toBe(1);
  expect(await g.server.git('for-each-ref')).toBe(before);
});

const flat = ({ stdout, stderr }: CliResult) => `${stdout} ${stderr}`.replace(/\s+/g, ' ');
