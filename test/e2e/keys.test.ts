import { appendFile, mkdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import type { VerifyDocument } from '../helpers/documents.ts';
import { promptText } from '../helpers/hospital.ts';
import { createSandbox, run, type Sandbox } from '../helpers/sandbox.ts';
import { ADAPTERS, type CliOptions, type Person, Team } from '../helpers/team.ts';

const LEDGER = 'refs/notes/promptaudit';
const SSH_KINDS = [
  ['Ed25519', 'ED25519', ['-t', 'ed25519']],
  ['ECDSA P-256', 'ECDSA', ['-t', 'ecdsa', '-b', '256']],
  ['ECDSA P-384', 'ECDSA', ['-t', 'ecdsa', '-b', '384']],
  ['ECDSA P-521', 'ECDSA', ['-t', 'ecdsa', '-b', '521']],
  ['RSA', 'RSA', ['-t', 'rsa', '-b', '3072']],
] as const;

/** Keys of every kind, by which people sign through git's own configuration. */
describe.each(ADAPTERS)('signing through git, by the %s adapter', (adapter) => {
  let sandbox: Sandbox;
  let alice: Person;
  /** The signing programs on the PATH; git too where the adapter needs it. */
  let path: string;

  beforeAll(async () => {
    sandbox = await createSandbox();
    alice = await new Team(sandbox, adapter).person('Alice');
    const tools = join(sandbox.dir, 'tools');
    await mkdir(tools);
    for (const tool of ['ssh-keygen', 'gpg']) {
      await symlink((await sandbox.ok('sh', ['-c', `command -v ${tool}`])).trim(), join(tools, tool));
    }
    path = adapter === 'native' ? [tools, sandbox.env.PATH].join(delimiter) : tools;
  });
  afterAll(() => sandbox.remove());

  /** A repository whose configuration says how Olga signs. */
  const repository = async (name: string, config: Readonly<Record<string, string>>): Promise<Team> => {
    const team = new Team(sandbox, adapter, join(sandbox.dir, name));
    await team.initRepository();
    const entries = Object.entries({ 'user.name': 'Olga', 'user.email': 'olga@acme.example', ...config });
    const lines = entries.map(([key, value]) => {
      const [section, name] = key.split('.');
      return `[${section}]\n\t${name} = ${JSON.stringify(value)}\n`;
    });
    await appendFile(join(team.repo, '.git/config'), lines.join(''));
    return team;
  };

  /** Olga founds, lets Alice write, approves and deploys: ledger commits, commits and a tag by Olga's key. Then all is verified. */
  const atWork = async (team: Team, env: Readonly<Record<string, string>> = {}) => {
    const olga: CliOptions = { env: { PATH: path, ...env } };
    await team.ok(undefined, ['init', '--name', 'keys'], olga);
    await team.ok(
      undefined,
      ['policy', 'add', alice.email, '--name', 'Alice', '--role', 'author', '--key', `${alice.key}.pub`],
      olga,
    );
    await team.ok(undefined, ['policy', 'commit', '-m', 'Alice writes'], olga);
    await team.write('prompts/intake.prompt.yml', promptText('intake', 'Ask.'));
    await team.ok(alice, ['commit', '-m', 'First wording']);
    await team.ok(undefined, ['approve', 'intake', '-m', 'Reviewed'], olga);
    await team.ok(undefined, ['deploy', 'intake', '-e', 'staging'], olga);
    const report = await team.json<VerifyDocument>(undefined, ['verify']);
    // 6 events, 3 commits that they brought in, 1 tag
    expect(report).toMatchObject({ ok: true, counts: { events: 6, signatures: 10 }, findings: [] });
    return team.json(undefined, ['whoami'], olga);
  };

  /** What stock git says of every object: the owners of the ledger's commits, oldest first, then of the tag. */
  const verdicts = async (team: Team, pattern: RegExp, env: Readonly<Record<string, string>> = {}) => {
    const ledger = (await team.git('rev-list', '--first-parent', '--reverse', LEDGER)).split('\n');
    const tag = 'promptaudit/intake/v1/approved/olga@acme.example';
    const commits = await run('git', ['verify-commit', ...ledger], {
      cwd: team.repo,
      env: { ...sandbox.env, ...env },
    });
    const tags = await run('git', ['verify-tag', tag], { cwd: team.repo, env: { ...sandbox.env, ...env } });
    expect([commits.code, tags.code]).toEqual([0, 0]);
    return [...`${commits.stderr}${tags.stderr}`.matchAll(pattern)].map((match) => match.slice(1).join(' '));
  };

  /** The payload and signature of the newest ledger commit, as files, cut by hand. */
  const cut = async (team: Team) => {
    const { stdout } = await run('git', ['cat-file', 'commit', LEDGER], { cwd: team.repo, env: sandbox.env });
    const text = stdout.toString('latin1');
    const [header = '', armored = ''] = /^gpgsig ((?:.*\n )*.*\n)/m.exec(text) ?? [];
    const payload = join(sandbox.dir, 'payload');
    const signature = join(sandbox.dir, 'payload.sig');
    await writeFile(payload, text.replace(header, ''), 'latin1');
    await writeFile(signature, armored.replace(/\n /g, '\n'), 'latin1');
    return { payload, signature };
  };

  const goodSsh = /^Good "git" signature for (\S+) with (\S+) key /gm;
  const checkBySshKeygen = async (team: Team) => {
    const { payload, signature } = await cut(team);
    const signers = join(team.repo, '.git/promptaudit/allowed_signers');
    const args = ['-Y', 'verify', '-n', 'git', '-f', signers, '-I', 'olga@acme.example', '-s', signature];
    const checked = await run('ssh-keygen', args, { env: sandbox.env, input: await readFile(payload) });
    expect([checked.code, checked.stdout.toString()]).toEqual([
      0,
      expect.stringMatching(/^Good "git" signature for olga@acme\.example/),
    ]);
  };

  // What kind of key it is, is between ssh-keygen and the policy: one goes through either adapter, the others through one.
  const kinds = adapter === 'native' ? SSH_KINDS.slice(0, 1) : SSH_KINDS;
  test.each(kinds)('%s, from a file', async (name, type, generate) => {
    const key = join(sandbox.dir, `${name.replace(' ', '-')}`);
    await sandbox.ok('ssh-keygen', ['-q', ...generate, '-N', '', '-C', 'olga', '-f', key]);
    const signingkey = name === 'RSA' ? `${key}.pub` : key;
    const team = await repository(`by ${name}`, { 'gpg.format': 'ssh', 'user.signingkey': signingkey });
    const [, blob] = (await readFile(`${key}.pub`, 'utf8')).split(' ');
    expect(await atWork(team)).toMatchObject({
      principal: 'olga@acme.example',
      key: expect.stringContaining(blob ?? ''),
    });
    const olga = `olga@acme.example ${type}`;
    expect(await verdicts(team, goodSsh)).toEqual([
      olga,
      olga,
      olga,
      'alice@acme.example ED25519',
      olga,
      olga,
      olga,
    ]);
    await checkBySshKeygen(team);
  });

  test('a key that only an ssh-agent has', async () => {
    const key = join(sandbox.dir, 'agent-key');
    const socket = join(sandbox.dir, 'agent');
    await sandbox.ok('ssh-keygen', ['-q', '-t', 'ecdsa', '-b', '256', '-N', '', '-C', 'olga', '-f', key]);
    const started = await sandbox.ok('ssh-agent', ['-a', socket]);
    const pid = Number(/SSH_AGENT_PID=(\d+)/.exec(started)?.[1]);
    onTestFinished(() => void process.kill(pid));
    await sandbox.ok('ssh-add', ['-q', key], { env: { SSH_AUTH_SOCK: socket } });
    await rm(key);
    const literal = `key::${(await readFile(`${key}.pub`, 'utf8')).trim()}`;
    const team = await repository('by agent', { 'gpg.format': 'ssh', 'user.signingkey': literal });
    const absent = await team.told(undefined, ['init'], { env: { PATH: path } });
    expect(absent).toEqual([2, expect.stringContaining('is the key in ssh-agent (ssh-add -l)?')]);
    await atWork(team, { SSH_AUTH_SOCK: socket });
    expect(await verdicts(team, goodSsh)).toHaveLength(7);
    await checkBySshKeygen(team);
  });

  describe('an OpenPGP key', () => {
    afterAll(() => run('gpgconf', ['--kill', 'all'], { env: sandbox.env }));

    test('goes into the policy with its public half; gpg and git call everything good', async () => {
      await mkdir(join(sandbox.dir, '.gnupg'), { mode: 0o700 });
      await sandbox.ok('gpg', [
        '--batch',
        '-q',
        '--passphrase',
        '',
        '--quick-generate-key',
        'Olga <olga@acme.example>',
        'ed25519',
        'sign',
        'never',
      ]);
      const listed = await sandbox.ok('gpg', ['--batch', '--with-colons', '--list-keys']);
      const fingerprint = /^fpr:+([0-9A-F]{40}):/m.exec(listed)?.[1] ?? '';
      const team = await repository('by OpenPGP', { 'user.signingkey': fingerprint });
      expect(await atWork(team)).toMatchObject({
        principal: 'olga@acme.example',
        key: `openpgp:${fingerprint}`,
        fingerprint,
      });

      const file = `.promptaudit/keys/${fingerprint}.asc`;
      expect(await team.git('ls-tree', '-r', '--name-only', 'HEAD')).toBe(
        `${file}\n.promptaudit/policy.yml\nprompts/intake.prompt.yml`,
      );
      expect(await team.git('status', '--porcelain')).toBe('');
      const other = join(sandbox.dir, 'other-gnupg');
      await mkdir(other, { mode: 0o700 });
      await sandbox.ok('gpg', ['--batch', '-q', '--import', join(team.repo, file)], {
        env: { GNUPGHOME: other },
      });
      onTestFinished(
        async () =>
          void (await run('gpgconf', ['--kill', 'all'], { env: { ...sandbox.env, GNUPGHOME: other } })),
      );

      const { payload, signature } = await cut(team);
      const checked = await run('gpg', ['--batch', '--status-fd=1', '--verify', signature, payload], {
        env: { ...sandbox.env, GNUPGHOME: other },
      });
      expect(checked.stdout.toString()).toContain(`[GNUPG:] VALIDSIG ${fingerprint} `);
      const good = /Good "git" signature for (\S+)|Good signature from "Olga <(\S+)>"/g;
      const olga = 'olga@acme.example';
      expect((await verdicts(team, good, { GNUPGHOME: other })).map((who) => who.trim())).toEqual([
        olga,
        olga,
        olga,
        'alice@acme.example',
        olga,
        olga,
        olga,
      ]);
    });

    test('is added by the file that gpg exports, and warned of where that is missing', async () => {
      const hal = 'Hal <hal@acme.example>';
      await mkdir(join(sandbox.dir, '.gnupg'), { recursive: true, mode: 0o700 });
      const gpg = (...args: string[]) =>
        sandbox.ok('gpg', ['--batch', '-q', '--passphrase', '', '--pinentry-mode', 'loopback', ...args]);
      await gpg('--quick-generate-key', hal, 'ed25519', 'sign', 'never');
      const listed = await gpg('--with-colons', '--list-keys', hal);
      const fingerprint = /^fpr:+([0-9A-F]{40}):/m.exec(listed)?.[1] ?? '';
      const [key, secret] = [join(sandbox.dir, 'hal.asc'), join(sandbox.dir, 'hal.secret')];
      await gpg('--armor', '--output', key, '--export', hal);
      await gpg('--armor', '--output', secret, '--export-secret-keys', hal);
      const team = await repository('of Hal', {
        'user.signingkey': fingerprint,
        'user.name': 'Hal',
        'user.email': 'hal@acme.example',
      });
      await team.ok(alice, ['init']);
      const add = ['policy', 'add', 'hal@acme.example', '--name', 'Hal', '--role', 'approver', '--key'];

      expect(await team.told(alice, [...add, secret])).toEqual([
        2,
        `promptaudit: ${secret} cannot be used: it is a private key: export the public one; write it with gpg --armor --export <fingerprint>`,
      ]);
      expect(await team.told(alice, [...add, 'SHA256:abc'])).toEqual([
        2,
        "promptaudit: SHA256:abc is a key's fingerprint: give the public key, or the path of one",
      ]);
      await team.ok(alice, [...add, key, '--dry-run']);
      expect(await team.git('status', '--porcelain')).toBe('');
      await team.ok(alice, [...add, key]);
      expect((await team.cli(alice, ['policy', 'commit', '-m', 'Hal approves'])).stderr).toBe('');
      expect(await team.git('ls-tree', '-r', '--name-only', 'HEAD', '.promptaudit/keys/')).toBe(
        `.promptaudit/keys/${fingerprint}.asc`,
      );
      expect(await team.json(undefined, ['whoami'], { env: { PATH: path } })).toMatchObject({
        principal: 'hal@acme.example',
        key: `openpgp:${fingerprint}`,
      });

      const gone = 'A'.repeat(40);
      await team.ok(alice, ['policy', 'add', 'hal@acme.example', '--key', `openpgp:${gone}`]);
      expect((await team.cli(alice, ['policy', 'commit', '-m', 'Another key'])).stderr).toBe(
        `warning: .promptaudit/keys/${gone}.asc is missing: nothing that this key signs counts\n`,
      );
    });
  });
});
