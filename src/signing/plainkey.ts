import { open } from 'node:fs/promises';
import type { TrustedKey } from './model.ts';
import { type Ed25519KeyPair, parseEd25519PrivateKey } from './opensshkey.ts';
import type { Environment } from './program.ts';

/** For more than one key of any kind. */
const MAX_BYTES = 64 * 1024;

/**
 * The private half that `ssh-keygen -Y sign -f path` would sign with, where it would do so without asking anybody: an
 * Ed25519 key without a passphrase, in a file of OpenSSH's format that belongs to `key`, while there is no agent, which it
 * asks first. Such a signature has no randomness (RFC 8032), so made in process it is the same, two processes sooner.
 * `undefined` for everything else: ssh-keygen then signs, or says why not.
 * Source: OpenSSH's ssh-keygen.c, `sig_sign` and `load_sign_key`; authfile.c, `sshkey_perm_ok`.
 */
export async function plainPrivateKey(
  path: string,
  key: TrustedKey,
  env: Environment,
): Promise<Ed25519KeyPair | undefined> {
  const user = process.getuid?.();
  if (user === undefined || env.SSH_AUTH_SOCK || /-cert\.pub$/i.test(path)) return undefined;
  if (key.format !== 'ssh' || key.type !== 'ssh-ed25519') return undefined;
  const text = await readPrivate(path.replace(/\.pub$/i, ''), user);
  if (text?.startsWith('-----BEGIN OPENSSH PRIVATE KEY-----\n') !== true) return undefined;
  const pair = parseEd25519PrivateKey(text);
  return 'problem' in pair || pair.publicKey.id !== key.id ? undefined : pair;
}

/** `undefined` for one that ssh-keygen does not take, because others may read it, and for what is not there. */
async function readPrivate(path: string, user: number): Promise<string | undefined> {
  try {
    const file = await open(path);
    try {
      const { mode, uid, size } = await file.stat();
      const tooOpen = uid === user && (mode & 0o077) !== 0;
      return tooOpen || size > MAX_BYTES ? undefined : await file.readFile('latin1');
    } finally {
      await file.close();
    }
  } catch {
    return undefined;
  }
}
