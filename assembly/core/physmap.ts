// Guest-physical memory as the runtime sees it: RAM and ROM of the PHYSMAP are in linear memory, everything else is the host's. Bytes may be absent (a snapshot
// that is read as it is used): who makes an address of memory from a physical one has them brought. A page with a TLB entry or a TB is there.
import {
  ENGINE_ABSENT, ENGINE_PHYSMAP, PHYSMAP_BASE, PHYSMAP_COUNT, PHYSMAP_FLAGS, PHYSMAP_HOST, PHYSMAP_LENGTH, PHYSMAP_RAM, PHYSMAP_RECORDS, PHYSMAP_RECORD_SIZE,
} from '../shared/layout';
import { engine } from './engine';
import { fetchPage } from './host';
import { PAGE_SIZE } from '../target/traits/pages';

/** The PHYSMAP record that covers `size` bytes at `addr`, or 0. Records are sorted by base. The host never writes to the map in use. */
function physmapFind(addr: u64, size: u64): usize {
  const map = atomic.load<usize>(engine, ENGINE_PHYSMAP);
  let record = map + PHYSMAP_RECORDS;
  for (let left = load<u32>(map, PHYSMAP_COUNT); left > 0; left--, record += PHYSMAP_RECORD_SIZE) {
    const base = load<u64>(record, PHYSMAP_BASE);
    if (addr < base) return 0;
    const offset = addr - base;
    const length = load<u64>(record, PHYSMAP_LENGTH);
    if (offset < length) return length - offset >= size ? record : 0;
  }
  return 0;
}

/** Linear-memory address of `size` bytes at guest-physical `addr` within one RAM (for writes) or RAM or ROM (for reads) region, or 0. */
export function physHost(addr: u64, size: u64, write: bool): usize {
  const record = physmapFind(addr, size);
  if (record == 0) return 0;
  if (write && (load<u32>(record, PHYSMAP_FLAGS) & PHYSMAP_RAM) == 0) return 0;
  const host = load<u32>(record, PHYSMAP_HOST) + ((addr - load<u64>(record, PHYSMAP_BASE)) as u32);
  bring(host, size as u32);
  return host;
}

/** `size` bytes within a page are about to be looked at. Not under the lock: it may call the host. */
@inline
export function bring(host: usize, size: u32): void {
  if (load<u32>(engine, ENGINE_ABSENT) != 0) fetchPage(host, size);
}

/** The record of a whole page (for the TLB), or 0: then it is MMIO. */
@inline
export function physmapPage(page: u64): usize {
  return physmapFind(page, PAGE_SIZE);
}
