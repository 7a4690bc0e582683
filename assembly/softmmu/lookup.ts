// From a virtual address to a TLB entry: the tables, the victims, and the target's page walk behind them.
import { TLB_ENTRY_ADDEND, TLB_ENTRY_PHYS_PAGE, TLB_ENTRY_TAG, TELL_FILLS, TLB_FORCE_SLOW } from '../shared/layout';
import { tlbFilled } from '../core/host';
import { vcpu } from '../core/vcpu';
import { WORK_LOOKUP, WORK_TLB_FILL, worked } from '../core/work';
import { targetAccessFault, targetTlbFill } from '../target/dispatch';
import { entryOf, isPage, OFFSET_MASK, PAGE_MASK, tableOf, victimHit } from '../tlb/tables';
import { PAGE_BITS, PAGE_SIZE } from '../target/traits/pages';

/** The TLB entry for an access within one page, filled if need be. 0: not allowed, the fault is raised (unless `probe`). */
export function lookup(env: usize, addr: u64, size: i32, kind: i32, mmuIdx: i32, probe: bool): usize {
  const page = addr & PAGE_MASK;
  const entry = entryOf(tableOf(env, mmuIdx, kind), addr);
  worked(WORK_LOOKUP);
  let tag = load<u64>(entry, TLB_ENTRY_TAG);
  if (!isPage(tag, page) && victimHit(env, mmuIdx, kind, page, entry)) tag = load<u64>(entry, TLB_ENTRY_TAG);
  if (!isPage(tag, page) || (tag & TLB_FORCE_SLOW) != 0) {
    worked(WORK_TLB_FILL);
    const filled = targetTlbFill(env, addr, size, kind, mmuIdx, probe);
    if ((vcpu(env).tell & TELL_FILLS) != 0) tellFill(env, addr, kind, mmuIdx, filled ? entry : 0);
    if (!filled) return 0;
    // A target that reports success has set the page; what has not is taken for a bus error, not for a translation.
    if (!isPage(load<u64>(entry, TLB_ENTRY_TAG), page)) {
      if (!probe) targetAccessFault(env, addr, kind);
      return 0;
    }
  }
  return entry;
}

function tellFill(env: usize, addr: u64, kind: i32, mmuIdx: i32, entry: usize): void {
  tlbFilled(env, addr as u32, (addr >> 32) as u32, kind, mmuIdx, entry == 0 ? -1 : (physOf(entry, addr) as f64));
}

@inline
export function flagsOf(entry: usize): u32 {
  return (load<u64>(entry, TLB_ENTRY_TAG) as u32) & (PAGE_SIZE - 1);
}

@inline
export function hostOf(entry: usize, addr: u64): usize {
  return (addr as u32) + load<u32>(entry, TLB_ENTRY_ADDEND);
}

@inline
export function physOf(entry: usize, addr: u64): u64 {
  return ((load<u32>(entry, TLB_ENTRY_PHYS_PAGE) as u64) << PAGE_BITS) | (addr & OFFSET_MASK);
}
