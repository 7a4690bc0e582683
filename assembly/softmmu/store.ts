// Guest stores, the general way.
import {
  BP_MEM_WRITE, CF_COUNT_MASK, EXCP_INTERRUPT, MEMOPIDX_SHIFT, MO_ALIGN, MO_ALIGN_4, MO_BSWAP, MO_SIZE, TB_CFLAGS, TLB_KIND_WRITE, TLB_MMIO, TLB_NOTDIRTY,
} from '../shared/layout';
import { faulted, raise } from '../core/env';
import { markDirty } from '../core/dirty';
import { storing } from '../core/journal';
import { vcpu } from '../core/vcpu';
import { targetAddress, targetUnaligned } from '../target/dispatch';
import { tbInvalidateByStore } from '../tb/tb';
import { entryOf, hits, tableOf } from '../tlb/tables';
import { mmioStore } from './device';
import { flagsOf, hostOf, lookup, physOf } from './lookup';
import { misaligned, swapBytes } from './memop';
import { watched } from './watch';
import { PAGE_SIZE } from '../target/traits/pages';

/**
 * Before a store to a page that is clean, or has TBs: notes that it is dirty, and invalidates those made from the bytes. True: the running TB is one of them, and
 * the store must not be done yet: EXCP_INTERRUPT is raised, the dispatcher runs the storing instruction again in a TB of its own, and then fetches what it wrote.
 */
function notDirty(env: usize, addr: u64, size: u32, entry: usize): bool {
  markDirty(hostOf(entry, addr));
  const current = vcpu(env).lastTb;
  const stale = tbInvalidateByStore(physOf(entry, addr), size, current, entry);
  if (!stale || (current != 0 && (load<u32>(current, TB_CFLAGS) & CF_COUNT_MASK) == 1)) return false;
  raise(env, EXCP_INTERRUPT);
  return true;
}

/** `size` bytes (any number up to 8) to RAM, little-endian. */
function ramStore(host: usize, size: u32, value: u64): void {
  storing(host, size);
  switch (size) {
    case 1: return store<u8>(host, value as u8);
    case 2: return store<u16>(host, value as u16);
    case 4: return store<u32>(host, value as u32);
    case 8: return store<u64>(host, value);
  }
  for (let n: u32 = 0; n < size; n++) store<u8>(host + n, (value >> (8 * n)) as u8);
}

/** The entry for a store within one page, ready for it: 0 with ENV_FAULT set if it must not happen (yet). `access`: BP_MEM_*, all that the instruction does there. */
export function writable(env: usize, addr: u64, size: u32, mmuIdx: i32, access: u32): usize {
  const entry = lookup(env, addr, size, TLB_KIND_WRITE, mmuIdx, false);
  if (entry == 0 || watched(env, entry, addr, size, access)) return 0;
  return (flagsOf(entry) & TLB_NOTDIRTY) != 0 && notDirty(env, addr, size, entry) ? 0 : entry;
}

/** Guest store by MemOpIdx, the general way. No memory is written if a fault is raised. */
export function stSlow(env: usize, addr: u64, value: u64, oi: u32): void {
  const memop = oi >> MEMOPIDX_SHIFT;
  const mmuIdx: i32 = oi & ((1 << MEMOPIDX_SHIFT) - 1);
  const size: u32 = 1 << (memop & MO_SIZE);
  // What generated code leaves to us may be one of several accesses whose common check failed, in a frame over two pages: nothing is wrong with it.
  if ((memop & (MO_ALIGN | MO_ALIGN_4 | MO_BSWAP)) == 0) {
    const entry = entryOf(tableOf(env, mmuIdx, TLB_KIND_WRITE), addr);
    if (hits(entry, addr, size)) return ramStore(hostOf(entry, addr), size, value);
  }
  if (misaligned(addr, memop)) return targetUnaligned(env, addr, TLB_KIND_WRITE);
  if ((memop & MO_BSWAP) != 0) value = swapBytes(value, size);
  const room: u32 = PAGE_SIZE - ((addr as u32) & (PAGE_SIZE - 1));
  if (size <= room) {
    const entry = writable(env, addr, size, mmuIdx, BP_MEM_WRITE);
    if (entry == 0) return;
    if ((flagsOf(entry) & TLB_MMIO) != 0) mmioStore(env, physOf(entry, addr), addr, size, value);
    else ramStore(hostOf(entry, addr), size, value);
    return;
  }
  const low = writable(env, addr, room, mmuIdx, BP_MEM_WRITE);
  if (low == 0) return;
  const rest = targetAddress(env, addr + room);
  const high = writable(env, rest, size - room, mmuIdx, BP_MEM_WRITE);
  if (high == 0) return;
  // A store to a device may change the memory map, which flushes the TLB: nothing is taken from an entry after it.
  const lowDevice = (flagsOf(low) & TLB_MMIO) != 0;
  const highDevice = (flagsOf(high) & TLB_MMIO) != 0;
  const lowHost = hostOf(low, addr);
  const lowPhys = physOf(low, addr);
  const highHost = hostOf(high, rest);
  const highPhys = physOf(high, rest);
  const highValue = value >> (8 * room);
  // A device may refuse: then nothing must have been written to memory yet.
  if (lowDevice) {
    mmioStore(env, lowPhys, addr, room, value);
    if (faulted(env)) return;
  }
  if (highDevice) {
    mmioStore(env, highPhys, rest, size - room, highValue);
    if (faulted(env)) return;
  }
  if (!lowDevice) ramStore(lowHost, room, value);
  if (!highDevice) ramStore(highHost, size - room, highValue);
}

/** Zeroes `size` bytes within one page, in any order: false with ENV_FAULT set if that must not happen (yet). */
export function zeroBlock(env: usize, addr: u64, size: u32, mmuIdx: i32): bool {
  const entry = writable(env, addr, size, mmuIdx, BP_MEM_WRITE);
  if (entry == 0) return false;
  if ((flagsOf(entry) & TLB_MMIO) == 0) {
    const host = hostOf(entry, addr);
    storing(host, size);
    memory.fill(host, 0, size);
    return true;
  }
  const phys = physOf(entry, addr);
  for (let n: u32 = 0; n < size && !faulted(env); n += 8) mmioStore(env, phys + n, addr + n, 8, 0);
  return !faulted(env);
}
