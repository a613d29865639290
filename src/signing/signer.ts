import { Buffer } from 'node:buffer';
import { Failure } from '../failure.ts';
import { openFileSigner } from './filesigner.ts';
import { openGpgSigner } from './gpgsigner.ts';
import type { Signer } from './model.ts';
import type { SignerOptions } from './signeroptions.ts';
import { fingerprint } from './sshkey.ts';
import { openSshSigner } from './sshsigner.ts';
import { keyringOf, verifySignature } from './verify.ts';

/**
 * The signer that git would use here (git-config(1): `gpg.*`, `user.signingKey`), or the key file that
 * `PROMPTAUDIT_SIGNING_KEY` names. Knows its public key without signing anything.
 * @throws Failure that says what to configure, where there is no usable key
 */
export async function openSigner(options: SignerOptions): Promise<Signer> {
  const file = options.env.PROMPTAUDIT_SIGNING_KEY;
  if (file) return openFileSigner(file, options.cwd);
  const format = options.config.get('gpg.format') ?? 'openpgp';
  switch (format) {
    case 'ssh':
      return checked(await openSshSigner(options));
    case 'openpgp':
      return checked(await openGpgSigner(options));
    case 'x509':
      throw new Failure(
        'gpg.format is x509, which promptaudit does not support: run git config gpg.format ssh',
      );
    default:
      throw new Failure(`gpg.format is ${JSON.stringify(format)}: git knows ssh, openpgp and x509`);
  }
}

/** Holds a signing program to its word: what it made must be this key's signature over these bytes. */
function checked(signer: Signer): Signer {
  return {
    key: signer.key,
    sign: async (payload) => {
      const armored = await signer.sign(payload);
      const verdict = await verifySignature(payload, Buffer.from(armored, 'latin1'), keyringOf([signer.key]));
      if (verdict.verdict === 'valid') return armored;
      const why = 'why' in verdict ? verdict.why : `it signed with another key, ${verdict.key}`;
      throw new Failure(`the signature made for ${fingerprint(signer.key.id)} cannot be used: ${why}`);
    },
  };
}
