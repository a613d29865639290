/*
 * Numbers modulo the order of the base point, L = 2^252 + C (RFC 8032, section 5.1), where C has 125 bits. They are taken apart
 * into limbs of 28 bits, of which nine are 252 bits: so a limb q at or above the ninth is worth -q * C, nine limbs further down.
 */

/** C in limbs of 28 bits. */
const C = memory.data<i64>([0xcf5d3ed, 0x12631a5, 0x79cd658, 0xf9dea2f, 0x14de], 16);

const LIMBS = memory.data(19 * 8, 16);

const MASK: i64 = (1 << 28) - 1;

function setLimbs(bytes: usize, count: usize, length: usize): void {
  for (let i: usize = 0; i < count; i++) {
    const bit: usize = 28 * i;
    const at = bit >> 3;
    // The last limb has fewer bits than there would be room for.
    const rest = length - at;
    let word: u64 = 0;
    for (let b: usize = 0; b < (rest < 4 ? rest : 4); b++) word |= (load<u8>(bytes + at + b) as u64) << (8 * b);
    store<i64>(LIMBS + i * 8, ((word >> (bit & 7)) as i64) & MASK);
  }
}

/** limb[at + 9] * 2^252 = -limb[at + 9] * C; carries from limb `at` up to limb at + 8, which keeps all that it gets. */
function foldAt(at: usize, q: i64): void {
  const limbs = LIMBS + at * 8;
  let over: i64 = 0;
  for (let i: usize = 0; i < 8; i++) {
    // |q * C[i]| < 2^57
    const sum = load<i64>(limbs + i * 8) + over - (i < 5 ? q * load<i64>(C + i * 8) : 0);
    store<i64>(limbs + i * 8, sum & MASK);
    over = sum >> 28;
  }
  store<i64>(limbs, load<i64>(limbs, 64) + over, 64);
}

/** 64 bytes, little-endian, modulo L: 32 bytes at out. */
export function reduce(out: usize, bytes: usize): void {
  setLimbs(bytes, 19, 64);
  for (let i: usize = 18; i >= 9; i--) foldAt(i - 9, load<i64>(LIMBS + i * 8));
  // The ninth limb has 28 bits and a sign: what is above bit 252 is -1, 0 or 1. After that it is above -L and below L.
  const top = load<i64>(LIMBS, 64);
  store<i64>(LIMBS, top & MASK, 64);
  foldAt(0, top >> 28);
  if (load<i64>(LIMBS, 64) < 0) {
    store<i64>(LIMBS, load<i64>(LIMBS, 64) + (1 << 28), 64);
    foldAt(0, -1);
  }
  memory.fill(out, 0, 32);
  for (let i: usize = 0; i < 9; i++) {
    const bit: usize = 28 * i;
    const at = out + (bit >> 3);
    store<u32>(at, load<u32>(at) | ((load<i64>(LIMBS + i * 8) as u32) << ((bit & 7) as u32)));
  }
}

/** L in words of 64 bits. */
const ORDER = memory.data<u64>([0x5812631a5cf5d3ed, 0x14def9dea2f79cd6, 0, 0x1000000000000000], 16);

/** Whether the 32 bytes are a number below L, as RFC 8032, section 5.1.7, demands of a signature's s. */
export function isReduced(bytes: usize): bool {
  for (let at: usize = 32; at > 0; at -= 8) {
    const word = load<u64>(bytes + at - 8);
    const limit = load<u64>(ORDER + at - 8);
    if (word !== limit) return word < limit;
  }
  return false;
}

/** A number below 2^253 as 32 digits from -128 to 127, signed bytes: the sum of digit[i] * 256^i. */
export function toDigits(out: usize, bytes: usize): void {
  let carry = 0;
  for (let i: usize = 0; i < 32; i++) {
    const digit = (load<u8>(bytes + i) as i32) + carry;
    carry = (digit + 128) >> 8;
    store<i8>(out + i, digit as i8);
  }
}
