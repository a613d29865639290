import { Buffer } from 'node:buffer';
import { decodeBase64 } from './sshwire.ts';

/** The largest block that is read: a key with many user ids and certifications. */
const MAX_ARMOR = 512 * 1024;
const HEADER = /^[A-Za-z]+: [\x20-\x7e]*$/;
const CHECKSUM = /^=[A-Za-z0-9+/]{4}$/;

/**
 * The bytes of one ASCII-armored block (RFC 9580, section 6) and nothing around it: known header lines, canonical base64,
 * a right checksum where there is one. `undefined` for everything else.
 */
export function dearmorOpenPgp(armored: string, kind: 'SIGNATURE' | 'PUBLIC KEY BLOCK'): Buffer | undefined {
  if (armored.length > MAX_ARMOR) return undefined;
  const lines = armored.replace(/\n$/, '').split('\n');
  if (lines.shift() !== `-----BEGIN PGP ${kind}-----` || lines.pop() !== `-----END PGP ${kind}-----`)
    return undefined;
  const blank = lines.indexOf('');
  if (blank < 0 || !lines.slice(0, blank).every((line) => HEADER.test(line))) return undefined;
  const body = lines.slice(blank + 1);
  const checksum = CHECKSUM.test(body.at(-1) ?? '') ? body.pop() : undefined;
  if (body.some((line) => line.length === 0 || line.length > 76)) return undefined;
  const bytes = decodeBase64(body.join(''));
  if (bytes === undefined || (checksum !== undefined && checksum !== `=${crc24(bytes)}`)) return undefined;
  return bytes;
}

/** RFC 9580, section 6.1.1, in base64. */
function crc24(bytes: Uint8Array): string {
  let crc = 0xb704ce;
  for (const byte of bytes) {
    crc ^= byte << 16;
    for (let bit = 0; bit < 8; bit++) {
      crc <<= 1;
      if (crc & 0x1000000) crc ^= 0x1864cfb;
    }
  }
  return Buffer.from([crc >> 16, (crc >> 8) & 0xff, crc & 0xff]).toString('base64');
}

const SIGNATURE_TAG = 2;

/**
 * The body of a signature packet (RFC 9580, section 4.2, old or new framing) that fills `bytes` exactly and gives its
 * length in the shortest way; `undefined` for anything else, such as a second packet.
 */
export function signaturePacketBody(bytes: Buffer): Buffer | undefined {
  const frame = (bytes[0] ?? 0) & 0x40 ? newFrame(bytes) : oldFrame(bytes);
  if (frame === undefined || frame.tag !== SIGNATURE_TAG) return undefined;
  return bytes.length === frame.start + frame.length ? bytes.subarray(frame.start) : undefined;
}

interface Frame {
  readonly tag: number;
  readonly start: number;
  readonly length: number;
}

function newFrame(bytes: Buffer): Frame | undefined {
  const [head = 0, first = 0, second = 0] = bytes;
  const tag = head & 0x3f;
  if (head < 0xc0) return undefined;
  if (first < 192) return { tag, start: 2, length: first };
  if (first < 224) return { tag, start: 3, length: ((first - 192) << 8) + second + 192 };
  const length = first === 255 && bytes.length > 6 ? bytes.readUInt32BE(2) : 0;
  return length >= 8384 ? { tag, start: 6, length } : undefined;
}

function oldFrame(bytes: Buffer): Frame | undefined {
  const [head = 0, first = 0, second = 0] = bytes;
  const tag = (head >> 2) & 0x0f;
  if (head < 0x80) return undefined;
  const width = head & 0x03;
  if (width === 0) return { tag, start: 2, length: first };
  const length = (first << 8) + second;
  return width === 1 && length > 0xff ? { tag, start: 3, length } : undefined;
}

/** EdDSALegacy and Ed25519: RFC 9580, section 9.1. */
const EDDSA_LEGACY = 22;
const ED25519 = 27;

/**
 * R of a signature packet's body where that is by an Ed25519 key: 32 bytes of a body that is whole. `undefined` for other algorithms.
 * Source: RFC 9580, sections 5.2.3 (version 4), 5.2.3.3 and 5.2.3.4.
 */
export function ed25519PointR(body: Buffer): Buffer | undefined {
  const algorithm = body[2];
  if (algorithm === ED25519) return body.subarray(-64, -32);
  if (algorithm !== EDDSA_LEGACY) return undefined;
  const twoOctets = (at: number) => ((body[at] ?? 0) << 8) + (body[at + 1] ?? 0);
  const unhashed = 6 + twoOctets(4);
  const r = unhashed + 2 + twoOctets(unhashed) + 2;
  const octets = Math.ceil(twoOctets(r) / 8);
  return Buffer.concat([Buffer.alloc(Math.max(0, 32 - octets)), body.subarray(r + 2, r + 2 + octets)]);
}
