import { Buffer } from 'node:buffer';
import type { Config, Key, SignaturePacket } from 'openpgp';
import type { KeyId, KeyProblem, Keyring, TrustedKey, Verdict } from './model.ts';
import { dearmorOpenPgp, ed25519PointR, signaturePacketBody } from './openpgparmor.ts';
import { isUnsafePoint } from './smallorder.ts';

/*
 * OpenPGP (RFC 9580, RFC 4880) by way of openpgp.js, which is loaded when the first key or signature is seen.
 *
 * No date decides anything here. When a key counts is a matter of the ledger's order and the policy; expiry dates, and the
 * dates in signatures, were written by the signer, and today's date would let the same bytes be valid one day and invalid
 * the next. So keys are asked "at no date" (null), and a signature at the date that it gives itself. A revocation in the
 * trusted key's own material holds from the policy version that brings it.
 */

type Library = typeof import('openpgp');
type OpenPgpKey = Extract<TrustedKey, { format: 'openpgp' }>;

const NO_DATE = null;

/** RFC 9580, section 5.2.3.7: issuer key id, and issuer fingerprint. */
const ISSUER_SUBPACKETS: ReadonlySet<number> = new Set([16, 33]);

/** SHA-1 and older are refused everywhere: in signatures, and in the self-signatures that bind subkeys and user ids. */
function strictConfig(library: Library): Config {
  const { md5, ripemd, sha1 } = library.enums.hash;
  const weak = new Set([md5, ripemd, sha1]);
  return {
    ...library.config,
    rejectHashAlgorithms: weak,
    rejectMessageHashAlgorithms: weak,
    minRSABits: 2048,
  };
}

/** One public key, armored, as `gpg --armor --export` writes it: exactly one primary key, of which some part can sign. */
export async function parseOpenPgpKey(armored: string): Promise<TrustedKey | KeyProblem> {
  const key = await readKey(armored);
  if ('problem' in key) return key;
  const trusted: OpenPgpKey = { format: 'openpgp', id: idOf(key), armored };
  parsedKeys.set(trusted, Promise.resolve(key));
  return trusted;
}

const parsedKeys = new WeakMap<OpenPgpKey, Promise<Key | KeyProblem>>();

function parsedKey(trusted: OpenPgpKey): Promise<Key | KeyProblem> {
  const known = parsedKeys.get(trusted) ?? readNamedKey(trusted);
  parsedKeys.set(trusted, known);
  return known;
}

/** A policy names a fingerprint and keeps the key in a file beside it: whoever can write the file must not choose the key. */
async function readNamedKey({ id, armored }: OpenPgpKey): Promise<Key | KeyProblem> {
  const key = await readKey(armored);
  if ('problem' in key || idOf(key) === id) return key;
  return { problem: `it is ${idOf(key)}, not ${id}` };
}

function idOf(key: Key): KeyId {
  return `openpgp:${key.getFingerprint().toUpperCase()}` as KeyId;
}

async function readKey(armored: string): Promise<Key | KeyProblem> {
  if (armored.includes('PRIVATE KEY')) return { problem: 'it is a private key: export the public one' };
  const bytes = dearmorOpenPgp(armored.replaceAll('\r\n', '\n').trim(), 'PUBLIC KEY BLOCK');
  if (bytes === undefined) return { problem: 'it is not one armored OpenPGP public key' };
  try {
    const library = await import('openpgp');
    const config = strictConfig(library);
    const [key, ...others] = await library.readKeys({ binaryKeys: bytes, config });
    if (key === undefined || others.length > 0)
      return { problem: 'it holds more than one primary key: export one' };
    if (hasUnsafePoint(library, key))
      return { problem: 'its point is one for which anybody can make signatures' };
    if (key.revocationSignatures.length === 0) await key.getSigningKey(undefined, NO_DATE, undefined, config);
    return key;
  } catch (error) {
    return { problem: `it is not an OpenPGP key that can sign: ${reason(error)}` };
  }
}

/** Ed25519 keys of it, of the older kind and of the newer: RFC 9580, sections 5.5.5.5 and 5.5.5.9. */
function hasUnsafePoint({ enums: { publicKey } }: Library, key: Key): boolean {
  return key.getKeys().some(({ keyPacket: { algorithm, publicParams } }) => {
    const { A, Q }: { A?: Uint8Array; Q?: Uint8Array } = publicParams;
    const point = algorithm === publicKey.eddsaLegacy ? Q?.subarray(1) : A;
    const isEd25519 = algorithm === publicKey.eddsaLegacy || algorithm === publicKey.ed25519;
    return isEd25519 && (point === undefined || isUnsafePoint(point));
  });
}

/** Judges a detached, armored, binary-mode signature over `payload`, by a primary key or a subkey bound to it for signing. */
export async function verifyOpenPgpSignature(
  payload: Uint8Array,
  armored: string,
  keyring: Keyring,
): Promise<Verdict> {
  const bytes = dearmorOpenPgp(armored, 'SIGNATURE');
  const body = bytes && signaturePacketBody(bytes);
  if (bytes === undefined || body === undefined) return damaged('it is not one armored signature');
  const library = await import('openpgp');
  const packet = await readPacket(library, bytes);
  if ('verdict' in packet) return packet;
  if (packet.signatureType !== library.enums.signature.binary) {
    return damaged('it is of a type other than a binary signature');
  }
  if (!isIssuerAlone(packet) || !body.equals(packet.write()))
    return damaged('it holds bytes that nobody signed');
  const r = ed25519PointR(body);
  if (r !== undefined && isUnsafePoint(r))
    return damaged('it has a point of small order, which no signer makes');

  const issuers = await keysOf(packet, keyring);
  if (issuers.length === 0) return { verdict: 'unknown-key', key: issuerName(packet) };
  let verdict = damaged('it names no key');
  for (const [id, key] of issuers) {
    verdict = await judge(library, payload, packet, id, key);
    if (verdict.verdict === 'valid') return verdict;
  }
  return verdict;
}

/** Its unhashed area, which the signature does not cover, says who made it, in one way, and nothing else. */
function isIssuerAlone({ unhashedSubpackets }: SignaturePacket): boolean {
  const types = unhashedSubpackets.map(({ type }) => type);
  return (
    types.every((type) => ISSUER_SUBPACKETS.has(type)) &&
    new Set(types).size === types.length &&
    unhashedSubpackets.every(({ critical }) => !critical)
  );
}

async function readPacket(library: Library, bytes: Buffer): Promise<SignaturePacket | Verdict> {
  try {
    const { packets } = await library.readSignature({ binarySignature: bytes });
    const [packet] = packets;
    if (packet instanceof library.SignaturePacket) return packet;
    return { verdict: 'unsupported', why: 'an OpenPGP signature of a version that is not supported' };
  } catch (error) {
    return damaged(reason(error));
  }
}

/** The keyring's entries one of whose keys bears the issuer's id, and its fingerprint where the signature gives one. */
async function keysOf(
  packet: SignaturePacket,
  keyring: Keyring,
): Promise<readonly (readonly [KeyId, Key])[]> {
  const found: (readonly [KeyId, Key])[] = [];
  const named = packet.issuerFingerprint && Buffer.from(packet.issuerFingerprint).toString('hex');
  for (const trusted of keyring.values()) {
    if (trusted.format !== 'openpgp') continue;
    const key = await parsedKey(trusted);
    if ('problem' in key) continue;
    const own = key.getKeys(packet.issuerKeyID);
    if (own.some((part) => !named || part.getFingerprint() === named)) found.push([trusted.id, key]);
  }
  return found;
}

async function judge(
  library: Library,
  payload: Uint8Array,
  packet: SignaturePacket,
  id: KeyId,
  key: Key,
): Promise<Verdict> {
  const config = strictConfig(library);
  try {
    const signing = await key.getSigningKey(packet.issuerKeyID, NO_DATE, undefined, config);
    const { packets } = await library.createMessage({ binary: payload });
    const [literal] = packets;
    if (literal === undefined || packet.created === null) return damaged('it cannot be read', id);
    const { binary } = library.enums.signature;
    await packet.verify(signing.keyPacket, binary, literal, packet.created, true, config);
    return { verdict: 'valid', key: id };
  } catch (error) {
    return damaged(reason(error), id);
  }
}

function issuerName(packet: SignaturePacket): string {
  const name = packet.issuerFingerprint
    ? Buffer.from(packet.issuerFingerprint).toString('hex')
    : packet.issuerKeyID.toHex();
  return `openpgp:${name.toUpperCase()}`;
}

function damaged(why: string, key?: KeyId): Verdict {
  return { verdict: 'invalid', key, why: `the OpenPGP signature does not hold: ${why}` };
}

/** openpgp.js asks for a package that only its own tests have, where Node's key format does not know a curve. */
const UNKNOWN_CURVE = /Cannot find module 'eckey-utils'.*/s;

/** The library's own words, which may quote hostile bytes. */
function reason(error: unknown): string {
  const words = error instanceof Error ? error.message : 'it cannot be read';
  return words
    .replace(UNKNOWN_CURVE, 'its curve is not supported')
    .replace(/[^\x20-\x7e]+/g, ' ')
    .slice(0, 200);
}
