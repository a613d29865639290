import { Buffer } from 'node:buffer';
import { createPrivateKey, createPublicKey } from 'node:crypto';
import { sshString, sshUint32 } from '../signing/sshwire.ts';

export interface KeyFile {
  /** The private key as OpenSSH keeps it without a passphrase. */
  readonly text: string;
  /** As a policy lists it: `ssh-ed25519 AAAA…`. */
  readonly publicKey: string;
}

/** How PKCS#8 (RFC 8410, section 7) begins before the 32 bytes of an Ed25519 seed. */
const PKCS8_PREFIX = Buffer.from('302e020100300506032b657004220420', 'hex');

const BLOCK = 8;
const LINE = 70;

/** The Ed25519 key of a 32-byte seed, as a file. Source: OpenSSH's PROTOCOL.key, with cipher and KDF `none`. */
export function ed25519KeyFile(seed: Uint8Array, comment: string): KeyFile {
  const key = createPrivateKey({ key: Buffer.concat([PKCS8_PREFIX, seed]), format: 'der', type: 'pkcs8' });
  const { x = '' } = createPublicKey(key).export({ format: 'jwk' });
  const point = Buffer.from(x, 'base64url');
  const publicBlob = Buffer.concat([sshString('ssh-ed25519'), sshString(point)]);
  const secret = Buffer.concat([
    // Two equal numbers, by which a wrong passphrase would show; there is none.
    sshUint32(0),
    sshUint32(0),
    publicBlob,
    sshString(Buffer.concat([seed, point])),
    sshString(comment),
  ]);
  const padding = Array.from({ length: (BLOCK - (secret.length % BLOCK)) % BLOCK }, (_, index) => index + 1);
  const container = Buffer.concat([
    Buffer.from('openssh-key-v1\0', 'latin1'),
    sshString('none'),
    sshString('none'),
    sshString(''),
    sshUint32(1),
    sshString(publicBlob),
    sshString(Buffer.concat([secret, Buffer.from(padding)])),
  ]);
  const lines = container.toString('base64').match(new RegExp(`.{1,${LINE}}`, 'g')) ?? [];
  return {
    text: ['-----BEGIN OPENSSH PRIVATE KEY-----', ...lines, '-----END OPENSSH PRIVATE KEY-----', ''].join(
      '\n',
    ),
    publicKey: `ssh-ed25519 ${publicBlob.toString('base64')}`,
  };
}
