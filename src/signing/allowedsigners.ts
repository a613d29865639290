import { Buffer } from 'node:buffer';
import type { KeyId } from './model.ts';

/**
 * An allowed-signers file (ssh-keygen(1), ALLOWED SIGNERS), by which stock `git` and `ssh-keygen -Y verify` judge the same
 * signatures. Each key is good for git's namespace only. OpenPGP keys have no place in such a file and are left out.
 */
export function allowedSignersFile(
  entries: readonly { readonly principal: string; readonly key: KeyId }[],
): string {
  return entries
    .filter(({ key }) => !key.startsWith('openpgp:'))
    .map(({ principal, key }) => `${principalPattern(principal)} namespaces="git" ${key}\n`)
    .join('');
}

/**
 * The first field is a list of patterns: what would be a wildcard, a negation, a list, a comment or a second field stands
 * as `?`, which matches any one byte.
 */
function principalPattern(principal: string): string {
  return principal.replace(/[^A-Za-z0-9@._%+=~/-]/gu, (odd) => '?'.repeat(Buffer.byteLength(odd)));
}
