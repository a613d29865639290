import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { Failure } from '../failure.ts';
import type { Context } from './context.ts';

/** A public key that was given as it stands in a `.pub` file, or as the path of one. @throws Failure for any other file */
export async function keyText(context: Context, text: string): Promise<string> {
  if (text.includes(' ') || text.startsWith('openpgp:')) return text;
  const file = resolve(context.cwd, text);
  const found = await readFile(file, 'utf8');
  const line = found.trim();
  if (line.includes('PRIVATE KEY'))
    throw new Failure(`${text} is a private key: give the public one, ${text}.pub`);
  if (line === '' || line.includes('\n')) throw new Failure(`${text} is no file with one public key`);
  return line;
}

/** The same of a key that may be named by its fingerprint, too. */
export async function keyOrFingerprint(context: Context, text: string): Promise<string> {
  if (text.startsWith('SHA256:')) return text;
  return keyText(context, text).catch((error: unknown) => {
    // Fingerprints of OpenPGP keys are words like any other.
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return text;
    throw error;
  });
}
