// Translation blocks: hash table, lists by physical page, chaining and its undoing. Records live in the arena (TB_* of shared/layout.ts).
// Lists hold tagged pointers, QEMU's way: record | n says through which of its two links (pages or jumps) a TB hangs there.
// Lists change under the engine's lock; a record stays readable, also when it is invalid, until nobody is inside (engineLeave) and all go at once.
import {
  CF_PCREL, DESC_FIRST, DESC_PAGE, ENGINE_FLUSH_PENDING, ENGINE_GENERATION, ENGINE_INSIDE, ENGINE_INVALIDATED, ENGINE_TBS, ENGINE_TB_HASH, ENGINE_TB_HASH_SHIFT, NO_PAGE, TB_CFLAGS,
  TB_FLAGS, TB_HASH_NEXT, TB_JMP0, TB_JMP_LIST, TB_JMP_NEXT0, TB_PAGE_NEXT0, TB_PC, TB_PHYS_PAGE0, TB_PHYS_PAGE1, TB_RECORD_SIZE, TB_REGION, TB_SIZE, TB_STATE,
  TB_STATE_INVALID, TB_STATE_VALID, TLB_ENTRY_TAG, TLB_NOTDIRTY,
} from '../shared/layout';
import { arenaAlloc, arenaAllocPermanent, arenaFlush, arenaFree } from '../core/arena';
import { codePagesForget, codePagesInit, descMake, descOf, pageHasCode } from '../core/code-pages';
import { firstEnv, interruptAll } from '../core/cpus';
import { engine, instance, isShared, lock, underLock, unlock } from '../core/engine';
import { regionInvalidated, tbFlushed } from '../core/host';
import { changingEngine } from '../core/journal';
import { breakpointFrom } from '../core/points';
import { vcpu } from '../core/vcpu';
import { jumpCacheClear, jumpCacheRemove, jumpCacheSet } from '../tlb/jump-cache';
import { protectPage } from '../tlb/protect';
import { PAGE_BITS, PAGE_SIZE } from '../target/traits/pages';

/** Bytes of the arena for a bucket: some two TBs, each place in a list a miss of the host's cache. At least for what a Debian guest has translated after a few programs. */
const ARENA_BYTES_A_BUCKET: usize = 512;
const HASH_BITS_MIN: u32 = 17;
const HASH_BITS_MAX: u32 = 21;

export function tbInit(): bool {
  const buckets = (arenaFree() / ARENA_BYTES_A_BUCKET) as u32;
  const bits = min<u32>(HASH_BITS_MAX, max<u32>(HASH_BITS_MIN, 32 - (clz<u32>(buckets) as u32)));
  store<u32>(engine, 32 - bits, ENGINE_TB_HASH_SHIFT);
  const table = arenaAllocPermanent(hashSize());
  store<usize>(engine, table, ENGINE_TB_HASH);
  return table != 0 && codePagesInit();
}

/** Bytes of the hash table. */
export function hashSize(): usize {
  return (4 as usize) << (32 - load<u32>(engine, ENGINE_TB_HASH_SHIFT));
}

/** Adds to a count of the engine record, under the lock. */
function count(field: usize, by: i32): void {
  store<u32>(engine + field, load<u32>(engine + field) + by);
}

// ---- Who is inside -----------------------------------------------------------------------------------------------------

/** The generation that this instance's host knows of. */
let toldGeneration: u32 = 0;

/** Goes up with each flush: a TB pointer from before is dead. */
@inline
export function tbGeneration(): u32 {
  return load<u32>(engine, ENGINE_GENERATION);
}

@inline
export function tbFlushIsPending(): bool {
  return load<u32>(engine, ENGINE_FLUSH_PENDING) != 0;
}

/**
 * From here to engineLeave TBs stay where they are: for vCPUs that run them, and hosts that work with their addresses. False: all TBs are to go, and somebody
 * is still inside; come again later. It does not wait: who is inside may wait for this very thread, a device's.
 */
export function engineEnter(): bool {
  lock();
  const isFree = !tbFlushIsPending() || load<u32>(engine, ENGINE_INSIDE) == 0;
  if (isFree) {
    if (tbFlushIsPending()) flush();
    count(ENGINE_INSIDE, 1);
  }
  unlock();
  if (isFree) tellFlush();
  return isFree;
}

export function engineLeave(): void {
  lock();
  count(ENGINE_INSIDE, -1);
  if (tbFlushIsPending() && load<u32>(engine, ENGINE_INSIDE) == 0) flush();
  unlock();
  tellFlush();
}

/** Forgets all TBs, as soon as nobody is inside; then each host hears of it (tbFlushed) before it comes in again. */
export function tbFlushAll(): void {
  lock();
  if (load<u32>(engine, ENGINE_INSIDE) == 0) flush();
  else requestFlush();
  unlock();
  tellFlush();
}

/** For the dispatcher: all TBs go now, if nobody else is inside. */
export function tbFlushIfAlone(): bool {
  lock();
  const isAlone = load<u32>(engine, ENGINE_INSIDE) == 1;
  if (isAlone) flush();
  unlock();
  tellFlush();
  return isAlone;
}

function requestFlush(): void {
  atomic.store<u32>(engine, 1, ENGINE_FLUSH_PENDING);
  interruptAll();
}

function flush(): void {
  underLock();
  store<u32>(engine, 0, ENGINE_FLUSH_PENDING);
  count(ENGINE_GENERATION, 1);
  store<u32>(engine, 0, ENGINE_TBS);
  memory.fill(load<usize>(engine, ENGINE_TB_HASH), 0, hashSize());
  codePagesForget();
  for (let env = firstEnv(); env != 0; env = vcpu(env).nextCpu) jumpCacheClear(env);
  arenaFlush();
}

function tellFlush(): void {
  if (toldGeneration == tbGeneration()) return;
  toldGeneration = tbGeneration();
  tbFlushed();
}

// ---- Records -----------------------------------------------------------------------------------------------------------

/** A zeroed record followed by `bytes` of room for its tci code. 0: the arena is full. */
export function tbAlloc(bytes: usize): usize {
  const tb = blockAlloc((TB_RECORD_SIZE as usize) + bytes);
  if (tb != 0) memory.fill(tb, 0, TB_RECORD_SIZE);
  return tb;
}

/** Where a TB's tci code begins. Known without a look at the record, so that the host can fetch both at once. */
@inline
export function tciCode(tb: usize): usize {
  return tb + TB_RECORD_SIZE;
}

/** Room for a module's table of TB pointers: it lives as long as the TBs do. 0: the arena is full. */
export function codeTableAlloc(bytes: usize): usize {
  return blockAlloc(bytes);
}

function blockAlloc(bytes: usize): usize {
  lock();
  const block = arenaAlloc(bytes);
  unlock();
  return block;
}

/** The cell of the hash table that begins the list of what has this key. */
@inline
export function hashCell(page: u32, pc: u64, flags: u64, cflags: u32): usize {
  let h: u32 = page * 0x9e3779b1 + ((pc as u32) & (PAGE_SIZE - 1)) * 0x85ebca6b + ((flags as u32) + ((flags >> 32) as u32) * 0x165667b1) * 0xc2b2ae35 + cflags * 0x27d4eb2f;
  h ^= h >> 15;
  return load<usize>(engine, ENGINE_TB_HASH) + (((h * 0x2c1b3c6d) >> load<u32>(engine, ENGINE_TB_HASH_SHIFT)) << 2);
}

/** The TB for code at `pc` whose first byte lies in physical page `page`, or 0. `flags`: TB_FLAGS, and above it TB_CS_BASE. A second page is the caller's to check. */
export function tbFind(page: u32, pc: u64, flags: u64, cflags: u32): usize {
  lock();
  const tb = find(page, pc, flags, cflags);
  unlock();
  return tb;
}

function find(page: u32, pc: u64, flags: u64, cflags: u32): usize {
  let tb = load<usize>(hashCell(page, pc, flags, cflags));
  const differs: u64 = (cflags & CF_PCREL) != 0 ? PAGE_SIZE - 1 : u64.MAX_VALUE;
  while (tb != 0) {
    if (
      ((load<u64>(tb, TB_PC) ^ pc) & differs) == 0 && load<u32>(tb, TB_PHYS_PAGE0) == page && load<u64>(tb, TB_FLAGS) == flags &&
      load<u32>(tb, TB_CFLAGS) == cflags
    ) {
      move(tb, pc);
      return tb;
    }
    tb = load<usize>(tb, TB_HASH_NEXT);
  }
  return 0;
}

/** TB_PC is where a TB with CF_PCREL was seen last: jump caches have it there, and nowhere else. */
function move(tb: usize, pc: u64): void {
  const before = load<u64>(tb, TB_PC);
  if (before == pc) return;
  for (let env = firstEnv(); env != 0; env = vcpu(env).nextCpu) jumpCacheRemove(env, before, tb);
  store<u64>(tb, pc, TB_PC);
}

/** A TB runs at `pc`. */
export function tbSeenAt(tb: usize, pc: u64): void {
  lock();
  if (isValid(tb)) move(tb, pc);
  unlock();
}

function pageAdd(tb: usize, n: usize, desc: usize): void {
  const first = load<usize>(desc, DESC_FIRST);
  store<usize>(tb + 4 * n, first, TB_PAGE_NEXT0);
  store<usize>(desc, tb | n, DESC_FIRST);
  if (first == 0) protectPage(load<u32>(desc, DESC_PAGE));
}

/** Makes a filled-in record known: from here on it is found, and invalidated when its code is written. False: the arena is full. */
export function tbRegister(tb: usize): bool {
  lock();
  const isKnown = register(tb);
  unlock();
  return isKnown;
}

function register(tb: usize): bool {
  underLock();
  const page0 = load<u32>(tb, TB_PHYS_PAGE0);
  const page1 = load<u32>(tb, TB_PHYS_PAGE1);
  const desc0 = descMake(page0);
  const desc1 = page1 == NO_PAGE || page1 == page0 ? desc0 : descMake(page1);
  if (desc0 == 0 || desc1 == 0) return false;
  pageAdd(tb, 0, desc0);
  if (page1 != NO_PAGE) pageAdd(tb, 1, desc1);
  const cell = hashCell(page0, load<u64>(tb, TB_PC), load<u64>(tb, TB_FLAGS), load<u32>(tb, TB_CFLAGS));
  store<usize>(tb, load<usize>(cell), TB_HASH_NEXT);
  store<usize>(cell, tb);
  store<u32>(tb, TB_STATE_VALID, TB_STATE);
  count(ENGINE_TBS, 1);
  return true;
}

/** Lets the vCPU's jump cache find `tb` at `pc`, unless somebody has just invalidated it. `shared`: its pages are mapped so in all address spaces. */
export function tbRemember(env: usize, pc: u64, tb: usize, shared: bool): void {
  lock();
  if (isValid(tb)) jumpCacheSet(env, pc, tb, shared);
  unlock();
}

@inline
export function isValid(tb: usize): bool {
  return (load<u32>(tb, TB_STATE) & TB_STATE_VALID) != 0;
}

// ---- Chaining ----------------------------------------------------------------------------------------------------------

/** Lets goto_tb `n` of `tb` go straight to `next`. A TB over two pages is never a target: its second page may be mapped anew. */
export function tbLink(tb: usize, n: usize, next: usize): void {
  if (load<u32>(next, TB_PHYS_PAGE1) != NO_PAGE) return;
  lock();
  if (isValid(tb) && isValid(next) && load<usize>(tb + 4 * n, TB_JMP0) == 0) link(tb, n, next);
  unlock();
}

function link(tb: usize, n: usize, next: usize): void {
  underLock();
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
  lock();
  invalidate(tb);
  unlock();
}

function invalidate(tb: usize): void {
  underLock();
  if (!isValid(tb)) return;
  changingEngine();
  atomic.store<u32>(tb, TB_STATE_INVALID, TB_STATE);
  count(ENGINE_INVALIDATED, 1);
  count(ENGINE_TBS, -1);
  const page0 = load<u32>(tb, TB_PHYS_PAGE0);
  const page1 = load<u32>(tb, TB_PHYS_PAGE1);
  const pc = load<u64>(tb, TB_PC);
  let cell = hashCell(page0, pc, load<u64>(tb, TB_FLAGS), load<u32>(tb, TB_CFLAGS));
  while (load<usize>(cell) != tb) cell = load<usize>(cell) + TB_HASH_NEXT;
  store<usize>(cell, load<usize>(tb, TB_HASH_NEXT));
  listRemove(descOf(page0) + DESC_FIRST, tb, TB_PAGE_NEXT0);
  if (page1 != NO_PAGE) listRemove(descOf(page1) + DESC_FIRST, tb | 1, TB_PAGE_NEXT0);
  for (let env = firstEnv(); env != 0; env = vcpu(env).nextCpu) jumpCacheRemove(env, pc, tb);
  unlinkOut(tb, 0);
  unlinkOut(tb, 1);
  for (let at = load<usize>(tb, TB_JMP_LIST); at != 0; ) {
    const from = (at & ~3) + 4 * (at & 3);
    at = load<usize>(from, TB_JMP_NEXT0);
    store<usize>(from, 0, TB_JMP0);
  }
  store<usize>(tb, 0, TB_JMP_LIST);
  const region = load<u32>(tb, TB_REGION);
  if (region != 0) dropRegion(region);
}

/** No generated code of a region may be entered any more, and who is in the middle of it is to come out. Only the first instance's host knows what belongs to it. */
function dropRegion(region: u32): void {
  if (instance == 1) regionInvalidated(region);
  else requestFlush();
  if (isShared()) interruptAll();
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
  let gone: u32 = 0;
  for (let entry = load<usize>(desc, DESC_FIRST); entry != 0; ) {
    const tb = entry & ~3;
    const next = load<usize>(tb + 4 * (entry & 3), TB_PAGE_NEXT0);
    if (overlaps(entry, first, last)) {
      if (tb == wanted) foundTb = true;
      gone++;
      invalidate(tb);
    }
    entry = next;
  }
  return gone;
}

/** Code at guest-physical addr .. addr + length - 1 was, or is about to be, written. Returns the number of TBs that went. */
export function tbInvalidatePhys(addr: u64, length: u64): u32 {
  let gone: u32 = 0;
  lock();
  while (length > 0) {
    const offset = (addr as u32) & (PAGE_SIZE - 1);
    const bytes = min<u64>(length, PAGE_SIZE - offset);
    gone += tbInvalidatePage((addr >> PAGE_BITS) as u32, offset, offset + (bytes as u32) - 1, 0);
    addr += bytes;
    length -= bytes;
  }
  unlock();
  return gone;
}

/**
 * Of a store within one page: true if the TB `current` was among those invalidated (0: unknown what runs, any counts). Is that all the code there was, the
 * write-table entry of the store says so from now on.
 */
export function tbInvalidateByStore(addr: u64, size: u32, current: usize, entry: usize): bool {
  const page = (addr >> PAGE_BITS) as u32;
  const offset = (addr as u32) & (PAGE_SIZE - 1);
  lock();
  foundTb = false;
  const gone = tbInvalidatePage(page, offset, offset + size - 1, current);
  if (!pageHasCode(page)) store<u64>(entry, load<u64>(entry, TLB_ENTRY_TAG) & ~(TLB_NOTDIRTY as u64), TLB_ENTRY_TAG);
  unlock();
  return current == 0 ? gone != 0 : foundTb;
}

/** Invalidates the TBs, of whatever vCPU and flags, that have an instruction at virtual `pc`, or end before it; `pc` u64.MAX_VALUE: at or before any breakpoint. */
export function tbInvalidateAt(pc: u64): void {
  const any = pc == u64.MAX_VALUE;
  lock();
  const table = load<usize>(engine, ENGINE_TB_HASH);
  const end = table + hashSize();
  for (let cell = table; cell < end; cell += 4) {
    for (let tb = load<usize>(cell); tb != 0; ) {
      const next = load<usize>(tb, TB_HASH_NEXT);
      const first = load<u64>(tb, TB_PC);
      const behind = first + load<u32>(tb, TB_SIZE);
      if (any ? breakpointFrom(0, first, behind) != u64.MAX_VALUE : pc >= first && pc <= behind) invalidate(tb);
      tb = next;
    }
  }
  unlock();
}

/** A device or the host wrote guest memory (DMA, a loader). */
export function tbInvalidatePhysRange(start: f64, length: f64): void {
  tbInvalidatePhys(start as u64, length as u64);
}

/** Whether there are TBs of any of these pages. */
export function tbInPhysRange(start: f64, length: f64): bool {
  const last = ((start + length - 1) as u64) >> PAGE_BITS;
  lock();
  let found = false;
  for (let page = (start as u64) >> PAGE_BITS; page <= last && !found; page++) found = pageHasCode(page as u32);
  unlock();
  return found;
}

// ---- Statistics --------------------------------------------------------------------------------------------------------

export function tbStatCount(): u32 {
  return load<u32>(engine, ENGINE_TBS);
}

export function tbStatInvalidated(): u32 {
  return load<u32>(engine, ENGINE_INVALIDATED);
}

export function tbStatFlushes(): u32 {
  return tbGeneration();
}
