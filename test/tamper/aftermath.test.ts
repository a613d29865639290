import { describe, expect, test } from 'vitest';
import type { Oid } from '../../src/git/object.ts';
import { deploymentOf, forgeEvent, LEDGER, versionAt } from '../helpers/forge.ts';
import {
  activeNow,
  approvalsOf,
  DISCHARGE,
  type Hospital,
  lastEvent,
  policyOf,
  promptText,
  setPolicy,
} from '../helpers/hospital.ts';
import { ADAPTERS, type Adapter } from '../helpers/team.ts';
import { tamperScene, verdictOf } from './attack.ts';
import { draftPolicy } from './drafts.ts';
import { bodyOf, keep, NO_DIGEST, withNameTwice } from './workbench.ts';

const scene = tamperScene();

/** How people work on in a registry that somebody tampered with: what was wrong stays a finding, and does no more harm. */
describe('after an attack', () => {
  let h: Hospital;
  const start = async (adapter?: Adapter): Promise<Hospital> => {
    h = await scene.copy(adapter);
    return h;
  };
  const findings = async () => (await verdictOf(h, h.team.adapter)).expected;
  const notes = (commit: string) => h.team.git('notes', '--ref=promptaudit', 'show', commit);

  test.each(ADAPTERS)(
    'a forged note counts for nothing, and the next event, by %s, puts the notes right',
    async (adapter) => {
      const { team, dan, bob, carol, dee } = await start(adapter);
      const { commit } = await versionAt(h, 5);
      const approval = 'approve clinical-intake v2 for every environment';
      await team.git('notes', '--ref=promptaudit', 'add', '-f', '-m', approval, commit);
      const found = ['ledger/malformed@10', 'ledger/tree@10', 'signature/missing@10'];
      expect(await findings()).toEqual(found);
      expect(await lastEvent(h)).toMatchObject({ sequence: 10, event: null, verified: false, actor: null });
      expect(await approvalsOf(h, 'clinical-intake')).toEqual(['production 0/2']);
      expect(await notes(commit)).toBe(approval);

      await team.ok(bob, ['approve', 'clinical-intake@2', '-m', 'Read it']);
      const note = await notes(commit);
      expect(note).toMatch(/^2026-01-05T09:04:00Z dan@acme\.example\ncommit clinical-intake v2\n/);
      expect(note).toMatch(
        /\n\n[-0-9TZ:]+ bob@acme\.example\napprove clinical-intake v2 for every environment\n/,
      );
      await team.ok(carol, ['approve', 'clinical-intake@2', '-m', 'Read it']);
      await team.write(DISCHARGE, promptText('discharge', 'Shorter.'));
      await team.ok(dan, ['commit', '-m', 'Shorter']);
      await team.ok(dee, ['deploy', 'clinical-intake@2', '-e', 'staging']);
      await team.ok(dee, ['withdraw', 'discharge', '-e', 'staging']);
      await setPolicy(h, policyOf(h, { rules: [] }));
      expect(await findings()).toEqual(found);
      expect(await approvalsOf(h, 'clinical-intake')).toEqual(['production 2/1']);
    },
  );

  test.each(ADAPTERS)(
    'an unsigned event with other notes than the events say: the next one, by %s, makes them again',
    async (adapter) => {
      const { team, dee } = await start(adapter);
      const { commit } = await versionAt(h, 6);
      const body = await bodyOf(h, LEDGER);
      const message = body.slice(body.indexOf('\n\n') + 2).replace('Sequence: 9', 'Sequence: 10');
      const made = await team.git('commit-tree', `${commit}^{tree}`, '-p', LEDGER, '-m', message.trimEnd());
      await team.git('update-ref', LEDGER, made);
      const found = ['ledger/previous@10', 'ledger/tree@10', 'signature/missing@10'];
      expect(await findings()).toEqual(found);
      await team.ok(dee, ['withdraw', 'discharge', '-e', 'production']);
      expect(await notes(commit)).toMatch(/\nwithdraw discharge v1 from production\n/);
      expect(await findings()).toEqual(found);
    },
  );

  test.each(ADAPTERS)(
    'a deployment without approvals stays in the ledger, and has no effect, by %s',
    async (adapter) => {
      const { team, dee, bob, carol } = await start(adapter);
      await forgeEvent(h, dee, await deploymentOf(h, 5), { reason: 'Trust me' });
      const found = ['deployment/promotion@10', 'deployment/unapproved@10'];
      expect(await findings()).toEqual(found);
      expect(await lastEvent(h)).toMatchObject({
        sequence: 10,
        event: 'deployment',
        verified: true,
        actor: { principal: dee.email },
        reason: 'Trust me',
        findings: ['deployment/unapproved', 'deployment/promotion'],
      });
      await team.ok(dee, ['deploy', 'clinical-intake@2', '-e', 'staging']);
      for (const who of [bob, carol]) await team.ok(who, ['approve', 'clinical-intake@2', '-m', 'Read it']);
      await team.ok(dee, ['deploy', 'clinical-intake@2', '-e', 'production']);
      expect(await lastEvent(h)).toMatchObject({ sequence: 14, replaces: null, findings: [] });
      expect(await activeNow(h, '-e', 'production')).toEqual([
        'clinical-intake v2 in production',
        'discharge v1 in production',
      ]);
      expect(await findings()).toEqual(found);
    },
  );

  test.each([
    ['for another registry', { registry: 'ffffffff-0000-4000-8000-000000000001' }, 'ledger/registry@10'],
    ['with a wrong Previous', { head: { digest: NO_DIGEST } }, 'ledger/previous@10'],
    ['with a number left out', { head: { sequence: 10 } }, 'ledger/sequence@10'],
    [
      'with edited notes',
      { head: { tree: '4b825dc642cb6eb9a060e54bf8d69288fbee4904' as Oid } },
      'ledger/tree@10',
    ],
    ['under another policy', { policy: 1 }, 'policy/number@10'],
    ['from long ago', { late: -3600 }, 'ledger/time@10'],
  ])('the ledger goes on above an event %s', async (_, forgery, found) => {
    const { team, dee } = await start();
    await forgeEvent(h, dee, await deploymentOf(h, 4, { environment: 'staging' }), forgery);
    await team.ok(dee, ['withdraw', 'discharge', '-e', 'staging']);
    expect(await findings()).toEqual([found]);
    expect(await activeNow(h, '-e', 'staging')).toEqual([]);
    expect(await team.git('fsck', '--strict', '--full', '--no-progress', '--no-dangling')).toBe('');
  });

  test('a policy that does not count leaves its number to the next', async () => {
    const { team, dan } = await start();
    const policy = policyOf(h);
    policy.principals[dan.email] = { name: 'Dan', roles: ['author', 'admin'], keys: [dan.publicKey] };
    const detail = await draftPolicy(h, dan, JSON.stringify(policy));
    await forgeEvent(h, dan, detail, { subject: detail.commit });
    expect(await team.json(dan, ['whoami'])).toMatchObject({ roles: ['author'] });
    expect(await team.json(undefined, ['policy', 'show'])).toMatchObject({ version: 2 });
    await setPolicy(h, policyOf(h, { rules: [] }));
    expect(await team.json(undefined, ['policy', 'show'])).toMatchObject({ version: 3, sequence: 11 });
    expect(await findings()).toEqual(['signature/role@10']);
  });

  test.each([
    ['deleted', ['-d']],
    ['moved', ['HEAD']],
  ])('an approval tag that was %s is put back by doctor --repair', async (_, [to = '']) => {
    const { team, dee } = await start();
    const tag = 'refs/tags/promptaudit/discharge/v1/approved/bob@acme.example';
    const before = await team.git('rev-parse', tag);
    await team.git('update-ref', ...(to === '-d' ? ['-d', tag] : [tag, to]));
    expect(await findings()).toHaveLength(1);
    await team.cli(dee, ['doctor', '--repair']);
    expect(await team.git('rev-parse', tag)).toBe(before);
    expect(await findings()).toEqual([]);
  });

  test.each(ADAPTERS)(
    'a name that is both a file’s and a folder’s on the branch is named, and goes with git, by %s',
    async (adapter) => {
      const { team, dan } = await start(adapter);
      const tree = await withNameTwice(h, 'HEAD^{tree}');
      await team.git('reset', '-q', await team.git('commit-tree', tree, '-p', 'HEAD', '-m', 'Twice'));
      await team.write(DISCHARGE, promptText('discharge', 'Shorter.'));
      const told = `in the tree ${tree}, the name "-" is both a file's and a folder's, so that nothing can be committed to it`;
      const remedy = 'put it right with git rm or git mv, and commit that';
      expect(await team.told(dan, ['commit', '-m', 'Shorter'])).toEqual([
        2,
        `promptaudit: ${told}: ${remedy}`,
      ]);
      await team.git('rm', '-q', '--cached', '--ignore-unmatch', '--', '-');
      await team.git('commit', '-q', '--allow-empty', '-m', 'Once');
      await team.ok(dan, ['commit', '-m', 'Shorter']);
      expect(await findings()).toEqual([]);
    },
  );

  test.each(ADAPTERS)(
    'nothing is written behind a commit that names nobody, and %s says why',
    async (adapter) => {
      const { team, bob } = await start(adapter);
      const body = await bodyOf(h, LEDGER);
      const before = await team.git('rev-parse', LEDGER);
      const moved = body.replace(/^parent .*$/m, `parent ${before}`);
      const made = await keep(h, moved.replace(/^committer (.*) \+0000$/m, 'committer $1 UTC'));
      await team.git('update-ref', LEDGER, made);

      const { findings } = await verdictOf(h, adapter);
      const why = 'event 10, cannot be read: it has no well-formed committer line';
      expect(findings).toMatchObject([
        { code: 'object/corrupt', sequence: 10, message: expect.stringContaining(why) },
      ]);
      const { code, stderr } = await team.cli(bob, ['approve', 'clinical-intake@2', '-m', 'Read it']);
      expect(code).toBe(2);
      expect(stderr).toContain(`${why}, so that nothing can be written behind it: no clone has another`);
      expect(await team.git('rev-parse', LEDGER)).toBe(made);
    },
  );
});
