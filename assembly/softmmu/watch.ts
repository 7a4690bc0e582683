// Watchpoints: which accesses they stop.
import { ENGINE_WATCHPOINTS, ENV_WATCHPOINT_HIT, EXCP_DEBUG, TLB_WATCHPOINT } from '../shared/layout';
import { raise } from '../core/env';
import { pointOver } from '../core/points';
import { flagsOf } from './lookup';

/** Whether a watchpoint stops an access within one page, of kind `access` (BP_MEM_*): EXCP_DEBUG is raised then, and the access must not happen. */
export function watched(env: usize, entry: usize, addr: u64, size: u32, access: u32): bool {
  return (flagsOf(entry) & TLB_WATCHPOINT) != 0 && hit(env, addr, size, access);
}

function hit(env: usize, addr: u64, size: u32, access: u32): bool {
  const point = pointOver(ENGINE_WATCHPOINTS, env, addr, addr + (size - 1), access);
  if (point == 0) return false;
  store<usize>(env, point, ENV_WATCHPOINT_HIT);
  raise(env, EXCP_DEBUG);
  return true;
}
