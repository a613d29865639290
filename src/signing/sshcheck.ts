import { Buffer } from 'node:buffer';
import { createHash, type KeyObject, verify } from 'node:crypto';
import type { Keyring, SshKeyType, TrustedKey, Verdict } from './model.ts';
import { isUnsafePoint } from './smallorder.ts';
import { isSshKeyType, parseSshPublicKey, publicKeyObject, sshKeyId } from './sshkey.ts';
import { parseSshSignature, sshSignedData } from './sshsig.ts';
import { SshReader } from './sshwire.ts';

type SshKey = Extract<TrustedKey, { format: 'ssh' }>;

/** What node:crypto is asked: does `signature` hold for `data`? */
interface Question {
  /** The hash; `null` for Ed25519, which has its own. */
  readonly algorithm: string | null;
  readonly data: Buffer;
  readonly signature: Buffer;
}

/** The signature's own encoding does not fit its key. `unsupported` where it is one of a kind that is not judged. */
interface Unanswerable {
  readonly verdict: 'invalid' | 'unsupported';
  readonly why: string;
}

/** A coordinate's size in bytes and the hash that goes with the curve (RFC 5656, section 6.2.1). */
const ECDSA = {
  'ecdsa-sha2-nistp256': { size: 32, hash: 'sha256' },
  'ecdsa-sha2-nistp384': { size: 48, hash: 'sha384' },
  'ecdsa-sha2-nistp521': { size: 66, hash: 'sha512' },
} as const;

const RSA_HASHES: Readonly<Record<string, string>> = { 'rsa-sha2-256': 'sha256', 'rsa-sha2-512': 'sha512' };

/** The user was present: bit 0 of the authenticator's flags. */
const USER_PRESENT = 0x01;

/** A signature of which only the arithmetic is left to do. */
export interface Examined {
  readonly key: SshKey;
  readonly object: KeyObject;
  readonly question: Question;
}

/**
 * Judges an armored SSHSIG over `payload`, made in `namespace`. The arithmetic runs on the thread pool of node:crypto, so
 * many of them under way at once use all cores.
 */
export async function verifySshSignature(
  payload: Uint8Array,
  armored: Uint8Array,
  keyring: Keyring,
  namespace: string,
): Promise<Verdict> {
  const examined = examineSshSignature(payload, armored, keyring, namespace);
  if ('verdict' in examined) return examined;
  const { algorithm, data, signature } = examined.question;
  return new Promise((resolve) => {
    verify(algorithm, data, keyFor(examined), signature, (error, holds) => {
      resolve(verdictOf(examined, error === null && holds));
    });
  });
}

/** The same of one that was examined, on this thread, which waits for it: where it does nothing else, it is a third cheaper. */
export function settleHere(examined: Examined): Verdict {
  const { algorithm, data, signature } = examined.question;
  try {
    return verdictOf(examined, verify(algorithm, data, keyFor(examined), signature));
  } catch {
    return verdictOf(examined, false);
  }
}

/** ECDSA signatures are in the format of IEEE P1363; a bare key spares the others some of node's work. */
function keyFor({ object, question }: Examined): KeyObject | { key: KeyObject; dsaEncoding: 'ieee-p1363' } {
  return question.algorithm === null ? object : { key: object, dsaEncoding: 'ieee-p1363' };
}

export function verdictOf({ key: { id } }: Examined, holds: boolean): Verdict {
  if (holds) return { verdict: 'valid', key: id };
  return { verdict: 'invalid', key: id, why: 'it is not a signature over these bytes' };
}

/** All but the arithmetic. */
export function examineSshSignature(
  payload: Uint8Array,
  armored: Uint8Array,
  keyring: Keyring,
  namespace: string,
): Verdict | Examined {
  const parsed = parseSshSignature(armored);
  if ('problem' in parsed) {
    if (parsed.problem === 'unsupported') return { verdict: 'unsupported', why: parsed.why };
    return { verdict: 'invalid', key: undefined, why: `the SSH signature cannot be read: ${parsed.why}` };
  }
  const type = new SshReader(parsed.publicKey).text();
  if (!isSshKeyType(type))
    return { verdict: 'unsupported', why: 'an SSH key type or certificate that is not supported' };
  const id = sshKeyId(type, parsed.publicKey.toString('base64'));
  const key = keyring.get(id);
  if (key?.format !== 'ssh') return unknownKey(id);

  const no = (why: string): Verdict => ({ verdict: 'invalid', key: id, why });
  if (parsed.namespace !== namespace) return no(`it was made for another purpose than ${namespace}`);
  const question = ask(key, parsed.signature, sshSignedData(payload, namespace, parsed.hash));
  if ('verdict' in question)
    return question.verdict === 'invalid' ? no(question.why) : { ...question, verdict: 'unsupported' };
  const object = publicKeyObject(key);
  return object === undefined ? no('it is not a signature over these bytes') : { key, object, question };
}

function unknownKey(id: string): Verdict {
  const parsed = parseSshPublicKey(id);
  if (!('problem' in parsed)) return { verdict: 'unknown-key', key: id };
  return {
    verdict: 'invalid',
    key: undefined,
    why: `the SSH signature names a key that is none: ${parsed.problem}`,
  };
}

function ask(key: SshKey, signature: Buffer, data: Buffer): Question | Unanswerable {
  const reader = new SshReader(signature);
  const algorithm = reader.text();
  switch (key.type) {
    case 'ssh-ed25519':
      return algorithm === key.type ? askEd25519(reader, data) : mismatch(key.type);
    case 'ecdsa-sha2-nistp256':
    case 'ecdsa-sha2-nistp384':
    case 'ecdsa-sha2-nistp521':
      return algorithm === key.type ? askEcdsa(key.type, reader, data) : mismatch(key.type);
    case 'ssh-rsa':
      return askRsa(algorithm, key, reader, data);
    case 'sk-ssh-ed25519@openssh.com':
    case 'sk-ecdsa-sha2-nistp256@openssh.com':
      return algorithm === key.type ? askHardware(key, reader, data) : unfamiliar(algorithm, key.type);
  }
}

function askEd25519(reader: SshReader, data: Buffer): Question | Unanswerable {
  const signature = reader.string();
  if (!reader.done() || signature.length !== 64) return damaged('Ed25519');
  if (isUnsafePoint(signature.subarray(0, 32))) return UNSAFE;
  return { algorithm: null, data, signature };
}

function askEcdsa(type: keyof typeof ECDSA, reader: SshReader, data: Buffer): Question | Unanswerable {
  const { size, hash } = ECDSA[type];
  const signature = readEcdsaPair(reader.string(), size);
  if (!reader.done() || signature === undefined) return damaged('ECDSA');
  return { algorithm: hash, data, signature };
}

/** Two `mpint`s as the two equally long halves of IEEE P1363. */
function readEcdsaPair(encoded: Buffer, size: number): Buffer | undefined {
  const reader = new SshReader(encoded);
  const r = reader.positive();
  const s = reader.positive();
  if (!reader.done() || r.length > size || s.length > size) return undefined;
  const pair = Buffer.alloc(2 * size);
  r.copy(pair, size - r.length);
  s.copy(pair, 2 * size - s.length);
  return pair;
}

/** RFC 8332, section 3. A signer may leave out leading zeros; SHA-1 (`ssh-rsa`) is refused. */
function askRsa(algorithm: string, key: SshKey, reader: SshReader, data: Buffer): Question | Unanswerable {
  const hash = RSA_HASHES[algorithm];
  if (hash === undefined) {
    const why = 'the RSA signature is of neither rsa-sha2-256 nor rsa-sha2-512';
    return { verdict: algorithm === 'ssh-rsa' ? 'invalid' : 'unsupported', why };
  }
  const integer = reader.string();
  const size = rsaSize(key);
  if (!reader.done() || integer.length > size || integer.length === 0) return damaged('RSA');
  return { algorithm: hash, data, signature: Buffer.concat([Buffer.alloc(size - integer.length), integer]) };
}

function rsaSize(key: SshKey): number {
  const reader = new SshReader(key.blob);
  reader.string();
  reader.string();
  return reader.positive().length;
}

/**
 * PROTOCOL.u2f, "SSH U2F Signatures": the authenticator signs the application's hash, its flags, its counter and the hash
 * of the data. The user-presence flag is required, as sshd requires it by default (`ssh-keygen -Y verify` does not look at
 * it): without it, software on the signer's machine could have signed alone.
 */
function askHardware(key: SshKey, reader: SshReader, data: Buffer): Question | Unanswerable {
  const ecdsa = key.type === 'sk-ecdsa-sha2-nistp256@openssh.com';
  const inner = reader.string();
  const flagsAndCounter = reader.bytes(5);
  const signature = ecdsa ? readEcdsaPair(inner, 32) : inner;
  if (!reader.done() || signature?.length !== 64) return damaged('security key');
  if (!ecdsa && isUnsafePoint(signature.subarray(0, 32))) return UNSAFE;
  if (((flagsAndCounter[0] ?? 0) & USER_PRESENT) === 0) {
    return { verdict: 'invalid', why: 'the security key was not touched for it' };
  }
  const signed = Buffer.concat([sha256(application(key, ecdsa)), flagsAndCounter, sha256(data)]);
  return { algorithm: ecdsa ? 'sha256' : null, data: signed, signature };
}

function application(key: SshKey, ecdsa: boolean): Buffer {
  const reader = new SshReader(key.blob);
  reader.string();
  if (ecdsa) reader.string();
  reader.string();
  return reader.string();
}

function sha256(bytes: Buffer): Buffer {
  return createHash('sha256').update(bytes).digest();
}

const UNSAFE: Unanswerable = {
  verdict: 'invalid',
  why: 'the Ed25519 signature inside has a point of small order, which no signer makes',
};

function damaged(what: string): Unanswerable {
  return { verdict: 'invalid', why: `the ${what} signature inside is damaged` };
}

function mismatch(type: SshKeyType): Unanswerable {
  return { verdict: 'invalid', why: `the signature inside is not of its key's type, ${type}` };
}

/** Browsers make `webauthn-sk-…` signatures with the same keys, over other bytes. */
function unfamiliar(algorithm: string, type: SshKeyType): Unanswerable {
  if (!algorithm.startsWith('webauthn-')) return mismatch(type);
  return { verdict: 'unsupported', why: 'a WebAuthn signature of a security key' };
}
