// What everything asks of a hart: its extensions, width and privilege.
import { RV_END } from './shared/env';
import { hart } from './env';

@inline
export function hasExt(env: usize, bit: i32): bool {
  return ((hart(env).ext(bit >> 6) >> ((bit & 63) as u64)) & 1) != 0;
}

@inline
export function isRv32(env: usize): bool {
  return hart(env).xlen == 32;
}

@inline
export function privilege(env: usize): i32 {
  return hart(env).priv;
}

/** The address width of the hart: RV32 addresses wrap at 4 GiB. */
@inline
export function xlenAddress(env: usize, addr: u64): u64 {
  return isRv32(env) ? addr & 0xffffffff : addr;
}

/** Fetches use the privilege itself: U 0, S 1, M 3 are the numbers of their mmu indexes. */
export function riscvFetchMmuIdx(env: usize): i32 {
  return privilege(env);
}

/** Bytes of the instruction whose first two are at the host address `host` (unprivileged manual, "Expanded Instruction-Length Encoding"). */
export function insnSize(env: usize, host: usize): u32 {
  return (load<u8>(host) & 3) == 3 ? 4 : 2;
}

export function stateEnd(): usize {
  return RV_END;
}
