import type { Buffer } from 'node:buffer';

/**
 * A key's one canonical name.
 * SSH: `<type> <base64>` without a comment, e.g. `ssh-ed25519 AAAAC3…`; OpenPGP: `openpgp:` + the primary key's
 * fingerprint in upper-case hex.
 */
export type KeyId = string & { readonly __keyId: true };

/** A key that a policy lists, ready to verify with. Made only by `parseSshPublicKey` and `parseOpenPgpKey`. */
export type TrustedKey =
  | { readonly format: 'ssh'; readonly id: KeyId; readonly type: SshKeyType; readonly blob: Buffer }
  | { readonly format: 'openpgp'; readonly id: KeyId; readonly armored: string };

/** Why a text is not a key that a policy can list: one clause for a person, without the text itself. */
export interface KeyProblem {
  readonly problem: string;
}

export type SshKeyType =
  | 'ssh-ed25519'
  | 'ecdsa-sha2-nistp256'
  | 'ecdsa-sha2-nistp384'
  | 'ecdsa-sha2-nistp521'
  | 'ssh-rsa'
  | 'sk-ssh-ed25519@openssh.com'
  | 'sk-ecdsa-sha2-nistp256@openssh.com';

/** Keys by id. An OpenPGP signature made by a subkey is found under its primary key's id. */
export type Keyring = ReadonlyMap<KeyId, TrustedKey>;

/**
 * The three answers, and which key each is about. Only `valid` counts.
 * `valid`: this key, which the keyring holds, signed exactly this payload.
 * `invalid`: the signature is broken, or is not over this payload (`key` where it names one).
 * `unknown-key`: well-formed, by a key that the keyring does not hold.
 * `unsupported`: an algorithm or format that this verifier cannot judge.
 */
export type Verdict =
  | { readonly verdict: 'valid'; readonly key: KeyId }
  | { readonly verdict: 'invalid'; readonly key: KeyId | undefined; readonly why: string }
  | { readonly verdict: 'unknown-key'; readonly key: string }
  | { readonly verdict: 'unsupported'; readonly why: string };

/** Makes signatures with one key. */
export interface Signer {
  /** The public half; for OpenPGP its `armored` export, so that `init` can put it into the policy. */
  readonly key: TrustedKey;
  /** Signs the exact payload in git's namespace (`git` for SSHSIG); answers the armored block, ending in `\n`. */
  sign(payload: Uint8Array): Promise<string>;
}
