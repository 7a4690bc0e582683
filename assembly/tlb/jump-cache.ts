// Jump caches: from a virtual pc to its TB, without a look at the page tables. Addresses of the upper half have one for all address spaces, as that is where
// kernels live; those of the lower half have one for each address space that is remembered (address-space.ts).
import {
  ENV_JUMP_CACHE, ENV_JUMP_CACHE_HIGH, JUMP_CACHE_BITS, JUMP_CACHE_ENTRIES, JUMP_CACHE_PAGES, JUMP_CACHE_SIZE, JUMP_CACHE_USED, NO_PAGE, SPACES, SPACE_CACHE, SPACE_SIZE,
  SPACE_USED, TB_PHYS_PAGE1,
} from '../shared/layout';
import { CODE_ALIGN_BITS } from '../target/traits/linked';
import { arenaAllocPermanent } from '../core/arena';
import { vcpu } from '../core/vcpu';
import { upperHalf } from './tables';
import { PAGE_BITS, PAGE_SIZE } from '../target/traits/pages';

/** u32 behind the cache of the upper half: whether a TB in it is not in all address spaces. */
const NOT_SHARED = JUMP_CACHE_SIZE;

/** The cache of the upper half; the others are the spaces'. False: no room in the arena. */
export function jumpCacheInit(env: usize): bool {
  const high = arenaAllocPermanent(JUMP_CACHE_SIZE + 16);
  vcpu(env).jumpCacheHigh = high;
  return high != 0;
}

@inline
function cacheOf(env: usize, pc: u64): usize {
  return load<usize>(env + (upperHalf(pc) as usize) * (ENV_JUMP_CACHE_HIGH - ENV_JUMP_CACHE), ENV_JUMP_CACHE);
}

/** The cell of a virtual pc in a cache. */
@inline
export function cellIn(cache: usize, pc: u64): usize {
  const low = pc as u32;
  return cache + ((((low >> CODE_ALIGN_BITS) ^ (low >> (JUMP_CACHE_BITS + CODE_ALIGN_BITS))) & (JUMP_CACHE_ENTRIES - 1)) << 2);
}

/** The jump-cache cell of a virtual pc in the current address space. */
@inline
export function jumpCacheCell(env: usize, pc: u64): usize {
  return cellIn(cacheOf(env, pc), pc);
}

/** Lets the jump cache find `tb` at `pc`. `shared`: its pages are mapped so in all address spaces. Under the lock, as jumpCacheRemove: see tbRemember. */
export function jumpCacheSet(env: usize, pc: u64, tb: usize, shared: bool): void {
  const cache = cacheOf(env, pc);
  const cell = cellIn(cache, pc);
  store<usize>(cell, tb);
  store<u32>(cache, load<u32>(cache, JUMP_CACHE_USED) | (1 << (((cell - cache) / PART_SIZE) as u32)), JUMP_CACHE_USED);
  notePage(cache, pc);
  if (load<u32>(tb, TB_PHYS_PAGE1) != NO_PAGE) notePage(cache, pc + PAGE_SIZE);
  if (!shared && upperHalf(pc) != 0) store<u32>(cache, 1, NOT_SHARED);
}

/** Takes a TB out of all caches of a vCPU, whoever runs it. */
export function jumpCacheRemove(env: usize, pc: u64, tb: usize): void {
  if (upperHalf(pc) != 0) return removeFrom(vcpu(env).jumpCacheHigh, pc, tb);
  for (let n = 0, space = vcpu(env).spaces; n < SPACES; n++, space += SPACE_SIZE) removeFrom(space + SPACE_CACHE, pc, tb);
}

function removeFrom(cache: usize, pc: u64, tb: usize): void {
  const cell = cellIn(cache, pc);
  if (load<usize>(cell) == tb) store<usize>(cell, 0);
}

// Most pages that a guest flushes hold data: then nothing need be forgotten.
@inline
function pageByte(cache: usize, pc: u64): usize {
  return cache + JUMP_CACHE_ENTRIES * 4 + ((((pc as u32) >> (PAGE_BITS + 3)) & (JUMP_CACHE_PAGES / 8 - 1)) as usize);
}

@inline
function pageBit(pc: u64): u8 {
  const bit: u32 = 1 << (((pc as u32) >> PAGE_BITS) & 7);
  return bit as u8;
}

function notePage(cache: usize, pc: u64): void {
  const cell = pageByte(cache, pc);
  store<u8>(cell, load<u8>(cell) | pageBit(pc));
}

/** Whether a flush of the page of `pc` would look into the cache. */
@inline
export function isNoted(cache: usize, pc: u64): bool {
  return (load<u8>(pageByte(cache, pc)) & pageBit(pc)) != 0;
}

/** Bytes of cells for which JUMP_CACHE_USED has a bit. */
const PART_SIZE: usize = (JUMP_CACHE_ENTRIES * 4) / 32;
/** If more parts than this were used, all cells are cleared at once. */
const MOST_PARTS = 8;

function clear(cache: usize): void {
  let parts = load<u32>(cache, JUMP_CACHE_USED);
  if (parts == 0) return;
  if ((popcnt(parts) as i32) > MOST_PARTS) memory.fill(cache, 0, JUMP_CACHE_ENTRIES * 4);
  else for (; parts != 0; parts &= parts - 1) memory.fill(cache + (ctz(parts) as usize) * PART_SIZE, 0, PART_SIZE);
  memory.fill(cache + JUMP_CACHE_ENTRIES * 4, 0, JUMP_CACHE_SIZE - JUMP_CACHE_ENTRIES * 4);
}

function clearHigh(env: usize): void {
  const high = vcpu(env).jumpCacheHigh;
  clear(high);
  store<u32>(high, 0, NOT_SHARED);
}

/** Forgets everything. */
export function jumpCacheClear(env: usize): void {
  clearHigh(env);
  for (let n = 0, space = vcpu(env).spaces; n < SPACES; n++, space += SPACE_SIZE) {
    if (load<u32>(space, SPACE_USED) != 0) jumpCacheClearSpace(space);
  }
}

/** Forgets the lower half of one address space. */
export function jumpCacheClearSpace(space: usize): void {
  clear(space + SPACE_CACHE);
}

/** Forgets the upper half, unless all of it is shared. */
export function jumpCacheClearPrivate(env: usize): void {
  if (load<u32>(vcpu(env).jumpCacheHigh, NOT_SHARED) != 0) clearHigh(env);
}

/** The mapping of the page of `addr` changes, in whatever address space. */
export function jumpCacheClearPage(env: usize, addr: u64): void {
  if (upperHalf(addr) != 0) {
    const high = vcpu(env).jumpCacheHigh;
    if (isNoted(high, addr)) clearHigh(env);
    return;
  }
  for (let n = 0, space = vcpu(env).spaces; n < SPACES; n++, space += SPACE_SIZE) {
    if (load<u32>(space, SPACE_USED) != 0 && isNoted(space + SPACE_CACHE, addr)) jumpCacheClearSpace(space);
  }
}
