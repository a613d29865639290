import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { LogDocument } from '../helpers/documents.ts';
import {
  activeNow,
  approvalsOf,
  copyOf,
  eventsOf,
  findingsOf,
  foundHospital,
  type Hospital,
  lastEvent,
  POLICY_FILE,
  type PolicyFile,
  policyOf,
  setPolicy,
} from '../helpers/hospital.ts';
import { createSandbox, type Sandbox } from '../helpers/sandbox.ts';
import { type Person, Team } from '../helpers/team.ts';

/** No adapter knows what it says: this one starts no process for each question. */
describe('the policy', () => {
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
  const shown = (...version: string[]) =>
    h.team.json<{
      version: number;
      state: string;
      inForceFrom: number | null;
      supporters: string[];
      policy: PolicyFile;
    }>(undefined, ['policy', 'show', ...version]);

  describe('policy add and commit', () => {
    let team: Team;
    let ada: Person;
    let bob: Person;
    beforeAll(async () => {
      team = new Team(sandbox, 'embedded', join(sandbox.dir, 'edited'));
      ada = base.ada;
      bob = base.bob;
      await team.initRepository();
      await team.ok(ada, ['init', '--name', 'edited']);
    });
    const text = () => readFile(join(team.repo, POLICY_FILE), 'utf8');

    test('edit the file as it is laid out, and put it to the ledger', async () => {
      const before = (await text()).split('\n');
      await team.ok(ada, [
        'policy',
        'add',
        bob.email,
        '--name',
        'Bob Rao',
        '--role',
        'approver',
        '--key',
        `${bob.key}.pub`,
      ]);
      const after = (await text()).split('\n');
      expect(before.filter((line) => !after.includes(line))).toEqual([]);
      expect((await team.refused(bob, ['whoami'])).rules).toEqual(['signature/unknown-key']);
      expect((await team.cli(ada, ['policy', 'check'])).code).toBe(0);
      await team.ok(ada, ['policy', 'commit', '-m', 'Bob approves', '-m', 'From today']);
      expect(await team.json(bob, ['whoami'])).toMatchObject({
        principal: bob.email,
        name: 'Bob Rao',
        roles: ['approver'],
        key: bob.publicKey,
      });
      expect(await team.git('diff-tree', '-r', '--no-commit-id', '--name-status', 'HEAD')).toBe(
        `M\t${POLICY_FILE}`,
      );
      expect(await team.git('status', '--porcelain')).toBe('');
      expect(await readFile(join(team.repo, '.git/promptaudit/allowed_signers'), 'utf8')).toBe(
        `${ada.email} namespaces="git" ${ada.publicKey}\n${bob.email} namespaces="git" ${bob.publicKey}\n`,
      );
    });

    test('give somebody who is there a further role, and say when that changes nothing', async () => {
      await team.ok(ada, ['policy', 'add', bob.email, '--role', 'deployer,approver']);
      expect((await team.refused(ada, ['policy', 'add', bob.email, '--role', 'deployer'])).message).toContain(
        'says that already',
      );
      await team.ok(ada, ['policy', 'commit', '-m', 'Bob deploys too']);
      expect(await team.json(bob, ['whoami'])).toMatchObject({ roles: ['approver', 'deployer'] });
      expect((await team.refused(ada, ['policy', 'commit', '-m', 'Again'])).message).toContain(
        'nothing to commit',
      );
    });

    test('show all that the policy says', async () => {
      const before = await text();
      const more = 'retention:\n  calls: 400d\n  content: 30d\n';
      await team.write(POLICY_FILE, `${before}ledgerBranch: mirror\n${more}`);
      await team.ok(ada, ['policy', 'commit', '-m', 'Keep calls for 400 days']);
      const told = await team.ok(ada, ['policy', 'show']);
      expect(told.slice(told.indexOf('emergencies'))).toBe(
        [
          'emergencies by admin, to be reviewed within 1d',
          'a new policy needs 1 admin',
          'protected branches: main',
          'the ledger is mirrored to mirror',
          'records are kept: calls for 400d, content for 30d, the rest for ever',
          '',
        ].join('\n'),
      );
      await team.write(POLICY_FILE, before);
      await team.ok(ada, ['policy', 'commit', '-m', 'As before']);
      expect(await team.ok(ada, ['policy', 'show'])).not.toContain('kept');
    });

    test('refuse a key that is somebody else’s, and whoever is no admin', async () => {
      const taken = await team.told(ada, ['policy', 'add', ada.email, '--key', bob.publicKey]);
      expect(taken).toEqual([2, expect.stringContaining(`belongs to ${bob.email} already`)]);
      await team.ok(ada, ['policy', 'add', bob.email, '--role', 'admin']);
      expect((await team.refused(bob, ['policy', 'commit', '-m', 'Me too'])).rules).toEqual([
        'signature/role',
      ]);
      await team.git('checkout', '-q', POLICY_FILE);
    });
  });

  describe('with adminThreshold 2', () => {
    let eve: Person;
    /** Policy v3: two admins, both needed. */
    const twoAdmins = async () => {
      await start();
      eve = await h.team.person('Eve');
      await setPolicy(h, withEve(policyOf(h, { adminThreshold: 2 })));
    };
    const withEve = (policy: PolicyFile): PolicyFile => {
      policy.principals[eve.email] = { name: 'Eve', roles: ['admin'], keys: [eve.publicKey] };
      return policy;
    };
    const propose = async (by: Person) => {
      const policy = withEve(policyOf(h, { adminThreshold: 2, rules: [] }));
      await h.team.write(POLICY_FILE, JSON.stringify(policy));
      return h.team.told(by, ['policy', 'commit', '-m', 'One approval is enough']);
    };

    test('a policy waits for the second admin, and is in force from that approval on', async () => {
      await twoAdmins();
      const { team, ada, bob, dan } = h;
      expect(await shown()).toMatchObject({ version: 3, inForceFrom: 7 });
      const proposed = await propose(ada);
      expect(proposed).toEqual([
        0,
        expect.stringContaining('policy v4 is not in force yet: 1 more admin must run'),
      ]);
      expect(await shown()).toMatchObject({ version: 3, state: 'in force' });
      expect(await shown('4')).toMatchObject({
        state: 'not in force',
        inForceFrom: null,
        supporters: [ada.email],
      });
      expect(await approvalsOf(h, 'clinical-intake')).toEqual(['production 0/2']);
      const review = (who: Person) => team.json<{ policies: object[] }>(who, ['review']);
      expect(await review(eve)).toMatchObject({
        policies: [
          { version: 4, sequence: 8, author: ada.email, approvals: { have: 1, need: 2 }, against: 3 },
        ],
      });
      expect((await review(ada)).policies).toEqual([]);
      expect((await review(bob)).policies).toEqual([]);
      const status = async () => {
        const { code, stderr } = await team.cli(undefined, ['status']);
        expect(code).toBe(0);
        return stderr.replace(/\s+/g, ' ');
      };
      const asked =
        'policy v4 is not in force yet: 1 more admin must run promptaudit approve policy@4 -m "…" ';
      expect(await status()).toBe(asked);
      await team.write(POLICY_FILE, JSON.stringify(policyOf(h, { adminThreshold: 1 })));
      expect(await status()).toBe(
        `${POLICY_FILE} is edited and not in force: run promptaudit policy commit -m "…" ${asked}`,
      );
      expect(await team.json(undefined, ['status'])).toMatchObject({
        policy: { inForce: 3, newest: 4, draft: 'modified' },
      });
      await team.git('checkout', '-q', 'HEAD~1', '--', POLICY_FILE);
      expect(await status()).toBe(asked);
      await team.git('checkout', '-q', 'HEAD', '--', POLICY_FILE);
      const only = await team.json(eve, ['review', 'policy']);
      expect(only).toMatchObject({ waiting: [], policies: [{ version: 4 }] });

      const approve = ['approve', 'policy@4', '-m', 'We are too slow'];
      expect((await team.refused(ada, approve)).rules).toEqual(['approval/self']);
      expect((await team.refused(bob, approve)).rules).toEqual(['approval/role']);
      await team.ok(eve, approve);
      expect((await review(eve)).policies).toEqual([]);
      expect(await lastEvent(h)).toMatchObject({
        sequence: 9,
        event: 'approval',
        prompt: 'policy',
        version: 4,
        environments: '*',
        policy: 3,
        tag: 'refs/tags/promptaudit/policy/v4/approved/eve@acme.example',
      });
      expect(await shown()).toMatchObject({
        version: 4,
        state: 'in force',
        inForceFrom: 9,
        supporters: [ada.email, eve.email],
      });
      expect(await shown('3')).toMatchObject({ state: 'superseded' });
      expect((await team.ok(ada, ['policy', 'show'])).split('\n\n')[0]?.replace(/\s+/g, ' ')).toBe(
        'policy v4 of acme-clinical, in force, put forward by event 8, accepted by event 9',
      );
      const logged = async (subject: string) =>
        (await team.json<LogDocument>(ada, ['log', subject])).events.map(({ sequence }) => sequence);
      expect(await logged('policy')).toEqual([9, 8, 7, 3, 2]);
      expect(await logged('policy@4')).toEqual([9, 8]);
      expect(await team.told(ada, ['log', 'policy@5'])).toEqual([
        2,
        expect.stringContaining('there is no policy v5: the newest is v4'),
      ]);
      expect(await approvalsOf(h, 'clinical-intake')).toEqual(['production 0/1']);
      await team.write(
        'prompts/triage.prompt.yml',
        'name: triage\nmodel: m\nmessages:\n  - role: user\n    content: How urgent?\n',
      );
      await team.ok(dan, ['commit', 'triage', '-m', 'Triage']);
      expect(await lastEvent(h)).toMatchObject({ sequence: 10, policy: 4 });
      expect(await findingsOf(h)).toEqual([]);
    });

    test('an admin’s rejection keeps it out, and its revocation lets it in', async () => {
      await twoAdmins();
      const { team, ada, dan } = h;
      const carl = await team.person('Carl');
      const three = withEve(policyOf(h, { adminThreshold: 2 }));
      three.principals[carl.email] = { name: 'Carl', roles: ['admin'], keys: [carl.publicKey] };
      await team.write(POLICY_FILE, JSON.stringify(three));
      await team.ok(ada, ['policy', 'commit', '-m', 'A third admin']);
      await team.ok(eve, ['approve', 'policy', '-m', 'Yes']);
      await propose(eve);
      await team.ok(ada, ['reject', 'policy@5', '-m', 'Two approvals are needed']);
      expect((await team.cli(undefined, ['status'])).stderr).toContain(
        'policy v5 is not in force: ada@acme.example rejected it',
      );
      await team.ok(carl, ['approve', 'policy@5', '-m', 'Fine']);
      expect(await shown()).toMatchObject({ version: 4 });
      expect((await team.refused(dan, ['revoke', 'policy@5', '--of', ada.email, '-m', 'x'])).rules).toEqual([
        'approval/role',
      ]);
      await team.ok(ada, ['revoke', 'policy@5', '-m', 'One is enough after all']);
      expect(await shown()).toMatchObject({ version: 5, inForceFrom: 13 });
      expect(await findingsOf(h)).toEqual([]);
    });

    test('one that was overtaken never comes into force', async () => {
      await twoAdmins();
      const { team, ada } = h;
      await propose(ada);
      await team.write(POLICY_FILE, JSON.stringify(withEve(policyOf(h, { adminThreshold: 1 }))));
      await team.ok(ada, ['policy', 'commit', '-m', 'One admin is enough']);
      await team.ok(eve, ['approve', 'policy@5', '-m', 'Yes']);
      expect(await shown()).toMatchObject({ version: 5, inForceFrom: 10 });
      await team.cli(eve, ['approve', 'policy@4', '-m', 'Too late']);
      expect(await shown()).toMatchObject({ version: 5, state: 'in force' });
      expect(await shown('4')).toMatchObject({ inForceFrom: null });
    });
  });

  test('a branch that holds the prompts cannot mirror the ledger, which would look rewritten', async () => {
    const { team, ada } = await start();
    await team.write(POLICY_FILE, JSON.stringify({ ...policyOf(h), ledgerBranch: 'main' }));
    const [code, said] = await team.told(ada, ['policy', 'commit', '-m', 'Mirror the ledger']);
    expect([code, said]).toEqual([2, expect.stringContaining('cannot mirror the ledger: name another')]);
    expect(await findingsOf(h)).toEqual([]);
  });

  describe('policy revoke-key', () => {
    /** Events 7 and 8: Bob and Carol approve the discharge prompt; 9 and 10: it goes to staging and production. */
    const released = async () => {
      const { team, bob, carol, dee } = await start();
      await team.ok(bob, ['approve', 'discharge@1', '-m', 'Read it']);
      await team.ok(carol, ['approve', 'clinical-intake@2', '-m', 'Read it']);
      await team.ok(dee, ['deploy', 'discharge@1', '-e', 'staging']);
      await team.ok(dee, ['deploy', 'discharge@1', '-e', 'production']);
      return h;
    };

    test('from the next event on: what the key signed before still counts', async () => {
      const { team, ada, bob } = await released();
      await team.ok(ada, ['policy', 'revoke-key', bob.publicKey]);
      const { code, stderr } = await team.cli(ada, ['policy', 'commit', '-m', 'Bob lost his laptop']);
      expect([code, stderr]).toEqual([0, expect.not.stringContaining('will not count')]);
      const { policy } = await shown();
      expect(policy).toMatchObject({
        keys: expect.arrayContaining([expect.objectContaining({ id: bob.publicKey, revokedFrom: 11 })]),
      });
      expect((await team.refused(bob, ['approve', 'clinical-intake@2', '-m', 'Read it'])).rules).toEqual([
        'signature/revoked',
      ]);
      expect(await activeNow(h)).toEqual(['discharge v1 in staging', 'discharge v1 in production']);
      expect(await approvalsOf(h, 'discharge')).toEqual(['production 1/1']);
      expect(await findingsOf(h)).toEqual([]);
    });

    test('from an earlier event on: nothing that it signed there or later counts, nor what rests on that', async () => {
      const { team, ada, bob } = await released();
      const [, fingerprint = ''] = (await sandbox.ok('ssh-keygen', ['-l', '-f', `${bob.key}.pub`])).split(
        ' ',
      );
      await team.ok(ada, ['policy', 'revoke-key', fingerprint, '--from', '7']);
      const told = `warning: event 7, signed with a key that this policy revokes for the past, will not count once it is in force, nor will what rests on that\n`;
      const commit = ['policy', 'commit', '-m', 'The key was stolen before the approval'];
      expect((await team.cli(ada, [...commit, '--dry-run'])).stderr).toContain(told);
      expect(await findingsOf(h)).toEqual([]);
      expect(await team.cli(ada, commit)).toMatchObject({
        code: 0,
        stderr: expect.stringContaining(told),
      });
      const found = ['signature/revoked@7', 'deployment/unapproved@10'];
      expect(await findingsOf(h)).toEqual(found);
      expect(await activeNow(h)).toEqual(['discharge v1 in staging']);
      expect(await activeNow(h, '--at', '2026-01-05T09:09:00Z')).toEqual(['discharge v1 in staging']);
      expect(await approvalsOf(h, 'discharge')).toEqual(['production 0/1']);
      const events = await eventsOf(h);
      expect(events[6]).toMatchObject({
        sequence: 7,
        verified: false,
        actor: null,
        findings: ['signature/revoked'],
      });
      expect(events[9]).toMatchObject({ sequence: 10, verified: true, findings: ['deployment/unapproved'] });

      await rm(join(team.repo, '.git/promptaudit/index'), { recursive: true });
      expect(await eventsOf(h)).toEqual(events);
      expect(await activeNow(h)).toEqual(['discharge v1 in staging']);
    });

    test('is not taken back by a later policy', async () => {
      const { team, ada, bob, carol } = await released();
      await team.ok(ada, ['policy', 'revoke-key', bob.publicKey, '--from', '7']);
      await team.ok(ada, ['policy', 'commit', '-m', 'Stolen']);
      await team.write(POLICY_FILE, JSON.stringify(policyOf(h)));
      const [code, said] = await team.told(ada, ['policy', 'commit', '-m', 'Found again']);
      expect([code, said]).toEqual([
        2,
        expect.stringContaining(
          `listed for ${bob.email}, was revoked from event 7 on, which is not taken back: list a new key`,
        ),
      ]);
      const { [bob.email]: _, ...others } = policyOf(h).principals;
      await setPolicy(h, policyOf(h, { principals: others, rules: [] }));
      expect(await findingsOf(h)).toEqual(['signature/revoked@7', 'deployment/unapproved@10']);
      await team.ok(carol, ['approve', 'discharge@1', '-m', 'Read it']);
      await team.ok(h.dee, ['deploy', 'discharge@1', '-e', 'production']);
      expect(await activeNow(h)).toEqual(['discharge v1 in staging', 'discharge v1 in production']);
    });

    test('from before a policy that the key signed: refused, since it would undo that policy', async () => {
      const { team, ada } = await released();
      const before = await team.git('for-each-ref');
      await team.ok(ada, [
        'policy',
        'add',
        'eve@acme.example',
        '--name',
        'Eve',
        '--role',
        'admin',
        '--key',
        (await team.person('Eve')).publicKey,
      ]);
      await team.ok(ada, ['policy', 'revoke-key', ada.publicKey, '--from', '3']);
      const [code, said] = await team.told(ada, ['policy', 'commit', '-m', 'Away with it']);
      expect([code, said]).toEqual([2, expect.stringContaining('from event 3 on would undo policy v2')]);
      expect(await team.git('for-each-ref')).toBe(before);
    });

    test('takes the path of a public key, as policy add does', async () => {
      const { team, ada, bob } = await released();
      expect(await team.told(ada, ['policy', 'revoke-key', bob.key])).toEqual([
        2,
        `promptaudit: ${bob.key} is a private key: give the public one, ${bob.key}.pub`,
      ]);
      await team.ok(ada, ['policy', 'revoke-key', `${bob.key}.pub`]);
      await team.ok(ada, ['policy', 'commit', '-m', 'Bob lost his laptop']);
      expect((await team.refused(bob, ['approve', 'clinical-intake@2', '-m', 'Read it'])).rules).toEqual([
        'signature/revoked',
      ]);
    });

    test('says what is no key, and what is revoked already', async () => {
      const { team, ada, bob } = await released();
      const unknown = await team.told(ada, ['policy', 'revoke-key', 'SHA256:nobody']);
      expect(unknown).toEqual([2, expect.stringContaining('the policy lists no key')]);
      await team.ok(ada, ['policy', 'revoke-key', bob.publicKey, '--from', '9']);
      expect((await team.cli(ada, ['policy', 'revoke-key', bob.publicKey])).code).toBe(2);
      await team.ok(ada, ['policy', 'revoke-key', bob.publicKey, '--from', '8']);
    });
  });
});
