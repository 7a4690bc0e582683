// The TLBs of a vCPU, as tables in its env: direct-mapped ones, which the inline fast path reads, and a victim table behind each. One for each mmu index and
// kind of access; a tag with any flag bit never matches inline, so every unusual page comes to the soft MMU.
import {
  ENV_TLB, ENV_TLB_FILLED, ENV_TLB_LARGE, ENV_TLB_PRIVATE, ENV_TLB_VICTIMS, ENV_TLB_VICTIMS_PRIVATE, TLB_ENTRIES, TLB_ENTRY_ADDEND, TLB_ENTRY_SIZE, TLB_ENTRY_TAG,
  TLB_INDEX_MASK, TLB_INVALID, TLB_KINDS, TLB_MMU_INDEXES, TLB_TABLE_SIZE, VICTIM_ENTRIES,
} from '../shared/layout';
import { lock, unlock } from '../core/engine';
import { vcpu } from '../core/vcpu';
import { ADDRESS_BITS } from '../target/traits/linked';
import { PAGE_BITS, PAGE_SIZE, TLB_INDEX_SHIFT, TLB_PAGE_MASK } from '../target/traits/pages';

export const OFFSET_MASK: u64 = PAGE_SIZE - 1;
export const PAGE_MASK: u64 = ~OFFSET_MASK;

export const VICTIM_TABLE_SIZE = VICTIM_ENTRIES * TLB_ENTRY_SIZE;
export const PRIVATE_WORDS = TLB_ENTRIES / 64;

@inline
export function tableOf(env: usize, mmuIdx: i32, kind: i32): usize {
  return env + ENV_TLB + (mmuIdx * TLB_KINDS + kind) * TLB_TABLE_SIZE;
}

// The TLB check (shared/layout.ts) of tci and of the slow paths; generated code has it from src/tcg/wasm/tlb-check.ts.

@inline
export function entryOf(table: usize, addr: u64): usize {
  return table + (((addr as u32) >> TLB_INDEX_SHIFT) & TLB_INDEX_MASK);
}

/** Whether `bytes` bytes at `addr`, whose entry this is, are in one page of which nothing unusual is known. */
@inline
export function hits(entry: usize, addr: u64, bytes: u64): bool {
  return ((addr + (bytes - 1)) & TLB_PAGE_MASK) == load<u64>(entry, TLB_ENTRY_TAG);
}

/** The same, and the address is a multiple of 4. */
@inline
export function hitsWord(entry: usize, addr: u64, bytes: u64): bool {
  return ((addr + (bytes - 4)) & (TLB_PAGE_MASK | 3)) == load<u64>(entry, TLB_ENTRY_TAG);
}

@inline
export function victimsOf(env: usize, mmuIdx: i32, kind: i32): usize {
  return env + ENV_TLB_VICTIMS + (mmuIdx * TLB_KINDS + kind) * VICTIM_TABLE_SIZE;
}

// ---- Entries of one address space ----------------------------------------------------------------------------------------

@inline
export function privateWords(env: usize, table: i32): usize {
  return env + ENV_TLB_PRIVATE + table * (PRIVATE_WORDS * 8);
}

/** Whether a table (mmuIdx * TLB_KINDS + kind) may hold anything. */
@inline
export function tableInUse(env: usize, table: i32): bool {
  return ((vcpu(env).tlbDirty >> table) & 1) != 0;
}

/** Slot `n` of a table was filled with a page of the current address space. */
export function tableFilled(env: usize, table: i32, n: i32): void {
  noteFilled(env, table, n);
  setPrivate(env, table, n, true);
}

/** Of ENV_TLB_FILLED. */
const PART_ENTRIES = 32;
/** If more parts than this were filled, the whole table is cleared at once. */
const MOST_PARTS = 8;

/** Slot `n` of a table was filled: a flush must clear it. */
@inline
export function noteFilled(env: usize, table: i32, n: i32): void {
  vcpu(env).tlbDirty |= 1 << table;
  const cell = env + 4 * table;
  store<u32>(cell, load<u32>(cell, ENV_TLB_FILLED) | (1 << (n / PART_ENTRIES)), ENV_TLB_FILLED);
}

/** Empties a table. Most flushes come when little was filled, if a guest flushes often. */
export function tableClear(env: usize, mmuIdx: i32, kind: i32): void {
  const cell = env + 4 * (mmuIdx * TLB_KINDS + kind);
  const table = tableOf(env, mmuIdx, kind);
  let parts = load<u32>(cell, ENV_TLB_FILLED);
  if ((popcnt(parts) as i32) > MOST_PARTS) memory.fill(table, 0xff, TLB_TABLE_SIZE);
  else for (; parts != 0; parts &= parts - 1) memory.fill(table + ctz(parts) * (PART_ENTRIES * TLB_ENTRY_SIZE), 0xff, PART_ENTRIES * TLB_ENTRY_SIZE);
  store<u32>(cell, 0, ENV_TLB_FILLED);
}

@inline
function privateByte(env: usize, table: i32, n: i32): usize {
  return privateWords(env, table) + (n >> 3);
}

@inline
export function isPrivate(env: usize, table: i32, n: i32): bool {
  return ((load<u8>(privateByte(env, table, n)) >> ((n & 7) as u8)) & 1) != 0;
}

@inline
export function setPrivate(env: usize, table: i32, n: i32, isPrivate: bool): void {
  const cell = privateByte(env, table, n);
  const bit = 1 << (n & 7);
  const byte: i32 = load<u8>(cell);
  store<u8>(cell, isPrivate ? byte | bit : byte & ~bit);
}

/** Empties the victim tables. */
export function victimsForget(env: usize): void {
  for (let table = 0; table < TLB_MMU_INDEXES * TLB_KINDS; table++) {
    if (tableInUse(env, table)) memory.fill(env + ENV_TLB_VICTIMS + table * VICTIM_TABLE_SIZE, 0xff, VICTIM_TABLE_SIZE);
  }
}

/** 1 for an address of the upper half, where kernels live. */
@inline
export function upperHalf(addr: u64): u32 {
  return ((addr >> (ADDRESS_BITS - 1)) & 1) as u32;
}

@inline
export function slotOf(addr: u64): i32 {
  return ((addr as u32) >> PAGE_BITS) & (TLB_ENTRIES - 1);
}

@inline
export function setVictimPrivate(env: usize, table: i32, n: i32, isPrivate: bool): void {
  const byte: i32 = load<u8>(env + table, ENV_TLB_VICTIMS_PRIVATE);
  store<u8>(env + table, isPrivate ? byte | (1 << n) : byte & ~(1 << n), ENV_TLB_VICTIMS_PRIVATE);
}

// ---- Pages in tables -----------------------------------------------------------------------------------------------------

@inline
export function isPage(tag: u64, page: u64): bool {
  return (tag & (PAGE_MASK | TLB_INVALID)) == page;
}

@inline
export function dropIfPage(entry: usize, page: u64): void {
  if ((load<u64>(entry, TLB_ENTRY_TAG) & PAGE_MASK) == page) store<u64>(entry, u64.MAX_VALUE, TLB_ENTRY_TAG);
}

export function dropVictim(env: usize, mmuIdx: i32, kind: i32, page: u64): void {
  const victims = victimsOf(env, mmuIdx, kind);
  for (let n = 0; n < VICTIM_ENTRIES; n++) dropIfPage(victims + n * TLB_ENTRY_SIZE, page);
}

/** If the victim TLB has the page: swaps it into the slot and returns true. */
export function victimHit(env: usize, mmuIdx: i32, kind: i32, page: u64, entry: usize): bool {
  const victims = victimsOf(env, mmuIdx, kind);
  for (let n = 0; n < VICTIM_ENTRIES; n++) {
    const victim = victims + n * TLB_ENTRY_SIZE;
    if (!isPage(load<u64>(victim, TLB_ENTRY_TAG), page)) continue;
    lock();
    const tag = load<u64>(victim, TLB_ENTRY_TAG);
    const rest = load<u64>(victim, TLB_ENTRY_ADDEND);
    const table = mmuIdx * TLB_KINDS + kind;
    const wasPrivate = ((load<u8>(env + table, ENV_TLB_VICTIMS_PRIVATE) >> (n as u8)) & 1) != 0;
    setVictimPrivate(env, table, n, isPrivate(env, table, slotOf(page)));
    setPrivate(env, table, slotOf(page), wasPrivate);
    memory.copy(victim, entry, TLB_ENTRY_SIZE);
    store<u64>(entry, tag, TLB_ENTRY_TAG);
    store<u64>(entry, rest, TLB_ENTRY_ADDEND);
    unlock();
    return true;
  }
  return false;
}

// ---- Large pages ---------------------------------------------------------------------------------------------------------

export function largeForget(env: usize, mmuIdx: i32): void {
  store<u64>(env + mmuIdx * 16, u64.MAX_VALUE, ENV_TLB_LARGE);
  store<u64>(env + mmuIdx * 16, 0, ENV_TLB_LARGE + 8);
}

export function tlbInit(env: usize): void {
  memory.fill(env + ENV_TLB, 0xff, TLB_MMU_INDEXES * TLB_KINDS * TLB_TABLE_SIZE);
  memory.fill(env + ENV_TLB_VICTIMS, 0xff, TLB_MMU_INDEXES * TLB_KINDS * VICTIM_TABLE_SIZE);
  vcpu(env).tlbDirty = 0;
  for (let idx = 0; idx < TLB_MMU_INDEXES; idx++) largeForget(env, idx);
}
