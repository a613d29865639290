import { multiply, SIZE } from './field';

/*
 * What there is to do with four field elements besides multiplying them. Their form and what TIGHT and LOOSE mean: field.ts.
 */

/** Address of one limb of one lane. */
@inline function limb(element: usize, i: usize, lane: usize): usize {
  return element + (i >> 1) * 16 + lane * 4 + (i & 1) * 2;
}

/** The sum of two tight ones is loose. */
export function add(out: usize, f: usize, g: usize): void {
  for (let at: usize = 0; at < SIZE; at += 16) {
    v128.store(out + at, i16x8.add(v128.load(f + at), v128.load(g + at)));
  }
}

/** f - g: of two tight ones it is loose. */
export function subtract(out: usize, f: usize, g: usize): void {
  for (let at: usize = 0; at < SIZE; at += 16) {
    v128.store(out + at, i16x8.sub(v128.load(f + at), v128.load(g + at)));
  }
}

export function copy(out: usize, f: usize): void {
  memory.copy(out, f, SIZE);
}

/** A small number in all four lanes. */
export function setSmall(out: usize, value: i32): void {
  memory.fill(out, 0, SIZE);
  v128.store(out, i32x4.splat(value & 0xffff));
}

/** The lower 255 bits of 32 bytes, little-endian, in one lane; loose. Two bytes behind them are read, and do not matter. */
export function setBytes(out: usize, lane: usize, bytes: usize): void {
  for (let i: usize = 0; i < 20; i++) {
    const bit: usize = 13 * i;
    const value = (load<u32>(bytes + (bit >> 3)) >> ((bit & 7) as u32)) & (i < 19 ? 8191 : 255);
    store<i16>(limb(out, i, lane), value as i16);
  }
}

const POWERS = memory.data(4 * 160, 16);

/** out = f^(2^n) */
function squareTimes(out: usize, f: usize, n: i32): void {
  multiply(out, f, f);
  for (let i = 1; i < n; i++) multiply(out, out, out);
}

/** out = f^(p - 2), which is 1/f; 0 for 0. p - 2 is 2^255 - 21: 250 ones and then 01011. */
export function invert(out: usize, f: usize): void {
  const f11 = POWERS;
  const ones = POWERS + SIZE;
  const fewer = POWERS + 2 * SIZE;
  const shifted = POWERS + 3 * SIZE;
  squareTimes(fewer, f, 1); // 2
  squareTimes(shifted, fewer, 2); // 8
  multiply(ones, shifted, f); // 9
  multiply(f11, ones, fewer); // 11
  squareTimes(shifted, f11, 1); // 22
  multiply(ones, shifted, ones); // 31: 5 ones
  squareTimes(shifted, ones, 5);
  multiply(ones, shifted, ones); // 10 ones
  copy(fewer, ones);
  squareTimes(shifted, ones, 10);
  multiply(ones, shifted, ones); // 20
  squareTimes(shifted, ones, 20);
  multiply(ones, shifted, ones); // 40
  squareTimes(shifted, ones, 10);
  multiply(ones, shifted, fewer); // 50
  copy(fewer, ones);
  squareTimes(shifted, ones, 50);
  multiply(ones, shifted, ones); // 100
  squareTimes(shifted, ones, 100);
  multiply(ones, shifted, ones); // 200
  squareTimes(shifted, ones, 50);
  multiply(ones, shifted, fewer); // 250
  squareTimes(shifted, ones, 5);
  multiply(out, shifted, f11);
}

/** Twenty limbs of 32 bits, each in the four lanes of its vector. */
const LIMBS = memory.data(20 * 16, 16);

/** The one number from 0 to p - 1 that each lane of a loose f stands for: 32 bytes, little-endian, by lane at out, out + 32, ... */
export function getBytes(out: usize, f: usize): void {
  // |f| < 2^260 * 1.01: with 64 p = 2^261 - 1,216 it is above 0, and below 2^262.
  for (let i: usize = 0; i < 20; i += 2) {
    const pair = v128.load(f + i * 8);
    v128.store(LIMBS + i * 16, i32x4.add(i32x4.shr_s(i32x4.shl(pair, 16), 16), i32x4.splat(i == 0 ? 16384 - 1216 : 16382)));
    v128.store(LIMBS + i * 16, i32x4.add(i32x4.shr_s(pair, 16), i32x4.splat(16382)), 16);
  }
  addToFirst(carry());
  addToFirst(carry());
  // Now below 2^255, and p or more where 19 more reach that.
  addToFirst(reaches());
  carry();
  for (let lane: usize = 0; lane < 4; lane++) storeBytes(out + lane * 32, lane);
}

/** Brings all limbs to 13 bits and the last to 8; answers how many times 2^255 is left over. */
function carry(): v128 {
  let over = i32x4.splat(0);
  for (let at: usize = 0; at < 304; at += 16) {
    const sum = i32x4.add(v128.load(LIMBS + at), over);
    v128.store(LIMBS + at, v128.and(sum, i32x4.splat(8191)));
    over = i32x4.shr_s(sum, 13);
  }
  const top = i32x4.add(v128.load(LIMBS, 304), over);
  v128.store(LIMBS, v128.and(top, i32x4.splat(255)), 304);
  return i32x4.shr_s(top, 8);
}

/** 2^255 is 19 in this field. */
function addToFirst(times: v128): void {
  v128.store(LIMBS, i32x4.add(v128.load(LIMBS), i32x4.mul(times, i32x4.splat(19))));
}

/** 1 where the number and 19 reach 2^255, else 0. */
function reaches(): v128 {
  let over = i32x4.splat(19);
  for (let at: usize = 0; at < 304; at += 16) over = i32x4.shr_s(i32x4.add(v128.load(LIMBS + at), over), 13);
  return i32x4.shr_s(i32x4.add(v128.load(LIMBS, 304), over), 8);
}

function storeBytes(out: usize, lane: usize): void {
  let bits: u64 = 0;
  let held = 0;
  let to = out;
  for (let i: usize = 0; i < 20; i++) {
    bits |= (load<u32>(LIMBS + i * 16 + lane * 4) as u64) << held;
    held += 13;
    while (held >= 8) {
      store<u8>(to, bits as u8);
      to++;
      bits >>= 8;
      held -= 8;
    }
  }
  store<u8>(to, bits as u8);
}
