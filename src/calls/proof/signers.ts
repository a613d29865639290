import { Failure } from '../../failure.ts';
import type { Policy } from '../../policy/model.ts';
import type { KeyId, TrustedKey } from '../../signing/model.ts';
import { parseSshPublicKey } from '../../signing/sshkey.ts';
import { GIT_NAMESPACE } from '../../signing/sshsig.ts';

/** Whoever may seal, by key. */
export type TrustedSigners = ReadonlyMap<KeyId, TrustedSigner>;

interface TrustedSigner {
  readonly key: TrustedKey;
  /**
   * Why this key does not count under that name at that place of the ledger, in words that follow "signed with this key, ";
   * `undefined` where it does.
   */
  problem(email: string, sequence: number): string | undefined;
}

/** Everybody who holds the role `recorder`, with the keys and revocations of this policy. */
export function signersOfPolicy(policy: Policy): TrustedSigners {
  const signers = new Map<KeyId, TrustedSigner>();
  for (const [id, { principal, key, revokedFrom }] of policy.keys) {
    const problem = (email: string, sequence: number): string | undefined => {
      if (email !== principal) return `which is ${principal}'s, but names ${email}`;
      if (revokedFrom !== undefined && sequence >= revokedFrom)
        return `a key of ${principal} that is revoked from event ${revokedFrom} on`;
      const roles = policy.principals.get(principal)?.roles;
      return roles?.has('recorder')
        ? undefined
        : `a key of ${principal}, who does not hold the role recorder`;
    };
    signers.set(id, { key, problem });
  }
  return signers;
}

/** `<patterns> [namespaces="git"] <type> <base64> [comment]`. Options in quotes may hold blanks, and no quotes. */
const ENTRY =
  /^(?<patterns>[^\s"]+)[ \t]+(?:(?<options>(?:[^\s"]|"[^"]*")+)[ \t]+)??(?<key>(?:ssh-|ecdsa-|sk-)[^\s"]+[ \t]+\S+)(?:[ \t].*)?$/;
const NAMESPACES = /^namespaces="([^"]*)"$/i;

/**
 * The keys of an allowed-signers file (ssh-keygen(1), ALLOWED SIGNERS). Entries for other namespaces than git's are left out.
 * @throws Failure for a line that is none, and for an option that is not honoured here: a key must not count for more than
 * the file says
 */
export function signersOfFile(text: string, name: string): TrustedSigners {
  const signers = new Map<KeyId, TrustedSigner & { readonly patterns: string[] }>();
  for (const [index, raw] of text.split(/\r?\n/).entries()) {
    const line = raw.trim();
    if (line === '' || line.startsWith('#')) continue;
    const place = `line ${index + 1} of ${name}`;
    const { patterns = '', options, key: keyText = '' } = ENTRY.exec(line)?.groups ?? {};
    if (keyText === '')
      throw new Failure(`${place} is no allowed signer: write a principal, and a public key`);
    const key = parseSshPublicKey(keyText);
    if ('problem' in key) throw new Failure(`the key on ${place} cannot be used: ${key.problem}`);
    if (!isForGit(options, place)) continue;
    const known = signers.get(key.id);
    known?.patterns.push(patterns);
    if (known === undefined) signers.set(key.id, fileSigner(key, [patterns]));
  }
  return signers;
}

function isForGit(options: string | undefined, place: string): boolean {
  if (options === undefined) return true;
  const namespaces = NAMESPACES.exec(options)?.[1];
  if (namespaces === undefined)
    throw new Failure(`${place} has options that promptaudit does not honour: only namespaces="…" is known`);
  return matchesList(namespaces, GIT_NAMESPACE);
}

function fileSigner(key: TrustedKey, patterns: string[]): TrustedSigner & { readonly patterns: string[] } {
  const problem = (email: string): string | undefined =>
    patterns.some((list) => matchesList(list, email)) ? undefined : `which is not ${email}'s by that file`;
  return { key, patterns, problem };
}

/** A list of patterns as in ssh_config(5), PATTERNS: `*`, `?`, and `!` before one that must not match. */
function matchesList(list: string, text: string): boolean {
  const patterns = list.split(',');
  const denied = patterns.some((one) => one.startsWith('!') && matches(one.slice(1), text));
  return !denied && patterns.some((one) => !one.startsWith('!') && matches(one, text));
}

/** Walks the text once for every character of the pattern, so that no pattern is slow. `?` is one byte, as ssh-keygen has it. */
function matches(pattern: string, text: string): boolean {
  const bytes = Buffer.from(text).toString('latin1');
  let reached = Array.from({ length: bytes.length + 1 }, (_, index) => index === 0);
  for (const char of Buffer.from(pattern).toString('latin1')) {
    let inside = false;
    reached = reached.map((here, index) => {
      inside ||= here;
      if (char === '*') return inside;
      return (reached[index - 1] ?? false) && (char === '?' || char === bytes[index - 1]);
    });
  }
  return reached[bytes.length] ?? false;
}
