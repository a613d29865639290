import { Buffer } from 'node:buffer';
import type { KeyId, Keyring, TrustedKey, Verdict } from './model.ts';
import { verifyOpenPgpSignature } from './openpgp.ts';
import { verifySshSignature } from './sshcheck.ts';
import { GIT_NAMESPACE } from './sshsig.ts';

/** Keys by their ids. */
export function keyringOf(keys: Iterable<TrustedKey>): Keyring {
  const ring = new Map<KeyId, TrustedKey>();
  for (const key of keys) ring.set(key.id, key);
  return ring;
}

const SSH_ARMOR = Buffer.from('-----BEGIN SSH SIGNATURE-----\n');

/** Whether a signature block begins as `ssh-keygen` begins one. */
export function isSshArmor(signature: Uint8Array): boolean {
  return SSH_ARMOR.equals(signature.subarray(0, SSH_ARMOR.length));
}

/**
 * Judges one signature block over exactly these bytes. Never throws for what the bytes hold.
 * The work is done off the main thread for SSH keys: to use all cores, keep some dozens of calls under way.
 */
export async function verifySignature(
  payload: Uint8Array,
  signature: Uint8Array,
  keyring: Keyring,
): Promise<Verdict> {
  switch (firstLine(signature)) {
    case '-----BEGIN SSH SIGNATURE-----':
      return verifySshSignature(payload, signature, keyring, GIT_NAMESPACE);
    case '-----BEGIN PGP SIGNATURE-----':
      return verifyOpenPgpSignature(payload, latin1(signature), keyring);
    case '-----BEGIN SIGNED MESSAGE-----':
      return {
        verdict: 'unsupported',
        why: 'an X.509 signature: promptaudit judges SSH and OpenPGP signatures',
      };
    default:
      return { verdict: 'unsupported', why: 'a signature block that is neither SSH nor OpenPGP' };
  }
}

function firstLine(signature: Uint8Array): string {
  const head = latin1(signature.subarray(0, 64));
  return head.slice(0, head.indexOf('\n') + 1).trimEnd();
}

function latin1(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1');
}
