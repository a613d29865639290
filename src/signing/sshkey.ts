import { Buffer } from 'node:buffer';
import { createHash, createPublicKey, type JsonWebKey, type KeyObject } from 'node:crypto';
import type { KeyId, KeyProblem, SshKeyType, TrustedKey } from './model.ts';
import { isUnsafePoint } from './smallorder.ts';
import { decodeBase64, SshReader } from './sshwire.ts';

type SshKey = Extract<TrustedKey, { format: 'ssh' }>;

const KEY_TYPES: ReadonlySet<string> = new Set<SshKeyType>([
  'ssh-ed25519',
  'ecdsa-sha2-nistp256',
  'ecdsa-sha2-nistp384',
  'ecdsa-sha2-nistp521',
  'ssh-rsa',
  'sk-ssh-ed25519@openssh.com',
  'sk-ecdsa-sha2-nistp256@openssh.com',
]);

/** Longer than any key that OpenSSH makes (RSA 16384 is under 3 KiB). */
const MAX_TEXT = 16_384;
const MIN_RSA_BITS = 2048;
const MAX_RSA_BITS = 16_384;

/** By the name that the key's blob gives its curve (RFC 5656, section 10.1). */
const CURVES: Readonly<Record<string, { readonly crv: string; readonly size: number }>> = {
  nistp256: { crv: 'P-256', size: 32 },
  nistp384: { crv: 'P-384', size: 48 },
  nistp521: { crv: 'P-521', size: 66 },
};

/**
 * One public key as OpenSSH writes it (sshd(8), AUTHORIZED_KEYS FILE FORMAT, without options): `<type> <base64> [comment]`.
 * Strict: the type is the blob's, the base64 canonical, the blob without a byte too many, RSA at least 2048 bits, the
 * point on its curve and not one for which anybody can forge.
 */
export function parseSshPublicKey(text: string): TrustedKey | KeyProblem {
  const line = text.length > MAX_TEXT ? '' : text.trim();
  if (line.includes('PRIVATE KEY'))
    return { problem: 'it is a private key: use the public half, the .pub file' };
  if (/[\r\n]/.test(line)) return { problem: 'it has more than one line: one key is one line' };
  const [type = '', base64 = ''] = line.split(/[ \t]+/, 2);
  if (!isSshKeyType(type)) return { problem: unknownType(type) };
  const blob = decodeBase64(base64);
  if (blob === undefined || blob.length === 0) return { problem: `what follows ${type} is not a base64 key` };
  const material = readKeyBlob(blob);
  if ('problem' in material) return material;
  if (material.type !== type) return { problem: `it says ${type}, but the key inside is ${material.type}` };
  return { format: 'ssh', id: sshKeyId(type, base64), type, blob };
}

/** The id of a blob that is already known to begin with this type. */
export function sshKeyId(type: SshKeyType, base64: string): KeyId {
  return `${type} ${base64}` as KeyId;
}

export function isSshKeyType(type: string): type is SshKeyType {
  return KEY_TYPES.has(type);
}

/** `SHA256:` and unpadded base64, as `ssh-keygen -l` prints it; for OpenPGP the hex fingerprint. */
export function fingerprint(key: KeyId): string {
  const space = key.indexOf(' ');
  if (space < 0) return key.replace(/^openpgp:/, '');
  const blob = Buffer.from(key.slice(space + 1), 'base64');
  return `SHA256:${createHash('sha256').update(blob).digest('base64').replace(/=+$/, '')}`;
}

const objects = new WeakMap<SshKey, KeyObject>();

/** The key as node:crypto takes it, made when it is first asked for: of those that a policy lists, few sign. `undefined` for a blob that is none. */
export function publicKeyObject(key: SshKey): KeyObject | undefined {
  const known = objects.get(key);
  if (known !== undefined) return known;
  const made = readKeyBlob(key.blob);
  if ('problem' in made) return undefined;
  objects.set(key, made.object);
  return made.object;
}

const points = new WeakMap<SshKey, Buffer>();

/** The 32 bytes of an Ed25519 key, a security key's as well (RFC 8709, section 4); the same object each time. */
export function ed25519Point(key: SshKey): Buffer {
  const known = points.get(key);
  if (known !== undefined) return known;
  const reader = new SshReader(key.blob);
  reader.string();
  const point = reader.string();
  points.set(key, point);
  return point;
}

/**
 * What the private half is to, in hex: a key and a security key's form of it are two ids, and whoever holds the one signs as
 * both. An OpenPGP key's id is that already. Sources: as for `parseSshPublicKey`.
 */
export function publicNumbers(key: KeyId): string {
  const space = key.indexOf(' ');
  if (space < 0) return key;
  const reader = new SshReader(Buffer.from(key.slice(space + 1), 'base64'));
  const type = reader.text();
  if (type === 'ssh-rsa' || type.includes('ecdsa')) reader.string();
  const family = type.replace(/^sk-|@openssh\.com$/g, '').replace(/^ssh-/, '');
  return `${family} ${reader.string().toString('hex')}`;
}

function unknownType(type: string): string {
  if (type === 'ssh-dss') return 'DSA keys are too weak to be trusted: use ssh-ed25519';
  if (type.includes('-cert-')) return 'it is a certificate: list the plain public key instead';
  return 'it does not begin with a key type that is supported, e.g. ssh-ed25519';
}

interface KeyMaterial {
  readonly type: string;
  readonly object: KeyObject;
}

/** Sources: RFC 4253 section 6.6, RFC 5656 section 3.1, RFC 8709 section 4, and OpenSSH's PROTOCOL.u2f. */
function readKeyBlob(blob: Buffer): KeyMaterial | KeyProblem {
  const reader = new SshReader(blob);
  const type = reader.text();
  switch (type) {
    case 'ssh-ed25519':
    case 'sk-ssh-ed25519@openssh.com':
      return readEd25519(type, reader);
    case 'ecdsa-sha2-nistp256':
    case 'ecdsa-sha2-nistp384':
    case 'ecdsa-sha2-nistp521':
    case 'sk-ecdsa-sha2-nistp256@openssh.com':
      return readEcdsa(type, reader);
    case 'ssh-rsa':
      return readRsa(type, reader);
    default:
      return { problem: 'the key inside is of no type that is supported' };
  }
}

function readEd25519(type: string, reader: SshReader): KeyMaterial | KeyProblem {
  const point = reader.string();
  if (type !== 'ssh-ed25519') reader.string();
  if (!reader.done() || point.length !== 32) return { problem: `it is not a whole ${type} key` };
  if (isUnsafePoint(point)) return { problem: 'its point is one for which anybody can make signatures' };
  return material(type, { kty: 'OKP', crv: 'Ed25519', x: point.toString('base64url') });
}

function readEcdsa(type: string, reader: SshReader): KeyMaterial | KeyProblem {
  const name = reader.text();
  const point = reader.string();
  if (type.startsWith('sk-')) reader.string();
  const curve = CURVES[name];
  if (!reader.done() || curve === undefined) return { problem: `it is not a whole ${type} key` };
  if (!type.includes(name)) return { problem: `it says ${type}, but its curve is ${name}` };
  const { crv, size } = curve;
  if (point.length !== 1 + 2 * size || point[0] !== 4)
    return { problem: 'its point is not an uncompressed one' };
  const x = point.toString('base64url', 1, 1 + size);
  return material(type, { kty: 'EC', crv, x, y: point.toString('base64url', 1 + size) });
}

function readRsa(type: string, reader: SshReader): KeyMaterial | KeyProblem {
  const exponent = reader.positive();
  const modulus = reader.positive();
  if (!reader.done()) return { problem: 'it is not a whole ssh-rsa key' };
  const bits = modulus.length * 8 - Math.clz32(modulus[0] ?? 0) + 24;
  if (bits < MIN_RSA_BITS)
    return { problem: `it is an RSA key of ${bits} bits: ${MIN_RSA_BITS} are the least` };
  if (bits > MAX_RSA_BITS)
    return { problem: `it is an RSA key of ${bits} bits: ${MAX_RSA_BITS} are the most` };
  const last = exponent.at(-1) ?? 0;
  const unfit = last % 2 === 0 || (modulus.at(-1) ?? 0) % 2 === 0 || (exponent.length === 1 && last < 3);
  if (unfit || exponent.length > 8) return { problem: 'its RSA numbers cannot be those of a key' };
  return material(type, { kty: 'RSA', n: modulus.toString('base64url'), e: exponent.toString('base64url') });
}

function material(type: string, jwk: JsonWebKey): KeyMaterial | KeyProblem {
  try {
    return { type, object: createPublicKey({ key: jwk, format: 'jwk' }) };
  } catch {
    return { problem: 'its point is not on its curve' };
  }
}
