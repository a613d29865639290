import { Buffer } from 'node:buffer';

/** The longest reason, in bytes of UTF-8. */
const MAX_BODY_BYTES = 65_536;
/** The longest one-line value, in bytes of UTF-8. */
const MAX_LINE_BYTES = 1024;

const PLAIN_ASCII = /^[ -~\n]*$/;

/**
 * All control characters but the line feed; the separators that some viewers break a line at; the characters that
 * reorder what stands around them on a screen (UAX #9); and halves of a surrogate pair, which UTF-8 cannot hold.
 */
const FORBIDDEN = /(?!\n)[\p{Cc}\p{Cs}\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/u;

/** A line that begins so would end a tag's message: git takes what follows for the signature. */
const ARMOR = '-----BEGIN ';

/**
 * What a line of free text may not begin with, followed by a colon, so that nobody mistakes it for a fact. The list is
 * closed: a trailer that a later kind of event brings is not added, or text that was fine would become malformed.
 */
export const RESERVED_NAMES = [
  'Event',
  'Sequence',
  'Previous',
  'Registry',
  'Policy',
  'Name',
  'Commit',
  'Prompt',
  'Version',
  'Path',
  'Content-Digest',
  'Decision',
  'Environments',
  'Tag',
  'Tag-Object',
  'Environment',
  'Replaces',
  'Kind',
  'Reference',
  'Finding',
  'Target',
] as const;

const RESERVED_LINE = new RegExp(`^(?:${RESERVED_NAMES.join('|')}):`);

/** What is wrong with the characters of a text, in words that complete "the text …"; `undefined` when nothing is. */
export function characterProblem(text: string): string | undefined {
  if (PLAIN_ASCII.test(text)) return undefined;
  const found = FORBIDDEN.exec(text);
  if (found !== null) {
    const line = text.slice(0, found.index).split('\n').length;
    return `has the character ${codePoint(found[0])} on line ${line}: control and direction-changing characters are not allowed`;
  }
  if (text.normalize('NFC') !== text) return 'is not in Unicode normalization form NFC';
  return undefined;
}

/** What is wrong with a one-line value (a reference, a registry's name), in words that complete "the value …". */
export function lineProblem(text: string): string | undefined {
  if (text.length === 0) return 'is empty';
  if (text.includes('\n')) return 'is more than one line';
  if (text.startsWith(' ') || text.endsWith(' ')) return 'begins or ends with a space';
  if (Buffer.byteLength(text) > MAX_LINE_BYTES) return `is longer than ${MAX_LINE_BYTES} bytes`;
  return characterProblem(text);
}

/** What is wrong with a reason that is not empty, in words that complete "the reason …". Checks `tidyReason`'s result. */
export function reasonProblem(text: string): string | undefined {
  if (text.length === 0) return 'is empty';
  if (Buffer.byteLength(text) > MAX_BODY_BYTES) return `is longer than ${MAX_BODY_BYTES} bytes`;
  const problem = characterProblem(text);
  if (problem !== undefined) return problem;
  if (text.startsWith('\n') || text.endsWith('\n')) return 'begins or ends with a blank line';
  if (text.includes('\n\n\n')) return 'has two blank lines in a row';
  for (const [index, line] of text.split('\n').entries()) {
    if (line.endsWith(' ')) return `has a space at the end of line ${index + 1}`;
    if (line.startsWith(ARMOR)) return `has line ${index + 1} begin with "${ARMOR}", as a signature does`;
    const reserved = RESERVED_LINE.exec(line);
    if (reserved !== null) {
      return `has line ${index + 1} begin with "${reserved[0]}", which is kept for the ledger's own facts`;
    }
  }
  return undefined;
}

/**
 * Free text as it came from a command line or a file, brought to the form that `reasonProblem` demands where that takes
 * nothing from its meaning: NFC, LF line ends, tabs as four spaces, no white space at line ends, single blank lines.
 */
export function tidyReason(text: string): string {
  return text
    .normalize('NFC')
    .replace(/\r\n?/g, '\n')
    .replace(/\t/g, '    ')
    .split('\n')
    .map(withoutTrailingSpaces)
    .join('\n')
    .replace(/\n{3,}/g, '\n\n')
    .replace(/^\n+|\n+$/g, '');
}

/** By hand, since a pattern anchored at the end takes quadratic time over a long run of spaces. */
function withoutTrailingSpaces(line: string): string {
  let end = line.length;
  while (line[end - 1] === ' ') end -= 1;
  return line.slice(0, end);
}

/** Hostile text made fit for a message: in quotes, cut short, every character that does not print escaped. */
export function quote(text: string): string {
  const short = text.length > 80 ? `${text.slice(0, 80)}…` : text;
  return JSON.stringify(short).replace(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu, codePoint);
}

function codePoint(character: string): string {
  const value = character.codePointAt(0) ?? 0;
  return `U+${value.toString(16).toUpperCase().padStart(4, '0')}`;
}
