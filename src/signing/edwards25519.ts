import { Buffer } from 'node:buffer';

/*
 * The curve of Ed25519: RFC 8032, section 5.1. This is for keys, of which there are few: signatures are judged elsewhere.
 */

/** Coordinates from 0 to p - 1. */
export interface AffinePoint {
  readonly x: bigint;
  readonly y: bigint;
}

const P = 2n ** 255n - 19n;
const D = modulo(-121_665n * power(121_666n, P - 2n));
/** A square root of -1. */
const I = power(2n, (P - 1n) / 4n);

/** B, as it is encoded. */
export const BASE_POINT = Buffer.from(`58${'66'.repeat(31)}`, 'hex');

/** The point that 32 bytes encode (section 5.1.3), or `undefined` where they are no point's one canonical encoding. */
export function decodePoint(encoded: Uint8Array): AffinePoint | undefined {
  if (encoded.length !== 32) return undefined;
  const number = fromLittleEndian(encoded);
  const sign = number >> 255n;
  const y = number & (2n ** 255n - 1n);
  if (y >= P) return undefined;
  const x = squareRootOf(y * y - 1n, D * y * y + 1n);
  if (x === undefined || (x === 0n && sign === 1n)) return undefined;
  return { x: (x & 1n) === sign ? x : P - x, y };
}

/** -A, which has the same y. */
export function negate({ x, y }: AffinePoint): AffinePoint {
  return { x: modulo(-x), y };
}

/** 32 bytes. */
export function littleEndian(number: bigint): Buffer {
  return Buffer.from(number.toString(16).padStart(64, '0'), 'hex').reverse();
}

function fromLittleEndian(bytes: Uint8Array): bigint {
  return BigInt(`0x${Buffer.from(bytes).reverse().toString('hex')}`);
}

/** One x with v x^2 = u, where there is one. */
function squareRootOf(u: bigint, v: bigint): bigint | undefined {
  const candidate = modulo(u * v ** 3n * power(u * v ** 7n, (P - 5n) / 8n));
  return [candidate, modulo(candidate * I)].find((x) => modulo(v * x * x - u) === 0n);
}

function power(base: bigint, exponent: bigint): bigint {
  let result = 1n;
  let square = modulo(base);
  for (let rest = exponent; rest > 0n; rest >>= 1n) {
    if ((rest & 1n) === 1n) result = modulo(result * square);
    square = modulo(square * square);
  }
  return result;
}

function modulo(number: bigint): bigint {
  const rest = number % P;
  return rest < 0n ? rest + P : rest;
}
