import { add } from './element';
import { addAddend, choose, setAddend, copyLane, double, ENTRY, invertAll, NEUTRAL, POINT, setAffine, setNeutral, storeEntry, Z } from './point';

/*
 * All that a multiple of one point can be summed up from: entries of k * 256^w * P for k from 1 to 128 and w from 0 to 31, at
 * (w * 128 + k - 1) * ENTRY.
 */

/** Multiples in one window of a table. */
const WINDOW: usize = 128;
export const TABLE: usize = 32 * WINDOW * ENTRY;

/** Room for the points that one call works on. */
export const POINTS = memory.data(128 * 640, 16);

const CURRENT = memory.data(640, 16);
/** 256^w * P for four w in each point. */
const BASES = memory.data(8 * 640, 16);

/** Fills TABLE bytes for the point on the curve whose x and y are given as 32 bytes each, little-endian and below p. */
export function buildTable(table: usize, xy: usize): void {
  setAffine(CURRENT, xy);
  for (let window: usize = 0; window < 32; window++) {
    copyLane(BASES + (window >> 2) * POINT, CURRENT, window & 3);
    for (let i = 0; i < 8; i++) double(CURRENT);
  }
  for (let four: usize = 0; four < 8; four++) buildWindows(table + four * 4 * WINDOW * ENTRY, BASES + four * POINT);
}

/** Four windows at once, one a lane. */
function buildWindows(table: usize, base: usize): void {
  add(base + Z, base + Z, base + Z);
  invertAll(base, 1);
  setAddend(base);
  setNeutral(CURRENT);
  for (let k: usize = 0; k < WINDOW; k++) {
    addAddend(CURRENT);
    const multiple = POINTS + k * POINT;
    memory.copy(multiple, CURRENT, POINT);
    add(multiple + Z, multiple + Z, multiple + Z);
  }
  invertAll(POINTS, WINDOW);
  for (let k: usize = 0; k < WINDOW; k++) {
    setAddend(POINTS + k * POINT);
    for (let lane: usize = 0; lane < 4; lane++) storeEntry(table + (lane * WINDOW + k) * ENTRY, lane);
  }
}

/** Takes digit * 256^window * P as what is to be added in one lane. */
@inline export function chooseMultiple(lane: usize, table: usize, window: usize, digit: i32): void {
  const negative = digit >> 31;
  const k = (digit ^ negative) - negative;
  choose(lane, k === 0 ? NEUTRAL : table + (window * WINDOW + (k as usize) - 1) * ENTRY, negative);
}
