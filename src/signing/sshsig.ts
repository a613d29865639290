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
  return Buffer.concat([preamble(namespace, hash), digest]);
}

/** All that stands before the digest, by namespace and hash, of which there are few. */
const preambles = new Map<string, Buffer>();

function preamble(namespace: string, hash: 'sha256' | 'sha512'): Buffer {
  const name = `${namespace} ${hash}`;
  const known = preambles.get(name);
  if (known !== undefined) return known;
  const length = sshUint32(hash === 'sha256' ? 32 : 64);
  const made = Buffer.concat([MAGIC, sshString(namespace), sshString(''), sshString(hash), length]);
  preambles.set(name, made);
  return made;
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
  const end = text.endsWith('\n') ? text.length - 1 : text.length;
  if (!text.startsWith(BEGIN) || !text.endsWith(END, end) || end - END.length <= BEGIN.length)
    return undefined;
  const body = text.slice(BEGIN.length, end - END.length);
  const joined = joinLines(body);
  return joined === undefined ? undefined : decodeBase64(joined);
}

/** Lines as wide as the first but the last, which may be shorter, without their line feeds. Other line feeds stay in, and are no base64. */
function joinLines(body: string): string | undefined {
  const first = body.indexOf('\n');
  const width = first === -1 ? body.length : first;
  if (width > MAX_LINE || body.endsWith('\n')) return undefined;
  let joined = '';
  for (let at = 0; at < body.length; at += width + 1) {
    if (at > 0 && body[at - 1] !== '\n') return undefined;
    joined += body.slice(at, at + width);
  }
  return joined;
}

function malformed(why: string): SshSignatureProblem {
  return { problem: 'malformed', why };
}
