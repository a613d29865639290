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

const ARMORS = LABELS.map((label) => ({
  begin: `${BEGIN}${label}-----`,
  end: `\n-----END ${label}-----`,
}));

/** Offsets of the lines that git takes for the begin of a signature. */
export function armorOffsets(bytes: Buffer): readonly number[] {
  const offsets: number[] = [];
  for (let at = bytes.indexOf(BEGIN); at !== -1; at = bytes.indexOf(BEGIN, at + 1)) {
    const startsLine = at === 0 || bytes[at - 1] === 0x0a;
    if (startsLine && ARMORS.some(({ begin }) => marks(bytes, at, begin))) offsets.push(at);
  }
  return offsets;
}

function marks(bytes: Buffer, at: number, begin: string): boolean {
  return bytes.toString('latin1', at, at + begin.length) === begin;
}

/**
 * True when a block, one character a byte, is one armored signature and nothing else. Text before or behind it is covered by
 * no signature, yet part of the object.
 */
export function isOneArmor(block: string): boolean {
  const armor = ARMORS.find(({ begin }) => block.startsWith(begin));
  if (armor === undefined) return false;
  const at = block.indexOf(armor.end);
  return at !== -1 && block.slice(at + armor.end.length).trim() === '' && block.indexOf(BEGIN, 1) === -1;
}
