import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { forget, LEDGER } from '../helpers/forge.ts';
import type { Hospital } from '../helpers/hospital.ts';
import { run } from '../helpers/sandbox.ts';
import { describeAttacks, tamperScene, verdictOf } from './attack.ts';
import { FOUNDING_ATTACKS } from './attacks/founding.ts';
import { LEDGER_ATTACKS } from './attacks/ledger.ts';
import { TRUST_ATTACKS } from './attacks/trust.ts';

const scene = tamperScene();

describeAttacks('the ledger', LEDGER_ATTACKS, scene);
describeAttacks('the founding events', FOUNDING_ATTACKS, scene);
describeAttacks('what this clone verified before', TRUST_ATTACKS, scene);

const trustFile = ({ team }: Hospital) => readFile(join(team.repo, '.git/promptaudit/trust.json'), 'utf8');

describe('below what this clone verified before', () => {
  const COMMANDS = [
    ['log'],
    ['active'],
    ['status'],
    ['list'],
    ['show', 'discharge'],
    ['review'],
    ['whoami'],
    ['policy', 'show'],
    ['search', 'a'],
    ['blame', 'discharge'],
    ['diff', 'discharge', '1', 'draft'],
    ['render', 'discharge@1'],
    ['doctor'],
    ['commit', '-m', 'x'],
    ['retire', 'discharge', '-m', 'x'],
    ['approve', 'discharge', '-m', 'x'],
    ['reject', 'discharge', '-m', 'x'],
    ['revoke', 'discharge', '-m', 'x'],
    ['deploy', 'discharge', '-e', 'staging'],
    ['promote', 'discharge', '--to', 'production'],
    ['rollback', 'discharge', '-e', 'staging'],
    ['withdraw', 'discharge', '-e', 'staging'],
    ['acknowledge', 'ledger/time', '9', '-m', 'x'],
    ['policy', 'commit', '-m', 'x'],
    ['policy', 'revoke-key', 'SHA256:x'],
  ];

  test.each([
    [
      'rolled back',
      'native',
      [LEDGER, `${LEDGER}^`],
      'ledger/rollback',
      /ends at event 8, but this clone verified it up to event 9 \(sha256:[0-9a-f]{64}\)/,
    ],
    [
      'gone',
      'embedded',
      ['-d', LEDGER],
      'ledger/missing',
      /is gone, though this clone verified it up to event 9/,
    ],
  ] as const)('a ledger that is %s stops every command, by %s', async (_, adapter, update, rule, message) => {
    const h = await scene.copy(adapter);
    const { team, dee } = h;
    await team.git('update-ref', ...update);
    const before = await team.git('for-each-ref');
    for (const args of COMMANDS) {
      const [code, said] = await team.told(dee, args);
      expect([args, code]).toEqual([args, 1]);
      if (args[0] === 'doctor') continue;
      expect(said).toMatch(message);
      expect(said).toContain(rule);
    }
    expect(await team.git('for-each-ref')).toBe(before);
    await verdictOf(h, 'embedded');
    expect(JSON.parse(await trustFile(h))).toMatchObject({ head: { sequence: 9 } });
  });

  test('a ledger that departs from it stops every command', async () => {
    const { team, dee } = await scene.copy();
    await team.git('update-ref', LEDGER, `${LEDGER}~2`);
    const made = await team.git('commit-tree', `${LEDGER}^{tree}`, '-p', LEDGER, '-m', 'Mine');
    await team.git(
      'update-ref',
      LEDGER,
      await team.git('commit-tree', `${made}^{tree}`, '-p', made, '-m', 'Mine'),
    );
    expect((await team.refused(dee, ['log'])).rules).toEqual(['ledger/fork']);
    expect((await team.refused(dee, ['deploy', 'discharge', '-e', 'staging'])).rules).toEqual([
      'ledger/fork',
    ]);
  });
});

test('a ledger that departs from it behind all that was indexed stops every command', async () => {
  const h = await scene.copy();
  const { team, dee } = h;
  const [end, indexed] = (await team.git('rev-parse', LEDGER, `${LEDGER}~3`)).split('\n');
  await forget(h);
  await team.git('update-ref', LEDGER, `${indexed}`);
  await team.ok(undefined, ['log']);
  await team.git('update-ref', LEDGER, `${end}`);
  await team.ok(undefined, ['verify']);
  const trusted = await trustFile(h);
  const other = await team.git('commit-tree', `${end}^{tree}`, '-p', `${end}~1`, '-m', 'Mine');
  for (const [tip, rule] of [
    [`${end}~1`, 'ledger/rollback'],
    [`${indexed}`, 'ledger/rollback'],
    [other, 'ledger/fork'],
  ] as const) {
    await team.git('update-ref', LEDGER, tip);
    for (const args of [['active'], ['deploy', 'discharge', '-e', 'staging']])
      expect((await team.refused(dee, args)).rules).toEqual([rule]);
  }
  expect(await trustFile(h)).toBe(trusted);
  await team.git('update-ref', LEDGER, `${end}`);
  await team.ok(undefined, ['active']);
});

describe('the root', () => {
  const wrong = `sha256:${'0'.repeat(64)}`;

  test('given wrong from outside is a finding, and pins nothing', async () => {
    const h = await scene.copy();
    const { team, dee } = h;
    await forget(h);
    expect((await verdictOf(h, 'native', '--root', wrong)).expected).toEqual(['ledger/fork@1']);
    expect(await team.told(dee, ['log'], { env: { PROMPTAUDIT_ROOT: wrong } })).toEqual([
      1,
      expect.stringContaining('ledger/fork'),
    ]);
    await expect(trustFile(h)).rejects.toThrow('ENOENT');
    for (const root of ['sha256:12', ''])
      expect([root, (await team.cli(dee, ['verify', '--root', root])).code]).toEqual([root, 2]);
  });

  test('is what sha256sum says of genesis, and holds once pinned', async () => {
    const h = await scene.copy();
    const { team, dee } = h;
    const genesis = (await team.git('rev-list', '--first-parent', LEDGER)).split('\n').at(-1) ?? '';
    const { stdout } = await run('git', ['cat-file', 'commit', genesis], {
      cwd: team.repo,
      env: scene.sandbox.env,
    });
    const sum = await scene.sandbox.ok('sha256sum', [], { input: stdout });
    const root = `sha256:${sum.slice(0, 64)}`;
    expect((await verdictOf(h, 'embedded', '--root', root)).expected).toEqual([]);
    expect((await team.cli(dee, ['log'], { env: { PROMPTAUDIT_ROOT: root } })).code).toBe(0);
    expect((await team.refused(dee, ['log'], { env: { PROMPTAUDIT_ROOT: wrong } })).rules).toEqual([
      'ledger/fork',
    ]);
  });
});
