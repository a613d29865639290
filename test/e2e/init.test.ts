import { createHash } from 'node:crypto';
import { readFile, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { StatusDocument, VerifyDocument } from '../helpers/documents.ts';
import { promptText } from '../helpers/hospital.ts';
import { createSandbox, run, type Sandbox } from '../helpers/sandbox.ts';
import { ADAPTERS, type Person, Team } from '../helpers/team.ts';

const LEDGER = 'refs/notes/promptaudit';
const EMPTY_TREE = '4b825dc642cb6eb9a060e54bf8d69288fbee4904';

describe.each(ADAPTERS)('init by the %s adapter', (adapter) => {
  let sandbox: Sandbox;
  let ada: Person;
  let count = 0;

  beforeAll(async () => {
    sandbox = await createSandbox();
    ada = await new Team(sandbox, adapter).person('Ada');
  });
  afterAll(() => sandbox.remove());

  const repository = async (): Promise<Team> => {
    count += 1;
    const team = new Team(sandbox, adapter, join(sandbox.dir, `acme clinic ${count}`));
    await team.initRepository();
    return team;
  };
  const written = (document: unknown) =>
    (document as { events: { sequence: number; summary: string }[] }).events.map(
      ({ sequence, summary }) => `${sequence} ${summary}`,
    );

  describe('in an empty repository', () => {
    let team: Team;
    beforeAll(async () => {
      team = await repository();
      const answer = await team.json(ada, [
        'init',
        '--environments',
        'dev,staging,production',
        '--prompts',
        'llm/prompts',
      ]);
      expect(written(answer)).toEqual([
        `1 founded the registry acme-clinic-${count}`,
        '2 put policy v1 forward',
      ]);
    });

    test('makes genesis without a parent and with the empty tree, and the first policy upon it', async () => {
      const [policy = '', genesis = ''] = (await team.git('rev-list', '--first-parent', LEDGER)).split('\n');
      expect(await team.git('log', '-1', '--format=%P|%T|%an|%ae|%cn|%ce|%s', genesis)).toBe(
        `|${EMPTY_TREE}|Ada|${ada.email}|Ada|${ada.email}|found registry acme-clinic-${count}`,
      );
      expect(await team.git('log', '-1', '--format=%P', policy)).toBe(
        `${genesis} ${await team.git('rev-parse', 'main')}`,
      );
      expect(await team.git('ls-tree', '-r', '--name-only', 'main')).toBe('.promptaudit/policy.yml');
      expect(await team.git('status', '--porcelain')).toBe('');
    });

    test('gives whoever ran it every role, and each environment its place', async () => {
      const { policy } = await team.json<{ policy: object }>(undefined, ['policy', 'show']);
      expect(policy).toMatchObject({
        prompts: 'llm/prompts',
        protectedBranches: ['main'],
        principals: [
          {
            id: ada.email,
            name: 'Ada',
            roles: ['author', 'approver', 'deployer', 'admin', 'recorder', 'auditor'],
            keys: [ada.publicKey],
          },
        ],
        environments: [
          { name: 'dev', approvals: 0 },
          { name: 'staging', approvals: 0, promoteFrom: 'dev' },
          { name: 'production', approvals: 1, promoteFrom: 'staging' },
        ],
        adminThreshold: 1,
        emergency: { roles: ['admin'], reviewWithin: 86_400 },
      });
      expect(await team.json(ada, ['whoami'])).toMatchObject({
        principal: ada.email,
        kind: 'person',
        key: ada.publicKey,
      });
    });

    test('pins the root, which is the SHA-256 of genesis, and sets up what git needs to show and check', async () => {
      const genesis = (await team.git('rev-list', '--first-parent', LEDGER)).split('\n').at(-1) ?? '';
      const body = await run('git', ['cat-file', 'commit', genesis], { cwd: team.repo, env: sandbox.env });
      const digest = `sha256:${createHash('sha256').update(body.stdout).digest('hex')}`;
      const trust = JSON.parse(await readFile(join(team.repo, '.git/promptaudit/trust.json'), 'utf8'));
      expect(trust).toMatchObject({ root: { commit: genesis, digest }, head: { sequence: 2 } });
      expect(await team.json<VerifyDocument>(undefined, ['verify', '--root', digest])).toMatchObject({
        root: digest,
        ok: true,
      });
      expect(await team.git('config', 'notes.displayRef')).toBe(LEDGER);
      expect(await readFile(await team.git('config', '--path', 'gpg.ssh.allowedSignersFile'), 'utf8')).toBe(
        `${ada.email} namespaces="git" ${ada.publicKey}\n`,
      );
    });

    test('is refused a second time', async () => {
      const before = await team.git('for-each-ref');
      expect((await team.refused(ada, ['init'])).message).toContain('has a promptaudit registry already');
      expect(await team.git('for-each-ref')).toBe(before);
    });
  });

  describe('in a repository with prompts and history', () => {
    let team: Team;
    let adopted: string;
    let told: string;
    beforeAll(async () => {
      team = await repository();
      await team.git('remote', 'add', 'origin', 'https://git.acme.example/clinic.git');
      await team.write('prompts/discharge.prompt.yml', promptText('discharge', 'Sum up the visit.'));
      await team.write('prompts/triage/adults.prompt.yaml', promptText('triage/adults', 'How urgent is it?'));
      await team.write('src/app.txt', 'an application\n');
      await team.git('add', '.');
      await team.git('commit', '-q', '-m', 'Before promptaudit');
      adopted = await team.git('rev-parse', 'HEAD');
      await team.write('prompts/intake.prompt.yml', promptText('intake', 'Ask about allergies.'));
      await team.write('prompts/broken.prompt.yml', 'name: broken\nname: twice\n');
      await team.write('prompts/Big Name.prompt.yml', promptText('big', 'Shout.'));
      await symlink('intake.prompt.yml', join(team.repo, 'prompts/link.prompt.yml'));
      await team.write('src/app.txt', 'a better application\n');
      await team.git('add', 'src/app.txt');
      const preview = await team.json(ada, ['init', '--name', 'acme', '--dry-run']);
      expect(preview).toMatchObject({
        dryRun: true,
        events: [{ sequence: 1, commit: null }, {}, {}, {}, { sequence: 5 }],
      });
      expect(await team.git('for-each-ref', '--format=%(refname)')).toBe('refs/heads/main');
      const result = await team.cli(ada, ['--json', 'init', '--name', 'acme']);
      told = result.stderr.replace(/\s+/g, ' ');
      expect(written(JSON.parse(result.stdout))).toEqual([
        '1 founded the registry acme',
        '2 put policy v1 forward',
        '3 registered discharge v1',
        '4 registered intake v1',
        '5 registered triage/adults v1',
      ]);
    });

    test('each prompt becomes its version 1, upon the history that is there', async () => {
      expect((await team.git('log', '--reverse', '--format=%s')).split('\n')).toEqual([
        'Before promptaudit',
        'Start the prompt registry acme',
        'Adopt discharge as it is',
        'Adopt intake as it is',
        'Adopt triage/adults as it is',
      ]);
      expect(await team.git('rev-parse', 'HEAD~4')).toBe(adopted);
      const changed = async (commit: string) =>
        team.git('diff-tree', '-r', '--no-commit-id', '--name-status', commit);
      expect(await changed('HEAD~3')).toBe('A\t.promptaudit/policy.yml');
      expect(await changed('HEAD~2')).toBe('');
      expect(await changed('HEAD~1')).toBe('A\tprompts/intake.prompt.yml');
      expect(await changed('HEAD')).toBe('');
    });

    test('what cannot be a prompt is left as a draft, and said', () => {
      expect(told).toMatch(/left as a draft: prompts\/broken\.prompt\.yml:1:1: messages is missing/);
      expect(told).toMatch(/left as a draft: prompts\/Big Name\.prompt\.yml: /);
      expect(told).toMatch(/left as a draft: prompts\/link\.prompt\.yml: it is a symbolic link/);
    });

    test('what was staged stays staged, and nothing else is touched', async () => {
      expect(await team.git('status', '--porcelain')).toBe(
        'M  src/app.txt\n?? "prompts/Big Name.prompt.yml"\n?? prompts/broken.prompt.yml\n?? prompts/link.prompt.yml',
      );
      const { prompts } = await team.json<StatusDocument>(undefined, ['status']);
      expect(prompts.map(({ prompt, latest, draft }) => `${prompt} ${latest} ${draft}`)).toEqual([
        'broken null new',
        'discharge 1 clean',
        'intake 1 clean',
        'triage/adults 1 clean',
      ]);
    });

    test('git fetch brings the ledger to a place of its own, never over this one', async () => {
      expect((await team.git('config', '--get-all', 'remote.origin.fetch')).split('\n')).toEqual([
        '+refs/heads/*:refs/remotes/origin/*',
        `${LEDGER}:refs/promptaudit/remotes/origin/ledger`,
      ]);
    });

    test('the registry verifies', async () => {
      expect(await team.json<VerifyDocument>(undefined, ['verify'])).toMatchObject({
        ok: true,
        counts: { events: 5, signatures: 9, versions: 3, approvals: 0, deployments: 0 },
        findings: [],
      });
    });
  });
});
