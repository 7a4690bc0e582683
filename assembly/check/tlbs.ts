// What the TLBs of a vCPU must always be.
import {
  PHYSMAP_BASE, PHYSMAP_FLAGS, PHYSMAP_HOST, PHYSMAP_RAM, TLB_ENTRIES, TLB_ENTRY_ADDEND, TLB_ENTRY_PHYS_PAGE, TLB_ENTRY_SIZE, TLB_ENTRY_TAG, TLB_FORCE_SLOW,
  TLB_INVALID, TLB_KINDS, TLB_KIND_WRITE, TLB_MMIO, TLB_MMU_INDEXES, TLB_NOTDIRTY, TLB_WATCHPOINT, VICTIM_ENTRIES,
} from '../shared/layout';
import { pageHasCode } from '../core/code-pages';
import { physmapPage } from '../core/physmap';
import { targetTranslateFor } from '../target/dispatch';
import { PAGE_MASK, slotOf, tableInUse, tableOf, victimsOf } from '../tlb/tables';
import { isWatched } from '../tlb/watchpoints';
import { PAGE_BITS, PAGE_SIZE } from '../target/traits/pages';

/** Entries that a walk of the page tables contradicts now. */
let contradicted: u32 = 0;

/**
 * Fails an assertion at the first entry that is not as it must be. Returns how many say another physical page than the page tables do now: a guest may have
 * changed them and flush in a moment, but should not be found so for long. What is no longer mapped is not counted: Linux takes its time with that.
 */
export function checkTlbs(env: usize): u32 {
  contradicted = 0;
  for (let mmuIdx = 0; mmuIdx < TLB_MMU_INDEXES; mmuIdx++) {
    for (let kind = 0; kind < TLB_KINDS; kind++) {
      checkTable(env, mmuIdx, kind, tableOf(env, mmuIdx, kind), TLB_ENTRIES, true);
      checkTable(env, mmuIdx, kind, victimsOf(env, mmuIdx, kind), VICTIM_ENTRIES, false);
    }
  }
  return contradicted;
}

function checkTable(env: usize, mmuIdx: i32, kind: i32, table: usize, entries: i32, direct: bool): void {
  for (let n = 0; n < entries; n++) {
    const entry = table + n * TLB_ENTRY_SIZE;
    const tag = load<u64>(entry, TLB_ENTRY_TAG);
    if ((tag & TLB_INVALID) != 0) continue;
    assert(tableInUse(env, mmuIdx * TLB_KINDS + kind), 'TLB: a flush would not find an entry');
    assert(!direct || slotOf(tag) == n, 'TLB: an entry in the slot of another page');
    assert(((tag & TLB_WATCHPOINT) != 0) == isWatched(env, tag & PAGE_MASK), 'TLB: an entry does not know of a watchpoint, or of one too many');
    checkEntry(entry, tag, kind);
    const phys = targetTranslateFor(env, tag & PAGE_MASK, kind, mmuIdx);
    if (phys != u64.MAX_VALUE && ((phys >> PAGE_BITS) as u32) != load<u32>(entry, TLB_ENTRY_PHYS_PAGE)) contradicted++;
  }
}

/** An entry against the physical map and the pages with code. */
function checkEntry(entry: usize, tag: u64, kind: i32): void {
  const page = load<u32>(entry, TLB_ENTRY_PHYS_PAGE);
  const phys = (page as u64) << PAGE_BITS;
  const record = physmapPage(phys);
  const isMemory = record != 0 && (kind != TLB_KIND_WRITE || (load<u32>(record, PHYSMAP_FLAGS) & PHYSMAP_RAM) != 0);
  assert(((tag & TLB_MMIO) == 0) == isMemory, 'TLB: an entry takes a device for memory, or memory for a device');
  assert((tag & (PAGE_SIZE - 1) & ~((TLB_NOTDIRTY | TLB_MMIO | TLB_WATCHPOINT | TLB_FORCE_SLOW) as u64)) == 0, 'TLB: an entry has flags that there are not');
  if (!isMemory) return;
  const host: u32 = load<u32>(record, PHYSMAP_HOST) + ((phys - load<u64>(record, PHYSMAP_BASE)) as u32);
  assert(((tag as u32) & (PAGE_MASK as u32)) + load<u32>(entry, TLB_ENTRY_ADDEND) == host, 'TLB: an entry leads to other memory than its physical page');
  if (kind == TLB_KIND_WRITE && (tag & TLB_NOTDIRTY) == 0) assert(!pageHasCode(page), 'TLB: a store to a page with code would not be noticed');
}
