// Accesses to guest-physical memory, for page walks: a store invalidates the code that it meets.
import { markDirty } from '../core/dirty';
import { changingEngine } from '../core/journal';
import { physHost } from '../core/physmap';
import { tbInvalidatePhys } from './tb';

/** Whether the last physLoad, physStore or physCmpxchg found memory. */
export let physOk: bool = false;

@inline
function find(addr: u64, size: u64, write: bool): usize {
  const host = (addr & (size - 1)) == 0 ? physHost(addr, size, write) : 0;
  physOk = host != 0;
  return host;
}

/** For page walks: naturally aligned, atomic; 0 with physOk false where there is no memory. */
export function physLoad64(addr: u64): u64 {
  const host = find(addr, 8, false);
  return host != 0 ? atomic.load<u64>(host) : 0;
}

export function physLoad32(addr: u64): u32 {
  const host = find(addr, 4, false);
  return host != 0 ? atomic.load<u32>(host) : 0;
}

/** Returns the old value; stored `replacement` if that equals `expected`. */
export function physCmpxchg64(addr: u64, expected: u64, replacement: u64): u64 {
  const host = find(addr, 8, true);
  if (host == 0) return 0;
  tbInvalidatePhys(addr, 8);
  markDirty(host);
  changingEngine();
  return atomic.cmpxchg<u64>(host, expected, replacement);
}

export function physCmpxchg32(addr: u64, expected: u32, replacement: u32): u32 {
  const host = find(addr, 4, true);
  if (host == 0) return 0;
  tbInvalidatePhys(addr, 4);
  markDirty(host);
  changingEngine();
  return atomic.cmpxchg<u32>(host, expected, replacement);
}
