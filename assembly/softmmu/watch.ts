// Watchpoints: which accesses they stop.
import { BP_CPU, BP_GDB, ENGINE_WATCHPOINTS, EXCP_DEBUG, TLB_WATCHPOINT } from '../shared/layout';
import { raise } from '../core/env';
import { pointOver } from '../core/points';
import { vcpu } from '../core/vcpu';
import { targetWatchpoint } from '../target/dispatch';
import { flagsOf } from './lookup';

/** Whether a watchpoint stops an access within one page, of kind `access` (BP_MEM_*): EXCP_DEBUG is raised then, or the target's exception, and the access must not happen. */
export function watched(env: usize, entry: usize, addr: u64, size: u32, access: u32): bool {
  return (flagsOf(entry) & TLB_WATCHPOINT) != 0 && hit(env, addr, size, access);
}

function hit(env: usize, addr: u64, size: u32, access: u32): bool {
  const last = addr + (size - 1);
  const point = pointOver(ENGINE_WATCHPOINTS, env, addr, last, access, BP_GDB);
  if (point == 0) return pointOver(ENGINE_WATCHPOINTS, env, addr, last, access, BP_CPU) != 0 && targetWatchpoint(env, addr, size, access);
  vcpu(env).watchpointHit = point;
  raise(env, EXCP_DEBUG);
  return true;
}
