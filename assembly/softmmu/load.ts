// Guest loads, the general way.
import { BP_MEM_READ, MEMOPIDX_SHIFT, MO_ALIGN, MO_ALIGN_4, MO_BSWAP, MO_SIZE, TLB_KIND_READ, TLB_MMIO } from '../shared/layout';
import { targetAddress, targetUnaligned } from '../target/dispatch';
import { entryOf, hits, tableOf } from '../tlb/tables';
import { mmioLoad } from './device';
import { flagsOf, hostOf, lookup } from './lookup';
import { extend, misaligned, swapBytes } from './memop';
import { watched } from './watch';
import { PAGE_SIZE } from '../target/traits/pages';

/** `size` bytes (any number up to 8) within one page, little-endian. Sets ENV_FAULT, as for an access of `kind`, if a device does not answer. */
function loadPart(env: usize, entry: usize, addr: u64, size: u32, kind: i32): u64 {
  return (flagsOf(entry) & TLB_MMIO) != 0 ? mmioLoad(env, entry, addr, size, kind) : ramLoad(hostOf(entry, addr), size);
}

function ramLoad(host: usize, size: u32): u64 {
  switch (size) {
    case 1: return load<u8>(host);
    case 2: return load<u16>(host);
    case 4: return load<u32>(host);
    case 8: return load<u64>(host);
  }
  let value: u64 = 0;
  for (let n: u32 = 0; n < size; n++) value |= (load<u8>(host + n) as u64) << (8 * n);
  return value;
}

/** The entry for a load within one page: 0 with ENV_FAULT set if it must not happen. */
function readable(env: usize, addr: u64, size: u32, mmuIdx: i32): usize {
  const entry = lookup(env, addr, size, TLB_KIND_READ, mmuIdx, false);
  return entry == 0 || watched(env, entry, addr, size, BP_MEM_READ) ? 0 : entry;
}

/** Guest load by MemOpIdx, the general way: the value extended as the MemOp says, or anything with ENV_FAULT set. */
export function ldSlow(env: usize, addr: u64, oi: u32): u64 {
  const memop = oi >> MEMOPIDX_SHIFT;
  const mmuIdx: i32 = oi & ((1 << MEMOPIDX_SHIFT) - 1);
  const size: u32 = 1 << (memop & MO_SIZE);
  // As in stSlow.
  if ((memop & (MO_ALIGN | MO_ALIGN_4 | MO_BSWAP)) == 0) {
    const entry = entryOf(tableOf(env, mmuIdx, TLB_KIND_READ), addr);
    if (hits(entry, addr, size)) return extend(ramLoad(hostOf(entry, addr), size), memop);
  }
  if (misaligned(addr, memop)) {
    targetUnaligned(env, addr, TLB_KIND_READ);
    return 0;
  }
  return loadFor(env, addr, oi, TLB_KIND_READ);
}

/** As ldSlow, at any address. `kind`: the access whose fault it is if nothing answers there. */
export function loadFor(env: usize, addr: u64, oi: u32, kind: i32): u64 {
  const memop = oi >> MEMOPIDX_SHIFT;
  const mmuIdx: i32 = oi & ((1 << MEMOPIDX_SHIFT) - 1);
  const size: u32 = 1 << (memop & MO_SIZE);
  const room: u32 = PAGE_SIZE - ((addr as u32) & (PAGE_SIZE - 1));
  let value: u64;
  if (size <= room) {
    const entry = readable(env, addr, size, mmuIdx);
    if (entry == 0) return 0;
    value = loadPart(env, entry, addr, size, kind);
  } else {
    const low = readable(env, addr, room, mmuIdx);
    if (low == 0) return 0;
    const rest = targetAddress(env, addr + room);
    const high = readable(env, rest, size - room, mmuIdx);
    if (high == 0) return 0;
    value = loadPart(env, low, addr, room, kind) | (loadPart(env, high, rest, size - room, kind) << (8 * room));
  }
  return extend((memop & MO_BSWAP) != 0 ? swapBytes(value, size) : value, memop);
}
