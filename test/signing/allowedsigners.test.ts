import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { allowedSignersFile } from '../../src/signing/allowedsigners.ts';
import type { KeyId } from '../../src/signing/model.ts';
import { run, type Sandbox, sandbox } from '../helpers/sandbox.ts';
import { makeSshKey, sshKeygenSign } from './keys.ts';

async function accepts(
  box: Sandbox,
  file: string,
  who: string,
  namespace: string,
  signature: Buffer,
): Promise<boolean> {
  const path = join(box.dir, 'signature');
  await writeFile(path, signature);
  const args = ['-Y', 'verify', '-f', file, '-I', who, '-n', namespace, '-s', path];
  return (await run('ssh-keygen', args, { env: box.env, input: 'payload' })).code === 0;
}

test('ssh-keygen takes each key for its principal, in git’s namespace only', async () => {
  const box = await sandbox();
  const alice = await makeSshKey(box, 'alice', ['-t', 'ed25519']);
  const odd = await makeSshKey(box, 'odd', ['-t', 'ecdsa', '-b', '256']);
  const oddName = 'b*b, "c" é!@acme.example';
  const text = allowedSignersFile([
    { principal: 'alice@acme.example', key: alice.key.id },
    { principal: oddName, key: odd.key.id },
    { principal: 'gpg@acme.example', key: `openpgp:${'A'.repeat(40)}` as KeyId },
  ]);
  expect(text.split('\n')[0]).toBe(`alice@acme.example namespaces="git" ${alice.key.id}`);
  expect(text).not.toContain('openpgp');
  const file = join(box.dir, 'allowed');
  await writeFile(file, text);

  const byAlice = await sshKeygenSign(box, alice.privatePath, 'payload');
  const byOdd = await sshKeygenSign(box, odd.privatePath, 'payload');
  const elsewhere = await sshKeygenSign(box, alice.privatePath, 'payload', 'file');
  expect(await accepts(box, file, 'alice@acme.example', 'git', byAlice)).toBe(true);
  expect(await accepts(box, file, oddName, 'git', byOdd)).toBe(true);
  expect(await accepts(box, file, oddName, 'git', byAlice)).toBe(false);
  expect(await accepts(box, file, 'anybody@acme.example', 'git', byOdd)).toBe(false);
  expect(await accepts(box, file, 'alice@acme.example', 'file', elsewhere)).toBe(false);
});

test('nobody makes an empty file', () => {
  expect(allowedSignersFile([])).toBe('');
});
