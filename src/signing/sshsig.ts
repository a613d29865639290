import { Buffer } from 'node:buffer';
import { hash as digestOf, type KeyObject, sign } from 'node:crypto';
import { decodeBase64, SshReader, sshString, sshUint32 } from './sshwire.ts';

/*
 * The SSHSIG container: OpenSSH's PROTOCOL.sshsig. What the signature inside means, by key type, is sshcheck.ts.
 */

const BEGIN = '-----BEGIN SSH SIGNATURE-----\n';
const END = '\n-----END SSH SIGNATURE-----';
const MAGIC = Buffer.from('SSHSIG', 'latin1');
const VERSION = 1;

/** An RSA 16384 signature and key come to some 6 KiB of base64. */
const MAX_ARMOR = 16_384;
/** ssh-keygen breaks lines after 70 characters, the specification suggests 76. */
const LINE = 70;
const MAX_LINE = 76;

/** The namespace of signatures over git objects. */
export const GIT_NAMESPACE = 'git';

/** A signature's fields as they stand, none of them judged yet. */
export interface SshSignature {
  readonly publicKey: Buffer;
  readonly namespace: string;
  readonly hash: 'sha256' | 'sha512';
  /** The algorithm's own encoding (RFC 8709, RFC 5656, RFC 8332, PROTOCOL.u2f). */
  readonly signature: Buffer;
}

/** `malformed`: not a signature at all. `unsupported`: a signature of a kind that this verifier does not judge. */
export interface SshSignatureProblem {
  readonly problem: 'malformed' | 'unsupported';
  readonly why: string;
}

/**
 * Reads one armored signature and nothing beside it. Stricter than ssh-keygen, so that no byte can be changed without
 * being noticed: canonical base64 in full lines, nothing after the footer but one line feed, an empty `reserved` field
 * (which the signed data does not cover).
 */
export function parseSshSignature(armored: Uint8Array): SshSignature | SshSignatureProblem {
  const blob = dearmor(armored);
  if (blob === undefined) return malformed('its armor is damaged');
  const reader = new SshReader(blob);
  const magic = reader.bytes(MAGIC.length);
  const version = reader.uint32();
  if (!magic.equals(MAGIC)) return malformed('it does not begin with SSHSIG');
  if (version !== VERSION) return { problem: 'unsupported', why: `SSHSIG version ${version}` };
  const publicKey = reader.string();
  const namespace = reader.text();
  const reserved = reader.string();
  const hash = reader.text();
  const signature = reader.string();
  if (!reader.done()) return malformed('its fields do not fill it exactly');
  if (reserved.length > 0) return { problem: 'unsupported', why: 'an SSHSIG whose reserved field is in use' };
  if (hash !== 'sha256' && hash !== 'sha512')
    return { problem: 'unsupported', why: 'an SSHSIG hash other than SHA-2' };
  return { publicKey, namespace, hash, signature };
}

/** The bytes that the key signs: PROTOCOL.sshsig, section 3. */
export function sshSignedData(payload: Uint8Array, namespace: string, hash: 'sha256' | 'sha512'): Buffer {
  const digest = digestOf(hash, payload, 'buffer');
  return Buffer.concat([MAGIC, sshString(namespace), sshString(''), sshString(hash), sshString(digest)]);
}

/**
 * Signs with an Ed25519 private key; the same bytes as `ssh-keygen -Y sign`.
 * @param publicBlob the public half in SSH wire format
 */
export function signSshEd25519(
  key: KeyObject,
  publicBlob: Buffer,
  payload: Uint8Array,
  namespace: string,
): string {
  const raw = sign(null, sshSignedData(payload, namespace, 'sha512'), key);
  const signature = Buffer.concat([sshString('ssh-ed25519'), sshString(raw)]);
  const blob = Buffer.concat([
    MAGIC,
    sshUint32(VERSION),
    sshString(publicBlob),
    sshString(namespace),
    sshString(''),
    sshString('sha512'),
    sshString(signature),
  ]);
  const lines = blob.toString('base64').match(new RegExp(`.{1,${LINE}}`, 'g')) ?? [];
  return `${BEGIN}${lines.join('\n')}${END}\n`;
}

function dearmor(armored: Uint8Array): Buffer | undefined {
  if (armored.length > MAX_ARMOR) return undefined;
  const text = Buffer.from(armored.buffer, armored.byteOffset, armored.length).toString('latin1');
  const body = text.endsWith('\n') ? text.slice(0, -1) : text;
  if (!body.startsWith(BEGIN) || !body.endsWith(END)) return undefined;
  const lines = body.slice(BEGIN.length, -END.length).split('\n');
  const width = lines[0]?.length ?? 0;
  const last = lines.at(-1)?.length ?? 0;
  if (width > MAX_LINE || last === 0 || last > width) return undefined;
  if (lines.some((line, index) => index < lines.length - 1 && line.length !== width)) return undefined;
  return decodeBase64(lines.join(''));
}

function malformed(why: string): SshSignatureProblem {
  return { problem: 'malformed', why };
}
