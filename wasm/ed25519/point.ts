import { add, copy, invert, setBytes, setSmall, subtract } from './element';
import { multiply, multiplyReversed, reverse, SIZE } from './field';

/*
 * Points of edwards25519 (RFC 8032, section 5.1), -x^2 + y^2 = 1 + d x^2 y^2, four at a time as field elements are.
 *
 * A point is X, Y, Z and T with x = X/Z, y = Y/Z and x y = T/Z. What is added to it comes from a table, as an ENTRY: for one
 * point, (y + x)/2, (y - x)/2 and d x y, as loose limbs of 16 bits. The formulas are those of Hisil, Wong, Carter and Dawson
 * ("Twisted Edwards Curves Revisited", section 3.1), halved so that sums stay loose. They hold for every two points of the curve,
 * equal and small ones too, for -1 is a square and d is none.
 */

export const POINT: usize = 4 * SIZE;
const Y: usize = SIZE;
export const Z: usize = 2 * SIZE;
export const T: usize = 3 * SIZE;

/** Bytes of an entry, of which the last eight are idle. */
export const ENTRY: usize = 128;
const DIFFERENCE: usize = 40;
const PRODUCT: usize = 80;

/** The neutral point as an entry: 1/2 is 2^254 - 9. */
export const NEUTRAL = memory.data<i16>([
  -9, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 128,
  -9, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 128,
  0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
], 16);

/** 4 d in limbs. */
const FOUR_D = memory.data<i16>([
  690, 2863, 2579, 6766, 7546, 4438, 5149, 1696, 41, 14, 2200, 7119, 7773, 3712, 6348, 7993, 3519, 7621, 876, 144,
], 16);

/** What is added next: the three elements of an entry for each lane. */
const ADDEND = memory.data(3 * 160, 16);
const A = memory.data(160, 16);
const B = memory.data(160, 16);
const C = memory.data(160, 16);
const E = memory.data(160, 16);
const F = memory.data(160, 16);
const G = memory.data(160, 16);
const H = memory.data(160, 16);

export function setNeutral(point: usize): void {
  setSmall(point, 0);
  setSmall(point + Y, 1);
  setSmall(point + Z, 1);
  setSmall(point + T, 0);
}

/** The point whose x and y are given as 32 bytes each, in all lanes. */
export function setAffine(point: usize, xy: usize): void {
  for (let lane: usize = 0; lane < 4; lane++) {
    setBytes(point, lane, xy);
    setBytes(point + Y, lane, xy + 32);
  }
  setSmall(point + Z, 1);
  multiply(point + T, point, point + Y);
  multiply(point, point, point + Z);
  multiply(point + Y, point + Y, point + Z);
}

/** Copies one lane. */
export function copyLane(to: usize, from: usize, lane: usize): void {
  for (let at: usize = lane * 4; at < POINT; at += 16) store<i32>(to + at, load<i32>(from + at));
}

/** By lane: the addresses of the entry's sum, difference and product, 16 bytes each. */
const CHOSEN = memory.data(3 * 16, 16);
/** By lane: all ones where the entry is subtracted, else 0. */
const SIGNS = memory.data(16, 16);

/** Takes an entry as what is to be added in one lane, or subtracted where `negative` is -1 and not 0. */
@inline export function choose(lane: usize, entry: usize, negative: i32): void {
  // -P has y + x and y - x the other way round, and the other d x y.
  const swap = (negative as usize) & DIFFERENCE;
  const to = CHOSEN + lane * 4;
  store<u32>(to, (entry + swap) as u32);
  store<u32>(to, (entry + DIFFERENCE - swap) as u32, 16);
  store<u32>(to, (entry + PRODUCT) as u32, 32);
  store<i32>(SIGNS + lane * 4, negative);
}

function gather(): void {
  for (let which: usize = 0; which < 3; which++) {
    const from = CHOSEN + which * 16;
    let lane0 = load<u32>(from) as usize;
    let lane1 = load<u32>(from, 4) as usize;
    let lane2 = load<u32>(from, 8) as usize;
    let lane3 = load<u32>(from, 12) as usize;
    const signs = which === 2 ? v128.load(SIGNS) : i32x4.splat(0);
    const to = ADDEND + which * SIZE;
    for (let at: usize = 0; at < SIZE; at += 16) {
      let limbs = v128.load32_zero(lane0);
      limbs = v128.load32_lane(lane1, limbs, 1);
      limbs = v128.load32_lane(lane2, limbs, 2);
      limbs = v128.load32_lane(lane3, limbs, 3);
      v128.store(to + at, i16x8.sub(v128.xor(limbs, signs), signs));
      lane0 += 4;
      lane1 += 4;
      lane2 += 4;
      lane3 += 4;
    }
  }
}

/** Adds what was chosen in each lane. */
export function addChosen(point: usize): void {
  gather();
  addAddend(point);
}

/** Adds the addend. The point's coordinates are tight before and after. */
export function addAddend(point: usize): void {
  subtract(A, point + Y, point);
  multiply(A, A, ADDEND + SIZE);
  add(B, point + Y, point);
  multiply(B, B, ADDEND);
  multiply(C, point + T, ADDEND + 2 * SIZE);
  subtract(E, B, A);
  subtract(F, point + Z, C);
  add(G, point + Z, C);
  add(H, B, A);
  finish(point);
}

/** What adding and doubling end with. */
function finish(point: usize): void {
  reverse(F);
  multiplyReversed(point, E);
  multiplyReversed(point + Z, G);
  reverse(H);
  multiplyReversed(point + Y, G);
  multiplyReversed(point + T, E);
}

/** The point and itself. */
export function double(point: usize): void {
  multiply(A, point, point);
  multiply(B, point + Y, point + Y);
  multiply(C, point + Z, point + Z);
  multiply(E, point, point + Y);
  add(E, E, E);
  subtract(G, B, A);
  // F would be neither tight nor loose: its limbs are made tight by a factor of 1.
  add(C, C, C);
  subtract(F, G, C);
  setSmall(C, 1);
  multiply(F, F, C);
  add(H, A, B);
  setSmall(C, 0);
  subtract(H, C, H);
  finish(point);
}

/** Replaces Z by its inverse in every one of `count` points, for little more than one inversion. Their T is lost. */
export function invertAll(points: usize, count: usize): void {
  const last = points + (count - 1) * POINT;
  copy(points + T, points + Z);
  for (let at = points + POINT; at <= last; at += POINT) multiply(at + T, at - POINT + T, at + Z);
  invert(A, last + T);
  for (let at = last; at > points; at -= POINT) {
    multiply(B, A, at + Z);
    multiply(at + Z, A, at - POINT + T);
    copy(A, B);
  }
  copy(points + Z, A);
}

/** Writes one lane of the addend as an entry. */
export function storeEntry(entry: usize, lane: usize): void {
  for (let i: usize = 0; i < 10; i++) {
    const from = ADDEND + i * 16 + lane * 4;
    store<i32>(entry + i * 4, load<i32>(from));
    store<i32>(entry + i * 4, load<i32>(from, SIZE), DIFFERENCE);
    store<i32>(entry + i * 4, load<i32>(from, 2 * SIZE), PRODUCT);
  }
}

/** Makes a point whose Z was replaced by 1/(2 Z) the addend. */
export function setAddend(point: usize): void {
  multiply(A, point, point + Z);
  multiply(B, point + Y, point + Z);
  add(ADDEND, B, A);
  subtract(ADDEND + SIZE, B, A);
  setLanes(C, FOUR_D);
  multiply(C, C, A);
  multiply(ADDEND + 2 * SIZE, C, B);
}

function setLanes(out: usize, limbs: usize): void {
  for (let i: usize = 0; i < 10; i++) v128.store(out + i * 16, i32x4.splat(load<i32>(limbs + i * 4)));
}
