// Helpers of the bit-manipulation and scalar-crypto extensions that IR would spell out at length. Pure functions.
// Unprivileged specification, chapters on Zbc, Zbb, Zbkb, Zbkx. Where a result can have bit 31 set by an RV32 operation it comes back sign-extended.
import { isRv32 } from './hart';

@inline
function toXlen(env: usize, value: u64): u64 {
  return isRv32(env) ? ((value as i32) as i64 as u64) : value;
}

/** Low 64 bits of the carry-less product. */
export function helper_clmul(env: usize, a: u64, b: u64): u64 {
  let product: u64 = 0;
  for (; b != 0; b &= b - 1) product ^= a << ctz(b);
  return product;
}

/** High 64 bits of the carry-less product. */
export function helper_clmulh(env: usize, a: u64, b: u64): u64 {
  let product: u64 = 0;
  for (b &= ~1; b != 0; b &= b - 1) product ^= a >> (64 - ctz(b));
  return product;
}

/** Bits 126 to 63 of the carry-less product: the product of the mirrored operands, mirrored. */
export function helper_clmulr(env: usize, a: u64, b: u64): u64 {
  let product: u64 = 0;
  for (; b != 0; b &= b - 1) product ^= a >> (63 - ctz(b));
  return product;
}

/** Every byte that is not zero becomes 0xff. */
export function helper_orc_b(env: usize, a: u64): u64 {
  const low7: u64 = 0x7f7f7f7f7f7f7f7f;
  const set = (((a & low7) + low7) | a) & ~low7;
  return toXlen(env, (set << 1) - (set >> 7));
}

/** Reverses the bits within every byte. */
export function helper_brev8(env: usize, a: u64): u64 {
  a = ((a >> 1) & 0x5555555555555555) | ((a & 0x5555555555555555) << 1);
  a = ((a >> 2) & 0x3333333333333333) | ((a & 0x3333333333333333) << 2);
  return toXlen(env, ((a >> 4) & 0x0f0f0f0f0f0f0f0f) | ((a & 0x0f0f0f0f0f0f0f0f) << 4));
}

/** One step of a butterfly: swaps the two groups of bits that `mask` (the lower group) and `mask << shift` name. */
@inline
function swapBits(x: u32, mask: u32, shift: u32): u32 {
  const difference = ((x >> shift) ^ x) & mask;
  return x ^ difference ^ (difference << shift);
}

/** RV32 only: interleaves the halves; bit i of the lower half goes to 2i, bit i of the upper half to 2i + 1. */
export function helper_zip(env: usize, a: u64): u64 {
  let x = a as u32;
  x = swapBits(x, 0x0000ff00, 8);
  x = swapBits(x, 0x00f000f0, 4);
  x = swapBits(x, 0x0c0c0c0c, 2);
  x = swapBits(x, 0x22222222, 1);
  return (x as i32) as i64 as u64;
}

/** RV32 only: the inverse of zip. */
export function helper_unzip(env: usize, a: u64): u64 {
  let x = a as u32;
  x = swapBits(x, 0x22222222, 1);
  x = swapBits(x, 0x0c0c0c0c, 2);
  x = swapBits(x, 0x00f000f0, 4);
  x = swapBits(x, 0x0000ff00, 8);
  return (x as i32) as i64 as u64;
}

/** Looks the elements of `width` bits (4 or 8) of `indices` up in those of `table`; an index beyond XLEN gives 0. */
@inline
function permute(env: usize, table: u64, indices: u64, width: u64): u64 {
  const xlen: u64 = isRv32(env) ? 32 : 64;
  const mask: u64 = (1 << width) - 1;
  let result: u64 = 0;
  for (let at: u64 = 0; at < xlen; at += width) {
    const from = ((indices >> at) & mask) * width;
    if (from < xlen) result |= ((table >> from) & mask) << at;
  }
  return toXlen(env, result);
}

export function helper_xperm4(env: usize, table: u64, indices: u64): u64 {
  return permute(env, table, indices, 4);
}

export function helper_xperm8(env: usize, table: u64, indices: u64): u64 {
  return permute(env, table, indices, 8);
}
