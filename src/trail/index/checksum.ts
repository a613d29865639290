import { crc32 } from 'node:zlib';

const DIGITS = 8;

/** One line of the index: its CRC-32 in hex, a blank, the text. So a change by accident is never taken for what was verified. */
export function withChecksum(text: string): string {
  return `${checksum(text)} ${text}`;
}

/** The text of a line that `withChecksum` made; `undefined` for any other, or one that was changed since. */
export function checkedText(line: string): string | undefined {
  const text = line.slice(DIGITS + 1);
  return line.slice(0, DIGITS) === checksum(text) && line[DIGITS] === ' ' ? text : undefined;
}

function checksum(text: string): string {
  return crc32(text).toString(16).padStart(DIGITS, '0');
}
