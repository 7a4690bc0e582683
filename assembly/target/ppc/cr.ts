// CR. LT, GT and EQ of a field are held as one number, so that a comparison is a subtraction: LT is its bit 62, GT that it is positive, EQ that its low half is 0.
// This is so of differences of 32-bit values, sign- or zero-extended alike, and all eight combinations of the bits have a number, too.
import { ppc } from './env';
import { PPC_CR, PPC_CR_SO } from './shared/env';
import { CR_EQ, CR_GT, CR_LT, CR_LT_BIT, CR_SO } from './shared/ppc';

const LESS: u64 = u64(1) << CR_LT_BIT;
const NOT_POSITIVE: u64 = u64(1) << 63;
/** So that what has GT and EQ is not 0. */
const NOT_ZERO: u64 = u64(1) << 32;

/** The number that has such bits (CR_*, of a field). */
function numberOf(bits: u32): u64 {
  return ((bits & CR_LT) != 0 ? LESS : 0) | ((bits & CR_GT) != 0 ? 0 : NOT_POSITIVE) | NOT_ZERO | u64((bits & CR_EQ) == 0);
}

function bitsOf(number: u64): u32 {
  return ((number & LESS) != 0 ? CR_LT : 0) | ((number as i64) > 0 ? CR_GT : 0) | ((number as u32) == 0 ? CR_EQ : 0);
}

/** CR as a word. */
export function ppcCr(env: usize): u32 {
  let word: u32 = 0;
  for (let n = 0; n < 8; n++) word = (word << 4) | bitsOf(load<u64>(env + 8 * n, PPC_CR)) | (load<u32>(env + 8 * n, PPC_CR_SO) & CR_SO);
  return word;
}

export function ppcSetCr(env: usize, word: u32): void {
  for (let n = 0; n < 8; n++) {
    const bits = (word >> (28 - 4 * n)) & 15;
    store<u64>(env + 8 * n, numberOf(bits), PPC_CR);
    store<u64>(env + 8 * n, bits & CR_SO, PPC_CR_SO);
  }
}
