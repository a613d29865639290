import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parseOpenPgpKey } from '../../src/signing/openpgp.ts';
import { parseEd25519PrivateKey, publicHalf } from '../../src/signing/opensshkey.ts';
import { parseSshPublicKey } from '../../src/signing/sshkey.ts';
import { parseSshSignature, signSshEd25519 } from '../../src/signing/sshsig.ts';
import { keyringOf, verifySignature } from '../../src/signing/verify.ts';
import { hostile, mutated } from '../helpers/mutations.ts';
import { createSandbox, run, type Sandbox } from '../helpers/sandbox.ts';
import { armorSshsig, brief, dearmorSshsig, trusted, wire, wireMpint } from './keys.ts';

const PAYLOAD = Buffer.from('tree 4b825dc642cb6eb9a060e54bf8d69288fbee4904\n\na message with an ü\n');
const { publicKey, privateKey } = generateKeyPairSync('ed25519');
const own = ed25519Blob(publicKey);
const key = trusted(parseSshPublicKey(`ssh-ed25519 ${own.toString('base64')}`));
const signature = Buffer.from(signSshEd25519(privateKey, own, PAYLOAD, 'git'));

function field(part: KeyObject, name: 'x' | 'y' | 'n' | 'e'): Buffer {
  return Buffer.from(part.export({ format: 'jwk' })[name] ?? '', 'base64url');
}

function ed25519Blob(part: KeyObject): Buffer {
  return Buffer.concat([wire('ssh-ed25519'), wire(field(part, 'x'))]);
}

/** Lengths that run past the end, and what else SSH puts into a blob. */
const WIRE = ['\0\0\0\u0001', '\0\0\0\0', 'SSHSIG', 'ssh-ed25519', 'ssh-rsa', 'sha256', 'git', 'nistp256'];

describe('SSH', () => {
  test('a signature is read field by field, with no byte left over, or not at all', () => {
    const blob = dearmorSshsig(signature);
    const candidates = fc.oneof(
      hostile(blob, WIRE).map(armorSshsig),
      hostile(signature, ['=', 'AAAA', '-----END ']),
    );
    let read = 0;
    fc.assert(
      fc.property(candidates, (armored) => {
        const parsed = parseSshSignature(armored);
        if ('problem' in parsed) return;
        read += 1;
        const namespace = Buffer.from(parsed.namespace, 'latin1');
        const fields = [parsed.publicKey, namespace, '', parsed.hash, parsed.signature].map(wire);
        const again = Buffer.concat([Buffer.from('SSHSIG\0\0\0\u0001'), ...fields]);
        const body = Buffer.from(armored)
          .toString('latin1')
          .split('\n')
          .slice(1)
          .join('')
          .split('-----END')[0];
        expect(again.toString('base64')).toBe(body);
      }),
      { numRuns: 10_000 },
    );
    expect(read).toBeGreaterThan(200);
  });

  test('a signature holds for the bytes that were signed and no others', async () => {
    const judge = (payload: Buffer) => verifySignature(payload, signature, keyringOf([key]));
    expect(brief(await judge(PAYLOAD))).toBe('valid');
    await fc.assert(
      fc.asyncProperty(hostile(PAYLOAD), async (payload) => {
        fc.pre(!payload.equals(PAYLOAD));
        expect(brief(await judge(payload))).toBe('invalid');
      }),
      { numRuns: 5000 },
    );
  });

  test('no mutation of a signature is valid', async () => {
    const blob = dearmorSshsig(signature);
    const candidates = fc.oneof(
      mutated(blob, WIRE).map(armorSshsig),
      mutated(signature, ['=', 'AAAA', '\n']),
    );
    await fc.assert(
      fc.asyncProperty(candidates, async (armored) => {
        // The line feed at the end may be left out.
        fc.pre(!Buffer.from(armored).equals(signature) && !signature.subarray(0, -1).equals(armored));
        expect(brief(await verifySignature(PAYLOAD, armored, keyringOf([key])))).not.toBe('valid');
      }),
      { numRuns: 5000 },
    );
  });

  const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey;
  const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 }).publicKey;
  const point = Buffer.concat([Buffer.from([4]), field(ec, 'x'), field(ec, 'y')]);
  const blobs = {
    'ssh-ed25519': own,
    'ecdsa-sha2-nistp256': Buffer.concat(['ecdsa-sha2-nistp256', 'nistp256', point].map(wire)),
    'sk-ssh-ed25519@openssh.com': Buffer.concat(
      ['sk-ssh-ed25519@openssh.com', field(publicKey, 'x'), 'ssh:'].map(wire),
    ),
    'ssh-rsa': Buffer.concat([wire('ssh-rsa'), wireMpint(field(rsa, 'e')), wireMpint(field(rsa, 'n'))]),
  };

  test.each(Object.entries(blobs))('%s keys have one spelling, or are none', (type, blob) => {
    expect(parseSshPublicKey(`${type} ${blob.toString('base64')}`)).not.toHaveProperty('problem');
    const texts = fc.oneof(
      hostile(blob, WIRE).map((bytes) => `${type} ${bytes.toString('base64')}`),
      hostile(Buffer.from(`${type} ${blob.toString('base64')} somebody`), [type, '=']).map((bytes) =>
        bytes.toString('latin1'),
      ),
    );
    fc.assert(
      fc.property(texts, (text) => {
        const parsed = parseSshPublicKey(text);
        if ('problem' in parsed) return;
        expect(parseSshPublicKey(parsed.id)).toEqual(parsed);
        expect(
          text
            .trim()
            .split(/[ \t]+/)
            .slice(0, 2)
            .join(' '),
        ).toBe(parsed.id);
      }),
      { numRuns: 2500 },
    );
  });

  test('a private key is one whose halves belong together, or none', () => {
    const secret = Buffer.from(privateKey.export({ format: 'jwk' }).d ?? '', 'base64url');
    const section = [
      wire('ssh-ed25519'),
      wire(field(publicKey, 'x')),
      wire(Buffer.concat([secret, field(publicKey, 'x')])),
    ];
    const hidden = Buffer.concat([
      Buffer.from('01234567'),
      ...section,
      wire('a comment'),
      Buffer.from([1, 2, 3]),
    ]);
    hidden.copy(hidden, 4, 0, 4);
    const blob = Buffer.concat([
      Buffer.from('openssh-key-v1\0'),
      ...['none', 'none', ''].map(wire),
      Buffer.from([0, 0, 0, 1]),
      wire(own),
      wire(hidden),
    ]);
    const file = (bytes: Buffer) =>
      `-----BEGIN OPENSSH PRIVATE KEY-----\n${bytes.toString('base64')}\n-----END OPENSSH PRIVATE KEY-----\n`;
    expect(trusted(parseEd25519PrivateKey(file(blob))).publicKey).toEqual(key);
    const pkcs8 = Buffer.from(privateKey.export({ format: 'pem', type: 'pkcs8' }));
    const texts = fc.oneof(
      hostile(blob, [...WIRE, 'none', 'aes256-ctr']).map(file),
      hostile(Buffer.from(file(blob))).map((bytes) => bytes.toString('latin1')),
      hostile(pkcs8, ['ENCRYPTED', '-----BEGIN PRIVATE KEY-----\n']).map((bytes) => bytes.toString('latin1')),
    );
    fc.assert(
      fc.property(texts, (text) => {
        publicHalf(text);
        const pair = parseEd25519PrivateKey(text);
        if ('problem' in pair) return;
        const made = Buffer.from(signSshEd25519(pair.privateKey, pair.publicKey.blob, PAYLOAD, 'git'));
        expect(parseSshSignature(made)).toMatchObject({ publicKey: pair.publicKey.blob });
      }),
      { numRuns: 3000 },
    );
  });
});

describe('OpenPGP', () => {
  let box: Sandbox;
  let armoredKey: string;
  let armoredSignature: string;
  beforeAll(async () => {
    box = await createSandbox();
    await mkdir(join(box.dir, '.gnupg'), { mode: 0o700 });
    const gpg = (...args: string[]) =>
      box.ok('gpg', ['--batch', '-q', '--passphrase', '', ...args], { input: PAYLOAD });
    await gpg('--quick-generate-key', 'Olga <olga@acme.example>', 'ed25519', 'sign', 'never');
    armoredKey = await gpg('--armor', '--export');
    armoredSignature = await gpg('-bau', 'olga@acme.example');
  });
  afterAll(async () => {
    await run('gpgconf', ['--kill', 'all'], { env: box.env });
    await box.remove();
  });

  const armor = (kind: string, bytes: Buffer) =>
    `-----BEGIN PGP ${kind}-----\n\n${bytes.toString('base64').replace(/.{64}(?=.)/g, '$&\n')}\n-----END PGP ${kind}-----\n`;
  const dearmor = (text: string) =>
    Buffer.from(text.slice(text.indexOf('\n\n') + 2, text.lastIndexOf('\n=')), 'base64');
  const spellings = (kind: string, text: string) =>
    fc.oneof(
      { weight: 3, arbitrary: hostile(dearmor(text)).map((bytes) => armor(kind, bytes)) },
      { weight: 1, arbitrary: hostile(Buffer.from(text), ['=', 'AAAA', 'Version: 1\n']).map(String) },
    );

  test('a signature holds for the bytes that were signed and no others', async () => {
    const ring = keyringOf([trusted(await parseOpenPgpKey(armoredKey))]);
    const judge = async (payload: Buffer) =>
      brief(await verifySignature(payload, Buffer.from(armoredSignature), ring));
    expect(await judge(PAYLOAD)).toBe('valid');
    await fc.assert(
      fc.asyncProperty(hostile(PAYLOAD), async (payload) => {
        fc.pre(!payload.equals(PAYLOAD));
        expect(await judge(payload)).toBe('invalid');
      }),
      { numRuns: 300 },
    );
  });

  test('no mutation of a signature is valid in which anything else is signed', async () => {
    const ring = keyringOf([trusted(await parseOpenPgpKey(armoredKey))]);
    const original = signedPart(dearmor(armoredSignature));
    await fc.assert(
      fc.asyncProperty(spellings('SIGNATURE', armoredSignature), async (text) => {
        const { verdict } = await verifySignature(PAYLOAD, Buffer.from(text, 'latin1'), ring);
        if (verdict !== 'valid') return;
        const body = text.slice(text.indexOf('\n\n') + 2).replace(/\n(?:=....\n)?-----END.*\n?/, '');
        expect(signedPart(Buffer.from(body, 'base64'))).toEqual(original);
      }),
      { numRuns: 800 },
    );
  });

  test('a key that is read has the fingerprint that it had, or is another, under which nothing of its is valid', async () => {
    const { id } = trusted(await parseOpenPgpKey(armoredKey));
    let read = 0;
    await fc.assert(
      fc.asyncProperty(spellings('PUBLIC KEY BLOCK', armoredKey), async (text) => {
        const parsed = await parseOpenPgpKey(text);
        if ('problem' in parsed) return;
        read += 1;
        const { verdict } = await verifySignature(
          PAYLOAD,
          Buffer.from(armoredSignature),
          keyringOf([parsed]),
        );
        if (verdict === 'valid') expect(parsed.id).toBe(id);
        if (parsed.id !== id) expect(verdict).toBe('unknown-key');
      }),
      { numRuns: 700 },
    );
    expect(read).toBeGreaterThan(0);
  });
});

/**
 * A short signature packet without its frame and its unhashed area, which nothing in the packet speaks for. Source: RFC 9580,
 * section 5.2.3.
 */
function signedPart(packet: Buffer): Buffer {
  const hashedEnd = 8 + packet.readUInt16BE(6);
  return Buffer.concat([
    packet.subarray(2, hashedEnd),
    packet.subarray(hashedEnd + 2 + packet.readUInt16BE(hashedEnd)),
  ]);
}
