import { Failure } from '../failure.ts';
import { readIdentity } from '../git/identity.ts';
import type { Signer } from './model.ts';
import { parseOpenPgpKey } from './openpgp.ts';
import { lastWords, type ProgramPlace, runProgram } from './program.ts';
import type { SignerOptions } from './signeroptions.ts';

const HOW_TO_CONFIGURE =
  'to sign with an SSH key, run git config gpg.format ssh and git config user.signingkey ~/.ssh/id_ed25519.pub, or let PROMPTAUDIT_SIGNING_KEY name an Ed25519 private key file; to sign with OpenPGP, run git config user.signingkey and a fingerprint from gpg --list-secret-keys';

/** Signs with `gpg -bsau`, or the program that `gpg.openpgp.program` or `gpg.program` puts in its place, as git does. */
export async function openGpgSigner(options: SignerOptions): Promise<Signer> {
  const { config, env } = options;
  const place: ProgramPlace = { cwd: options.workTree ?? options.cwd, env };
  const program = config.getPath('gpg.openpgp.program') ?? config.getPath('gpg.program') ?? 'gpg';
  const user = config.get('user.signingkey') || committer(options);
  const fingerprints = await secretKeys(program, user, place);
  const [primary] = fingerprints;
  if (primary === undefined) throw new Failure(`no signing key is configured: ${HOW_TO_CONFIGURE}`);
  const key = await exportKey(program, primary, place);
  // Where the name fits several keys, gpg takes one of them: say which, so that it is the one whose public half we show.
  const localUser = fingerprints.length === 1 ? user : primary;
  return { key, sign: (payload) => signWithProgram(program, localUser, payload, place) };
}

/** What git passes to gpg where `user.signingKey` is not set. */
function committer(options: SignerOptions): string {
  const { name, email } = readIdentity(options.config, options.env, new Date(0)).committer;
  return `${name} <${email}>`;
}

/** Fingerprints of the primary keys that fit, those that are expired, revoked, disabled or invalid left out. */
async function secretKeys(program: string, user: string, place: ProgramPlace): Promise<readonly string[]> {
  const args = ['--batch', '--with-colons', '--list-secret-keys', '--', user];
  const result = await runProgram(program, args, place, new Uint8Array(0)).catch((error: unknown) => {
    throw error instanceof Failure ? new Failure(`${error.message}; ${HOW_TO_CONFIGURE}`) : error;
  });
  if (result.code !== 0) {
    throw new Failure(`gpg has no secret key for ${user} (${lastWords(result)}): ${HOW_TO_CONFIGURE}`);
  }
  const found: string[] = [];
  let usable = false;
  for (const line of result.stdout.toString('latin1').split('\n')) {
    const fields = line.split(':');
    if (fields[0] === 'sec') usable = !/[erdi]/.test(fields[1] ?? '');
    if (fields[0] === 'ssb') usable = false;
    if (fields[0] === 'fpr' && usable && fields[9]) found.push(fields[9]);
  }
  return found;
}

async function exportKey(program: string, primary: string, place: ProgramPlace): Promise<Signer['key']> {
  const args = ['--batch', '--armor', '--export-options', 'export-minimal', '--export', '--', primary];
  const result = await runProgram(program, args, place, new Uint8Array(0));
  if (result.code !== 0)
    throw new Failure(`${program} could not export the key ${primary}: ${lastWords(result)}`);
  const key = await parseOpenPgpKey(result.stdout.toString('latin1'));
  if ('problem' in key) throw new Failure(`the OpenPGP key ${primary} cannot be used: ${key.problem}`);
  return key;
}

async function signWithProgram(
  program: string,
  user: string,
  payload: Uint8Array,
  place: ProgramPlace,
): Promise<string> {
  const result = await runProgram(program, ['--status-fd=2', '-bsau', user], place, payload);
  const created = /^\[GNUPG:\] SIG_CREATED /m.test(result.stderr);
  if (result.code !== 0 || !created) {
    throw new Failure(
      `${program} could not sign as ${user}: ${lastWords(result)}; can gpg --clearsign use this key here?`,
    );
  }
  return `${result.stdout.toString('latin1').replaceAll('\r', '').trimEnd()}\n`;
}
