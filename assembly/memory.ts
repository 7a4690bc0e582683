// Guest-physical memory as the runtime sees it: the PHYSMAP's RAM and ROM directly, everything else through the host.
import {
  ENV_PHYSMAP, PAGE_SIZE, PHYSMAP_BASE, PHYSMAP_COUNT, PHYSMAP_FLAGS, PHYSMAP_HOST, PHYSMAP_LENGTH, PHYSMAP_RAM, PHYSMAP_RECORDS, PHYSMAP_RECORD_SIZE,
} from './shared/layout';
import { tbInvalidatePhys } from './tb';

/** Whether the last physLoad, physStore or physCmpxchg found memory. */
export let physOk: bool = false;

/** The PHYSMAP record that covers `size` bytes at `addr`, or 0. Records are sorted by base. */
export function physmapFind(env: usize, addr: u64, size: u64): usize {
  const map = load<usize>(env, ENV_PHYSMAP);
  let record = map + PHYSMAP_RECORDS;
  for (let left = load<u32>(map, PHYSMAP_COUNT); left > 0; left--, record += PHYSMAP_RECORD_SIZE) {
    const base = load<u64>(record, PHYSMAP_BASE);
    if (addr < base) return 0;
    const offset = addr - base;
    const length = load<u64>(record, PHYSMAP_LENGTH);
    if (offset < length) return length - offset >= size ? record : 0;
  }
  return 0;
}

/** Linear-memory address of `size` bytes at guest-physical `addr` within one RAM (for writes) or RAM or ROM (for reads) region, or 0. */
export function physHost(env: usize, addr: u64, size: u64, write: bool): usize {
  const record = physmapFind(env, addr, size);
  if (record == 0) return 0;
  if (write && (load<u32>(record, PHYSMAP_FLAGS) & PHYSMAP_RAM) == 0) return 0;
  return load<u32>(record, PHYSMAP_HOST) + ((addr - load<u64>(record, PHYSMAP_BASE)) as u32);
}

@inline
function find(env: usize, addr: u64, size: u64, write: bool): usize {
  const host = (addr & (size - 1)) == 0 ? physHost(env, addr, size, write) : 0;
  physOk = host != 0;
  return host;
}

/** For page walks: naturally aligned, atomic; 0 with physOk false where there is no memory. */
export function physLoad64(env: usize, addr: u64): u64 {
  const host = find(env, addr, 8, false);
  return host != 0 ? atomic.load<u64>(host) : 0;
}

export function physLoad32(env: usize, addr: u64): u32 {
  const host = find(env, addr, 4, false);
  return host != 0 ? atomic.load<u32>(host) : 0;
}

export function physStore64(env: usize, addr: u64, value: u64): void {
  const host = find(env, addr, 8, true);
  if (host == 0) return;
  tbInvalidatePhys(addr, 8);
  atomic.store<u64>(host, value);
}

export function physStore32(env: usize, addr: u64, value: u32): void {
  const host = find(env, addr, 4, true);
  if (host == 0) return;
  tbInvalidatePhys(addr, 4);
  atomic.store<u32>(host, value);
}

/** Returns the old value; stored `replacement` if that equals `expected`. */
export function physCmpxchg64(env: usize, addr: u64, expected: u64, replacement: u64): u64 {
  const host = find(env, addr, 8, true);
  if (host == 0) return 0;
  tbInvalidatePhys(addr, 8);
  return atomic.cmpxchg<u64>(host, expected, replacement);
}

export function physCmpxchg32(env: usize, addr: u64, expected: u32, replacement: u32): u32 {
  const host = find(env, addr, 4, true);
  if (host == 0) return 0;
  tbInvalidatePhys(addr, 4);
  return atomic.cmpxchg<u32>(host, expected, replacement);
}

/** The record of a whole page (for the TLB), or 0: then it is MMIO. */
@inline
export function physmapPage(env: usize, page: u64): usize {
  return physmapFind(env, page, PAGE_SIZE);
}
