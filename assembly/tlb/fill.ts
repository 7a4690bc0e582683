// Putting translations into the TLBs.
import {
  ENV_TLB_LARGE, PHYSMAP_BASE, PHYSMAP_FLAGS, PHYSMAP_HOST, PHYSMAP_RAM, TLB_ENTRY_ADDEND, TLB_ENTRY_PHYS_PAGE, TLB_ENTRY_SIZE, TLB_ENTRY_TAG, TLB_FORCE_SLOW,
  TLB_INVALID, TLB_KINDS, TLB_KIND_CODE, TLB_KIND_READ, TLB_KIND_WRITE, TLB_MMIO, TLB_NOTDIRTY, TLB_WATCHPOINT, VICTIM_ENTRIES,
} from '../shared/layout';
import { pageHasCode } from '../core/code-pages';
import { isClean } from '../core/dirty';
import { lock, unlock } from '../core/engine';
import { bring, physmapPage } from '../core/physmap';
import { vcpu } from '../core/vcpu';
import { dropIfPage, dropVictim, entryOf, isPrivate, noteFilled, PAGE_MASK, setPrivate, setVictimPrivate, slotOf, tableOf, victimsOf } from './tables';
import { isWatched } from './watchpoints';
import { PAGE_BITS, PAGE_SIZE } from '../target/traits/pages';

function hasPlace(env: usize, mmuIdx: i32, kind: i32, page: u64): bool {
  const tag = load<u64>(entryOf(tableOf(env, mmuIdx, kind), page), TLB_ENTRY_TAG);
  return (tag & TLB_INVALID) != 0 || (tag & PAGE_MASK) == page;
}

function setEntry(env: usize, mmuIdx: i32, kind: i32, page: u64, tag: u64, addend: u32, physPage: u32, shared: bool): void {
  const entry = entryOf(tableOf(env, mmuIdx, kind), page);
  const table = mmuIdx * TLB_KINDS + kind;
  const slot = slotOf(page);
  const old = load<u64>(entry, TLB_ENTRY_TAG);
  dropVictim(env, mmuIdx, kind, page);
  if ((old & TLB_INVALID) == 0 && (old & PAGE_MASK) != page) {
    const n = vcpu(env).tlbRotor;
    vcpu(env).tlbRotor = (n + 1) & (VICTIM_ENTRIES - 1);
    memory.copy(victimsOf(env, mmuIdx, kind) + n * TLB_ENTRY_SIZE, entry, TLB_ENTRY_SIZE);
    setVictimPrivate(env, table, n, isPrivate(env, table, slot));
  }
  setPrivate(env, table, slot, !shared);
  store<u64>(entry, tag, TLB_ENTRY_TAG);
  store<u32>(entry, addend, TLB_ENTRY_ADDEND);
  store<u32>(entry, physPage, TLB_ENTRY_PHYS_PAGE);
  noteFilled(env, table, slot);
}

/**
 * The target's page walk found a translation for an `access` (TLB_KIND_*): virtual page -> physical page (addresses), with the rights `prot` (1 read, 2 write, 4 execute).
 * It goes into the table of that access, and for data into that of the other kind as well if nobody has the place there: pages that are only read, or only written, would drive out one
 * another's entries (a copy between buffers that lie a table's reach apart).
 * `pageSize`: bytes of the guest page, for tlbFlushPage. `forceSlow`: rights are finer than a page, ask the target at every access. `shared`: the page is
 * mapped so in all address spaces.
 */
export function tlbSetPage(env: usize, vaddrPage: u64, physPage: u64, prot: i32, access: i32, mmuIdx: i32, pageSize: u64, forceSlow: bool, shared: bool): void {
  const page = vaddrPage & PAGE_MASK;
  const physNumber = (physPage >> PAGE_BITS) as u32;
  const record = physmapPage(physPage & PAGE_MASK);
  let addend: u32 = 0;
  let flags: u64 = forceSlow ? TLB_FORCE_SLOW : 0;
  if (isWatched(env, page)) flags |= TLB_WATCHPOINT;
  let writeFlags = flags;
  if (record != 0) {
    addend = load<u32>(record, PHYSMAP_HOST) + ((physPage - load<u64>(record, PHYSMAP_BASE)) as u32) - (page as u32);
    bring((addend + (page as u32)) as usize, PAGE_SIZE as u32);
  }
  // Whoever registers the page's first TB meanwhile finds the entry, or is found.
  lock();
  if (record == 0) {
    flags |= TLB_MMIO;
    writeFlags |= TLB_MMIO;
  } else {
    if ((load<u32>(record, PHYSMAP_FLAGS) & PHYSMAP_RAM) == 0) writeFlags |= TLB_MMIO;
    else if (pageHasCode(physNumber) || isClean(addend + (page as u32))) writeFlags |= TLB_NOTDIRTY;
  }
  const isFetch = access == TLB_KIND_CODE;
  for (let kind = isFetch ? TLB_KIND_CODE : TLB_KIND_READ; kind <= (isFetch ? TLB_KIND_CODE : TLB_KIND_WRITE); kind++) {
    if (((prot >> kind) & 1) != 0) {
      if (kind == access || hasPlace(env, mmuIdx, kind, page)) setEntry(env, mmuIdx, kind, page, page | (kind == TLB_KIND_WRITE ? writeFlags : flags), addend, physNumber, shared);
    } else {
      dropIfPage(entryOf(tableOf(env, mmuIdx, kind), page), page);
      dropVictim(env, mmuIdx, kind, page);
    }
  }
  unlock();
  if (pageSize > (PAGE_SIZE as u64)) {
    const first = page & ~(pageSize - 1);
    store<u64>(env + mmuIdx * 16, min(load<u64>(env + mmuIdx * 16, ENV_TLB_LARGE), first), ENV_TLB_LARGE);
    store<u64>(env + mmuIdx * 16, max(load<u64>(env + mmuIdx * 16, ENV_TLB_LARGE + 8), first + (pageSize - 1)), ENV_TLB_LARGE + 8);
  }
}
