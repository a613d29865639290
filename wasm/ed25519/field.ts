/*
 * The field of 2^255 - 19, four elements at a time: one in each 32-bit lane of a vector.
 *
 * An element is twenty limbs of 13 bits, signed: the sum of limb[i] * 2^(13 i). In memory it is ten vectors, 160 bytes; each
 * lane of vector i holds limb 2i in its lower 16 bits and limb 2i + 1 in its upper ones. That is the form that
 * `i32x4.dot_i16x8_s` takes: two products of limbs and their sum in one instruction, for each of the four.
 *
 * Limbs are TIGHT (at most 4,118 in magnitude) as `multiply` leaves them, or LOOSE (at most 8,236): the sum or difference of two
 * tight ones. `multiply` takes loose ones, for 20 * 8,236^2 < 1.36 * 10^9 < 2^31.
 *
 * 2^260 is 608 (32 * 19) in this field: what is beyond limb 19 comes back in 608-fold.
 */

/** Bytes of four elements. */
export const SIZE: usize = 160;

/** Limbs in pairs the other way round: (limb j, limb j - 1) for j from 0 to 20, where limbs -1 and 20 are 0. */
const REVERSED = memory.data(21 * 16, 16);

/** Column k is the sum of all limb[i] * limb[k - i], for k from 0 to 38. Column 39 stays 0. */
const COLUMNS = memory.data(40 * 16, 16);

@inline function add(a: v128, b: v128): v128 { return i32x4.add(a, b); }
@inline function dot(a: v128, b: v128): v128 { return i32x4.dot_i16x8_s(a, b); }
@inline function rest(a: v128): v128 { return v128.and(a, i32x4.splat(8191)); }
@inline function quotient(a: v128): v128 { return i32x4.shr_s(a, 13); }
@inline function fold(a: v128): v128 { return i32x4.mul(a, i32x4.splat(608)); }

/** What a limb has to give to the next one, to be within 4,096 of 0. */
@inline function excess(a: v128): v128 { return i32x4.shr_s(add(a, i32x4.splat(4096)), 13); }
@inline function less(a: v128, over: v128): v128 { return i32x4.sub(a, i32x4.shl(over, 13)); }

/** The lower halves of one, the upper halves of the other. */
@inline function halves(a: v128, b: v128): v128 {
  return i8x16.shuffle(a, b, 0, 1, 18, 19, 4, 5, 22, 23, 8, 9, 26, 27, 12, 13, 30, 31);
}
@inline function join(even: v128, odd: v128): v128 { return halves(even, i32x4.shl(odd, 16)); }
@inline function swapped(a: v128): v128 {
  return i8x16.shuffle(a, a, 2, 3, 0, 1, 6, 7, 4, 5, 10, 11, 8, 9, 14, 15, 12, 13);
}

/** out = f * g, tight; all three may be the same. */
export function multiply(out: usize, f: usize, g: usize): void {
  reverse(g);
  multiplyReversed(out, f);
}

/** out = f * g for the g that `reverse` was last called with. */
export function multiplyReversed(out: usize, f: usize): void {
  sumColumns(f + 80, COLUMNS + 160, false);
  sumColumns(f, COLUMNS, true);
  carry(out);
}

/** Prepares a factor that is loose. */
export function reverse(g: usize): void {
  let before = i32x4.splat(0);
  let to = REVERSED;
  for (const end = g + SIZE; g < end; g += 16) {
    const pair = v128.load(g);
    v128.store(to, halves(pair, before));
    v128.store(to, swapped(pair), 16);
    before = pair;
    to += 32;
  }
  v128.store(to, halves(i32x4.splat(0), before));
}

/** All products of ten limbs of f. Those of the other ten may be in columns 10 to 28 already. */
@inline function sumColumns(f: usize, columns: usize, second: bool): void {
  const f0 = v128.load(f);
  const f1 = v128.load(f, 16);
  const f2 = v128.load(f, 32);
  const f3 = v128.load(f, 48);
  const f4 = v128.load(f, 64);
  for (let odd: usize = 0; odd < 32; odd += 16) {
    let sum1 = i32x4.splat(0);
    let sum2 = i32x4.splat(0);
    let sum3 = i32x4.splat(0);
    let sum4 = i32x4.splat(0);
    let at = odd;
    // A pair that is met in step j goes to columns j, j + 2, ..., j + 8: the first of them is done by that.
    for (; at <= 320; at += 32) {
      const pair = v128.load(REVERSED + at);
      let sum = add(sum1, dot(f0, pair));
      if (second && at >= 160) sum = add(sum, v128.load(columns + at));
      v128.store(columns + at, sum);
      sum1 = add(sum2, dot(f1, pair));
      sum2 = add(sum3, dot(f2, pair));
      sum3 = add(sum4, dot(f3, pair));
      sum4 = dot(f4, pair);
    }
    keep(columns + at, sum1, second);
    keep(columns + at + 32, sum2, second);
    keep(columns + at + 64, sum3, second);
    keep(columns + at + 96, sum4, second);
  }
}

@inline function keep(column: usize, sum: v128, second: bool): void {
  v128.store(column, second ? add(sum, v128.load(column)) : sum);
}

/**
 * The columns as twenty tight limbs. |column| < 2^30.4; what it hands on is < 2^17.4, so a limb before its own carry is at most
 * 2^30.4 + 608 * (2^17.4 + 2^13) + 2^17.6 < 2^31. Two chains of carries run side by side, from limb 0 and from limb 10. After
 * them only limbs 0 and 10 are too large, by less than 608 * 2^17.6 and 2^17.6: limbs 1 and 11 take that, then limb 2.
 */
function carry(out: usize): void {
  let low = i32x4.splat(0);
  let high = i32x4.splat(0);
  let overLow = i32x4.splat(0);
  let overHigh = quotient(v128.load(COLUMNS, 29 * 16));
  for (let at: usize = 0; at < 160; at += 16) {
    const above = v128.load(COLUMNS + at, 20 * 16);
    const farAbove = v128.load(COLUMNS + at, 30 * 16);
    low = add(add(v128.load(COLUMNS + at), low), fold(add(rest(above), overLow)));
    high = add(add(v128.load(COLUMNS + at, 160), high), fold(add(rest(farAbove), overHigh)));
    overLow = quotient(above);
    overHigh = quotient(farAbove);
    const lowExcess = excess(low);
    const highExcess = excess(high);
    v128.store(COLUMNS + at, less(low, lowExcess));
    v128.store(COLUMNS + at, less(high, highExcess), 160);
    low = lowExcess;
    high = highExcess;
  }
  const c0 = add(v128.load(COLUMNS), fold(high));
  const over0 = excess(c0);
  const c1 = add(v128.load(COLUMNS, 16), over0);
  const over1 = excess(c1);
  const c10 = add(v128.load(COLUMNS, 160), low);
  const over10 = excess(c10);
  v128.store(COLUMNS, less(c0, over0));
  v128.store(COLUMNS, less(c1, over1), 16);
  v128.store(COLUMNS, add(v128.load(COLUMNS, 32), over1), 32);
  v128.store(COLUMNS, less(c10, over10), 160);
  v128.store(COLUMNS, add(v128.load(COLUMNS, 176), over10), 176);
  for (let at: usize = 0; at < SIZE; at += 16) {
    const limbs = COLUMNS + 2 * at;
    v128.store(out + at, join(v128.load(limbs), v128.load(limbs, 16)));
  }
}
