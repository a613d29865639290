import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { deploymentOf, forgeEvent, forget, LEDGER } from '../helpers/forge.ts';
import { copyOf, DISCHARGE, type Hospital, promptText } from '../helpers/hospital.ts';
import { createSandbox, type Sandbox, sandbox as useSandbox } from '../helpers/sandbox.ts';
import { Team } from '../helpers/team.ts';
import { codes, foundBase, plainCommit, verify } from './registry.ts';

describe('what verify can be asked', () => {
  let sandbox: Sandbox;
  let base: Hospital;
  let h: Hospital;

  /** Event 7: Dee deploys what was not approved; 8: Bob approves discharge v1. */
  beforeAll(async () => {
    sandbox = await createSandbox();
    base = await foundBase(sandbox);
    await forgeEvent(base, base.dee, await deploymentOf(base, 5));
    await base.team.ok(base.bob, ['approve', 'discharge@1', '-m', 'Read it']);
  });
  afterAll(() => sandbox.remove());

  const start = async () => {
    h = await copyOf(base);
    return h.team;
  };
  const BOTH = ['deployment/promotion@7', 'deployment/unapproved@7'];
  const TAG = 'refs/tags/promptaudit/discharge/v1/approved/bob@acme.example';

  describe('--since', () => {
    test('leaves out what is wrong with earlier events, and says how much that is', async () => {
      await start();
      expect(await codes(h, ['--since', '7'])).toEqual(BOTH);
      const { code, report } = await verify(h, ['--since', '8']);
      expect([code, report.findings, report.since]).toEqual([0, [], { sequence: 8, earlier: 2 }]);
      expect(report.notProven).toContain(
        'what came before event 8: 2 findings there are left out, as --since asked',
      );
      expect((await verify(h)).report.since ?? null).toBeNull();
    });

    test('leaves nothing out that concerns the present', async () => {
      const team = await start();
      await plainCommit(h, { [DISCHARGE]: promptText('discharge', 'By plain git.') });
      await team.ok(h.dee, ['deploy', 'discharge@1', '-e', 'staging']);
      await team.git('update-ref', '-d', TAG);
      expect(await codes(h, ['--since', '9'])).toEqual(['approval/tag-missing@8', 'version/unregistered']);
    });

    test.each([
      ['9', 'the ledger ends at event 8: there is nothing since event 9'],
      ['0', '"0" is not a whole number of at least 1'],
      ['x', '"x" is not a whole number of at least 1'],
    ])('is refused for %s', async (since, says) => {
      const team = await start();
      const [code, said] = await team.told(undefined, ['verify', '--since', since]);
      expect(code).toBe(2);
      expect(said).toContain(says);
    });
  });

  describe('--ref', () => {
    const ELSEWHERE = 'refs/promptaudit/remotes/origin/ledger';

    test('judges another ledger by the pinned root and the mark, and moves neither', async () => {
      const team = await start();
      await team.git('update-ref', ELSEWHERE, `${LEDGER}^`);
      const before = await team.git('hash-object', '.git/promptaudit/trust.json');
      expect(await codes(h, ['--ref', ELSEWHERE])).toEqual([...BOTH, 'ledger/rollback@7']);
      const { notProven } = (await verify(h, ['--ref', ELSEWHERE])).report;
      expect(notProven).not.toContainEqual(expect.stringContaining('that event 7 is the newest'));
      await team.git('update-ref', ELSEWHERE, LEDGER);
      await team.git('update-ref', LEDGER, `${LEDGER}^`);
      const { report } = await verify(h, ['--ref', ELSEWHERE]);
      expect(report).toMatchObject({ ref: ELSEWHERE, head: { sequence: 8 } });
      expect(report.findings).toHaveLength(2);
      expect(await team.git('hash-object', '.git/promptaudit/trust.json')).toBe(before);
      await forget(h);
      await verify(h, ['--ref', ELSEWHERE, '--since', '8']);
      await expect(team.git('hash-object', '.git/promptaudit/trust.json')).rejects.toThrow();
    });

    test('does not hold what this clone alone has against it', async () => {
      const team = await start();
      await team.git('update-ref', ELSEWHERE, LEDGER);
      await team.git('update-ref', 'refs/remotes/origin/main', 'main');
      await team.git('update-ref', 'refs/promptaudit/remotes/other/ledger', LEDGER);
      await team.write(DISCHARGE, promptText('discharge', 'Newer.'));
      await team.ok(h.dan, ['commit', 'discharge', '-m', 'Newer']);
      await team.ok(h.bob, ['approve', 'discharge@2', '-m', 'Read it']);
      await forget(h);
      const { report, found } = await verify(h, ['--ref', ELSEWHERE]);
      expect(found.map(({ code }) => code).sort()).toEqual(['deployment/promotion', 'deployment/unapproved']);
      expect(report.notProven).toContain(
        `that 1 decision tag of this repository counts: ${ELSEWHERE} does not record it`,
      );
      await team.git('update-ref', 'refs/remotes/origin/main', 'main');
      expect(await codes(h, ['--ref', ELSEWHERE])).toContain('version/unregistered');
    });

    test.each([
      ['main', '--ref takes a full ref, such as refs/notes/promptaudit, not "main"'],
      [
        'refs/nothing/here',
        'there is no ref refs/nothing/here in this repository: fetch the ledger to it first',
      ],
      ['refs/bad..name', 'there is no ref refs/bad..name in this repository'],
    ])('is refused for %s', async (ref, says) => {
      const team = await start();
      for (const adapter of ['native', 'embedded'] as const) {
        const [code, said] = await team.through(adapter).told(undefined, ['verify', '--ref', ref]);
        expect(code).toBe(2);
        expect(said).toContain(says);
      }
    });

    test('finds that a ref is no ledger', async () => {
      const team = await start();
      await team.git('update-ref', 'refs/elsewhere', 'HEAD^{tree}');
      expect((await verify(h, ['--ref', 'refs/elsewhere'])).found).toMatchObject([
        { code: 'ledger/malformed', ref: 'refs/elsewhere' },
      ]);
      expect(await codes(h, ['--ref', 'refs/heads/main'])).toContain('ledger/malformed@1');
    });
  });

  describe('--format', () => {
    test.each([
      ['json', /"schema": ?"promptaudit\/verify@1"/],
      ['sarif', /"version": ?"2\.1\.0"/],
      ['junit', /<testsuites/],
      ['github', /^::error /m],
      ['text', /NOT verified/],
    ])('%s', async (format, shape) => {
      const team = await start();
      const { code, stdout } = await team.cli(undefined, ['verify', '--format', format]);
      expect(code).toBe(1);
      expect(stdout).toMatch(shape);
    });
  });

  test('events that all have one time are said to have it, not to span it', async () => {
    const team = new Team(await useSandbox(), 'native');
    await team.initRepository('--template=');
    await team.ok(await team.person('Ada'), ['init', '--name', 'acme']);
    const { notProven } = JSON.parse((await team.cli(undefined, ['--json', 'verify'])).stdout);
    expect(notProven).toContain(
      "the times, around 2026-01-05T09:01:00Z: each is what its signer's clock said; only their order is proven",
    );
  });

  test('the first look, and the next, say each what they do not prove', async () => {
    await start();
    const since = ['--since', '8'];
    expect((await verify(h, since)).report.notProven).toEqual([
      'that event 8 is the newest: nothing outside this clone vouches for that',
      "the times, from 2026-01-05T09:01:00Z to 2026-01-05T09:06:00Z: each is what its signer's clock said; only their order is proven",
      'what came before event 8: 2 findings there are left out, as --since asked',
    ]);
    await forget(h);
    const { report } = await verify(h, since);
    expect(report.notProven.slice(0, 2)).toEqual([
      `that this is the registry you mean: its root, ${report.root}, was taken as found; compare it with a colleague and give it with --root`,
      'that the ledger ends at event 8: no event was seen by this clone before, and nothing else vouches for the end',
    ]);
    await forget(h);
    expect((await verify(h, ['--root', report.root ?? ''])).report.notProven[0]).toMatch(
      /^that the ledger ends/,
    );
  });
});
