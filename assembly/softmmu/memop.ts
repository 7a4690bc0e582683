// What a MemOp says of a value.
import { MO_ALIGN, MO_ALIGN_4, MO_SIGN, MO_SIZE } from '../shared/layout';

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

/** Whether an access must not be made at the address. */
@inline
export function misaligned(addr: u64, memop: u32): bool {
  if ((memop & MO_ALIGN) != 0) return (addr & ((1 << (memop & MO_SIZE)) - 1)) != 0;
  return (memop & MO_ALIGN_4) != 0 && (addr & 3) != 0;
}

/** Reverses the low `size` bytes of a value. */
@inline
export function swapBytes(value: u64, size: u32): u64 {
  return bswap<u64>(value) >> (64 - 8 * (size as u64));
}
