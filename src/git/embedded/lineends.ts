/** How a path's line ends are treated: `convert.c`'s `crlf_action`, resolved for this machine. */
export type LineEnds =
  | { readonly kind: 'binary' }
  /** `guess`: only where the content looks like text. `crlf`: a checkout gives CRLF. */
  | { readonly kind: 'text'; readonly guess: boolean; readonly crlf: boolean };

const CR = 0x0d;
const LF = 0x0a;

interface Counts {
  crlf: number;
  loneCr: number;
  loneLf: number;
  nul: number;
  printable: number;
  nonPrintable: number;
}

/** git's own statistics of a content (`gather_stats`). */
function count(bytes: Uint8Array): Counts {
  const counts: Counts = { crlf: 0, loneCr: 0, loneLf: 0, nul: 0, printable: 0, nonPrintable: 0 };
  for (let at = 0; at < bytes.length; at += 1) {
    const byte = bytes[at] ?? 0;
    if (byte === CR && bytes[at + 1] === LF) {
      counts.crlf += 1;
      at += 1;
    } else if (byte === CR) {
      counts.loneCr += 1;
    } else if (byte === LF) {
      counts.loneLf += 1;
    } else if (byte === 0) {
      counts.nul += 1;
      counts.nonPrintable += 1;
    } else if (byte === 0x7f || (byte < 0x20 && !PRINTABLE_CONTROLS.has(byte))) {
      counts.nonPrintable += 1;
    } else {
      counts.printable += 1;
    }
  }
  // DOS ended its texts with ^Z.
  if (bytes.at(-1) === 0x1a) {
    counts.nonPrintable -= 1;
  }
  return counts;
}

/** Backspace, tab, escape, form feed. */
const PRINTABLE_CONTROLS: ReadonlySet<number> = new Set([0x08, 0x09, 0x1b, 0x0c]);

function looksBinary(counts: Counts): boolean {
  return counts.loneCr > 0 || counts.nul > 0 || Math.floor(counts.printable / 128) < counts.nonPrintable;
}

/** Whether a text that the index holds has CRLF already: git then leaves line ends alone where it would only guess. */
export function holdsCrlf(bytes: Uint8Array): boolean {
  const counts = count(bytes);
  return counts.crlf > 0 && !looksBinary(counts);
}

/**
 * What git stores for a file's bytes. Source: gitattributes(5), "End-of-line conversion".
 * @param indexHoldsCrlf asked only where it matters
 */
export async function toStored(
  bytes: Uint8Array,
  ends: LineEnds,
  indexHoldsCrlf: () => Promise<boolean>,
): Promise<Uint8Array> {
  if (ends.kind === 'binary') {
    return bytes;
  }
  const counts = count(bytes);
  if (counts.crlf === 0 || (ends.guess && (looksBinary(counts) || (await indexHoldsCrlf())))) {
    return bytes;
  }
  return bytes.filter((byte, at) => byte !== CR || bytes[at + 1] !== LF);
}

/** What a checkout writes for stored bytes. Source: as above. */
export function toWorkTree(bytes: Uint8Array, ends: LineEnds): Uint8Array {
  if (ends.kind === 'binary' || !ends.crlf) {
    return bytes;
  }
  const counts = count(bytes);
  if (counts.loneLf === 0 || (ends.guess && (counts.loneCr > 0 || counts.crlf > 0 || looksBinary(counts)))) {
    return bytes;
  }
  const out = Buffer.alloc(bytes.length + counts.loneLf);
  let length = 0;
  for (const [at, byte] of bytes.entries()) {
    if (byte === LF && bytes[at - 1] !== CR) {
      length = out.writeUInt8(CR, length);
    }
    length = out.writeUInt8(byte, length);
  }
  return out;
}
