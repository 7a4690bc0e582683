// The guest's own break- and watchpoints, IABR and DABR. MPC603e user's manual, 4.5.16; MPC604e user's manual, 4.5.16; MPC750 user's manual, 2.1.2.1 and 4.5.15; PEM,
// 2.3.16.
import { BP_CPU, BP_MEM_READ, BP_MEM_WRITE } from '../../shared/layout';
import { reachingOut } from '../../core/journal';
import { breakpointInsert, breakpointsRemove } from '../../tb/breakpoints';
import { watchpointInsert, watchpointsRemove } from '../../tlb/watchpoints';
import { hasFeature, msr } from './cpu';
import { raiseAt, raiseWith } from './raise';
import { DSISR_DABR, DSISR_STORE, EXC_IABR, FEATURE_DABR, FEATURE_IABR, FEATURE_IABR_TE } from './shared/oea';
import { EXC_DSI, MSR_DR, MSR_IR } from './shared/ppc';
import { ppc } from './env';

// IABR
const IABR_ADDRESS: u32 = ~3;
const IABR_BE: u32 = 2;
const IABR_TE: u32 = 1; // it is for MSR[IR] = 1

// DABR: doublewords are watched
const DABR_ADDRESS: u32 = ~7;
const DABR_BT: u32 = 4; // it is for MSR[DR] = 1
const DABR_DW: u32 = 2;
const DABR_DR: u32 = 1;

/** After a change of IABR or DABR. */
export function breakpointsChanged(env: usize): void {
  reachingOut();
  breakpointsRemove(env, BP_CPU);
  watchpointsRemove(env, BP_CPU);
  const iabr = ppc(env).iabr;
  if (hasFeature(env, FEATURE_IABR) && (iabr & IABR_BE) != 0) breakpointInsert(env, (iabr & IABR_ADDRESS) as u64, BP_CPU);
  const dabr = ppc(env).dabr;
  const access = ((dabr & DABR_DR) != 0 ? BP_MEM_READ : 0) | ((dabr & DABR_DW) != 0 ? BP_MEM_WRITE : 0);
  if (!hasFeature(env, FEATURE_DABR) || access == 0) return;
  const first = (dabr & DABR_ADDRESS) as u64;
  watchpointInsert(env, first, first + 7, BP_CPU | access);
}

export function breakpoint(env: usize, pc: u64): bool {
  if (hasFeature(env, FEATURE_IABR_TE) && ((ppc(env).iabr & IABR_TE) != 0) != ((msr(env) & MSR_IR) != 0)) return false;
  raiseWith(env, EXC_IABR, 0);
  return true;
}

export function watchpoint(env: usize, addr: u64, size: u32, access: u32): bool {
  if (((ppc(env).dabr & DABR_BT) != 0) != ((msr(env) & MSR_DR) != 0)) return false;
  raiseAt(env, EXC_DSI, DSISR_DABR | ((access & BP_MEM_WRITE) != 0 ? DSISR_STORE : 0), addr);
  return true;
}
