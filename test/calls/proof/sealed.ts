import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { encodeCommit } from '../../../src/git/commit.ts';
import type { Oid } from '../../../src/git/object.ts';
import { encodeEvent } from '../../../src/ledger/codec.ts';
import type { Detail, LedgerEvent, RegistryId, Sha256 } from '../../../src/ledger/event.ts';
import { inclusionPath, leafHash, merkleRoot } from '../../../src/ledger/merkle.ts';
import type { SegmentName } from '../../../src/ledger/segment.ts';
import type { TrustedKey } from '../../../src/signing/model.ts';
import { parseSshPublicKey } from '../../../src/signing/sshkey.ts';
import { signSshEd25519 } from '../../../src/signing/sshsig.ts';

export const REGISTRY = '6f0c1b0e-5a57-4c7e-9d07-0c7d3b0f4a11';
export const SEGMENT = 'intake-calls-20261121t101112z9f2c1a';
export const TIME = 1_795_000_000;

/** A key of this process, and its public half as a .pub file holds it. */
export function makeKey(): {
  readonly secret: KeyObject;
  readonly key: Extract<TrustedKey, { format: 'ssh' }>;
} {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  const raw = Buffer.from(publicKey.export({ format: 'jwk' }).x ?? '', 'base64url');
  // RFC 8709, section 4: the name and the point, each behind its length.
  const blob = Buffer.concat([Buffer.from('0000000b7373682d6564323535313900000020', 'hex'), raw]);
  const key = parseSshPublicKey(`ssh-ed25519 ${blob.toString('base64')}`);
  if ('problem' in key || key.format !== 'ssh') throw new Error('no key');
  return { secret: privateKey, key };
}

export type Key = ReturnType<typeof makeKey>;

export function linesOf(count: number): readonly string[] {
  return Array.from({ length: count }, (_, at) => `{"id":"${at}","kind":"call"}`);
}

function leavesOf(lines: readonly string[]): Buffer {
  return Buffer.concat(lines.map((line) => leafHash(Buffer.from(line))));
}

export function pathOf(lines: readonly string[], index: number): readonly Buffer[] {
  return inclusionPath(leavesOf(lines), index);
}

/** The message of the seal over these records. */
export function sealMessage(lines: readonly string[], changes: Partial<Detail<'seal'>> = {}): string {
  const detail: Detail<'seal'> = {
    event: 'seal',
    segment: SEGMENT as SegmentName,
    records: lines.length,
    first: '2026-11-21T10:11:12.000Z',
    last: '2026-11-21T11:11:12.000Z',
    merkleRoot: `sha256:${merkleRoot(leavesOf(lines)).toString('hex')}` as Sha256,
    fileDigest: `sha256:${'0'.repeat(64)}` as Sha256,
    fileSize: 1,
    previousSegment: undefined,
    ...changes,
  };
  const event: LedgerEvent = {
    sequence: 57,
    previous: `sha256:${'1'.repeat(64)}` as Sha256,
    registry: REGISTRY as RegistryId,
    policy: 3,
    detail,
    reason: '',
  };
  return encodeEvent(event);
}

/** A ledger commit with this message, signed in this process. */
export function signedCommit(message: string, { secret, key }: Key, email = 'rec@acme.example'): Buffer {
  const who = { name: 'Rec', email, time: TIME, zone: '+0000' };
  const fields = {
    tree: '4b825dc642cb6eb9a060e54bf8d69288fbee4904' as Oid,
    parents: [],
    author: who,
    committer: who,
    message,
  };
  return encodeCommit(fields, signSshEd25519(secret, key.blob, encodeCommit(fields), 'git'));
}
