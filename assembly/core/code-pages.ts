// Descriptors of the physical pages that hold code: a hash table of lists of TBs. A list holds tagged pointers (tb.ts). All under the engine's lock.
import { DESC_FIRST, DESC_KEY, DESC_NEXT, DESC_PAGE, DESC_SIZE, ENGINE_PAGE_HASH } from '../shared/layout';
import { arenaAlloc, arenaAllocPermanent } from './arena';
import { engine } from './engine';

const PAGE_HASH_BITS = 13;
/** Bytes of the hash table. */
export const PAGE_HASH_SIZE: usize = 4 << PAGE_HASH_BITS;

/** False: no room in the arena. */
export function codePagesInit(): bool {
  const table = arenaAllocPermanent(PAGE_HASH_SIZE);
  store<usize>(engine, table, ENGINE_PAGE_HASH);
  return table != 0;
}

/** All TBs are gone. */
export function codePagesForget(): void {
  memory.fill(load<usize>(engine, ENGINE_PAGE_HASH), 0, PAGE_HASH_SIZE);
}

function descCell(page: u32): usize {
  return load<usize>(engine, ENGINE_PAGE_HASH) + (((page * 0x9e3779b1) >> (32 - PAGE_HASH_BITS)) << 2);
}

export function descOf(page: u32): usize {
  let desc = load<usize>(descCell(page));
  while (desc != 0 && load<u32>(desc, DESC_PAGE) != page) desc = load<usize>(desc, DESC_NEXT);
  return desc;
}

/** Whether the physical page holds a TB. */
export function pageHasCode(page: u32): bool {
  const desc = descOf(page);
  return desc != 0 && load<usize>(desc, DESC_FIRST) != 0;
}

/** Room for one more page descriptor is taken before the TB is: registering cannot fail half way. */
export function descMake(page: u32): usize {
  let desc = descOf(page);
  if (desc != 0) return desc;
  desc = arenaAlloc(DESC_SIZE);
  if (desc == 0) return 0;
  const cell = descCell(page);
  store<u32>(desc, page, DESC_PAGE);
  store<usize>(desc, 0, DESC_FIRST);
  store<u64>(desc, 0, DESC_KEY);
  store<usize>(desc, load<usize>(cell), DESC_NEXT);
  store<usize>(cell, desc);
  return desc;
}
