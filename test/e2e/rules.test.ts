import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ShowDocument, StatusDocument } from '../helpers/documents.ts';
import {
  activeNow,
  approvalsOf,
  copyOf,
  DISCHARGE,
  eventsOf,
  findingsOf,
  foundHospital,
  type Hospital,
  INTAKE,
  lastEvent,
  policyOf,
  promptText,
  setPolicy,
} from '../helpers/hospital.ts';
import { createSandbox, type Sandbox } from '../helpers/sandbox.ts';
import type { Person } from '../helpers/team.ts';

/** Sentence by sentence. No adapter knows them: this one starts no process for each question. */
describe('the rules of design section 1.5', () => {
  let sandbox: Sandbox;
  let base: Hospital;
  let h: Hospital;

  beforeAll(async () => {
    sandbox = await createSandbox();
    base = await foundHospital(sandbox, 'embedded');
  });
  afterAll(() => sandbox.remove());

  const start = async (): Promise<Hospital> => {
    h = await copyOf(base);
    return h;
  };
  const approve = (who: Person, ref: string, ...more: string[]) =>
    h.team.ok(who, ['approve', ref, '-m', 'Read it', ...more]);
  const deploy = (ref: string, environment: string) => h.team.ok(h.dee, ['deploy', ref, '-e', environment]);
  const refusedRollout = async (ref: string, environment: string) =>
    (await h.team.refused(h.dee, ['deploy', ref, '-e', environment])).rules;

  describe('versions', () => {
    test('the author is whoever signed the event; the commit is theirs and holds the file', async () => {
      const { team, dan } = await start();
      const event = (await eventsOf(h))[4];
      expect(event).toMatchObject({ sequence: 5, event: 'version', prompt: 'clinical-intake', version: 2 });
      expect(event?.actor).toEqual({ principal: dan.email, name: 'Dan', key: dan.publicKey });
      const shown = await team.json<ShowDocument>(undefined, ['show', 'clinical-intake']);
      expect(shown).toMatchObject({ author: dan.email, commit: event?.commit, path: INTAKE });
      expect(await team.git('log', '-1', '--format=%an %ae %cn %ce', shown.commit)).toBe(
        `Dan ${dan.email} Dan ${dan.email}`,
      );
      expect(await team.git('show', `${shown.commit}:${INTAKE}`)).toContain('Ask about allergies first.');
      expect(await team.git('log', '-1', '--format=%B', shown.commit)).toBe(
        `Allergies first\n\nThey are forgotten otherwise.\n\nPrompt: clinical-intake\nContent-Digest: ${shown.contentDigest}\n`,
      );
    });

    test('commit changes that one file and nothing else', async () => {
      const { team, dan } = await start();
      await team.write(INTAKE, promptText('clinical-intake', 'Ask about medicines.'));
      await team.write(DISCHARGE, promptText('discharge', 'Sum up the visit in plain words.'));
      await team.write('README.md', 'Prompts of the clinic\n');
      await team.git('add', 'README.md');
      await team.ok(dan, ['commit', 'clinical-intake', '-m', 'Medicines']);
      expect(await team.git('diff-tree', '-r', '--no-commit-id', '--name-only', 'HEAD')).toBe(INTAKE);
      expect(await team.git('status', '--porcelain')).toBe(`A  README.md\n M ${DISCHARGE}`);
    });

    test.each([
      [
        'a plain commit',
        [
          ['switch', '-q', 'main'],
          ['merge', '-q', '--ff-only', 'work'],
        ],
      ],
      [
        'a merge',
        [
          ['switch', '-q', 'main'],
          ['merge', '-q', '--no-ff', '-m', 'Merge', 'work'],
        ],
      ],
      [
        'a squashed merge',
        [
          ['switch', '-q', 'main'],
          ['merge', '-q', '--squash', 'work'],
          ['commit', '-q', '-m', 'Squashed'],
        ],
      ],
    ])('content that came by %s is registered by a commit without a change', async (_, steps) => {
      const { team, dan } = await start();
      await team.git('switch', '-q', '-c', 'work');
      await team.write(INTAKE, promptText('clinical-intake', 'Written with plain git.'));
      await team.git('commit', '-q', '-a', '-m', 'By plain git');
      for (const step of steps) await team.git(...step);
      const before = await team.git('rev-parse', 'HEAD');
      const status = await team.json<StatusDocument>(undefined, ['status']);
      expect(status.prompts[0]).toMatchObject({ prompt: 'clinical-intake', latest: 2, draft: 'modified' });
      await team.ok(dan, ['commit', '-m', 'Register it']);
      expect(await team.git('rev-parse', 'HEAD^')).toBe(before);
      expect(await team.git('rev-parse', 'HEAD^{tree}')).toBe(
        await team.git('rev-parse', `${before}^{tree}`),
      );
      expect(await lastEvent(h)).toMatchObject({
        event: 'version',
        version: 3,
        commit: await team.git('rev-parse', 'HEAD'),
      });
      expect(await team.git('status', '--porcelain')).toBe('');
      expect(await findingsOf(h)).toEqual([]);
    });
  });

  describe('decisions', () => {
    const bothAsk = () =>
      setPolicy(
        h,
        policyOf(h, { environments: { staging: { approvals: 1 }, production: { approvals: 1 } }, rules: [] }),
      );

    test('the latest decision that covers an environment stands; a revocation takes it back', async () => {
      const { team, bob } = await start();
      await bothAsk();
      await approve(bob, 'discharge@1');
      expect(await approvalsOf(h, 'discharge')).toEqual(['staging 1/1', 'production 1/1']);
      await team.ok(bob, ['reject', 'discharge@1', '-e', 'production', '-m', 'Not for patients']);
      expect(await approvalsOf(h, 'discharge')).toEqual(['staging 1/1', 'production 0/1']);
      await approve(bob, 'discharge@1', '-e', 'production');
      expect(await approvalsOf(h, 'discharge')).toEqual(['staging 1/1', 'production 1/1']);
      await team.ok(bob, ['revoke', 'discharge@1', '-e', 'staging', '-m', 'Wait']);
      expect(await approvalsOf(h, 'discharge')).toEqual(['staging 0/1', 'production 1/1']);
      await team.ok(bob, ['revoke', 'discharge@1', '-m', 'Changed my mind']);
      expect(await approvalsOf(h, 'discharge')).toEqual(['staging 0/1', 'production 0/1']);
      expect(
        (await team.git('for-each-ref', '--format=%(refname)', 'refs/tags/promptaudit/')).split('\n'),
      ).toEqual([
        'refs/tags/promptaudit/discharge/v1/approved/bob@acme.example',
        'refs/tags/promptaudit/discharge/v1/approved/bob@acme.example.2',
        'refs/tags/promptaudit/discharge/v1/rejected/bob@acme.example',
        'refs/tags/promptaudit/discharge/v1/revoked/bob@acme.example',
        'refs/tags/promptaudit/discharge/v1/revoked/bob@acme.example.2',
      ]);
      expect(await findingsOf(h)).toEqual([]);
    });

    test("one takes back one's own decision, an admin anyone's, nobody else another's", async () => {
      const { team, ada, bob, carol, dan } = await start();
      await approve(bob, 'discharge@1');
      await approve(carol, 'discharge@1');
      const others = ['revoke', 'discharge@1', '--of', bob.email, '-m', 'No'];
      expect((await team.refused(carol, others)).rules).toEqual(['approval/role']);
      expect((await team.refused(dan, others)).rules).toEqual(['approval/role']);
      await team.ok(ada, others);
      expect(await lastEvent(h)).toMatchObject({
        event: 'revocation',
        actor: { principal: 'ada@acme.example' },
        environments: '*',
        tag: 'refs/tags/promptaudit/discharge/v1/revoked/bob@acme.example',
      });
      expect((await team.json<ShowDocument>(undefined, ['show', 'discharge'])).decisions).toMatchObject([
        { sequence: 7, decision: 'approval', principal: bob.email, of: bob.email },
        { sequence: 8, decision: 'approval', principal: carol.email, of: carol.email },
        { sequence: 9, decision: 'revocation', principal: 'ada@acme.example', of: bob.email },
      ]);
      expect(await team.refused(bob, ['revoke', 'discharge@1', '-m', 'Mine'])).toMatchObject({ rules: [] });
      await team.ok(carol, ['revoke', 'discharge@1', '-m', 'Mine']);
      expect(await approvalsOf(h, 'discharge')).toEqual(['production 0/1']);
    });

    test('approvals count by distinct approvers, never the author', async () => {
      const { team, ada, alice, dan, bob, carol } = await start();
      const policy = policyOf(h);
      const second = await team.person('Bob2', bob.email);
      policy.principals[dan.email] = { name: 'Dan', roles: ['author', 'approver'], keys: [dan.publicKey] };
      policy.principals[bob.email] = {
        name: 'Bob',
        roles: ['approver'],
        keys: [bob.publicKey, second.publicKey],
      };
      await setPolicy(h, policy);
      const refuse = async (who: Person, ref: string) =>
        (await team.refused(who, ['approve', ref, '-m', 'Yes'])).rules;
      expect(await refuse(dan, 'clinical-intake@2')).toEqual(['approval/self']);
      expect(await refuse(alice, 'clinical-intake@2')).toEqual(['approval/role']);
      expect(await refuse(alice, 'clinical-intake@1')).toEqual(['approval/role', 'approval/self']);
      expect(await refuse(ada, 'clinical-intake@2')).toEqual(['approval/role']);
      await approve(bob, 'clinical-intake@2');
      expect(await refuse(second, 'clinical-intake@2')).toEqual([]);
      expect(await approvalsOf(h, 'clinical-intake')).toEqual(['production 1/2']);
      await approve(carol, 'clinical-intake@2');
      await approve(dan, 'clinical-intake@1');
      expect(await approvalsOf(h, 'clinical-intake')).toEqual(['production 2/2']);
      expect(await approvalsOf(h, 'clinical-intake@1')).toEqual(['production 1/2']);
    });

    test('an approver who no longer holds the role no longer counts', async () => {
      const { bob, carol, dan } = await start();
      await approve(bob, 'discharge@1');
      const policy = policyOf(h, { rules: [] });
      policy.principals[bob.email] = { name: 'Bob', roles: ['auditor'], keys: [bob.publicKey] };
      policy.principals[dan.email] = { name: 'Dan', roles: ['approver'], keys: [dan.publicKey] };
      await setPolicy(h, policy);
      expect(await approvalsOf(h, 'discharge')).toEqual(['production 0/1']);
      await deploy('discharge@1', 'staging');
      expect(await refusedRollout('discharge@1', 'production')).toEqual(['deployment/unapproved']);
      await approve(carol, 'discharge@1');
      await deploy('discharge@1', 'production');
    });

    test('where a rule lists approvers, only theirs count', async () => {
      const { team, bob, carol, dee } = await start();
      const rules = [
        {
          prompts: ['clinical-*'],
          environments: ['production'],
          approvals: 2,
          approvers: [bob.email, carol.email],
        },
      ];
      const policy = policyOf(h, { rules });
      policy.principals[dee.email] = { name: 'Dee', roles: ['approver', 'deployer'], keys: [dee.publicKey] };
      await setPolicy(h, policy);
      await deploy('clinical-intake@2', 'staging');
      await approve(dee, 'clinical-intake@2');
      await approve(bob, 'clinical-intake@2');
      expect(await approvalsOf(h, 'clinical-intake')).toEqual(['production 1/2']);
      const { reasons } = await team.refused(dee, ['deploy', 'clinical-intake@2', '-e', 'production']);
      expect(reasons.map(({ rule }) => rule)).toEqual(['deployment/unapproved']);
      expect(reasons[0]?.message).toContain('only those of bob@acme.example and carol@acme.example count');
      expect(reasons[0]?.remedy).toContain(
        'ask carol@acme.example to run: promptaudit approve clinical-intake@2 -e production',
      );
      await approve(carol, 'clinical-intake@2');
      await deploy('clinical-intake@2', 'production');
    });

    test('a standing rejection blocks deployment to what it covers', async () => {
      const { team, dee, bob, carol, dan } = await start();
      const policy = policyOf(h, { rules: [] });
      policy.principals[dan.email] = { name: 'Dan', roles: ['approver'], keys: [dan.publicKey] };
      await setPolicy(h, policy);
      await approve(bob, 'discharge@1');
      await approve(dan, 'discharge@1');
      await team.ok(carol, ['reject', 'discharge@1', '-e', 'production', '-m', 'Unsafe']);
      await deploy('discharge@1', 'staging');
      const { reasons } = await team.refused(dee, ['deploy', 'discharge@1', '-e', 'production']);
      expect(reasons).toMatchObject([
        {
          rule: 'deployment/unapproved',
          message: expect.stringContaining('rejected for production by carol@acme.example'),
        },
      ]);
      await team.ok(carol, ['revoke', 'discharge@1', '-m', 'Safe after all']);
      await deploy('discharge@1', 'production');
    });

    test('deciding twice the same is refused', async () => {
      const { team, bob } = await start();
      await approve(bob, 'discharge@1', '-e', 'staging,production');
      expect(await team.refused(bob, ['approve', 'discharge@1', '-m', 'Again'])).toMatchObject({ rules: [] });
      expect(
        await team.refused(bob, ['approve', 'discharge@1', '-e', 'staging', '-m', 'Again']),
      ).toMatchObject({ rules: [] });
      await team.ok(bob, ['reject', 'discharge@1', '-m', 'No']);
      expect(await team.refused(bob, ['reject', 'discharge@1', '-m', 'No'])).toMatchObject({ rules: [] });
      expect((await eventsOf(h)).length).toBe(8);
    });
  });

  describe('deployments', () => {
    test('a rollout needs approvals, promotion and soak; all that is unmet is told at once', async () => {
      const { team, bob, dee, alice } = await start();
      const production = { approvals: 1, promoteFrom: 'staging', soak: '1h' };
      await setPolicy(h, policyOf(h, { environments: { staging: {}, production } }));
      expect((await team.refused(alice, ['deploy', 'discharge@1', '-e', 'production'])).rules).toEqual([
        'signature/role',
        'deployment/unapproved',
        'deployment/promotion',
      ]);
      await deploy('discharge@1', 'staging');
      const staged = team.clock;
      expect(await refusedRollout('discharge@1', 'production')).toEqual([
        'deployment/unapproved',
        'deployment/soak',
      ]);
      await approve(bob, 'discharge@1');
      team.clock = staged + 3600 - 60 - 1;
      expect(await refusedRollout('discharge@1', 'production')).toEqual(['deployment/soak']);
      team.clock = staged + 3600 - 60;
      await team.ok(dee, [
        'deploy',
        'discharge@1',
        '-e',
        'production',
        '-m',
        'Evening rollout',
        '--reference',
        'CAB-1',
      ]);
      expect(await lastEvent(h)).toMatchObject({
        event: 'deployment',
        kind: 'rollout',
        environment: 'production',
        replaces: null,
        reference: 'CAB-1',
        reason: 'Evening rollout',
      });
      expect(await findingsOf(h)).toEqual([]);
    });

    test('it is this exact version that must have been there', async () => {
      const { team, alice, bob } = await start();
      await deploy('discharge@1', 'staging');
      await team.write(DISCHARGE, promptText('discharge', 'Sum up the visit in plain words.'));
      await team.ok(alice, ['commit', '-m', 'Plain words']);
      await approve(bob, 'discharge@2');
      expect(await refusedRollout('discharge@2', 'production')).toEqual(['deployment/promotion']);
    });

    test('with separateDeployer whoever deploys neither wrote nor approved it', async () => {
      const { team, bob, carol, dee, alice } = await start();
      const policy = policyOf(h, {
        environments: { production: { approvals: 1, separateDeployer: true } },
        rules: [],
      });
      policy.principals[alice.email] = {
        name: 'Alice',
        roles: ['author', 'deployer'],
        keys: [alice.publicKey],
      };
      policy.principals[bob.email] = { name: 'Bob', roles: ['approver', 'deployer'], keys: [bob.publicKey] };
      await setPolicy(h, policy);
      await approve(bob, 'discharge@1');
      await approve(carol, 'discharge@1');
      for (const who of [alice, bob]) {
        expect((await team.refused(who, ['deploy', 'discharge@1', '-e', 'production'])).rules).toEqual([
          'deployment/separation',
        ]);
      }
      await team.ok(dee, ['deploy', 'discharge@1', '-e', 'production']);
    });

    test('deploying what is active already is refused', async () => {
      await start();
      await deploy('discharge@1', 'staging');
      expect(await refusedRollout('discharge@1', 'staging')).toEqual(['deployment/replaces']);
    });

    test('a policy that changes later changes nothing that happened before', async () => {
      const { bob } = await start();
      await deploy('discharge@1', 'staging');
      await approve(bob, 'discharge@1');
      await deploy('discharge@1', 'production');
      await setPolicy(
        h,
        policyOf(h, { environments: { staging: { approvals: 2 }, production: { approvals: 2 } } }),
      );
      expect(await findingsOf(h)).toEqual([]);
      expect(await activeNow(h)).toEqual(['discharge v1 in staging', 'discharge v1 in production']);
      expect(await refusedRollout('clinical-intake@2', 'staging')).toEqual(['deployment/unapproved']);
    });
  });

  describe('rollbacks', () => {
    /** v1 and then v2 of the intake in production; staging has v2. */
    const twoInProduction = async () => {
      const { bob, carol } = await start();
      for (const version of [1, 2]) {
        await deploy(`clinical-intake@${version}`, 'staging');
        await approve(bob, `clinical-intake@${version}`);
        await approve(carol, `clinical-intake@${version}`);
        await deploy(`clinical-intake@${version}`, 'production');
      }
      return h;
    };

    test('goes by default to the version that the current one replaced, which need not be promoted again', async () => {
      const { team, dee } = await twoInProduction();
      await team.ok(dee, ['withdraw', 'clinical-intake', '-e', 'staging']);
      await team.ok(dee, ['rollback', 'clinical-intake', '-e', 'production', '-m', 'Wrong answers']);
      expect(await lastEvent(h)).toMatchObject({
        event: 'deployment',
        kind: 'rollback',
        version: 1,
        replaces: 2,
        reason: 'Wrong answers',
      });
      expect(await activeNow(h)).toEqual(['clinical-intake v1 in production']);
      await team.ok(dee, ['rollback', 'clinical-intake', '-e', 'production']);
      expect(await activeNow(h)).toEqual(['clinical-intake v2 in production']);
      await team.ok(dee, ['rollback', 'clinical-intake', '-e', 'production', '--to', '1']);
      expect(await activeNow(h)).toEqual(['clinical-intake v1 in production']);
      expect(await findingsOf(h)).toEqual([]);
    });

    test('goes only to what was active there, whose approvals still stand', async () => {
      const { team, dee, bob, dan } = await twoInProduction();
      await team.write(INTAKE, promptText('clinical-intake', 'Ask about medicines.'));
      await team.ok(dan, ['commit', '-m', 'Medicines']);
      const back = (...args: string[]) =>
        team.refused(dee, ['rollback', 'clinical-intake', '-e', 'production', ...args]);
      expect((await back('--to', '3')).rules).toEqual(['deployment/promotion', 'deployment/unapproved']);
      expect((await back('--to', '2')).rules).toEqual(['deployment/replaces']);
      await team.ok(bob, ['revoke', 'clinical-intake@1', '-m', 'It was wrong']);
      expect((await back()).rules).toEqual(['deployment/unapproved']);
      expect((await team.refused(dan, ['rollback', 'clinical-intake', '-e', 'production'])).rules).toEqual([
        'signature/role',
        'deployment/unapproved',
      ]);
    });

    test('has nowhere to go from a first version, and nothing to roll back where nothing is active', async () => {
      const { team, dee } = await start();
      expect(await team.refused(dee, ['rollback', 'discharge', '-e', 'staging'])).toMatchObject({
        rules: [],
      });
      await deploy('discharge@1', 'staging');
      expect((await team.refused(dee, ['rollback', 'discharge', '-e', 'staging'])).message).toContain(
        'promptaudit withdraw',
      );
    });
  });

  describe('emergencies', () => {
    const emergency = ['deploy', 'clinical-intake@2', '-e', 'production', '--emergency'];

    test('are open to the roles that the policy names, need a reason, and waive the rest', async () => {
      const { team, ada, dee } = await start();
      expect((await team.refused(dee, [...emergency, '-m', 'Now'])).rules).toEqual(['signature/role']);
      expect((await team.refused(ada, emergency)).rules).toEqual(['deployment/unapproved']);
      await team.ok(ada, [...emergency, '-m', 'Patients are misled']);
      expect(await lastEvent(h)).toMatchObject({
        event: 'deployment',
        kind: 'emergency',
        reason: 'Patients are misled',
      });
      expect(await activeNow(h)).toEqual(['clinical-intake v2 in production']);
    });

    test('are shown as such everywhere', async () => {
      const { team, ada } = await start();
      expect(await team.ok(ada, [...emergency, '-m', 'Now'])).toMatch(/emergency/i);
      for (const args of [
        ['log', '-n', '1'],
        ['show', 'clinical-intake@2'],
        ['active'],
        ['list'],
        ['status'],
      ]) {
        expect(await team.ok(undefined, args), args.join(' ')).toMatch(/emergency/i);
      }
    });

    test('wait for a review although there is a newer version, and where no approval is asked for', async () => {
      const { team, ada, bob, dan } = await start();
      await team.ok(ada, [...emergency, '-m', 'Now']);
      await team.ok(ada, ['deploy', 'clinical-intake@1', '-e', 'staging', '--emergency', '-m', 'Now']);
      await team.write(INTAKE, promptText('clinical-intake', 'Ask about medicines.'));
      await team.ok(dan, ['commit', '-m', 'Medicines']);
      const waiting = async () =>
        (await team.json<{ waiting: object[] }>(bob, ['review', 'clinical-intake'])).waiting;
      const there = (environment: string, need: number) => ({
        approvals: [{ environment, have: 0, need }],
        emergencies: [environment],
      });
      expect(await waiting()).toMatchObject([
        { version: 3, emergencies: [] },
        { version: 2, ...there('production', 2) },
        { version: 1, ...there('staging', 1) },
      ]);
      await approve(bob, 'clinical-intake@2');
      expect(await waiting()).toMatchObject([{ version: 3 }, { version: 1 }]);
    });

    test('must be approved afterwards, in time', async () => {
      const { team, ada, bob, carol } = await start();
      await team.ok(ada, [...emergency, '-m', 'Now']);
      const deployed = team.clock;
      await approve(bob, 'clinical-intake@2');
      team.clock = deployed + 86_400 - 60;
      expect(await findingsOf(h)).toEqual([]);
      team.clock = deployed + 86_400;
      expect(await findingsOf(h)).toEqual(['deployment/unreviewed-emergency@7']);
      await approve(carol, 'clinical-intake@2');
      expect(await findingsOf(h)).toEqual(['deployment/unreviewed-emergency@7']);
    });

    test('are not reviewed by what was approved before', async () => {
      const { team, ada, bob, carol } = await start();
      for (const who of [bob, carol]) await approve(who, 'clinical-intake@2');
      await team.ok(ada, [...emergency, '-m', 'It cannot wait for staging']);
      const { waiting } = await team.json<{ waiting: object[] }>(bob, ['review', 'clinical-intake']);
      expect(waiting).toMatchObject([
        { version: 2, approvals: [{ environment: 'production', have: 0, need: 2 }] },
      ]);
      for (const who of [bob, carol]) await approve(who, 'clinical-intake@2', '-e', 'production');
      expect(await team.refused(bob, ['approve', 'clinical-intake@2', '-m', 'Again'])).toMatchObject({
        rules: [],
      });
      team.clock += 30 * 86_400;
      expect(await findingsOf(h)).toEqual([]);
    });

    test('that are approved in time are none to speak of', async () => {
      const { team, ada, bob, carol } = await start();
      await team.ok(ada, [...emergency, '-m', 'Now']);
      await approve(bob, 'clinical-intake@2');
      await approve(carol, 'clinical-intake@2');
      team.clock += 30 * 86_400;
      expect(await findingsOf(h)).toEqual([]);
    });
  });

  describe('what is active', () => {
    test('is what the last deployment or withdrawal that took effect says', async () => {
      const { team, dee } = await start();
      await deploy('discharge@1', 'staging');
      await deploy('clinical-intake@1', 'staging');
      await deploy('clinical-intake@2', 'staging');
      expect(await activeNow(h)).toEqual(['clinical-intake v2 in staging', 'discharge v1 in staging']);
      await team.ok(dee, [
        'withdraw',
        'clinical-intake',
        '-e',
        'staging',
        '-m',
        'Not ready',
        '--reference',
        'CAB-2',
      ]);
      expect(await lastEvent(h)).toMatchObject({
        event: 'withdrawal',
        version: 2,
        environment: 'staging',
        reference: 'CAB-2',
      });
      expect(await activeNow(h)).toEqual(['discharge v1 in staging']);
      expect(await team.refused(dee, ['withdraw', 'clinical-intake', '-e', 'staging'])).toMatchObject({
        rules: [],
      });
      expect((await team.refused(h.bob, ['withdraw', 'discharge', '-e', 'staging'])).rules).toEqual([
        'signature/role',
      ]);
      await deploy('clinical-intake@2', 'staging');
      expect(await activeNow(h, '-e', 'staging')).toEqual([
        'clinical-intake v2 in staging',
        'discharge v1 in staging',
      ]);
      expect(await activeNow(h, '-e', 'production')).toEqual([]);
      expect(await findingsOf(h)).toEqual([]);
    });
  });
});
