import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { Failure } from '../failure.ts';
import { signerWith } from './filesigner.ts';
import type { KeyProblem, Signer, TrustedKey } from './model.ts';
import { publicHalf } from './opensshkey.ts';
import { plainPrivateKey } from './plainkey.ts';
import { lastWords, type ProgramPlace, type ProgramResult, runProgram, splitCommand } from './program.ts';
import type { SignerOptions } from './signeroptions.ts';
import { parseSshPublicKey } from './sshkey.ts';
import { GIT_NAMESPACE } from './sshsig.ts';

const HOW_TO_CONFIGURE =
  'run git config gpg.format ssh and git config user.signingkey ~/.ssh/id_ed25519.pub, or let PROMPTAUDIT_SIGNING_KEY name an Ed25519 private key file';

/** What `user.signingKey` names: a key file, or a public key whose private half is in ssh-agent. */
type SigningKey =
  | { readonly kind: 'file'; readonly path: string }
  | { readonly kind: 'literal'; readonly line: string };

/**
 * Signs as git does, with `ssh-keygen -Y sign` or the program that `gpg.ssh.program` puts in its place; in process where
 * that makes the same signature.
 */
export async function openSshSigner(options: SignerOptions): Promise<Signer> {
  const place: ProgramPlace = { cwd: options.workTree ?? options.cwd, env: options.env };
  const configured = options.config.getPath('gpg.ssh.program');
  const program = configured ?? 'ssh-keygen';
  const signingKey = await findSigningKey(options, place);
  const key = signingKey.kind === 'literal' ? literalKey(signingKey.line) : await fileKey(signingKey.path);
  if (configured === undefined && signingKey.kind === 'file') {
    const pair = await plainPrivateKey(signingKey.path, key, place.env);
    if (pair !== undefined) return signerWith(pair);
  }
  return {
    key,
    sign: (payload) => {
      if (key.format === 'ssh' && key.type.startsWith('sk-'))
        options.notice?.('Touch your security key to sign.');
      return signWithProgram(program, signingKey, payload, place);
    },
  };
}

async function findSigningKey(options: SignerOptions, place: ProgramPlace): Promise<SigningKey> {
  const configured = options.config.get('user.signingkey');
  if (configured) {
    const line = literalOf(configured);
    if (line !== undefined) return { kind: 'literal', line };
    return {
      kind: 'file',
      path: resolve(place.cwd, options.config.getPath('user.signingkey') ?? configured),
    };
  }
  const command = options.config.get('gpg.ssh.defaultkeycommand');
  if (!command) throw new Failure(`no signing key is configured: ${HOW_TO_CONFIGURE}`);
  const [program, ...args] = splitCommand('gpg.ssh.defaultKeyCommand', command);
  if (program === undefined) throw new Failure(`gpg.ssh.defaultKeyCommand is empty: ${HOW_TO_CONFIGURE}`);
  const result = await runProgram(program, args, place);
  if (result.code !== 0) throw new Failure(`gpg.ssh.defaultKeyCommand failed: ${lastWords(result)}`);
  const line = literalOf(result.stdout.toString().split('\n', 1)[0] ?? '');
  if (line === undefined) {
    throw new Failure('gpg.ssh.defaultKeyCommand gave no key: its first line must begin with key:: or ssh-');
  }
  return { kind: 'literal', line };
}

/** git's rule for what is a key and not a path: `key::`, or the deprecated bare `ssh-`. */
function literalOf(text: string): string | undefined {
  if (text.startsWith('key::')) return text.slice('key::'.length);
  return text.startsWith('ssh-') ? text : undefined;
}

function literalKey(line: string): TrustedKey {
  const key = parseSshPublicKey(line);
  if ('problem' in key)
    throw new Failure(`the public key in git's signing configuration cannot be used: ${key.problem}`);
  return key;
}

/** The public half, where ssh-keygen looks for it: in the file itself, which may be encrypted, else in the `.pub` beside it. */
async function fileKey(path: string): Promise<TrustedKey> {
  const text = await readFile(path, 'latin1').catch((error: NodeJS.ErrnoException) => {
    const why =
      error.code === 'ENOENT' ? 'no such file' : `it cannot be read (${error.code ?? error.message})`;
    throw new Failure(`user.signingkey names ${path}: ${why}; ${HOW_TO_CONFIGURE}`);
  });
  if (!text.includes('PRIVATE KEY')) return usable(path, parseSshPublicKey(text));
  const inside = publicHalf(text);
  if (!('problem' in inside)) return inside;
  const beside = await readFile(`${path}.pub`, 'latin1').catch(() => undefined);
  if (beside !== undefined) return usable(`${path}.pub`, parseSshPublicKey(beside));
  throw new Failure(
    `${path} does not say its public half, which ssh-keygen needs too: run ssh-keygen -y -f ${path} > ${path}.pub`,
  );
}

function usable(path: string, key: TrustedKey | KeyProblem): TrustedKey {
  if ('problem' in key)
    throw new Failure(`${path}, which user.signingkey names, cannot be used: ${key.problem}`);
  return key;
}

/**
 * git's own way, argument for argument, so that whatever stands in for ssh-keygen works here too. The payload goes through
 * a file, not through standard input: ssh-keygen asks for a passphrase on the terminal only while that is its input.
 */
async function signWithProgram(
  program: string,
  key: SigningKey,
  payload: Uint8Array,
  place: ProgramPlace,
): Promise<string> {
  const folder = await mkdtemp(join(place.env.TMPDIR || tmpdir(), 'promptaudit-sign-'));
  try {
    const buffer = join(folder, 'payload');
    await writeFile(buffer, payload, { mode: 0o600 });
    const keyFile = key.kind === 'file' ? key.path : join(folder, 'key');
    if (key.kind === 'literal') await writeFile(keyFile, `${key.line}\n`, { mode: 0o600 });
    const agent = key.kind === 'literal' ? ['-U'] : [];
    const args = ['-Y', 'sign', '-n', GIT_NAMESPACE, '-f', keyFile, ...agent, buffer];
    const result = await runProgram(program, args, place);
    if (result.code !== 0) throw new Failure(signFailure(program, key, result));
    const armored = await readFile(`${buffer}.sig`, 'latin1').catch(() => '');
    if (armored === '') throw new Failure(`${program} reported success but wrote no signature`);
    return `${armored.replaceAll('\r', '').trimEnd()}\n`;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function signFailure(program: string, key: SigningKey, result: ProgramResult): string {
  if (result.stderr.includes('usage:')) return `${program} cannot sign: install OpenSSH 8.2 or later`;
  // ssh-keygen passes over such a file, and its last words are that there is none.
  const open = /^Permissions \d+ for '(.+)' are too open\.\r?$/m.exec(result.stderr)?.[1];
  if (open !== undefined)
    return `${program} does not use ${open}, which others may read: run chmod 600 ${open}`;
  const said = `${program} could not sign: ${lastWords(result)}`;
  if (key.kind === 'literal') return `${said}; is the key in ssh-agent (ssh-add -l)?`;
  const secret = key.path.replace(/\.pub$/, '');
  return `${said}; is the private half of ${key.path} beside it without a passphrase, or in ssh-agent (ssh-add ${secret})?`;
}
