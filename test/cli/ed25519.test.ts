import { afterEach, expect, test } from 'vitest';
import { runCli } from '../../src/cli/run.ts';
import { chooseEd25519Judge, chosenEd25519Judge } from '../../src/signing/ed25519judge.ts';
import { world } from './world.ts';

afterEach(() => chooseEd25519Judge('tables'));

/** Runs a command that opens the repository, which is not there. */
async function judgeUnder(env: Readonly<Record<string, string>>) {
  const place = world(['log'], { env });
  expect(await runCli(place)).toBe(2);
  return { judge: chosenEd25519Judge(), said: place.stderr.text };
}

test('PROMPTAUDIT_ED25519 says who judges signatures', async () => {
  const env = { PROMPTAUDIT_GIT: 'native' };
  expect((await judgeUnder({ ...env, PROMPTAUDIT_ED25519: 'openssl' })).judge).toBe('openssl');
  expect((await judgeUnder(env)).judge).toBe('tables');
  expect((await judgeUnder({ ...env, PROMPTAUDIT_ED25519: '' })).judge).toBe('tables');
  expect((await judgeUnder({ ...env, PROMPTAUDIT_ED25519: 'libsodium' })).said).toBe(
    'promptaudit: PROMPTAUDIT_ED25519 is "libsodium": make it openssl, or unset it\n',
  );
});
