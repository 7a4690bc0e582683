// The supervisor's state as a whole: reset, and what is made from it.
import { ENV_PC } from '../../shared/layout';
import { tlbFlush } from '../../tlb/flush';
import { resetUser, updateTbFlags } from './cpu';
import { breakpointsChanged } from './debug';
import { updateInterrupts } from './msr';
import { PPC_BUS_CAUSE, PPC_MSR_MASK, PPC_PENDING, PPC_STALE, PPC_TGPR } from './shared/oea';
import { PPC_CTR, PPC_GPR, PPC_LR, PPC_MSR, PPC_SR } from './shared/ppc';
import { softTlbClear } from './soft_tlb';

/** After a hard reset (PEM, table 6-7). Lines keep the levels that their devices drive; SPRs are the CPU's to set: their values are in its table. */
export function reset(env: usize): void {
  resetUser(env);
  memory.fill(env + PPC_SR, 0, 16 * 4);
  memory.fill(env + PPC_TGPR, 0, 4 * 8);
  store<u32>(env, 0, PPC_PENDING);
  store<u32>(env, 0, PPC_BUS_CAUSE);
  softTlbClear(env);
  ppcPostLoad(env);
}

/** After the env was written from outside (reset, a snapshot, a debugger): brings everything derived up to date. */
export function ppcPostLoad(env: usize): void {
  // Whoever made the snapshot is not trusted to have kept to 32 bits.
  for (let n = 0; n < 32; n++) store<u64>(env + n * 8, load<u32>(env + n * 8, PPC_GPR), PPC_GPR);
  store<u64>(env, load<u32>(env, PPC_LR), PPC_LR);
  store<u64>(env, load<u32>(env, PPC_CTR), PPC_CTR);
  store<u64>(env, load<u32>(env, ENV_PC), ENV_PC);
  store<u32>(env, load<u32>(env, PPC_MSR) & load<u32>(env, PPC_MSR_MASK), PPC_MSR);
  store<u32>(env, 0, PPC_STALE);
  updateTbFlags(env);
  updateInterrupts(env);
  breakpointsChanged(env);
  tlbFlush(env);
}
