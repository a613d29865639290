import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { Failure } from '../failure.ts';
import type { Signer } from './model.ts';
import { type Ed25519KeyPair, parseEd25519PrivateKey } from './opensshkey.ts';
import { GIT_NAMESPACE, signSshEd25519 } from './sshsig.ts';

/** @param file the value of PROMPTAUDIT_SIGNING_KEY */
export async function openFileSigner(file: string, cwd: string): Promise<Signer> {
  const path = resolve(cwd, file);
  const text = await readFile(path, 'latin1').catch((error: NodeJS.ErrnoException) => {
    const why =
      error.code === 'ENOENT' ? 'no such file' : `it cannot be read (${error.code ?? error.message})`;
    throw new Failure(
      `PROMPTAUDIT_SIGNING_KEY names ${path}: ${why}; name an Ed25519 private key file, or unset it to sign as git does`,
    );
  });
  const pair = parseEd25519PrivateKey(text);
  if ('problem' in pair) {
    throw new Failure(
      `PROMPTAUDIT_SIGNING_KEY names ${path}, but ${pair.problem}: it must be an Ed25519 private key without a passphrase (ssh-keygen -t ed25519)`,
    );
  }
  return signerWith(pair);
}

/** Signs in process. */
export function signerWith({ publicKey, privateKey }: Ed25519KeyPair): Signer {
  return {
    key: publicKey,
    sign: async (payload) => signSshEd25519(privateKey, publicKey.blob, payload, GIT_NAMESPACE),
  };
}
