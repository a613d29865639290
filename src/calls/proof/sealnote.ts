import { Buffer } from 'node:buffer';
import { hash } from 'node:crypto';
import { extraHeaders, type ParsedCommit, parseCommit } from '../../git/commit.ts';
import { decodeEvent } from '../../ledger/codec.ts';
import type { Detail, LedgerEvent } from '../../ledger/event.ts';
import type { Checkpoint, Decoded } from '../../ledger/signednote.ts';
import { quote } from '../../ledger/text.ts';
import type { KeyId } from '../../signing/model.ts';

/*
 * How a seal signs the checkpoint of its segment's tree. Nobody signs a checkpoint by itself: what holds is the recorder's
 * signature on the ledger commit of the seal, which names root, size, segment and registry. So the note has one line of
 * signature type 0xff ("other") with the identifier `git-commit`:
 *
 *   — <origin> base64(key ID || the body of the commit object, its signature header included)
 *   origin = promptaudit/<registry UUID>/calls/<segment>
 *   key ID = SHA-256(origin || 0x0A || 0xff || "git-commit" || public key)[:4]
 *
 * where the public key is that of SSH in its wire format (RFC 4253, section 6.6: what stands in base64 in a .pub file), or
 * the bytes of an OpenPGP primary key's fingerprint. Who knows no such type sees a signature by an unknown key.
 */

const OTHER_TYPE = Buffer.of(0x0a, 0xff);
const TYPE_IDENTIFIER = 'git-commit';

/** A seal, as its ledger commit says it. */
export interface SealCommit {
  readonly commit: ParsedCommit;
  readonly event: LedgerEvent;
  readonly seal: Detail<'seal'>;
}

/** Reads the body of a ledger commit that must be a seal. Judges no signature; never throws. */
export function readSealCommit(bytes: Uint8Array): Decoded<SealCommit> {
  const parsed = parseCommit(bytes);
  if (!parsed.ok) return { ok: false, problem: `the commit of the seal cannot be read: ${parsed.problem}` };
  const { commit } = parsed;
  const [extra] = extraHeaders(commit);
  if (extra !== undefined)
    return { ok: false, problem: `the commit of the seal has a header that no event has, ${quote(extra)}` };
  const decoded = decodeEvent(commit.messageBytes);
  if (!decoded.ok)
    return { ok: false, problem: `the commit is no event of a ledger: ${decoded.problems.join('; ')}` };
  const { event } = decoded;
  if (event.detail.event !== 'seal')
    return { ok: false, problem: `the commit is an event of the kind ${event.detail.event}, not a seal` };
  return { ok: true, value: { commit, event, seal: event.detail } };
}

/** The head of the tree that a seal names. */
export function checkpointOf({ event, seal }: SealCommit): Checkpoint {
  return {
    origin: `promptaudit/${event.registry}/calls/${seal.segment}`,
    size: seal.records,
    root: Buffer.from(seal.merkleRoot.slice('sha256:'.length), 'hex'),
  };
}

/** The four bytes that tell a key's lines of a note from another's. */
export function sealKeyId(origin: string, key: KeyId): Buffer {
  const named = Buffer.concat([
    Buffer.from(origin),
    OTHER_TYPE,
    Buffer.from(TYPE_IDENTIFIER),
    publicKeyBytes(key),
  ]);
  return hash('sha256', named, 'buffer').subarray(0, 4);
}

function publicKeyBytes(key: KeyId): Buffer {
  if (key.startsWith('openpgp:')) return Buffer.from(key.slice('openpgp:'.length), 'hex');
  return Buffer.from(key.slice(key.indexOf(' ') + 1), 'base64');
}
