// The soft MMU: direct-mapped TLBs in env (the inline fast path's), a victim TLB behind each, fill through the target, and the slow paths.
// A table for each mmu index and kind of access; a tag with any flag bit never matches inline, so every unusual page comes here.
import {
  ENV_ICOUNT, ENV_LAST_TB, ENV_MMIO_VALUE, ENV_NEXT_CPU, ENV_TLB, ENV_TLB_PRIVATE, EXCP_INTERRUPT, MEMOPIDX_SHIFT, MO_ALIGN, MO_BSWAP,
  MO_SIGN, MO_SIZE, PAGE_BITS, PAGE_SIZE, PHYSMAP_BASE, PHYSMAP_FLAGS, PHYSMAP_HOST, PHYSMAP_RAM, TB_CFLAGS, TB_ICOUNT, CF_COUNT_MASK, TLB_ENTRIES, TLB_ENTRY_ADDEND,
  TLB_ENTRY_PHYS_PAGE, TLB_ENTRY_SIZE, TLB_ENTRY_TAG, TLB_FORCE_SLOW, TLB_INVALID, TLB_KINDS, TLB_KIND_CODE, TLB_KIND_READ, TLB_KIND_WRITE, TLB_MMIO,
  TLB_MMU_INDEXES, TLB_NOTDIRTY, TLB_TABLE_SIZE,
} from './shared/layout';
import { faulted, raise } from './env';
import { mmioRead, mmioWrite } from './host';
import { physmapPage } from './memory';
import { jumpCacheClear, jumpCacheClearPage } from './jump-cache';
import { spacesDropPage, spacesForgetOthers } from './address-space';
import { firstEnv, pageHasCode, tbInvalidateByStore } from './tb';
import { WORK_FLUSH, WORK_LOOKUP, WORK_TLB_FILL, worked } from './work';
import { targetAccessFault, targetAddress, targetTlbFill, targetUnaligned } from './target/dispatch';

const OFFSET_MASK: u64 = PAGE_SIZE - 1;
const PAGE_MASK: u64 = ~OFFSET_MASK;

// Private room of env: victim tables, then bookkeeping.
const VICTIM_ENTRIES = 8;
const VICTIM_TABLE_SIZE = VICTIM_ENTRIES * TLB_ENTRY_SIZE;
const VICTIMS = ENV_TLB_PRIVATE;
/** u32: a bit for each table (mmuIdx * TLB_KINDS + kind) that was filled since its flush. */
const DIRTY = VICTIMS + TLB_MMU_INDEXES * TLB_KINDS * VICTIM_TABLE_SIZE;
/** u32: next victim to replace. */
const ROTOR = DIRTY + 4;
/** For each mmu index: u64 first, u64 last address of the range that encloses all its large pages (first > last: none). */
const LARGE = DIRTY + 16;
/** u32 count of full and partial flushes (statistics). */
const FLUSHES = LARGE + TLB_MMU_INDEXES * 16;
/** A bit for each entry of a table, in u64: whether its page belongs to the current address space only; then a byte a table for its victims. */
const PRIVATE = FLUSHES + 16;
export const PRIVATE_WORDS = TLB_ENTRIES / 64;
const VICTIMS_PRIVATE = PRIVATE + TLB_MMU_INDEXES * TLB_KINDS * PRIVATE_WORDS * 8;

@inline
function tableOf(env: usize, mmuIdx: i32, kind: i32): usize {
  return env + ENV_TLB + (mmuIdx * TLB_KINDS + kind) * TLB_TABLE_SIZE;
}

@inline
function entryOf(table: usize, addr: u64): usize {
  return table + ((((addr as u32) >> PAGE_BITS) & (TLB_ENTRIES - 1)) * TLB_ENTRY_SIZE);
}

@inline
function victimsOf(env: usize, mmuIdx: i32, kind: i32): usize {
  return env + VICTIMS + (mmuIdx * TLB_KINDS + kind) * VICTIM_TABLE_SIZE;
}

// ---- Entries of one address space ----------------------------------------------------------------------------------------

@inline
export function privateWords(env: usize, table: i32): usize {
  return env + PRIVATE + table * (PRIVATE_WORDS * 8);
}

/** Whether a table (mmuIdx * TLB_KINDS + kind) may hold anything. */
@inline
export function tableInUse(env: usize, table: i32): bool {
  return ((load<u32>(env, DIRTY) >> table) & 1) != 0;
}

/** Slot `n` of a table was filled with a page of the current address space. */
export function tableFilled(env: usize, table: i32, n: i32): void {
  store<u32>(env, load<u32>(env, DIRTY) | (1 << table), DIRTY);
  setPrivate(env, table, n, true);
}

@inline
function privateByte(env: usize, table: i32, n: i32): usize {
  return privateWords(env, table) + (n >> 3);
}

@inline
function isPrivate(env: usize, table: i32, n: i32): bool {
  return ((load<u8>(privateByte(env, table, n)) >> ((n & 7) as u8)) & 1) != 0;
}

@inline
function setPrivate(env: usize, table: i32, n: i32, isPrivate: bool): void {
  const cell = privateByte(env, table, n);
  const bit = 1 << (n & 7);
  const byte: i32 = load<u8>(cell);
  store<u8>(cell, isPrivate ? byte | bit : byte & ~bit);
}

/** Empties the victim tables. */
export function victimsForget(env: usize): void {
  for (let table = 0; table < TLB_MMU_INDEXES * TLB_KINDS; table++) {
    if (tableInUse(env, table)) memory.fill(env + VICTIMS + table * VICTIM_TABLE_SIZE, 0xff, VICTIM_TABLE_SIZE);
  }
}

@inline
function slotOf(addr: u64): i32 {
  return ((addr as u32) >> PAGE_BITS) & (TLB_ENTRIES - 1);
}

// ---- Flushing ----------------------------------------------------------------------------------------------------------

export function tlbInit(env: usize): void {
  memory.fill(env + ENV_TLB, 0xff, TLB_MMU_INDEXES * TLB_KINDS * TLB_TABLE_SIZE);
  memory.fill(env + VICTIMS, 0xff, TLB_MMU_INDEXES * TLB_KINDS * VICTIM_TABLE_SIZE);
  store<u32>(env, 0, DIRTY);
  for (let idx = 0; idx < TLB_MMU_INDEXES; idx++) largeForget(env, idx);
}

function largeForget(env: usize, mmuIdx: i32): void {
  store<u64>(env + mmuIdx * 16, u64.MAX_VALUE, LARGE);
  store<u64>(env + mmuIdx * 16, 0, LARGE + 8);
}

function flushMmuIdx(env: usize, mmuIdx: i32): void {
  const dirty = load<u32>(env, DIRTY);
  for (let kind = 0; kind < TLB_KINDS; kind++) {
    if (((dirty >> (mmuIdx * TLB_KINDS + kind)) & 1) == 0) continue;
    memory.fill(tableOf(env, mmuIdx, kind), 0xff, TLB_TABLE_SIZE);
    memory.fill(victimsOf(env, mmuIdx, kind), 0xff, VICTIM_TABLE_SIZE);
    memory.fill(privateWords(env, mmuIdx * TLB_KINDS + kind), 0, PRIVATE_WORDS * 8);
  }
  store<u32>(env, dirty & ~(((1 << TLB_KINDS) - 1) << (mmuIdx * TLB_KINDS)), DIRTY);
  largeForget(env, mmuIdx);
}

/** Forgets all translations of a vCPU, of whatever address space. */
export function tlbFlush(env: usize): void {
  store<u32>(env, load<u32>(env, FLUSHES) + 1, FLUSHES);
  worked(WORK_FLUSH);
  for (let idx = 0; idx < TLB_MMU_INDEXES; idx++) flushMmuIdx(env, idx);
  jumpCacheClear(env);
  spacesForgetOthers(env);
}

export function tlbFlushAllCpus(): void {
  for (let env = firstEnv(); env != 0; env = load<usize>(env, ENV_NEXT_CPU)) tlbFlush(env);
}

@inline
function dropIfPage(entry: usize, page: u64): void {
  if ((load<u64>(entry, TLB_ENTRY_TAG) & PAGE_MASK) == page) store<u64>(entry, u64.MAX_VALUE, TLB_ENTRY_TAG);
}

/** Forgets the translations of the page of `addr` in all address spaces: all of an mmu index if `addr` may lie in a large page, of which entries know nothing. */
export function tlbFlushPage(env: usize, addr: u64): void {
  store<u32>(env, load<u32>(env, FLUSHES) + 1, FLUSHES);
  worked(WORK_FLUSH);
  const page = addr & PAGE_MASK;
  let large = false;
  for (let idx = 0; idx < TLB_MMU_INDEXES; idx++) {
    if (page >= load<u64>(env + idx * 16, LARGE) && page <= load<u64>(env + idx * 16, LARGE + 8)) {
      flushMmuIdx(env, idx);
      large = true;
      continue;
    }
    for (let kind = 0; kind < TLB_KINDS; kind++) {
      if (((load<u32>(env, DIRTY) >> (idx * TLB_KINDS + kind)) & 1) == 0) continue;
      dropIfPage(entryOf(tableOf(env, idx, kind), page), page);
      dropVictim(env, idx, kind, page);
    }
  }
  if (large) {
    jumpCacheClear(env);
    spacesForgetOthers(env);
  } else {
    jumpCacheClearPage(env, page);
    spacesDropPage(env, page);
  }
}

function dropVictim(env: usize, mmuIdx: i32, kind: i32, page: u64): void {
  const victims = victimsOf(env, mmuIdx, kind);
  for (let n = 0; n < VICTIM_ENTRIES; n++) dropIfPage(victims + n * TLB_ENTRY_SIZE, page);
}

// ---- Filling -----------------------------------------------------------------------------------------------------------

function setEntry(env: usize, mmuIdx: i32, kind: i32, page: u64, tag: u64, addend: u32, physPage: u32, shared: bool): void {
  const entry = entryOf(tableOf(env, mmuIdx, kind), page);
  const table = mmuIdx * TLB_KINDS + kind;
  const slot = slotOf(page);
  const old = load<u64>(entry, TLB_ENTRY_TAG);
  dropVictim(env, mmuIdx, kind, page);
  if ((old & TLB_INVALID) == 0 && (old & PAGE_MASK) != page) {
    const n = load<u32>(env, ROTOR);
    store<u32>(env, (n + 1) & (VICTIM_ENTRIES - 1), ROTOR);
    memory.copy(victimsOf(env, mmuIdx, kind) + n * TLB_ENTRY_SIZE, entry, TLB_ENTRY_SIZE);
    setVictimPrivate(env, table, n, isPrivate(env, table, slot));
  }
  setPrivate(env, table, slot, !shared);
  store<u64>(entry, tag, TLB_ENTRY_TAG);
  store<u32>(entry, addend, TLB_ENTRY_ADDEND);
  store<u32>(entry, physPage, TLB_ENTRY_PHYS_PAGE);
  store<u32>(env, load<u32>(env, DIRTY) | (1 << table), DIRTY);
}

@inline
function setVictimPrivate(env: usize, table: i32, n: i32, isPrivate: bool): void {
  const byte: i32 = load<u8>(env + table, VICTIMS_PRIVATE);
  store<u8>(env + table, isPrivate ? byte | (1 << n) : byte & ~(1 << n), VICTIMS_PRIVATE);
}

/**
 * The target's page walk found a translation: virtual page -> physical page (addresses), with the rights `prot` (1 read, 2 write, 4 execute).
 * `pageSize`: bytes of the guest page, for tlbFlushPage. `forceSlow`: rights are finer than a page, ask the target at every access. `shared`: the page is
 * mapped so in all address spaces.
 */
export function tlbSetPage(env: usize, vaddrPage: u64, physPage: u64, prot: i32, mmuIdx: i32, pageSize: u64, forceSlow: bool, shared: bool): void {
  const page = vaddrPage & PAGE_MASK;
  const physNumber = (physPage >> PAGE_BITS) as u32;
  const record = physmapPage(env, physPage & PAGE_MASK);
  let addend: u32 = 0;
  let flags: u64 = forceSlow ? TLB_FORCE_SLOW : 0;
  let writeFlags = flags;
  if (record == 0) {
    flags |= TLB_MMIO;
    writeFlags |= TLB_MMIO;
  } else {
    addend = load<u32>(record, PHYSMAP_HOST) + ((physPage - load<u64>(record, PHYSMAP_BASE)) as u32) - (page as u32);
    if ((load<u32>(record, PHYSMAP_FLAGS) & PHYSMAP_RAM) == 0) writeFlags |= TLB_MMIO;
    else if (pageHasCode(physNumber)) writeFlags |= TLB_NOTDIRTY;
  }
  for (let kind = 0; kind < TLB_KINDS; kind++) {
    if (((prot >> kind) & 1) != 0) {
      setEntry(env, mmuIdx, kind, page, page | (kind == TLB_KIND_WRITE ? writeFlags : flags), addend, physNumber, shared);
    } else {
      dropIfPage(entryOf(tableOf(env, mmuIdx, kind), page), page);
      dropVictim(env, mmuIdx, kind, page);
    }
  }
  if (pageSize > (PAGE_SIZE as u64)) {
    const first = page & ~(pageSize - 1);
    store<u64>(env + mmuIdx * 16, min(load<u64>(env + mmuIdx * 16, LARGE), first), LARGE);
    store<u64>(env + mmuIdx * 16, max(load<u64>(env + mmuIdx * 16, LARGE + 8), first + (pageSize - 1)), LARGE + 8);
  }
}

@inline
function isPage(tag: u64, page: u64): bool {
  return (tag & (PAGE_MASK | TLB_INVALID)) == page;
}

/** If the victim TLB has the page: swaps it into the slot and returns true. */
function victimHit(env: usize, mmuIdx: i32, kind: i32, page: u64, entry: usize): bool {
  const victims = victimsOf(env, mmuIdx, kind);
  for (let n = 0; n < VICTIM_ENTRIES; n++) {
    const victim = victims + n * TLB_ENTRY_SIZE;
    const tag = load<u64>(victim, TLB_ENTRY_TAG);
    if (!isPage(tag, page)) continue;
    const rest = load<u64>(victim, TLB_ENTRY_ADDEND);
    const table = mmuIdx * TLB_KINDS + kind;
    const wasPrivate = ((load<u8>(env + table, VICTIMS_PRIVATE) >> (n as u8)) & 1) != 0;
    setVictimPrivate(env, table, n, isPrivate(env, table, slotOf(page)));
    setPrivate(env, table, slotOf(page), wasPrivate);
    memory.copy(victim, entry, TLB_ENTRY_SIZE);
    store<u64>(entry, tag, TLB_ENTRY_TAG);
    store<u64>(entry, rest, TLB_ENTRY_ADDEND);
    return true;
  }
  return false;
}

/** The TLB entry for an access within one page, filled if need be. 0: not allowed, the fault is raised (unless `probe`). */
function lookup(env: usize, addr: u64, size: i32, kind: i32, mmuIdx: i32, probe: bool): usize {
  const page = addr & PAGE_MASK;
  const entry = entryOf(tableOf(env, mmuIdx, kind), addr);
  worked(WORK_LOOKUP);
  let tag = load<u64>(entry, TLB_ENTRY_TAG);
  if (!isPage(tag, page) && victimHit(env, mmuIdx, kind, page, entry)) tag = load<u64>(entry, TLB_ENTRY_TAG);
  if (!isPage(tag, page) || (tag & TLB_FORCE_SLOW) != 0) {
    worked(WORK_TLB_FILL);
    if (!targetTlbFill(env, addr, size, kind, mmuIdx, probe)) return 0;
    // A target that reports success has set the page; what has not is taken for a bus error, not for a translation.
    if (!isPage(load<u64>(entry, TLB_ENTRY_TAG), page)) {
      if (!probe) targetAccessFault(env, addr, kind);
      return 0;
    }
  }
  return entry;
}

@inline
function flagsOf(entry: usize): u32 {
  return (load<u64>(entry, TLB_ENTRY_TAG) as u32) & (PAGE_SIZE - 1);
}

@inline
function hostOf(entry: usize, addr: u64): usize {
  return (addr as u32) + load<u32>(entry, TLB_ENTRY_ADDEND);
}

@inline
function physOf(entry: usize, addr: u64): u64 {
  return ((load<u32>(entry, TLB_ENTRY_PHYS_PAGE) as u64) << PAGE_BITS) | (addr & OFFSET_MASK);
}

// ---- Code pages --------------------------------------------------------------------------------------------------------

/** A page of RAM got its first TB: stores to it must come through here from now on. */
export function protectPage(physPage: u32): void {
  for (let env = firstEnv(); env != 0; env = load<usize>(env, ENV_NEXT_CPU)) {
    const dirty = load<u32>(env, DIRTY);
    for (let idx = 0; idx < TLB_MMU_INDEXES; idx++) {
      if (((dirty >> (idx * TLB_KINDS + TLB_KIND_WRITE)) & 1) == 0) continue;
      protectIn(tableOf(env, idx, TLB_KIND_WRITE), TLB_ENTRIES, physPage);
      protectIn(victimsOf(env, idx, TLB_KIND_WRITE), VICTIM_ENTRIES, physPage);
    }
  }
}

function protectIn(table: usize, entries: i32, physPage: u32): void {
  const end = table + entries * TLB_ENTRY_SIZE;
  for (let entry = table; entry < end; entry += TLB_ENTRY_SIZE) {
    if (load<u32>(entry, TLB_ENTRY_PHYS_PAGE) != physPage) continue;
    const tag = load<u64>(entry, TLB_ENTRY_TAG);
    if ((tag & (TLB_INVALID | TLB_MMIO)) == 0) store<u64>(entry, tag | TLB_NOTDIRTY, TLB_ENTRY_TAG);
  }
}

/**
 * Before a store to a page with TBs: invalidates those made from the bytes. True: the running TB is one of them, and the store must not be done yet:
 * EXCP_INTERRUPT is raised, the dispatcher runs the storing instruction again in a TB of its own, and then fetches what it wrote.
 */
function notDirty(env: usize, addr: u64, size: u32, entry: usize): bool {
  const current = load<usize>(env, ENV_LAST_TB);
  const stale = tbInvalidateByStore(physOf(entry, addr), size, current);
  if (!pageHasCode(load<u32>(entry, TLB_ENTRY_PHYS_PAGE))) {
    store<u64>(entry, load<u64>(entry, TLB_ENTRY_TAG) & ~(TLB_NOTDIRTY as u64), TLB_ENTRY_TAG);
  }
  if (!stale || (current != 0 && (load<u32>(current, TB_CFLAGS) & CF_COUNT_MASK) == 1)) return false;
  raise(env, EXCP_INTERRUPT);
  return true;
}

/**
 * Physical address of the code at `pc`, or u64.MAX_VALUE with the fault raised. Sets codeHost; codeSplit if the page's rights must be asked anew
 * for every instruction.
 */
export function codeLookup(env: usize, pc: u64, mmuIdx: i32): u64 {
  const entry = lookup(env, pc, 2, TLB_KIND_CODE, mmuIdx, false);
  if (entry == 0) return u64.MAX_VALUE;
  const flags = flagsOf(entry);
  if ((flags & TLB_MMIO) != 0) {
    targetAccessFault(env, pc, TLB_KIND_CODE);
    return u64.MAX_VALUE;
  }
  codeHost = hostOf(entry, pc);
  codeSplit = (flags & TLB_FORCE_SLOW) != 0;
  codeShared = !isPrivate(env, mmuIdx * TLB_KINDS + TLB_KIND_CODE, slotOf(pc));
  return physOf(entry, pc);
}

export let codeHost: usize = 0;
export let codeSplit: bool = false;
/** Whether that page is mapped so in all address spaces. */
export let codeShared: bool = false;

// ---- Loads -------------------------------------------------------------------------------------------------------------

@inline
function extend(value: u64, memop: u32): u64 {
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
function swapBytes(value: u64, size: u32): u64 {
  return bswap<u64>(value) >> (64 - 8 * (size as u64));
}

/** `size` bytes (any number up to 8) within one page, little-endian. Sets ENV_FAULT if a device does not answer. */
function loadPart(env: usize, entry: usize, addr: u64, size: u32): u64 {
  return (flagsOf(entry) & TLB_MMIO) != 0 ? mmioLoad(env, entry, addr, size, TLB_KIND_READ) : ramLoad(hostOf(entry, addr), size);
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

/**
 * icount mode: a device must see the time of the access's own instruction, and an interrupt that it raises comes right behind it, wherever slices
 * have cut the code into TBs. True: EXCP_INTERRUPT is raised, and the dispatcher runs the instruction again in a TB of its own.
 */
function deferred(env: usize): bool {
  if (load<u32>(env, ENV_ICOUNT) == 0) return false;
  const current = load<usize>(env, ENV_LAST_TB);
  if (current != 0 && load<u32>(current, TB_ICOUNT) == 1) return false;
  raise(env, EXCP_INTERRUPT);
  return true;
}

/** Bytes of the next access to a device: an unaligned one is made in pieces, each as wide as address and size both allow (QEMU's rule). */
function mmioStep(phys: u64, size: u32): u32 {
  return 1 << ctz((phys as u32) | size | 8);
}

/** `kind`: the access whose fault it is if nothing answers. */
function mmioLoad(env: usize, entry: usize, addr: u64, size: u32, kind: i32): u64 {
  if (deferred(env)) return 0;
  const phys = physOf(entry, addr);
  let value: u64 = 0;
  for (let n: u32 = 0; n < size; ) {
    const step = mmioStep(phys + n, size - n);
    if (mmioRead(env, (phys + n) as f64, step) != 0) {
      if (!faulted(env)) targetAccessFault(env, addr + n, kind);
      return 0;
    }
    value |= extend(load<u64>(env, ENV_MMIO_VALUE), ctz(step)) << (8 * n);
    n += step;
  }
  return value;
}

/** Guest load by MemOpIdx, the general way: the value extended as the MemOp says, or anything with ENV_FAULT set. */
export function ldSlow(env: usize, addr: u64, oi: u32): u64 {
  const memop = oi >> MEMOPIDX_SHIFT;
  const mmuIdx: i32 = oi & ((1 << MEMOPIDX_SHIFT) - 1);
  const size: u32 = 1 << (memop & MO_SIZE);
  // As in stSlow.
  if ((memop & (MO_ALIGN | MO_BSWAP)) == 0) {
    const entry = entryOf(tableOf(env, mmuIdx, TLB_KIND_READ), addr);
    if (((addr + (size - 1)) & PAGE_MASK) == load<u64>(entry, TLB_ENTRY_TAG)) return extend(ramLoad(hostOf(entry, addr), size), memop);
  }
  if ((memop & MO_ALIGN) != 0 && (addr & (size - 1)) != 0) {
    targetUnaligned(env, addr, TLB_KIND_READ);
    return 0;
  }
  const room: u32 = PAGE_SIZE - ((addr as u32) & (PAGE_SIZE - 1));
  let value: u64;
  if (size <= room) {
    const entry = lookup(env, addr, size, TLB_KIND_READ, mmuIdx, false);
    if (entry == 0) return 0;
    value = loadPart(env, entry, addr, size);
  } else {
    const low = lookup(env, addr, room, TLB_KIND_READ, mmuIdx, false);
    if (low == 0) return 0;
    const rest = targetAddress(env, addr + room);
    const high = lookup(env, rest, size - room, TLB_KIND_READ, mmuIdx, false);
    if (high == 0) return 0;
    value = loadPart(env, low, addr, room) | (loadPart(env, high, rest, size - room) << (8 * room));
  }
  return extend((memop & MO_BSWAP) != 0 ? swapBytes(value, size) : value, memop);
}

// ---- Stores ------------------------------------------------------------------------------------------------------------

/** `size` bytes (any number up to 8) to RAM, little-endian. */
function ramStore(host: usize, size: u32, value: u64): void {
  switch (size) {
    case 1: return store<u8>(host, value as u8);
    case 2: return store<u16>(host, value as u16);
    case 4: return store<u32>(host, value as u32);
    case 8: return store<u64>(host, value);
  }
  for (let n: u32 = 0; n < size; n++) store<u8>(host + n, (value >> (8 * n)) as u8);
}

function mmioStore(env: usize, phys: u64, addr: u64, size: u32, value: u64): void {
  if (deferred(env)) return;
  for (let n: u32 = 0; n < size; ) {
    const step = mmioStep(phys + n, size - n);
    store<u64>(env, extend(value >> (8 * n), ctz(step)), ENV_MMIO_VALUE);
    if (mmioWrite(env, (phys + n) as f64, step) != 0) {
      if (!faulted(env)) targetAccessFault(env, addr + n, TLB_KIND_WRITE);
      return;
    }
    n += step;
  }
}

/** The entry for a store within one page, ready for it: 0 with ENV_FAULT set if it must not happen (yet). */
function writable(env: usize, addr: u64, size: u32, mmuIdx: i32): usize {
  const entry = lookup(env, addr, size, TLB_KIND_WRITE, mmuIdx, false);
  if (entry == 0) return 0;
  return (flagsOf(entry) & TLB_NOTDIRTY) != 0 && notDirty(env, addr, size, entry) ? 0 : entry;
}

/** Guest store by MemOpIdx, the general way. No memory is written if a fault is raised. */
export function stSlow(env: usize, addr: u64, value: u64, oi: u32): void {
  const memop = oi >> MEMOPIDX_SHIFT;
  const mmuIdx: i32 = oi & ((1 << MEMOPIDX_SHIFT) - 1);
  const size: u32 = 1 << (memop & MO_SIZE);
  // What generated code leaves to us may be one of several accesses whose common check failed, in a frame over two pages: nothing is wrong with it.
  if ((memop & (MO_ALIGN | MO_BSWAP)) == 0) {
    const entry = entryOf(tableOf(env, mmuIdx, TLB_KIND_WRITE), addr);
    if (((addr + (size - 1)) & PAGE_MASK) == load<u64>(entry, TLB_ENTRY_TAG)) return ramStore(hostOf(entry, addr), size, value);
  }
  if ((memop & MO_ALIGN) != 0 && (addr & (size - 1)) != 0) return targetUnaligned(env, addr, TLB_KIND_WRITE);
  if ((memop & MO_BSWAP) != 0) value = swapBytes(value, size);
  const room: u32 = PAGE_SIZE - ((addr as u32) & (PAGE_SIZE - 1));
  if (size <= room) {
    const entry = writable(env, addr, size, mmuIdx);
    if (entry == 0) return;
    if ((flagsOf(entry) & TLB_MMIO) != 0) mmioStore(env, physOf(entry, addr), addr, size, value);
    else ramStore(hostOf(entry, addr), size, value);
    return;
  }
  const low = writable(env, addr, room, mmuIdx);
  if (low == 0) return;
  const rest = targetAddress(env, addr + room);
  const high = writable(env, rest, size - room, mmuIdx);
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
  const entry = writable(env, addr, size, mmuIdx);
  if (entry == 0) return false;
  if ((flagsOf(entry) & TLB_MMIO) == 0) {
    memory.fill(hostOf(entry, addr), 0, size);
    return true;
  }
  const phys = physOf(entry, addr);
  for (let n: u32 = 0; n < size && !faulted(env); n += 8) mmioStore(env, phys + n, addr + n, 8, 0);
  return !faulted(env);
}

// ---- Atomics -----------------------------------------------------------------------------------------------------------

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
export function atomicHost(env: usize, addr: u64, oi: u32): usize {
  const size: u32 = 1 << ((oi >> MEMOPIDX_SHIFT) & MO_SIZE);
  atomicEntry = 0;
  if (!aligned(env, addr, size)) return 0;
  const entry = writable(env, addr, size, oi & ((1 << MEMOPIDX_SHIFT) - 1));
  if (entry == 0) return 0;
  if ((flagsOf(entry) & TLB_MMIO) == 0) return hostOf(entry, addr);
  if (!deferred(env)) atomicEntry = entry;
  return 0;
}

export let atomicEntry: usize = 0;

/** A device register in an atomic access (there is one writer at a time: devices live on one thread). Where nothing is, that is a store's fault. */
export function atomicMmioLoad(env: usize, addr: u64, size: u32): u64 {
  return mmioLoad(env, atomicEntry, addr, size, TLB_KIND_WRITE);
}

export function atomicMmioStore(env: usize, addr: u64, size: u32, value: u64): void {
  mmioStore(env, physOf(atomicEntry, addr), addr, size, value);
}

export { extend as memopExtend, swapBytes as memopSwap };

export function tlbStatFlushes(env: usize): u32 {
  return load<u32>(env, FLUSHES);
}
