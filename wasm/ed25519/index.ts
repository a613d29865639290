import { getBytes, invert, setBytes } from './element';
import { multiply, SIZE } from './field';
import { addChosen, invertAll, POINT, setNeutral, Z } from './point';
import { isReduced, reduce, toDigits } from './scalar';
import { buildTable, chooseMultiple, POINTS, TABLE } from './table';

/*
 * Ed25519 verification (RFC 8032, section 5.1.7) for keys that sign often, as OpenSSL does it: s below L, and the encoding of
 * [s]B - [h]A is R, byte for byte. Each multiple is a sum of 32 entries of a table, so nothing is ever doubled; four signatures go
 * side by side, and all of a batch share one inversion. Nothing here is secret, and nothing takes care to run in constant time.
 */

// For tests, which hold each of them to plain numbers.
export { getBytes, invert, multiply, reduce, setBytes };

/** Signatures in one call at most. */
const MOST: usize = 128;
/** What each of them takes at `input`: R, s, SHA-512(R, A, M), and the address of the table of -A. */
const RECORD: usize = 144;

const INPUT = memory.data(128 * 144, 16);
/** One byte each: 1 where the signature holds. */
const OUTPUT = memory.data(128, 16);
/** By lane: 32 digits of s, then 32 of h. */
const DIGITS = memory.data(4 * 64, 16);
const REDUCED = memory.data(32 + 16, 16);
const AFFINE = memory.data(160, 16);
const ENCODED_X = memory.data(4 * 32 + 16, 16);
const ENCODED_Y = memory.data(4 * 32 + 16, 16);

export function input(): usize {
  return INPUT;
}

export function output(): usize {
  return OUTPUT;
}

/**
 * A table for the point whose x and y are at `input`, 32 bytes each, little-endian and below p; they must be on the curve.
 * Answers its address, or 0 where there is no memory for it.
 */
export function addTable(): usize {
  const table = (memory.size() as usize) << 16;
  if (memory.grow((TABLE >> 16) as i32) < 0) return 0;
  buildTable(table, INPUT);
  return table;
}

/** Judges `count` signatures at `input`. @param base the table of the base point */
export function verify(base: usize, count: usize): void {
  if (count === 0 || count > MOST) return;
  const fours = (count + 3) >> 2;
  for (let four: usize = 0; four < fours; four++) sumUp(POINTS + four * POINT, base, four * 4, count);
  invertAll(POINTS, fours);
  for (let four: usize = 0; four < fours; four++) compare(POINTS + four * POINT, four * 4, count);
}

/** Idle lanes do what the last signature needs. */
@inline function record(at: usize, count: usize): usize {
  return INPUT + (at < count ? at : count - 1) * RECORD;
}

function sumUp(point: usize, base: usize, first: usize, count: usize): void {
  for (let lane: usize = 0; lane < 4; lane++) {
    const from = record(first + lane, count);
    toDigits(DIGITS + lane * 64, from + 32);
    reduce(REDUCED, from + 64);
    toDigits(DIGITS + lane * 64 + 32, REDUCED);
  }
  setNeutral(point);
  for (let window: usize = 0; window < 32; window++) {
    for (let lane: usize = 0; lane < 4; lane++) {
      chooseMultiple(lane, base, window, load<i8>(DIGITS + lane * 64 + window));
    }
    addChosen(point);
    for (let lane: usize = 0; lane < 4; lane++) {
      const table = load<u32>(record(first + lane, count) + 128) as usize;
      chooseMultiple(lane, table, window, load<i8>(DIGITS + lane * 64 + 32 + window));
    }
    addChosen(point);
  }
}

/** Encodes the sums (RFC 8032, section 5.1.2), whose Z are inverted, and holds them to R. */
function compare(point: usize, first: usize, count: usize): void {
  multiply(AFFINE, point, point + Z);
  getBytes(ENCODED_X, AFFINE);
  multiply(AFFINE, point + SIZE, point + Z);
  getBytes(ENCODED_Y, AFFINE);
  for (let lane: usize = 0; lane < 4 && first + lane < count; lane++) {
    const from = record(first + lane, count);
    const y = ENCODED_Y + lane * 32;
    store<u8>(y, load<u8>(y, 31) | (load<u8>(ENCODED_X + lane * 32) << 7), 31);
    store<u8>(OUTPUT + first + lane, isReduced(from + 32) && memory.compare(y, from, 32) === 0 ? 1 : 0);
  }
}
