import { chmod, copyFile, mkdir, readdir, readFile, rm, unlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { Failure } from '../../src/failure.ts';
import { openSigner } from '../../src/signing/signer.ts';
import type { SignerOptions } from '../../src/signing/signeroptions.ts';
import { keyringOf, verifySignature } from '../../src/signing/verify.ts';
import { createSandbox, run, type Sandbox } from '../helpers/sandbox.ts';
import {
  gitConfig,
  type KeyPairFiles,
  makeSecurityKey,
  makeSshKey,
  signedCommitParts,
  sshKeygenAccepts,
} from './keys.ts';

const PAYLOAD = Buffer.from('tree 4b825dc642cb6eb9a060e54bf8d69288fbee4904\n\na message\n');

let box: Sandbox;
let alice: KeyPairFiles;
beforeAll(async () => {
  box = await createSandbox();
  alice = await makeSshKey(box, 'alice', ['-t', 'ed25519']);
});
afterAll(() => box.remove());

/** A repository of its own with these settings. */
async function repositoryWith(settings: Record<string, string>): Promise<string> {
  const repository = join(box.dir, `repository-${Math.random().toString(36).slice(2)}`);
  await box.git(['init', '-q', repository]);
  for (const [name, value] of Object.entries({
    'user.name': 'Alice',
    'user.email': 'alice@acme.example',
    ...settings,
  })) {
    await box.git(['-C', repository, 'config', name, value]);
  }
  return repository;
}

async function signerWith(
  settings: Record<string, string>,
  env: Record<string, string> = {},
  more: Partial<SignerOptions> = {},
) {
  const cwd = await repositoryWith(settings);
  return openSigner({
    config: await gitConfig(box, cwd),
    env: { ...box.env, ...env },
    cwd,
    workTree: cwd,
    ...more,
  });
}

async function failureOf(work: Promise<unknown>): Promise<string> {
  const error = await work.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(Failure);
  const { message } = error as Failure;
  expect(message).not.toContain('\n');
  return message;
}

async function expectSigns(signer: Awaited<ReturnType<typeof openSigner>>): Promise<string> {
  const armored = await signer.sign(PAYLOAD);
  expect(armored.endsWith('-----\n')).toBe(true);
  const verdict = await verifySignature(PAYLOAD, Buffer.from(armored), keyringOf([signer.key]));
  expect(verdict).toEqual({ verdict: 'valid', key: signer.key.id });
  return armored;
}

/** An ssh-agent that ends with the test. */
async function agentWith(...keys: KeyPairFiles[]): Promise<Record<string, string>> {
  const socket = join(box.dir, `agent-${Math.random().toString(36).slice(2, 7)}`);
  const started = await box.ok('ssh-agent', ['-a', socket]);
  const env = { SSH_AUTH_SOCK: socket, SSH_AGENT_PID: /SSH_AGENT_PID=(\d+)/.exec(started)![1]! };
  onTestFinished(async () => {
    await box.ok('ssh-agent', ['-k'], { env });
  });
  for (const key of keys) {
    await chmod(key.privatePath, 0o600);
    await box.ok('ssh-add', ['-q', key.privatePath], { env });
  }
  return env;
}

describe('PROMPTAUDIT_SIGNING_KEY', () => {
  test('signs in process, the bytes that ssh-keygen makes, whatever git is configured to do', async () => {
    const signer = await signerWith({ 'gpg.format': 'x509' }, { PROMPTAUDIT_SIGNING_KEY: alice.privatePath });
    const expected = await box.ok('ssh-keygen', ['-q', '-Y', 'sign', '-n', 'git', '-f', alice.privatePath], {
      input: PAYLOAD,
    });
    expect(await expectSigns(signer)).toBe(expected);
    expect(signer.key).toEqual(alice.key);
  });

  test('is relative to the folder in which the command runs, and empty is as good as unset', async () => {
    const signer = await signerWith({}, { PROMPTAUDIT_SIGNING_KEY: 'alice' }, { cwd: box.dir });
    expect(signer.key.id).toBe(alice.key.id);
    expect(await failureOf(signerWith({ 'gpg.format': 'x509' }, { PROMPTAUDIT_SIGNING_KEY: '' }))).toMatch(
      /x509/,
    );
  });

  test('may be a PKCS#8 file as openssl makes it', async () => {
    const path = join(box.dir, 'key.pem');
    await box.ok('openssl', ['genpkey', '-algorithm', 'ed25519', '-out', path]);
    const signer = await signerWith({}, { PROMPTAUDIT_SIGNING_KEY: path });
    expect(await sshKeygenAccepts(box, signer.key, PAYLOAD, Buffer.from(await expectSigns(signer)))).toBe(
      true,
    );
  });

  test('that cannot be used says so in one sentence', async () => {
    const encrypted = await makeSshKey(box, 'encrypted', ['-t', 'ed25519'], 'a passphrase');
    const rsa = await makeSshKey(box, 'rsa', ['-t', 'rsa', '-b', '2048']);
    const cases = [
      ['nowhere', /nowhere: no such file/],
      ['.', /cannot be read/],
      ['encrypted', /encrypted with a passphrase/],
      ['rsa', /ssh-rsa/],
      ['alice.pub', /not a private key/],
    ] as const;
    for (const [file, message] of cases) {
      const env = { PROMPTAUDIT_SIGNING_KEY: join(box.dir, file) };
      expect(await failureOf(signerWith({}, env)), file).toMatch(message);
    }
    expect([encrypted.key.id, rsa.key.id]).toHaveLength(2);
  });
});

describe('gpg.format=ssh', () => {
  const ssh = (key: string, more: Record<string, string> = {}) => ({
    'gpg.format': 'ssh',
    'user.signingkey': key,
    ...more,
  });

  test.each([
    ['ed25519', ['-t', 'ed25519']],
    ['p256', ['-t', 'ecdsa', '-b', '256']],
    ['p521', ['-t', 'ecdsa', '-b', '521']],
    ['rsa3072', ['-t', 'rsa', '-b', '3072']],
  ] as const)('a private and a public key file of type %s', async (name, args) => {
    const pair = await makeSshKey(box, `file-${name}`, args);
    for (const path of [pair.privatePath, pair.publicPath]) {
      const signer = await signerWith(ssh(path));
      expect(signer.key.id).toBe(pair.key.id);
      expect(await sshKeygenAccepts(box, pair.key, PAYLOAD, Buffer.from(await expectSigns(signer)))).toBe(
        true,
      );
    }
  });

  test('makes the signature that git commit -S makes with the same configuration', async () => {
    const cwd = await repositoryWith(ssh('~/alice.pub'));
    await box.git(['-C', cwd, 'commit', '-q', '-S', '--allow-empty', '-m', 'first']);
    const { payload, signature } = await signedCommitParts(box, cwd);
    const signer = await openSigner({ config: await gitConfig(box, cwd), env: box.env, cwd });
    expect((await signer.sign(payload)).trimEnd()).toBe(signature.toString());
  });

  test('a plain Ed25519 key needs no ssh-keygen to make the signature that it makes', async () => {
    const noProgram = { PATH: '/nowhere' };
    const expected = await box.ok('ssh-keygen', ['-q', '-Y', 'sign', '-n', 'git', '-f', alice.privatePath], {
      input: PAYLOAD,
    });
    for (const path of [alice.privatePath, alice.publicPath])
      expect(await expectSigns(await signerWith(ssh(path), noProgram))).toBe(expected);
  });

  test('ssh-keygen is left to judge what it would ask about, or would refuse', async () => {
    const own = async (name: string) => {
      const path = join(box.dir, name);
      await copyFile(alice.privatePath, path);
      await copyFile(alice.publicPath, `${path}.pub`);
      await chmod(path, 0o600);
      return path;
    };
    const locked = await makeSshKey(box, 'plain-locked', ['-t', 'ed25519'], 'a passphrase');
    const open = await own('plain-open');
    await chmod(open, 0o640);
    const foreign = await own('plain-foreign');
    await copyFile(locked.publicPath, `${foreign}.pub`);
    const pkcs8 = await own('plain-pkcs8');
    await box.ok('openssl', ['genpkey', '-algorithm', 'ed25519', '-out', pkcs8]);
    const settings = [
      ssh(locked.publicPath),
      ssh(open),
      ssh(`${foreign}.pub`),
      ssh(`${pkcs8}.pub`),
      ssh(`key::${alice.key.id}`),
      ssh(alice.privatePath, { 'gpg.ssh.program': '/nowhere/ssh-keygen' }),
    ];
    for (const one of settings) {
      const signer = await signerWith(one, { PATH: '/nowhere' });
      expect([one, await failureOf(signer.sign(PAYLOAD))]).toEqual([
        one,
        expect.stringContaining('ssh-keygen cannot be run: it is not installed'),
      ]);
    }
  });

  test('an agent is asked before a file is, as by ssh-keygen', async () => {
    const signer = await signerWith(ssh(alice.privatePath), { PATH: '/nowhere', SSH_AUTH_SOCK: '/nowhere' });
    expect(await failureOf(signer.sign(PAYLOAD))).toMatch(/ssh-keygen cannot be run/);
  });

  test('a path is relative to the top of the working tree', async () => {
    const cwd = await repositoryWith(ssh('keys/mine'));
    await mkdir(join(cwd, 'keys'));
    await copyFile(alice.privatePath, join(cwd, 'keys', 'mine'));
    await chmod(join(cwd, 'keys', 'mine'), 0o600);
    const signer = await openSigner({
      config: await gitConfig(box, cwd),
      env: box.env,
      cwd: join(cwd, 'keys'),
      workTree: cwd,
    });
    await expectSigns(signer);
    expect(signer.key.id).toBe(alice.key.id);
  });

  test('a private key in PEM needs its .pub file beside it, for ssh-keygen as for us', async () => {
    const pem = await makeSshKey(box, 'pem', ['-t', 'rsa', '-b', '2048', '-m', 'PEM']);
    const signer = await signerWith(ssh(pem.privatePath));
    expect(signer.key.id).toBe(pem.key.id);
    await expectSigns(signer);
    await unlink(pem.publicPath);
    const alone = await run('ssh-keygen', ['-Y', 'sign', '-n', 'git', '-f', pem.privatePath], {
      env: box.env,
      input: 'x',
    });
    expect(alone.code).not.toBe(0);
    expect(await failureOf(signerWith(ssh(pem.privatePath)))).toMatch(
      /run ssh-keygen -y -f .*pem > .*pem\.pub/,
    );
  });

  test('the public half of an encrypted key is known without its passphrase', async () => {
    const locked = await makeSshKey(box, 'locked', ['-t', 'ed25519'], 'a passphrase');
    await unlink(locked.publicPath);
    const signer = await signerWith(ssh(locked.privatePath));
    expect(signer.key.id).toBe(locked.key.id);
  });

  test('a passphrase is asked for by ssh-keygen’s own means', async () => {
    const locked = await makeSshKey(box, 'asked', ['-t', 'ed25519'], 'a passphrase');
    const askpass = join(box.dir, 'askpass');
    await writeFile(askpass, '#!/bin/sh\necho "a passphrase"\n', { mode: 0o700 });
    const env = { SSH_ASKPASS: askpass, SSH_ASKPASS_REQUIRE: 'force' };
    await expectSigns(await signerWith(ssh(locked.privatePath), env));
    const wrong = { SSH_ASKPASS: '/bin/false', SSH_ASKPASS_REQUIRE: 'force' };
    const message = await failureOf((await signerWith(ssh(locked.privatePath), wrong)).sign(PAYLOAD));
    expect(message).toMatch(/ssh-keygen could not sign: .*passphrase/);
    const { privatePath } = locked;
    expect(message).toContain(`without a passphrase, or in ssh-agent (ssh-add ${privatePath})?`);
    const byPublic = (await signerWith(ssh(`${privatePath}.pub`), wrong)).sign(PAYLOAD);
    expect(await failureOf(byPublic)).toContain(`(ssh-add ${privatePath})?`);
  });

  test.each([
    ['key::', 'ed25519', ['-t', 'ed25519']],
    ['', 'ed25519', ['-t', 'ed25519']],
    ['key::', 'ecdsa', ['-t', 'ecdsa', '-b', '384']],
  ] as const)('a literal %s key in the agent (%s)', async (prefix, name, args) => {
    const pair = await makeSshKey(box, `agent-${prefix.length}-${name}`, args);
    const env = await agentWith(pair);
    await rm(pair.privatePath);
    const scratch = join(box.dir, 'scratch');
    await mkdir(scratch, { recursive: true });
    const literal = `${prefix}${pair.key.id} a comment`;
    const signer = await signerWith(ssh(literal), { ...env, TMPDIR: scratch });
    await expectSigns(signer);
    expect(signer.key.id).toBe(pair.key.id);
    expect(await readdir(scratch)).toEqual([]);
  });

  test('a public key file whose private half is only in the agent', async () => {
    const pair = await makeSshKey(box, 'agent-only', ['-t', 'ed25519']);
    const env = await agentWith(pair);
    await rm(pair.privatePath);
    await expectSigns(await signerWith(ssh(pair.publicPath), env));
  });

  test('gpg.ssh.defaultKeyCommand names the agent’s first key, and is run without a shell', async () => {
    const pair = await makeSshKey(box, 'default', ['-t', 'ed25519']);
    const env = await agentWith(pair);
    const command = (value: string) =>
      signerWith({ 'gpg.format': 'ssh', 'gpg.ssh.defaultKeyCommand': value }, env);
    expect((await command('ssh-add -L')).key.id).toBe(pair.key.id);
    await expectSigns(await command(`sh -c "ssh-add -L | sed 's/^/key::/'"`));
    expect(await failureOf(command('ssh-add -L | head -1'))).toMatch(/needs a shell for \|/);
    expect(await failureOf(command('ssh-add "-L'))).toMatch(/open quote/);
    expect(await failureOf(command('echo none'))).toMatch(/gave no key/);
    expect(await failureOf(command('sh -c "echo no luck >&2; exit 3"'))).toMatch(/no luck/);
    expect(await failureOf(command('/nowhere/keys'))).toMatch(/not installed/);
  });

  test('gpg.ssh.program takes the place of ssh-keygen, with git’s arguments', async () => {
    const program = join(box.dir, 'my signer');
    const log = join(box.dir, 'arguments');
    await writeFile(program, `#!/bin/sh\nprintf '%s\\n' "$@" >> '${log}'\nexec ssh-keygen "$@"\n`, {
      mode: 0o700,
    });
    const settings = ssh(alice.publicPath, { 'gpg.ssh.program': '~/my signer' });
    await expectSigns(await signerWith(settings));
    const ours = (await readFile(log, 'utf8')).split('\n');
    await rm(log);
    const cwd = await repositoryWith({ ...settings, 'gpg.ssh.program': program });
    await box.git(['-C', cwd, 'commit', '-q', '-S', '--allow-empty', '-m', 'first']);
    const gits = (await readFile(log, 'utf8')).split('\n');
    expect(ours.slice(0, 6)).toEqual(gits.slice(0, 6));
    expect(ours).toHaveLength(gits.length);
  });

  test('what cannot be used says so in one sentence', async () => {
    const missing = await signerWith(ssh(`key::${alice.key.id}`));
    expect(await failureOf(missing.sign(PAYLOAD))).toMatch(/ssh-agent/);
    expect(await failureOf(signerWith({ 'gpg.format': 'ssh' }))).toMatch(
      /git config gpg\.format ssh .*git config user\.signingkey ~\/\.ssh\/id_ed25519\.pub.*PROMPTAUDIT_SIGNING_KEY/,
    );
    expect(await failureOf(signerWith(ssh('~/nowhere.pub')))).toMatch(/nowhere\.pub: no such file/);
    expect(await failureOf(signerWith(ssh('key::ssh-dss AAAA')))).toMatch(/too weak/);
    const orphan = join(box.dir, 'orphan.pub');
    await copyFile(alice.publicPath, orphan);
    expect(await failureOf((await signerWith(ssh(orphan))).sign(PAYLOAD))).toMatch(
      /private half of .*orphan\.pub/,
    );
    const shared = join(box.dir, 'shared');
    await copyFile(alice.privatePath, shared);
    await copyFile(alice.publicPath, `${shared}.pub`);
    await chmod(shared, 0o644);
    expect(await failureOf((await signerWith(ssh(`${shared}.pub`))).sign(PAYLOAD))).toMatch(
      new RegExp(`does not use ${shared}, which others may read: run chmod 600 ${shared}$`),
    );
    const absent = await signerWith(ssh(alice.publicPath, { 'gpg.ssh.program': '/nowhere/ssh-keygen' }));
    expect(await failureOf(absent.sign(PAYLOAD))).toMatch(/not installed/);
  });

  test('a security key that waits to be touched is announced', async () => {
    const { key } = makeSecurityKey('ed25519');
    const told: string[] = [];
    const notice = (line: string) => told.push(line);
    const signer = await signerWith(ssh(`key::${key.id}`), {}, { notice });
    expect(told).toEqual([]);
    expect(await failureOf(signer.sign(PAYLOAD))).toMatch(/could not sign/);
    expect(told).toEqual([expect.stringMatching(/touch/i)]);
  });

  test('a program that signs with another key is found out', async () => {
    const mallory = await makeSshKey(box, 'mallory', ['-t', 'ed25519']);
    const program = join(box.dir, 'liar');
    await writeFile(
      program,
      `#!/bin/sh\nfor last; do :; done\nexec ssh-keygen -Y sign -n git -f '${mallory.privatePath}' "$last"\n`,
      { mode: 0o700 },
    );
    const signer = await signerWith(ssh(alice.publicPath, { 'gpg.ssh.program': program }));
    expect(await failureOf(signer.sign(PAYLOAD))).toContain(mallory.key.id);
    await writeFile(program, '#!/bin/sh\nexit 0\n', { mode: 0o700 });
    expect(await failureOf(signer.sign(PAYLOAD))).toMatch(/wrote no signature/);
  });
});

describe('gpg.format=openpgp', () => {
  const fingerprints: string[] = [];
  const gpg = (...args: string[]) =>
    box.ok('gpg', [
      '--batch',
      '--yes',
      '--quiet',
      '--pinentry-mode',
      'loopback',
      '--passphrase',
      '',
      ...args,
    ]);
  const make = async (user: string, ...kind: string[]) => {
    const created = await gpg('--status-fd=1', ...kind.splice(3), '--quick-gen-key', user, ...kind);
    fingerprints.push(/KEY_CREATED \w ([0-9A-F]+)/.exec(created)![1]!);
  };
  beforeAll(async () => {
    await mkdir(join(box.dir, '.gnupg'), { mode: 0o700 });
    await make('Alice <alice@acme.example>', 'ed25519', 'sign', '1d', '--faked-system-time=20200101T000000');
    await make('Alice <alice@acme.example>', 'rsa2048', 'sign', 'never');
    await gpg('--quick-add-key', fingerprints[1]!, 'ed25519', 'sign', 'never');
  });
  afterAll(async () => {
    await run('gpgconf', ['--kill', 'all'], { env: box.env });
  });

  test('is the default, with the committer’s key, of which an expired one is left out', async () => {
    const signer = await signerWith({});
    expect(signer.key.id).toBe(`openpgp:${fingerprints[1]}`);
    await expectSigns(signer);
  });

  test('user.signingkey takes what gpg takes, a subkey’s id among it', async () => {
    const listing = await gpg('--with-colons', '--list-keys', fingerprints[1]!);
    const subkey = [...listing.matchAll(/^fpr:+([0-9A-F]{40}):/gm)][1]![1]!;
    for (const user of [fingerprints[1]!, fingerprints[1]!.slice(-16), `${subkey}!`]) {
      const signer = await signerWith({ 'gpg.format': 'openpgp', 'user.signingkey': user });
      expect(signer.key.id).toBe(`openpgp:${fingerprints[1]}`);
      await expectSigns(signer);
    }
  });

  test('where several keys fit, the one whose public half is shown is the one that signs', async () => {
    await make('Bob <bob@acme.example>', 'ed25519', 'sign', 'never');
    await make('Bob <bob@acme.example>', 'ed25519', 'sign', 'never');
    await expectSigns(await signerWith({ 'user.signingkey': 'bob@acme.example' }));
  });

  test('gpg.openpgp.program and gpg.program take the place of gpg', async () => {
    const program = join(box.dir, 'my gpg');
    const log = join(box.dir, 'gpg-arguments');
    await writeFile(program, `#!/bin/sh\necho "$@" >> '${log}'\nexec gpg "$@"\n`, { mode: 0o700 });
    const key = { 'user.signingkey': fingerprints[1]! };
    await expectSigns(await signerWith({ ...key, 'gpg.program': program }));
    await expectSigns(
      await signerWith({ ...key, 'gpg.program': '/nowhere', 'gpg.openpgp.program': program }),
    );
    expect(await readFile(log, 'utf8')).toContain(`--status-fd=2 -bsau ${fingerprints[1]}`);
    expect(await failureOf(signerWith({ ...key, 'gpg.program': '/nowhere/gpg' }))).toMatch(/not installed/);
  });

  test('no secret key: says what to configure', async () => {
    const message = await failureOf(signerWith({ 'user.email': 'nobody@acme.example' }));
    expect(message).toMatch(/no secret key for Alice <nobody@acme\.example>/);
    expect(message).toMatch(
      /git config gpg\.format ssh and git config user\.signingkey ~\/\.ssh\/id_ed25519\.pub/,
    );
    expect(message).toContain('PROMPTAUDIT_SIGNING_KEY');
  });

  test('gpg’s own last words stand in the message when it cannot sign', async () => {
    const program = join(box.dir, 'failing gpg');
    await writeFile(
      program,
      '#!/bin/sh\ncase "$*" in *-bsau*) echo "gpg: signing failed: No pinentry" >&2; exit 2;; esac\nexec gpg "$@"\n',
      { mode: 0o700 },
    );
    const signer = await signerWith({ 'user.signingkey': fingerprints[1]!, 'gpg.program': program });
    expect(await failureOf(signer.sign(PAYLOAD))).toMatch(/signing failed: No pinentry/);
  });
});

test('other formats are refused by name', async () => {
  expect(await failureOf(signerWith({ 'gpg.format': 'x509' }))).toMatch(/x509.*git config gpg\.format ssh/);
  expect(await failureOf(signerWith({ 'gpg.format': 'pkcs' }))).toMatch(/"pkcs"/);
});
