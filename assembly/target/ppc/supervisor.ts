// The supervisor's state as a whole: reset, and what is made from it.
import { ENV_PC } from '../../shared/layout';
import { tlbFlush } from '../../tlb/flush';
import { resetUser, updateTbFlags } from './cpu';
import { breakpointsChanged } from './debug';
import { updateInterrupts } from './interrupts';
import { pmuPostLoad } from './pmu';
import { softTlbClear } from './soft_tlb';
import { ppc } from './env';
import { PPC_CTR, PPC_GPR, PPC_LR, PPC_SR, PPC_TGPR } from './shared/env';
import { vcpu } from '../../core/vcpu';

/** After a hard reset (PEM, table 6-7). Lines keep the levels that their devices drive; SPRs are the CPU's to set: their values are in its table. */
export function reset(env: usize): void {
  resetUser(env);
  memory.fill(env + PPC_SR, 0, 16 * 4);
  memory.fill(env + PPC_TGPR, 0, 4 * 8);
  ppc(env).pending = 0;
  ppc(env).pmuSignaled = 0;
  ppc(env).busCause = 0;
  softTlbClear(env);
  ppcPostLoad(env);
}

/** After the env was written from outside (reset, a snapshot, a debugger): brings everything derived up to date. */
export function ppcPostLoad(env: usize): void {
  // Whoever made the snapshot is not trusted to have kept to 32 bits.
  for (let n = 0; n < 32; n++) store<u64>(env + n * 8, load<u32>(env + n * 8, PPC_GPR), PPC_GPR);
  ppc(env).lr = load<u32>(env, PPC_LR);
  ppc(env).ctr = load<u32>(env, PPC_CTR);
  vcpu(env).pc = load<u32>(env, ENV_PC);
  ppc(env).msr = ppc(env).msr & ppc(env).msrMask;
  ppc(env).stale = 0;
  ppc(env).cached = 0;
  updateTbFlags(env);
  pmuPostLoad(env);
  updateInterrupts(env);
  breakpointsChanged(env);
  tlbFlush(env);
}
