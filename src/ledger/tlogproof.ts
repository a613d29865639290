import type { Buffer } from 'node:buffer';
import { decodeBase64 } from '../signing/sshwire.ts';
import { type Decoded, decodeNote, orThrow, parseHash, parseNumber, plainLines } from './signednote.ts';

/** That a leaf is in the tree whose head a checkpoint signs: c2sp.org/tlog-proof. */
export interface TlogProof {
  /** Of the leaf, from 0. */
  readonly index: number;
  /** From the leaf's sibling to the root's child (RFC 6962, section 2.1.1), 32 bytes each. */
  readonly hashes: readonly Buffer[];
  /** The signed note, verbatim. */
  readonly checkpoint: string;
  /** Opaque, and authenticated by nothing. */
  readonly extra?: Buffer;
}

const FIRST_LINE = 'c2sp.org/tlog-proof@v1';
const EXTRA = 'extra ';
const INDEX = 'index ';
/** A tree of 2^53 leaves is no deeper. */
const MAX_HASHES = 53;
/** In UTF-16 code units: the longest note, and as much again. */
const MAX_PROOF = 2_097_152;

/** @throws Failure when `decodeTlogProof` would refuse it */
export function encodeTlogProof({ index, hashes, checkpoint, extra }: TlogProof): string {
  const lines = [
    FIRST_LINE,
    ...(extra === undefined ? [] : [EXTRA + extra.toString('base64')]),
    INDEX + String(index),
    ...hashes.map((hash) => hash.toString('base64')),
  ];
  const text = `${lines.join('\n')}\n\n${checkpoint}`;
  return orThrow(text, decodeTlogProof(text), 'the proof');
}

/** What it accepts is what `encodeTlogProof` writes of it, byte for byte. Judges no hash and no signature. Never throws. */
export function decodeTlogProof(input: string | Uint8Array): Decoded<TlogProof> {
  const text = plainLines(input, MAX_PROOF);
  if (text === undefined) return no('the proof is not plain text that ends in a line feed');
  if (!text.startsWith(`${FIRST_LINE}\n`)) return no(`the proof does not begin with ${FIRST_LINE}`);
  const middle = text.indexOf('\n\n');
  if (middle === -1) return no('the proof has no empty line before its checkpoint');
  const lines = text.slice(FIRST_LINE.length + 1, middle).split('\n');
  const extra = lines[0]?.startsWith(EXTRA) ? decodeBase64(lines.shift()?.slice(EXTRA.length) ?? '') : null;
  if (extra === undefined) return no('the extra line of the proof is not base64');
  const [place = '', ...path] = lines;
  const index = place.startsWith(INDEX) ? parseNumber(place.slice(INDEX.length)) : undefined;
  if (index === undefined) return no('the index line of the proof is malformed');
  if (path.length > MAX_HASHES) return no(`the proof has more than ${MAX_HASHES} hashes`);
  const hashes = path.flatMap((line) => parseHash(line) ?? []);
  if (hashes.length < path.length) return no('a hash of the proof is no SHA-256 in base64');
  const checkpoint = text.slice(middle + 2);
  const note = decodeNote(checkpoint);
  if (!note.ok) return note;
  return { ok: true, value: { index, hashes, checkpoint, ...(extra === null ? {} : { extra }) } };
}

function no(problem: string): { readonly ok: false; readonly problem: string } {
  return { ok: false, problem };
}
