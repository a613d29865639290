import { Buffer } from 'node:buffer';
import { createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto';
import type { KeyProblem, TrustedKey } from './model.ts';
import { parseSshPublicKey } from './sshkey.ts';
import { decodeBase64, SshReader, sshString } from './sshwire.ts';

const BEGIN = '-----BEGIN OPENSSH PRIVATE KEY-----';
const END = '-----END OPENSSH PRIVATE KEY-----';
const MAGIC = 'openssh-key-v1\0';

export interface Ed25519KeyPair {
  readonly publicKey: Extract<TrustedKey, { format: 'ssh' }>;
  readonly privateKey: KeyObject;
}

/** An unencrypted Ed25519 private key: OpenSSH's own format (PROTOCOL.key), or PKCS#8 in PEM (RFC 8410). */
export function parseEd25519PrivateKey(text: string): Ed25519KeyPair | KeyProblem {
  const container = readContainer(text);
  if (container === undefined) return fromPkcs8(text);
  if ('problem' in container) return container;
  const type = new SshReader(container.publicBlob).text();
  if (type !== 'ssh-ed25519')
    return {
      problem: `it is of type ${JSON.stringify(type)}, and only ssh-ed25519 is signed with in process`,
    };
  if (container.cipher !== 'none') return { problem: 'it is encrypted with a passphrase' };
  return fromPrivateSection(container.privateSection, container.publicBlob);
}

/** The public half, which OpenSSH's format holds in clear even where the private half is encrypted. */
export function publicHalf(text: string): TrustedKey | KeyProblem {
  const container = readContainer(text) ?? { problem: 'it is not in the OpenSSH format' };
  if ('problem' in container) return container;
  return fromBlob(container.publicBlob);
}

interface Container {
  readonly cipher: string;
  readonly publicBlob: Buffer;
  readonly privateSection: Buffer;
}

/** `undefined` for a text that is of another format. */
function readContainer(text: string): Container | KeyProblem | undefined {
  const lines = text.trim().split(/\r?\n/);
  if (lines[0] !== BEGIN) return undefined;
  const blob = lines.at(-1) === END ? decodeBase64(lines.slice(1, -1).join('')) : undefined;
  const reader = new SshReader(blob ?? Buffer.alloc(0));
  const magic = reader.bytes(MAGIC.length).toString('latin1');
  const cipher = reader.text();
  reader.string();
  reader.string();
  const count = reader.uint32();
  const publicBlob = reader.string();
  const privateSection = reader.string();
  if (magic !== MAGIC || count !== 1 || !reader.done())
    return { problem: 'it is a damaged OpenSSH private key' };
  return { cipher, publicBlob, privateSection };
}

function fromPrivateSection(section: Buffer, publicBlob: Buffer): Ed25519KeyPair | KeyProblem {
  const reader = new SshReader(section);
  const checks = [reader.uint32(), reader.uint32()];
  const type = reader.text();
  const point = reader.string();
  const secret = reader.string();
  if (checks[0] !== checks[1] || type !== 'ssh-ed25519' || point.length !== 32 || secret.length !== 64) {
    return { problem: 'it is a damaged OpenSSH private key' };
  }
  const d = secret.toString('base64url', 0, 32);
  const jwk = { kty: 'OKP', crv: 'Ed25519', d, x: point.toString('base64url') };
  const pair = pairOf(() => createPrivateKey({ key: jwk, format: 'jwk' }));
  if ('problem' in pair || pair.publicKey.blob.equals(publicBlob)) return pair;
  return { problem: 'its private half does not belong to its public half' };
}

function fromPkcs8(text: string): Ed25519KeyPair | KeyProblem {
  if (text.includes('ENCRYPTED')) return { problem: 'it is encrypted with a passphrase' };
  if (!/-----BEGIN [A-Z ]*PRIVATE KEY-----/.test(text)) return { problem: 'it is not a private key' };
  return pairOf(() => createPrivateKey(text));
}

function pairOf(read: () => KeyObject): Ed25519KeyPair | KeyProblem {
  try {
    const privateKey = read();
    if (privateKey.asymmetricKeyType !== 'ed25519') {
      return {
        problem: `it is of type ${privateKey.asymmetricKeyType}, and only Ed25519 is signed with in process`,
      };
    }
    const { x = '' } = createPublicKey(privateKey).export({ format: 'jwk' });
    const publicKey = fromBlob(
      Buffer.concat([sshString('ssh-ed25519'), sshString(Buffer.from(x, 'base64url'))]),
    );
    if ('problem' in publicKey || publicKey.format !== 'ssh')
      return { problem: 'it is a damaged private key' };
    return { publicKey, privateKey };
  } catch {
    return { problem: 'it is a damaged private key' };
  }
}

function fromBlob(blob: Buffer): TrustedKey | KeyProblem {
  return parseSshPublicKey(`${new SshReader(blob).text()} ${blob.toString('base64')}`);
}
