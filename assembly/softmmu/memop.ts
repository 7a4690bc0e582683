// What a MemOp says of a value.
import { MO_SIGN, MO_SIZE } from '../shared/layout';

@inline
export function extend(value: u64, memop: u32): u64 {
  switch (memop & (MO_SIZE | MO_SIGN)) {
    case 0: return value & 0xff;
    case 1: return value & 0xffff;
    case 2: return value & 0xffffffff;
    case 4: return (value as i8) as i64 as u64;
    case 5: return (value as i16) as i64 as u64;
    case 6: return (value as i32) as i64 as u64;
    default: return value;
  }
}

/** Reverses the low `size` bytes of a value. */
@inline
export function swapBytes(value: u64, size: u32): u64 {
  return bswap<u64>(value) >> (64 - 8 * (size as u64));
}
