import { hash } from 'node:crypto';
import type { Sha256 } from './event.ts';

const SHA256 = /^sha256:[0-9a-f]{64}$/;

/** `sha256:` and the hex SHA-256 of exactly these bytes: what `sha256sum` prints. */
export function sha256(bytes: Uint8Array): Sha256 {
  return `sha256:${hash('sha256', bytes, 'hex')}` as Sha256;
}

/** Narrows a string to a digest; `undefined` where it is not one. */
export function parseSha256(text: string): Sha256 | undefined {
  return SHA256.test(text) ? (text as Sha256) : undefined;
}
