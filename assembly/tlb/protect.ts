// Pages with code: stores to them take the slow path, which invalidates what was made from them.
import {
  TLB_ENTRIES, TLB_ENTRY_PHYS_PAGE, TLB_ENTRY_SIZE, TLB_ENTRY_TAG, TLB_INVALID, TLB_KINDS, TLB_KIND_WRITE, TLB_MMIO, TLB_MMU_INDEXES, TLB_NOTDIRTY,
  VICTIM_ENTRIES,
} from '../shared/layout';
import { firstEnv } from '../core/cpus';
import { vcpu } from '../core/vcpu';
import { tableOf, victimsOf } from './tables';

/**
 * A page of RAM got its first TB: stores to it must take the slow path from now on, on all vCPUs. Under the lock, as all that puts entries into write tables;
 * their vCPU may drop them without it.
 */
export function protectPage(physPage: u32): void {
  for (let env = firstEnv(); env != 0; env = vcpu(env).nextCpu) {
    const dirty = vcpu(env).tlbDirty;
    for (let idx = 0; idx < TLB_MMU_INDEXES; idx++) {
      if (((dirty >> (idx * TLB_KINDS + TLB_KIND_WRITE)) & 1) == 0) continue;
      protectIn(tableOf(env, idx, TLB_KIND_WRITE), TLB_ENTRIES, physPage);
      protectIn(victimsOf(env, idx, TLB_KIND_WRITE), VICTIM_ENTRIES, physPage);
    }
  }
}

function protectIn(table: usize, entries: i32, physPage: u32): void {
  const end = table + entries * TLB_ENTRY_SIZE;
  for (let entry = table; entry < end; entry += TLB_ENTRY_SIZE) {
    if (load<u32>(entry, TLB_ENTRY_PHYS_PAGE) != physPage) continue;
    const tag = load<u64>(entry, TLB_ENTRY_TAG);
    if ((tag & (TLB_INVALID | TLB_MMIO)) == 0) atomic.cmpxchg<u64>(entry, tag, tag | TLB_NOTDIRTY, TLB_ENTRY_TAG);
  }
}
