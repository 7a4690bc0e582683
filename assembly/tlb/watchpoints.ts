// Watchpoints ride on the TLB: the entries of their pages have TLB_WATCHPOINT, so that every access there comes to the soft MMU, which compares (softmmu/watch.ts).
import { BP_CPU, BP_GDB, BP_MEM_ACCESS, ENGINE_WATCHPOINTS } from '../shared/layout';
import { countOf, pointAdd, pointOver, pointRemove, pointsRemove } from '../core/points';
import { tlbFlush, tlbFlushAllCpus } from './flush';
import { PAGE_SIZE } from '../target/traits/pages';

/** `env`: 0 for all vCPUs. `flags`: BP_MEM_*, and BP_GDB or BP_CPU. False: there are too many. */
export function watchpointInsert(env: usize, first: u64, last: u64, flags: u32): bool {
  return changed(env, pointAdd(ENGINE_WATCHPOINTS, env, first, last, flags));
}

/** False: there is none. */
export function watchpointRemove(env: usize, first: u64, last: u64, flags: u32): bool {
  return changed(env, pointRemove(ENGINE_WATCHPOINTS, env, first, last, flags));
}

/** All with a flag of `flags`. */
export function watchpointsRemove(env: usize, flags: u32): void {
  changed(env, pointsRemove(ENGINE_WATCHPOINTS, env, flags) != 0);
}

function changed(env: usize, isChanged: bool): bool {
  if (isChanged) {
    if (env == 0) tlbFlushAllCpus();
    else tlbFlush(env);
  }
  return isChanged;
}

/**
 * Whether there is one in the page at `page`, of whatever kind: a load may be under a store's TLB check, and the other way round, so both tables have the flag.
 */
@inline
export function isWatched(env: usize, page: u64): bool {
  return countOf(ENGINE_WATCHPOINTS) != 0 && pointOver(ENGINE_WATCHPOINTS, env, page, page + (PAGE_SIZE - 1), BP_MEM_ACCESS, BP_GDB | BP_CPU) != 0;
}
