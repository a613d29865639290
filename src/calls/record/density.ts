import { Buffer } from 'node:buffer';

/**
 * How many values a body in JSON, or a line of it, may have: three bytes make an object of some sixty, so a limit on bytes alone would not keep
 * memory within bounds. A span of 25 attributes has some 110, and senders put 512 to 8,192 into a request.
 */
export const MAX_VALUES = 1_000_000;

const QUOTE = 0x22;
const COMMA = 0x2c;
const BRACKET = 0x5b;
const BACKSLASH = 0x5c;
const BRACE = 0x7b;

/** Whether JSON has more than MAX_VALUES objects, arrays and members of them. Right for well-formed JSON; any bytes may be given. */
export function isTooDense(json: Uint8Array): boolean {
  // Each takes a byte at least.
  if (json.length <= MAX_VALUES) return false;
  const bytes = Buffer.from(json.buffer, json.byteOffset, json.length);
  let values = 0;
  for (let at = 0; at < bytes.length; at += 1) {
    const byte = bytes[at];
    if (byte === QUOTE) at = endOfText(bytes, at + 1);
    else if (byte === COMMA || byte === BRACE || byte === BRACKET) values += 1;
  }
  return values > MAX_VALUES;
}

/** Where the quotation mark is that ends a text. */
function endOfText(bytes: Buffer, start: number): number {
  for (let from = start; ; ) {
    const end = bytes.indexOf(QUOTE, from);
    if (end === -1) return bytes.length;
    let before = end;
    while (before > start && bytes[before - 1] === BACKSLASH) before -= 1;
    if ((end - before) % 2 === 0) return end;
    from = end + 1;
  }
}
