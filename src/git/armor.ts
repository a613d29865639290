import type { Buffer } from 'node:buffer';

/** One signature as it stands in a commit or tag. */
export interface ObjectSignature {
  /** The header that held it; `body` for the end of a tag's message. */
  readonly place: 'gpgsig' | 'gpgsig-sha256' | 'body';
  /** The armored block as it was signed into the object, unfolded, ending in a line feed. */
  readonly bytes: Buffer;
}

/** Source: git's `gpg-interface.c`, the `sigs` of each format; gitformat-signature(5). */
const LABELS = ['PGP SIGNATURE', 'PGP MESSAGE', 'SIGNED MESSAGE', 'SSH SIGNATURE'];

const BEGIN = '-----BEGIN ';

/** Offsets of the lines that git takes for the begin of a signature. */
export function armorOffsets(bytes: Buffer): readonly number[] {
  const offsets: number[] = [];
  for (let at = bytes.indexOf(BEGIN); at !== -1; at = bytes.indexOf(BEGIN, at + 1)) {
    const startsLine = at === 0 || bytes[at - 1] === 0x0a;
    if (startsLine && LABELS.some((label) => marks(bytes, at + BEGIN.length, label))) offsets.push(at);
  }
  return offsets;
}

function marks(bytes: Buffer, at: number, label: string): boolean {
  return bytes.toString('latin1', at, at + label.length + 5) === `${label}-----`;
}

/**
 * True when a block is one armored signature and nothing else. Text before or behind it is covered by no signature, yet
 * part of the object.
 */
export function isOneArmor(block: Buffer): boolean {
  const text = block.toString('latin1');
  const label = LABELS.find((known) => text.startsWith(`${BEGIN}${known}-----`));
  if (label === undefined) return false;
  const end = `\n-----END ${label}-----`;
  const at = text.indexOf(end);
  return at !== -1 && /^\s*$/.test(text.slice(at + end.length)) && text.indexOf(BEGIN, 1) === -1;
}
