import { Buffer } from 'node:buffer';

/** Little-endian 2^255 - 19 without its low byte, which is 0xed: an encoding at or above it is not canonical (RFC 8032, 5.1.3). */
const FIELD_TAIL = `${'ff'.repeat(30)}7f`;

/** The y coordinates of the eight points of small order. */
const SMALL_ORDER: ReadonlySet<string> = new Set([
  '00'.repeat(32),
  `01${'00'.repeat(31)}`,
  `ec${FIELD_TAIL}`,
  '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05',
  'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a',
]);

/** Their last bytes, and those of what is not canonical: of a thousand other points, thirty get further. */
const LAST_BYTES: ReadonlySet<number> = new Set([0x00, 0x7f, 0x05, 0x7a]);

/**
 * Whether 32 bytes encode a point of edwards25519 that is of small order, or do so in another way than the canonical one. For such
 * a key anybody can make signatures; and a signature with such an R, which no signer makes, holds for some releases of OpenSSL and
 * of node, and not for others.
 */
export function isUnsafePoint(point: Uint8Array): boolean {
  const last = (point[31] ?? 0) & 0x7f;
  if (!LAST_BYTES.has(last)) return false;
  const y = Buffer.from(point);
  y[31] = last;
  const hex = y.toString('hex');
  return SMALL_ORDER.has(hex) || ((y[0] ?? 0) >= 0xed && hex.endsWith(FIELD_TAIL));
}
