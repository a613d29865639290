import type { KeyId, TrustedKey } from '../signing/model.ts';
import { parseSshPublicKey } from '../signing/sshkey.ts';

const OPENPGP = /^openpgp:([0-9A-Fa-f]{40}|[0-9A-Fa-f]{64})$/;

/** The fingerprint, in upper case, of an OpenPGP key as a policy names it; `undefined` where the text names none. */
export function openPgpFingerprint(text: string): string | undefined {
  return OPENPGP.exec(text)?.[1]?.toUpperCase();
}

/** One key as a policy names it; `armored` answers what is known of an OpenPGP key by its fingerprint. */
export function parseKey(
  text: string,
  armored: (fingerprint: string) => string | undefined,
): TrustedKey | { readonly problem: string } {
  if (!text.startsWith('openpgp:')) return parseSshPublicKey(text);
  const fingerprint = openPgpFingerprint(text);
  if (fingerprint === undefined) {
    return { problem: "after 'openpgp:' comes the primary key's whole fingerprint, 40 or 64 hex digits" };
  }
  return { format: 'openpgp', id: `openpgp:${fingerprint}` as KeyId, armored: armored(fingerprint) ?? '' };
}
