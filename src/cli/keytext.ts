import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { Failure } from '../failure.ts';
import { openPgpFingerprint } from '../policy/key.ts';
import { keyFilePath } from '../policy/names.ts';
import { parseOpenPgpKey } from '../signing/openpgp.ts';
import type { Context } from './context.ts';
import { readGiven } from './input.ts';

/** A public key as the policy names it and, of an OpenPGP key, what is kept beside the policy. */
export interface GivenKey {
  readonly text: string;
  readonly file?: { readonly path: string; readonly bytes: Uint8Array };
}

/** A public key as it stands in a `.pub` file, or the path of a file with one, which may be armored OpenPGP. @throws Failure for any other file */
export async function givenKey(context: Context, text: string): Promise<GivenKey> {
  if (text.includes(' ') || text.startsWith('openpgp:')) return { text };
  if (text.startsWith('SHA256:'))
    throw new Failure(`${text} is a key's fingerprint: give the public key, or the path of one`);
  const found = (await readGiven(context, text)).toString('utf8').trim();
  if (found.startsWith('-----BEGIN PGP ')) return openPgpKey(text, found);
  if (found.includes('PRIVATE KEY'))
    throw new Failure(`${text} is a private key: give the public one, ${text}.pub`);
  if (found === '' || found.includes('\n')) throw new Failure(`${text} is no file with one public key`);
  return { text: found };
}

async function openPgpKey(path: string, armored: string): Promise<GivenKey> {
  const key = await parseOpenPgpKey(armored);
  const fingerprint = 'problem' in key ? undefined : openPgpFingerprint(key.id);
  if ('problem' in key || fingerprint === undefined) {
    const why = 'problem' in key ? key.problem : 'it is of no known kind';
    throw new Failure(`${path} cannot be used: ${why}; write it with gpg --armor --export <fingerprint>`);
  }
  return {
    text: key.id,
    file: { path: keyFilePath(fingerprint), bytes: Buffer.from(`${armored}\n`) },
  };
}

/** The text of a key that may be named by its fingerprint, too. */
export async function keyOrFingerprint(context: Context, text: string): Promise<string> {
  if (text.startsWith('SHA256:')) return text;
  // Fingerprints of OpenPGP keys are words like any other.
  if (!text.includes(' ') && !existsSync(resolve(context.cwd, text))) return text;
  return (await givenKey(context, text)).text;
}
