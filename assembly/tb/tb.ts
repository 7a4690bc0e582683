// Translation blocks: hash table, lists by physical page, chaining and its undoing. Records live in the arena (TB_* of shared/layout.ts).
// Lists hold tagged pointers, QEMU's way: record | n says through which of its two links (pages or jumps) a TB hangs there.
import {
  ENV_EXIT_REQUEST, EXIT_REQUESTED, ENV_NEXT_CPU, PAGE_BITS, PAGE_SIZE, TB_CFLAGS, TB_FLAGS, TB_HASH_NEXT, TB_JMP0, TB_JMP_LIST, TB_JMP_NEXT0, TB_PAGE_NEXT0, TB_PC,
  TB_PHYS_PAGE0, TB_PHYS_PAGE1, TB_RECORD_SIZE, TB_REGION, TB_SIZE, TB_STATE, TB_STATE_INVALID, TB_STATE_VALID,
} from '../shared/layout';
import { arenaAlloc, arenaAllocPermanent, arenaFlush } from '../core/arena';
import { codePagesForget, codePagesInit, DESC_FIRST, DESC_PAGE, descMake, descOf } from '../core/code-pages';
import { firstEnv } from '../core/cpus';
import { regionInvalidated, tbFlushed } from '../core/host';
import { jumpCacheClear, jumpCacheRemove } from '../tlb/jump-cache';
import { protectPage } from '../tlb/protect';

const HASH_BITS = 15;
/** TB_PHYS_PAGE1 of a TB that lies in one page. */
export const NO_PAGE: u32 = 0xffffffff;

let hashTable: usize = 0;
/** vCPUs inside cpuExec: their TBs must stay readable. */
let executing: i32 = 0;
let flushPending: bool = false;
/** Goes up with each flush: a TB pointer from before is dead. */
export let tbGeneration: u32 = 0;
let tbCount: u32 = 0;
let invalidateCount: u32 = 0;

export function tbInit(): bool {
  hashTable = arenaAllocPermanent(4 << HASH_BITS);
  return hashTable != 0 && codePagesInit();
}

// ---- vCPUs that run these TBs ------------------------------------------------------------------------------------------

export function execBegin(): void {
  executing++;
}

export function execEnd(): void {
  executing--;
}

// ---- Records -----------------------------------------------------------------------------------------------------------

/** A zeroed record followed by `bytes` of room for its tci code. 0: the arena is full. */
export function tbAlloc(bytes: usize): usize {
  const tb = arenaAlloc((TB_RECORD_SIZE as usize) + bytes);
  if (tb != 0) memory.fill(tb, 0, TB_RECORD_SIZE);
  return tb;
}

/** Room for a module's table of TB pointers: it lives as long as the TBs do. 0: the arena is full. */
export function codeTableAlloc(bytes: usize): usize {
  return arenaAlloc(bytes);
}

@inline
function hashCell(page: u32, pc: u64, flags: u32, cflags: u32): usize {
  let h: u32 = page * 0x9e3779b1 + (pc as u32) * 0x85ebca6b + flags * 0xc2b2ae35 + cflags * 0x27d4eb2f;
  h ^= h >> 15;
  return hashTable + (((h * 0x2c1b3c6d) >> (32 - HASH_BITS)) << 2);
}

/** The TB for code at `pc` whose first byte lies in physical page `page`, or 0. A second page is the caller's to check. */
export function tbFind(page: u32, pc: u64, flags: u32, cflags: u32): usize {
  let tb = load<usize>(hashCell(page, pc, flags, cflags));
  while (tb != 0) {
    if (
      load<u64>(tb, TB_PC) == pc && load<u32>(tb, TB_PHYS_PAGE0) == page && load<u32>(tb, TB_FLAGS) == flags && load<u32>(tb, TB_CFLAGS) == cflags
    ) return tb;
    tb = load<usize>(tb, TB_HASH_NEXT);
  }
  return 0;
}

function pageAdd(tb: usize, n: usize, desc: usize): void {
  const first = load<usize>(desc, DESC_FIRST);
  store<usize>(tb + 4 * n, first, TB_PAGE_NEXT0);
  store<usize>(desc, tb | n, DESC_FIRST);
  if (first == 0) protectPage(load<u32>(desc, DESC_PAGE));
}

/** Makes a filled-in record known: from here on it is found, and invalidated when its code is written. False: the arena is full. */
export function tbRegister(tb: usize): bool {
  const page0 = load<u32>(tb, TB_PHYS_PAGE0);
  const page1 = load<u32>(tb, TB_PHYS_PAGE1);
  const desc0 = descMake(page0);
  const desc1 = page1 == NO_PAGE || page1 == page0 ? desc0 : descMake(page1);
  if (desc0 == 0 || desc1 == 0) return false;
  pageAdd(tb, 0, desc0);
  if (page1 != NO_PAGE) pageAdd(tb, 1, desc1);
  const cell = hashCell(page0, load<u64>(tb, TB_PC), load<u32>(tb, TB_FLAGS), load<u32>(tb, TB_CFLAGS));
  store<usize>(tb, load<usize>(cell), TB_HASH_NEXT);
  store<usize>(cell, tb);
  store<u32>(tb, TB_STATE_VALID, TB_STATE);
  tbCount++;
  return true;
}

/** Forgets all TBs; while a vCPU runs, as soon as all have come back to their dispatchers. */
export function tbFlushAll(): void {
  if (executing > 0) {
    flushPending = true;
    for (let env = firstEnv(); env != 0; env = load<usize>(env, ENV_NEXT_CPU)) atomic.store<u32>(env, EXIT_REQUESTED, ENV_EXIT_REQUEST);
  } else {
    tbFlushNow();
  }
}

/** For the dispatcher (and the translator, which it calls): no tci code is being executed by this vCPU, the only one that runs. */
export function tbFlushNow(): void {
  flushPending = false;
  tbGeneration++;
  tbCount = 0;
  memory.fill(hashTable, 0, 4 << HASH_BITS);
  codePagesForget();
  for (let env = firstEnv(); env != 0; env = load<usize>(env, ENV_NEXT_CPU)) jumpCacheClear(env);
  arenaFlush();
  tbFlushed();
}

@inline
export function tbFlushIfPending(): void {
  if (flushPending) tbFlushNow();
}

// ---- Chaining ----------------------------------------------------------------------------------------------------------

/** Lets goto_tb `n` of `tb` go straight to `next`. A TB over two pages is never a target: its second page may be mapped anew. */
export function tbLink(tb: usize, n: usize, next: usize): void {
  if (load<u32>(next, TB_PHYS_PAGE1) != NO_PAGE) return;
  if (((load<u32>(tb, TB_STATE) & load<u32>(next, TB_STATE)) & TB_STATE_VALID) == 0) return;
  if (load<usize>(tb + 4 * n, TB_JMP0) != 0) return;
  store<usize>(tb + 4 * n, next, TB_JMP0);
  store<usize>(tb + 4 * n, load<usize>(next, TB_JMP_LIST), TB_JMP_NEXT0);
  store<usize>(next, tb | n, TB_JMP_LIST);
}

/** Takes `entry` (tagged) out of the singly linked list that begins in `cell`; link n of a record is at `next` + 4 n. */
function listRemove(cell: usize, entry: usize, next: usize): void {
  for (let at = load<usize>(cell); at != 0; at = load<usize>(cell)) {
    const link = (at & ~3) + next + 4 * (at & 3);
    if (at == entry) {
      store<usize>(cell, load<usize>(link));
      return;
    }
    cell = link;
  }
}

function unlinkOut(tb: usize, n: usize): void {
  const target = load<usize>(tb + 4 * n, TB_JMP0);
  if (target == 0) return;
  store<usize>(tb + 4 * n, 0, TB_JMP0);
  listRemove(target + TB_JMP_LIST, tb | n, TB_JMP_NEXT0);
}

/** Makes a TB unreachable: hash, pages, jump caches, jumps in and out. Its bytes stay until the next flush, as it may be running. */
export function tbInvalidate(tb: usize): void {
  if ((load<u32>(tb, TB_STATE) & TB_STATE_VALID) == 0) return;
  store<u32>(tb, TB_STATE_INVALID, TB_STATE);
  invalidateCount++;
  tbCount--;
  const page0 = load<u32>(tb, TB_PHYS_PAGE0);
  const page1 = load<u32>(tb, TB_PHYS_PAGE1);
  const pc = load<u64>(tb, TB_PC);
  let cell = hashCell(page0, pc, load<u32>(tb, TB_FLAGS), load<u32>(tb, TB_CFLAGS));
  while (load<usize>(cell) != tb) cell = load<usize>(cell) + TB_HASH_NEXT;
  store<usize>(cell, load<usize>(tb, TB_HASH_NEXT));
  listRemove(descOf(page0) + DESC_FIRST, tb, TB_PAGE_NEXT0);
  if (page1 != NO_PAGE) listRemove(descOf(page1) + DESC_FIRST, tb | 1, TB_PAGE_NEXT0);
  for (let env = firstEnv(); env != 0; env = load<usize>(env, ENV_NEXT_CPU)) jumpCacheRemove(env, pc, tb);
  unlinkOut(tb, 0);
  unlinkOut(tb, 1);
  for (let at = load<usize>(tb, TB_JMP_LIST); at != 0; ) {
    const from = (at & ~3) + 4 * (at & 3);
    at = load<usize>(from, TB_JMP_NEXT0);
    store<usize>(from, 0, TB_JMP0);
  }
  store<usize>(tb, 0, TB_JMP_LIST);
  const region = load<u32>(tb, TB_REGION);
  if (region != 0) regionInvalidated(region);
}

/** Whether the bytes first..last (offsets in the page) are part of what the TB was made from. `entry`: tagged with which of its pages this is. */
function overlaps(entry: usize, first: u32, last: u32): bool {
  const tb = entry & ~3;
  const offset = (load<u64>(tb, TB_PC) as u32) & (PAGE_SIZE - 1);
  const end = offset + load<u32>(tb, TB_SIZE);
  if ((entry & 3) == 0) return first < end && last >= offset;
  return first < end - PAGE_SIZE;
}

// What tbInvalidatePage found besides its count.
let foundTb: bool = false;

/** Invalidates the TBs made from bytes first..last of a physical page. Returns how many; `wanted` among them sets foundTb. */
function tbInvalidatePage(page: u32, first: u32, last: u32, wanted: usize): u32 {
  const desc = descOf(page);
  if (desc == 0) return 0;
  let count: u32 = 0;
  for (let entry = load<usize>(desc, DESC_FIRST); entry != 0; ) {
    const tb = entry & ~3;
    const next = load<usize>(tb + 4 * (entry & 3), TB_PAGE_NEXT0);
    if (overlaps(entry, first, last)) {
      if (tb == wanted) foundTb = true;
      count++;
      tbInvalidate(tb);
    }
    entry = next;
  }
  return count;
}

/** Code at guest-physical addr .. addr + length - 1 was, or is about to be, written. Returns the number of TBs that went. */
export function tbInvalidatePhys(addr: u64, length: u64): u32 {
  let count: u32 = 0;
  while (length > 0) {
    const offset = (addr as u32) & (PAGE_SIZE - 1);
    const bytes = min<u64>(length, PAGE_SIZE - offset);
    count += tbInvalidatePage((addr >> PAGE_BITS) as u32, offset, offset + (bytes as u32) - 1, 0);
    addr += bytes;
    length -= bytes;
  }
  return count;
}

/** Of a store within one page: true if the TB `current` was among those invalidated (0: unknown what runs, any counts). */
export function tbInvalidateByStore(addr: u64, size: u32, current: usize): bool {
  foundTb = false;
  const offset = (addr as u32) & (PAGE_SIZE - 1);
  const count = tbInvalidatePage((addr >> PAGE_BITS) as u32, offset, offset + size - 1, current);
  return current == 0 ? count != 0 : foundTb;
}

/** A device or the host wrote guest memory (DMA, a loader). */
export function tbInvalidatePhysRange(start: f64, length: f64): void {
  tbInvalidatePhys(start as u64, length as u64);
}

// ---- Statistics --------------------------------------------------------------------------------------------------------

export function tbStatCount(): u32 {
  return tbCount;
}

export function tbStatInvalidated(): u32 {
  return invalidateCount;
}

export function tbStatFlushes(): u32 {
  return tbGeneration;
}
