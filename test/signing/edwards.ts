import { createHash } from 'node:crypto';

/** edwards25519 in plain numbers (RFC 8032, section 5.1), for tests to hold faster arithmetic to. */

export const P = 2n ** 255n - 19n;
export const L = 2n ** 252n + 27742317777372353535851937790883648493n;

export const mod = (value: bigint, by = P): bigint => ((value % by) + by) % by;

export function inverse(value: bigint): bigint {
  let result = 1n;
  for (let exponent = P - 2n, square = mod(value); exponent > 0n; exponent >>= 1n) {
    if (exponent & 1n) result = mod(result * square);
    square = mod(square * square);
  }
  return result;
}

export const D = mod(-121665n * inverse(121666n));

/** x and y. */
export type Point = readonly [bigint, bigint];

export const NEUTRAL: Point = [0n, 1n];
/** RFC 8032, section 5.1. */
export const BASE: Point = [
  15112221349535400772501151409588531511454012693041857206046113283949847762202n,
  46316835694926478169428394003475163141307993866256225615783033603165251855960n,
];

/** Section 5.1.4, in extended coordinates. */
export function sum([x1, y1]: Point, [x2, y2]: Point): Point {
  const product = mod(D * x1 * x2 * y1 * y2);
  return [mod((x1 * y2 + y1 * x2) * inverse(1n + product)), mod((y1 * y2 + x1 * x2) * inverse(1n - product))];
}

type Extended = readonly [bigint, bigint, bigint, bigint];

function add([x1, y1, z1, t1]: Extended, [x2, y2, z2, t2]: Extended): Extended {
  const a = (y1 - x1) * (y2 - x2);
  const b = (y1 + x1) * (y2 + x2);
  const c = mod(2n * D * t1) * t2;
  const d = 2n * z1 * z2;
  const [e, f, g, h] = [mod(b - a), mod(d - c), mod(d + c), mod(b + a)];
  return [mod(e * f), mod(g * h), mod(f * g), mod(e * h)];
}

export function times(factor: bigint, [x, y]: Point): Point {
  let result: Extended = [0n, 1n, 1n, 0n];
  let power: Extended = [x, y, 1n, mod(x * y)];
  for (let rest = factor; rest > 0n; rest >>= 1n) {
    if (rest & 1n) result = add(result, power);
    power = add(power, power);
  }
  const byZ = inverse(result[2]);
  return [mod(result[0] * byZ), mod(result[1] * byZ)];
}

/** A point of order 8: its y is the one that begins c7176a70. */
export const TORSION: Point = (() => {
  const y = fromBytes(Buffer.from('c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a', 'hex'));
  // x^2 = (y^2 - 1) / (d y^2 + 1), and here x^2 is its own root up to sign.
  const square = mod((y * y - 1n) * inverse(D * y * y + 1n));
  let x = 1n;
  for (let exponent = (P + 3n) / 8n, power = square; exponent > 0n; exponent >>= 1n) {
    if (exponent & 1n) x = mod(x * power);
    power = mod(power * power);
  }
  return [mod(x * x) === square ? x : mod(x * rootOfMinusOne()), y];
})();

function rootOfMinusOne(): bigint {
  let root = 1n;
  for (let exponent = (P - 1n) / 4n, power = 2n; exponent > 0n; exponent >>= 1n) {
    if (exponent & 1n) root = mod(root * power);
    power = mod(power * power);
  }
  return root;
}

export function toBytes(value: bigint, length = 32): Buffer {
  return Buffer.from(value.toString(16).padStart(2 * length, '0'), 'hex').reverse();
}

export function fromBytes(bytes: Uint8Array): bigint {
  return BigInt(`0x${Buffer.from(bytes).reverse().toString('hex')}`);
}

/** Section 5.1.2. */
export function encode([x, y]: Point): Buffer {
  return toBytes(y | ((x & 1n) << 255n));
}

export function challenge(r: Uint8Array, key: Uint8Array, message: Uint8Array): bigint {
  return mod(fromBytes(createHash('sha512').update(r).update(key).update(message).digest()), L);
}
