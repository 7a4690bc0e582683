// Privileged instructions.
import { ENV_PC } from '../../shared/layout';
import { tlbFlush } from '../../tlb/flush';
import { updateTbFlags } from './cpu';
import { MSR_POW, PPC_MSR, PPC_SRR0, PPC_SRR1 } from './shared/ppc';

const RFI_MSR: u32 = 0x87c0_ffff;

export function helper_mfmsr(env: usize): u64 {
  return load<u32>(env, PPC_MSR);
}

export function helper_mtmsr(env: usize, value: u64): void {
  store<u32>(env, value as u32, PPC_MSR);
  tlbFlush(env);
  updateTbFlags(env);
}

export function helper_rfi(env: usize): void {
  const saved = load<u32>(env, PPC_SRR1) & RFI_MSR & ~MSR_POW;
  store<u32>(env, (load<u32>(env, PPC_MSR) & ~RFI_MSR) | saved, PPC_MSR);
  store<u64>(env, (load<u32>(env, PPC_SRR0) & ~3) as u64, ENV_PC);
  tlbFlush(env);
  updateTbFlags(env);
}
