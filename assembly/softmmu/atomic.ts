// Guest atomics on host memory: wasm's own where width and byte order allow, a compare-and-swap loop otherwise.
import {
  ATOMIC_ADD, ATOMIC_AND, ATOMIC_OR, ATOMIC_SMAX, ATOMIC_SMIN, ATOMIC_UMIN, ATOMIC_XCHG, ATOMIC_XOR, BP_MEM_ACCESS, MEMOPIDX_SHIFT, MO_ALIGN, MO_BSWAP,
  MO_SIGN, MO_SIZE, TLB_KIND_WRITE, TLB_MMIO,
} from '../shared/layout';
import { faulted } from '../core/env';
import { storing } from '../core/journal';
import { targetAddress, targetUnaligned } from '../target/dispatch';
import { deferred, mmioLoad, mmioStore } from './device';
import { loadFor } from './load';
import { flagsOf, hostOf, lookup, physOf } from './lookup';
import { extend, swapBytes } from './memop';
import { stSlow, writable } from './store';
import { PAGE_SIZE } from '../target/traits/pages';

// ---- Where ---------------------------------------------------------------------------------------------------------------

let atomicEntry: usize = 0;

/** Whether `addr` is a multiple of `size`; if not, a store's fault is raised. */
@inline
function aligned(env: usize, addr: u64, size: u32): bool {
  if ((addr & (size - 1)) == 0) return true;
  targetUnaligned(env, addr, TLB_KIND_WRITE);
  return false;
}

/** Raises what an atomic store of `size` bytes would, as far as address and rights say it; nothing is stored, and no device is asked. */
export function probeAtomicStore(env: usize, addr: u64, size: u32, mmuIdx: i32): void {
  if (aligned(env, addr, size)) lookup(env, addr, size, TLB_KIND_WRITE, mmuIdx, false);
}

/** Where an atomic access happens: the host address, or 0 (then atomicEntry: a device's TLB entry, or 0 and ENV_FAULT is set). */
function atomicHost(env: usize, addr: u64, oi: u32): usize {
  const size: u32 = 1 << ((oi >> MEMOPIDX_SHIFT) & MO_SIZE);
  atomicEntry = 0;
  if (!aligned(env, addr, size)) return 0;
  const entry = writable(env, addr, size, oi & ((1 << MEMOPIDX_SHIFT) - 1), BP_MEM_ACCESS);
  if (entry == 0) return 0;
  if ((flagsOf(entry) & TLB_MMIO) == 0) {
    const host = hostOf(entry, addr);
    storing(host, size);
    return host;
  }
  if (!deferred(env)) atomicEntry = entry;
  return 0;
}

/** A device register in an atomic access (there is one writer at a time: devices live on one thread). Where nothing is, that is a store's fault. */
function atomicMmioLoad(env: usize, addr: u64, size: u32): u64 {
  return mmioLoad(env, atomicEntry, addr, size, TLB_KIND_WRITE);
}

function atomicMmioStore(env: usize, addr: u64, size: u32, value: u64): void {
  mmioStore(env, physOf(atomicEntry, addr), addr, size, value);
}

// ---- What ----------------------------------------------------------------------------------------------------------------

/** The new value of kind(old, operand); both are extended from the access's width. */
function combine(kind: u32, old: u64, value: u64, memop: u32): u64 {
  switch (kind) {
    case ATOMIC_XCHG: return value;
    case ATOMIC_ADD: return old + value;
    case ATOMIC_AND: return old & value;
    case ATOMIC_OR: return old | value;
    case ATOMIC_XOR: return old ^ value;
  }
  const size = memop & MO_SIZE;
  if (kind == ATOMIC_SMIN || kind == ATOMIC_SMAX) {
    const a = extend(old, size | MO_SIGN) as i64;
    const b = extend(value, size | MO_SIGN) as i64;
    return (kind == ATOMIC_SMIN ? min(a, b) : max(a, b)) as u64;
  }
  const a = extend(old, size);
  const b = extend(value, size);
  return kind == ATOMIC_UMIN ? min(a, b) : max(a, b);
}

@inline
function loadHost(host: usize, size: u32): u64 {
  switch (size) {
    case 1: return atomic.load<u8>(host);
    case 2: return atomic.load<u16>(host);
    case 4: return atomic.load<u32>(host);
    default: return atomic.load<u64>(host);
  }
}

@inline
function cmpxchgHost(host: usize, size: u32, expected: u64, replacement: u64): u64 {
  switch (size) {
    case 1: return atomic.cmpxchg<u8>(host, expected as u8, replacement as u8);
    case 2: return atomic.cmpxchg<u16>(host, expected as u16, replacement as u16);
    case 4: return atomic.cmpxchg<u32>(host, expected as u32, replacement as u32);
    default: return atomic.cmpxchg<u64>(host, expected, replacement);
  }
}

@inline
function order(value: u64, memop: u32, size: u32): u64 {
  return (memop & MO_BSWAP) != 0 ? swapBytes(value, size) : extend(value, memop & MO_SIZE);
}

/** Old value, extended as the MemOp says; memory = kind(old, value). Misaligned addresses raise the target's fault, if the MemOp has MO_ALIGN. */
export function atomicRmw(env: usize, kind: u32, addr: u64, value: u64, oi: u32): u64 {
  const memop = oi >> MEMOPIDX_SHIFT;
  const size: u32 = 1 << (memop & MO_SIZE);
  if ((addr & (size - 1)) != 0 && (memop & MO_ALIGN) == 0) return misalignedRmw(env, kind, addr, value, oi);
  const host = atomicHost(env, addr, oi);
  if (host == 0) {
    if (atomicEntry == 0) return 0;
    const old = order(atomicMmioLoad(env, addr, size), memop, size);
    if (!faulted(env)) atomicMmioStore(env, addr, size, order(combine(kind, old, value, memop), memop, size));
    return extend(old, memop);
  }
  if ((memop & MO_BSWAP) == 0 && kind <= (ATOMIC_XOR as u32)) {
    if (size == 4) return extend(rmw<u32>(kind, host, value as u32), memop);
    if (size == 8) return rmw<u64>(kind, host, value);
  }
  while (true) {
    const seen = loadHost(host, size);
    const old = order(seen, memop, size);
    if (cmpxchgHost(host, size, seen, order(combine(kind, old, value, memop), memop, size)) == seen) return extend(old, memop);
  }
}

@inline
function rmw<T>(kind: u32, host: usize, value: T): T {
  switch (kind) {
    case ATOMIC_XCHG: return atomic.xchg<T>(host, value);
    case ATOMIC_ADD: return atomic.add<T>(host, value);
    case ATOMIC_AND: return atomic.and<T>(host, value);
    case ATOMIC_OR: return atomic.or<T>(host, value);
    default: return atomic.xor<T>(host, value);
  }
}

/** Old value, extended as the MemOp says; memory = replacement if old equals expected in the access's width. */
export function atomicCmpxchg(env: usize, addr: u64, expected: u64, replacement: u64, oi: u32): u64 {
  const memop = oi >> MEMOPIDX_SHIFT;
  const size: u32 = 1 << (memop & MO_SIZE);
  const host = atomicHost(env, addr, oi);
  if (host == 0) {
    if (atomicEntry == 0) return 0;
    const old = order(atomicMmioLoad(env, addr, size), memop, size);
    const same = old == extend(expected, memop & MO_SIZE);
    if (same && !faulted(env)) atomicMmioStore(env, addr, size, order(replacement, memop, size));
    return extend(old, memop);
  }
  return extend(order(cmpxchgHost(host, size, order(expected, memop, size), order(replacement, memop, size)), memop, size), memop);
}

/** At any address: atomic among vCPUs that have turns. What may not be stored to is not loaded from; all faults are a store's. */
function misalignedRmw(env: usize, kind: u32, addr: u64, value: u64, oi: u32): u64 {
  const memop = oi >> MEMOPIDX_SHIFT;
  const mmuIdx: i32 = oi & ((1 << MEMOPIDX_SHIFT) - 1);
  const size: u32 = 1 << (memop & MO_SIZE);
  const room: u32 = PAGE_SIZE - ((addr as u32) & (PAGE_SIZE - 1));
  if (lookup(env, addr, min(size, room), TLB_KIND_WRITE, mmuIdx, false) == 0) return 0;
  if (room < size && lookup(env, targetAddress(env, addr + room), size - room, TLB_KIND_WRITE, mmuIdx, false) == 0) return 0;
  const old = loadFor(env, addr, oi, TLB_KIND_WRITE);
  if (!faulted(env)) stSlow(env, addr, combine(kind, old, value, memop), oi);
  return old;
}

// ---- 16 bytes, which wasm has no atomics for: atomic among vCPUs that have turns ---------------------------------------------------

/** What the last atomicCmpxchg16 found. */
export let seenLow: u64 = 0;
export let seenHigh: u64 = 0;

/** Little-endian, at a multiple of 16. False: a fault is raised (or the access is to be done again), and nothing is seen or stored. */
export function atomicCmpxchg16(env: usize, addr: u64, expectedLow: u64, expectedHigh: u64, low: u64, high: u64, mmuIdx: i32): bool {
  if (!aligned(env, addr, 16)) return false;
  const entry = writable(env, addr, 16, mmuIdx, BP_MEM_ACCESS);
  if (entry == 0) return false;
  if ((flagsOf(entry) & TLB_MMIO) != 0) {
    if (deferred(env)) return false;
    const phys = physOf(entry, addr);
    seenLow = mmioLoad(env, entry, addr, 8, TLB_KIND_WRITE);
    if (!faulted(env)) seenHigh = mmioLoad(env, entry, addr + 8, 8, TLB_KIND_WRITE);
    if (!faulted(env) && seenLow == expectedLow && seenHigh == expectedHigh) {
      mmioStore(env, phys, addr, 8, low);
      if (!faulted(env)) mmioStore(env, phys + 8, addr + 8, 8, high);
    }
    return !faulted(env);
  }
  const host = hostOf(entry, addr);
  seenLow = load<u64>(host);
  seenHigh = load<u64>(host, 8);
  if (seenLow == expectedLow && seenHigh == expectedHigh) {
    storing(host, 16);
    store<u64>(host, low);
    store<u64>(host, high, 8);
  }
  return true;
}
