import { readFile } from 'node:fs/promises';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { parseEd25519PrivateKey, publicHalf } from '../../src/signing/opensshkey.ts';
import { createSandbox, type Sandbox } from '../helpers/sandbox.ts';
import { flip, type KeyPairFiles, makeSshKey, trusted } from './keys.ts';

let box: Sandbox;
let pair: KeyPairFiles;
let text: string;
beforeAll(async () => {
  box = await createSandbox();
  pair = await makeSshKey(box, 'ed', ['-t', 'ed25519']);
  text = await readFile(pair.privatePath, 'latin1');
});
afterAll(() => box.remove());

function problemOf(key: object): string {
  return 'problem' in key ? String(key.problem) : 'no problem';
}

test('reads what ssh-keygen wrote, line ends of either kind', () => {
  expect(trusted(parseEd25519PrivateKey(text)).publicKey).toEqual(pair.key);
  expect(trusted(parseEd25519PrivateKey(text.replaceAll('\n', '\r\n'))).publicKey).toEqual(pair.key);
  expect(trusted(publicHalf(text))).toEqual(pair.key);
});

test.each([
  ['ecdsa', ['-t', 'ecdsa', '-b', '256']],
  ['rsa', ['-t', 'rsa', '-b', '2048']],
] as const)('says that a %s key is of another type, and knows its public half', async (name, args) => {
  const other = await makeSshKey(box, name, args);
  const file = await readFile(other.privatePath, 'latin1');
  expect(problemOf(parseEd25519PrivateKey(file))).toMatch(/only ssh-ed25519/);
  expect(trusted(publicHalf(file))).toEqual(other.key);
});

test('says that a key is encrypted, in either format', async () => {
  const locked = await makeSshKey(box, 'locked', ['-t', 'ed25519'], 'a passphrase');
  const file = await readFile(locked.privatePath, 'latin1');
  expect(problemOf(parseEd25519PrivateKey(file))).toMatch(/encrypted/);
  expect(trusted(publicHalf(file))).toEqual(locked.key);
  const pem = await box.ok('openssl', [
    'genpkey',
    '-algorithm',
    'ed25519',
    '-aes256',
    '-pass',
    'pass:secret',
  ]);
  expect(problemOf(parseEd25519PrivateKey(pem))).toMatch(/encrypted/);
});

test('PKCS#8 of another type', async () => {
  const pem = await box.ok('openssl', ['genpkey', '-algorithm', 'x25519']);
  expect(problemOf(parseEd25519PrivateKey(pem))).toMatch(/x25519/);
});

test('halves that do not belong together', async () => {
  const other = await makeSshKey(box, 'other', ['-t', 'ed25519']);
  const body = Buffer.from(text.split('\n').slice(1, -2).join(''), 'base64');
  const own = body.indexOf(blobOf(pair));
  blobOf(other).copy(body, own);
  const mixed = `-----BEGIN OPENSSH PRIVATE KEY-----\n${body.toString('base64')}\n-----END OPENSSH PRIVATE KEY-----\n`;
  expect(problemOf(parseEd25519PrivateKey(mixed))).toMatch(/does not belong/);
});

test('a damaged file is a problem or the same key, never an error', () => {
  const bytes = Buffer.from(text, 'latin1');
  fc.assert(
    fc.property(fc.nat(bytes.length - 1), fc.nat(7), fc.nat(20), (at, bit, cut) => {
      const damaged = flip(bytes, at, bit)
        .subarray(0, bytes.length - cut)
        .toString('latin1');
      for (const key of [parseEd25519PrivateKey(damaged), publicHalf(damaged)]) {
        if (!('problem' in key)) expect(key).toBeDefined();
      }
    }),
    { numRuns: 500 },
  );
  fc.assert(
    fc.property(fc.string(), (any) => {
      expect(problemOf(parseEd25519PrivateKey(any))).not.toBe('no problem');
    }),
  );
});

function blobOf({ key }: KeyPairFiles): Buffer {
  if (key.format !== 'ssh') throw new Error('not an SSH key');
  return key.blob;
}
