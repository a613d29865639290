import { createHash, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { GitConfig } from '../../src/git/store.ts';
import type { TrustedKey, Verdict } from '../../src/signing/model.ts';
import { parseSshPublicKey } from '../../src/signing/sshkey.ts';
import { run, type Sandbox } from '../helpers/sandbox.ts';

/** Narrows what a key parser answers, and fails the test for a problem. */
export function trusted<T extends object>(key: T | { readonly problem: string }): T {
  if ('problem' in key) throw new Error(`not a key: ${key.problem}`);
  return key;
}

export interface KeyPairFiles {
  readonly privatePath: string;
  readonly publicPath: string;
  readonly key: TrustedKey;
}

/** A key pair made by ssh-keygen. */
export async function makeSshKey(
  box: Sandbox,
  name: string,
  args: readonly string[],
  passphrase = '',
): Promise<KeyPairFiles> {
  const privatePath = join(box.dir, name);
  await box.ok('ssh-keygen', [
    '-q',
    '-N',
    passphrase,
    '-C',
    `${name} on a laptop`,
    '-f',
    privatePath,
    ...args,
  ]);
  const publicPath = `${privatePath}.pub`;
  return { privatePath, publicPath, key: trusted(parseSshPublicKey(await readFile(publicPath, 'latin1'))) };
}

/** `ssh-keygen -Y sign` over standard input. */
export async function sshKeygenSign(
  box: Sandbox,
  keyPath: string,
  payload: string,
  namespace = 'git',
  options: readonly string[] = [],
): Promise<Buffer> {
  const args = ['-q', '-Y', 'sign', '-n', namespace, ...options, '-f', keyPath];
  return Buffer.from(await box.ok('ssh-keygen', args, { input: payload }), 'latin1');
}

/** Does `ssh-keygen -Y verify` accept this signature by this key? */
export async function sshKeygenAccepts(
  box: Sandbox,
  key: TrustedKey,
  payload: string | Uint8Array,
  signature: Uint8Array,
  namespace = 'git',
): Promise<boolean> {
  const id = Math.random().toString(36).slice(2);
  const signers = join(box.dir, `signers-${id}`);
  const file = join(box.dir, `signature-${id}`);
  await writeFile(signers, `someone@acme.example ${key.id}\n`);
  await writeFile(file, signature);
  const args = ['-Y', 'verify', '-f', signers, '-I', 'someone@acme.example', '-n', namespace, '-s', file];
  return (await run('ssh-keygen', args, { env: box.env, input: payload })).code === 0;
}

/** RFC 4251 string, written here again so that the tests do not lean on the code under test. */
export function wire(value: string | Uint8Array): Buffer {
  const bytes = Buffer.from(value as string);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(bytes.length);
  return Buffer.concat([length, bytes]);
}

export function wireMpint(magnitude: Uint8Array): Buffer {
  let bytes = Buffer.from(magnitude);
  while (bytes.length > 0 && bytes[0] === 0) bytes = bytes.subarray(1);
  return wire((bytes[0] ?? 0) >= 0x80 ? Buffer.concat([Buffer.from([0]), bytes]) : bytes);
}

/** PROTOCOL.sshsig, section 3. */
export function sshsigMessage(payload: string, hash = 'sha512', namespace = 'git'): Buffer {
  const digest = createHash(hash).update(payload).digest();
  return Buffer.concat([Buffer.from('SSHSIG'), wire(namespace), wire(''), wire(hash), wire(digest)]);
}

/** PROTOCOL.sshsig, sections 1 and 2. */
export function sshsigArmor(
  publicBlob: Uint8Array,
  signature: Uint8Array,
  fields: { version?: number; reserved?: string; hash?: string; namespace?: string } = {},
): Buffer {
  const { version = 1, reserved = '', hash = 'sha512', namespace = 'git' } = fields;
  const head = Buffer.concat([Buffer.from('SSHSIG'), Buffer.from([0, 0, 0, version])]);
  const rest = [wire(publicBlob), wire(namespace), wire(reserved), wire(hash), wire(signature)];
  return armorSshsig(Buffer.concat([head, ...rest]));
}

export function armorSshsig(blob: Uint8Array): Buffer {
  const lines = Buffer.from(blob)
    .toString('base64')
    .replace(/.{70}(?=.)/g, '$&\n');
  return Buffer.from(`-----BEGIN SSH SIGNATURE-----\n${lines}\n-----END SSH SIGNATURE-----\n`);
}

export function dearmorSshsig(armored: Uint8Array): Buffer {
  return Buffer.from(Buffer.from(armored).toString().split('\n').slice(1, -2).join(''), 'base64');
}

export interface SecurityKey {
  readonly key: TrustedKey;
  sign(payload: string, flags: number, counter?: number): Buffer;
}

/** A security key in software: PROTOCOL.u2f, "SSH U2F Signatures". */
export function makeSecurityKey(kind: 'ed25519' | 'ecdsa'): SecurityKey {
  const application = 'ssh:';
  const { type, blob, privateKey } = kind === 'ed25519' ? softEd25519(application) : softEcdsa(application);
  const sha256 = (data: string | Buffer) => createHash('sha256').update(data).digest();
  return {
    key: trusted(parseSshPublicKey(`${type} ${blob.toString('base64')}`)),
    sign(payload, flags, counter = 7) {
      const trailer = Buffer.from([flags, 0, 0, 0, counter]);
      const signed = Buffer.concat([sha256(application), trailer, sha256(sshsigMessage(payload))]);
      const raw = sign(kind === 'ed25519' ? null : 'sha256', signed, {
        key: privateKey,
        dsaEncoding: 'ieee-p1363',
      });
      const inner =
        kind === 'ed25519'
          ? raw
          : Buffer.concat([wireMpint(raw.subarray(0, 32)), wireMpint(raw.subarray(32))]);
      return sshsigArmor(blob, Buffer.concat([wire(type), wire(inner), trailer]));
    },
  };
}

function softEd25519(application: string): { type: string; blob: Buffer; privateKey: KeyObject } {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  const type = 'sk-ssh-ed25519@openssh.com';
  const point = Buffer.from(publicKey.export({ format: 'jwk' }).x!, 'base64url');
  return { type, privateKey, blob: Buffer.concat([wire(type), wire(point), wire(application)]) };
}

function softEcdsa(application: string): { type: string; blob: Buffer; privateKey: KeyObject } {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const type = 'sk-ecdsa-sha2-nistp256@openssh.com';
  const { x, y } = publicKey.export({ format: 'jwk' });
  const point = Buffer.concat([Buffer.from([4]), Buffer.from(x!, 'base64url'), Buffer.from(y!, 'base64url')]);
  return {
    type,
    privateKey,
    blob: Buffer.concat([wire(type), wire('nistp256'), wire(point), wire(application)]),
  };
}

/** An `ssh-ed25519` key as a security key has the same point. Source: OpenSSH's PROTOCOL.u2f, "SSH U2F Key formats". */
export function securityForm(key: string): string {
  const point = Buffer.from(key.split(' ')[1] ?? '', 'base64').subarray(-32);
  const type = 'sk-ssh-ed25519@openssh.com';
  return `${type} ${Buffer.concat([type, point, 'ssh:'].map(wire)).toString('base64')}`;
}

/** A copy with one bit changed. */
export function flip(bytes: Uint8Array, index: number, bit = 0): Buffer {
  const copy = Buffer.from(bytes);
  copy[index] = copy[index]! ^ (1 << bit);
  return copy;
}

/** Payload and signature of a commit, cut from the raw object by hand. */
export async function signedCommitParts(
  box: Sandbox,
  cwd: string,
): Promise<{ payload: Buffer; signature: Buffer }> {
  const { stdout } = await run('git', ['cat-file', 'commit', 'HEAD'], { cwd, env: box.env });
  const raw = stdout.toString('latin1');
  const header = /^gpgsig (.*(?:\n .*)*)\n/m.exec(raw);
  if (header === null) throw new Error('the commit is not signed');
  const payload = raw.slice(0, header.index) + raw.slice(header.index + header[0].length);
  return {
    payload: Buffer.from(payload, 'latin1'),
    signature: Buffer.from(`${header[1]!.replaceAll('\n ', '\n')}`, 'latin1'),
  };
}

/** Payload and signature of the tag object at a ref. */
export async function signedTagParts(
  box: Sandbox,
  cwd: string,
  tag: string,
): Promise<{ payload: Buffer; signature: Buffer }> {
  const { stdout } = await run('git', ['cat-file', 'tag', tag], { cwd, env: box.env });
  const at = stdout.indexOf('-----BEGIN ');
  return { payload: stdout.subarray(0, at), signature: stdout.subarray(at) };
}

/** What git itself reads in a folder, behind the port's interface. */
export async function gitConfig(box: Sandbox, cwd: string): Promise<GitConfig> {
  const { stdout } = await run('git', ['config', '--list', '-z'], { cwd, env: box.env });
  const entries = stdout
    .toString()
    .split('\0')
    .filter((entry) => entry !== '')
    .map((entry) => [entry.split('\n', 1)[0]!, entry.slice(entry.indexOf('\n') + 1)] as const);
  const getAll = (key: string) =>
    entries.filter(([name]) => name === key.toLowerCase()).map(([, value]) => value);
  return {
    get: (key) => getAll(key).at(-1),
    sections: () => [],
    getAll,
    getBool: (key) => getAll(key).at(-1) === 'true',
    getPath: (key) => getAll(key).at(-1)?.replace(/^~\//, `${box.dir}/`),
  };
}

/** A verdict in one word and its key, without the wording. */
export function brief(verdict: Verdict): string {
  return verdict.verdict;
}
