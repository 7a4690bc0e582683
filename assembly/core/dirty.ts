// Pages of guest memory that were written since somebody began to watch (a snapshot that the machine is to be reset to): a byte a page, and the list of those
// set, in the order of their first stores. Not watched: nothing is allocated, and nobody pays. A page that is clean has TLB_NOTDIRTY in write tables, so its
// first store comes by the slow path; what watches flushes the TLBs whenever it begins anew. Marks are made under the engine's lock.
import { ENGINE_DIRTY_COUNT, ENGINE_DIRTY_FIRST, ENGINE_DIRTY_LIST, ENGINE_DIRTY_MAP, ENGINE_DIRTY_PAGES } from '../shared/layout';
import { arenaAllocPermanent } from './arena';
import { engine, lock, unlock } from './engine';
import { PAGE_BITS, PAGE_SIZE } from '../target/traits/pages';

@inline
function dirtyMap(): usize {
  return load<usize>(engine, ENGINE_DIRTY_MAP);
}

/** Begins to watch linear memory from `start` to `end - 1`, whole pages of it, or does so anew: all of it is clean. False: no room. */
export function dirtyWatch(start: usize, end: usize): bool {
  if (dirtyMap() == 0) {
    const pages = (end - start) >> PAGE_BITS;
    const map = arenaAllocPermanent(pages);
    const list: usize = map == 0 ? 0 : arenaAllocPermanent(4 * pages);
    if (list == 0) return false;
    store<u32>(engine, (start >> PAGE_BITS) as u32, ENGINE_DIRTY_FIRST);
    store<u32>(engine, pages as u32, ENGINE_DIRTY_PAGES);
    store<usize>(engine, list, ENGINE_DIRTY_LIST);
    atomic.store<usize>(engine, map, ENGINE_DIRTY_MAP);
  }
  const list = load<usize>(engine, ENGINE_DIRTY_LIST);
  const first = load<u32>(engine, ENGINE_DIRTY_FIRST);
  for (let n = load<u32>(engine, ENGINE_DIRTY_COUNT); n > 0; n--) store<u8>(dirtyMap() + (load<u32>(list + 4 * (n - 1)) - first), 0);
  store<u32>(engine, 0, ENGINE_DIRTY_COUNT);
  return true;
}

/** Whether stores to the page at a linear-memory address must still be noticed. */
@inline
export function isClean(host: usize): bool {
  return dirtyMap() != 0 && isCleanPage(host);
}

function isCleanPage(host: usize): bool {
  const page = ((host >> PAGE_BITS) as u32) - load<u32>(engine, ENGINE_DIRTY_FIRST);
  return page < load<u32>(engine, ENGINE_DIRTY_PAGES) && load<u8>(dirtyMap() + page) == 0;
}

/** A store to the page is about to be done. */
@inline
export function markDirty(host: usize): void {
  if (dirtyMap() != 0 && isCleanPage(host)) mark(host);
}

function mark(host: usize): void {
  lock();
  if (isCleanPage(host)) {
    const number = (host >> PAGE_BITS) as u32;
    const count = load<u32>(engine, ENGINE_DIRTY_COUNT);
    store<u8>(dirtyMap() + (number - load<u32>(engine, ENGINE_DIRTY_FIRST)), 1);
    store<u32>(load<usize>(engine, ENGINE_DIRTY_LIST) + 4 * count, number);
    store<u32>(engine, count + 1, ENGINE_DIRTY_COUNT);
  }
  unlock();
}

/** A device or the host wrote guest memory. */
export function dirtyMark(host: usize, length: usize): void {
  if (dirtyMap() == 0 || length == 0) return;
  const end = host + length;
  for (let page = host & ~(PAGE_SIZE - 1); page < end; page += PAGE_SIZE) markDirty(page);
}

/** How many pages; their numbers (linear-memory address >> PAGE_BITS) are at ENGINE_DIRTY_LIST. */
export function dirtyCount(): u32 {
  return load<u32>(engine, ENGINE_DIRTY_COUNT);
}
