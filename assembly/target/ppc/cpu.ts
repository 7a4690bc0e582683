// State that everything else stands on: what a translation depends on, XER as software sees it, reset.
import { FPSCR_ENABLES, FPSCR_NI, FPSCR_RN, MMU_CODE, MMU_TRANSLATED, MMU_USER, MSR_BE, MSR_DR, MSR_FP, MSR_IR, MSR_LE, MSR_PR, MSR_SE, TBF_BE, TBF_FP, TBF_FP_STRICT, TBF_IR, TBF_LE, TBF_PR, TBF_SE, XER_CA, XER_OV, XER_SO, XER_ZERO } from './shared/ppc';
import { ppcSetCr } from './cr';
import { ppc } from './env';
import { PPC_CA, PPC_END, PPC_OV, PPC_SO, PPC_XER } from './shared/env';
import { vcpu } from '../../core/vcpu';

@inline
export function msr(env: usize): u32 {
  return ppc(env).msr;
}

/** FEATURE_* of the model. */
@inline
export function hasFeature(env: usize, feature: u32): bool {
  return (ppc(env).features & feature) != 0;
}

/** The mmu index of accesses that are translated if `translated` (a bit of MSR) is set. */
@inline
export function mmuIdxOf(env: usize, translated: u32): i32 {
  const bits = msr(env);
  return ((bits & MSR_PR) != 0 ? MMU_USER : 0) | ((bits & translated) != 0 ? MMU_TRANSLATED : 0);
}

export function fetchMmuIdx(env: usize): i32 {
  const idx = mmuIdxOf(env, MSR_IR);
  return (idx & MMU_TRANSLATED) != 0 ? idx | MMU_CODE : idx;
}

/** Recomputes ENV_MMU_IDX and ENV_TB_FLAGS. Call after any change of MSR or of the modes and enables of FPSCR. */
export function updateTbFlags(env: usize): void {
  const bits = msr(env);
  const mmuIdx = mmuIdxOf(env, MSR_DR);
  let flags: u32 = mmuIdx;
  if ((bits & MSR_PR) != 0) flags |= TBF_PR;
  if ((bits & MSR_FP) != 0) flags |= TBF_FP;
  if ((bits & MSR_LE) != 0) flags |= TBF_LE;
  if ((bits & MSR_SE) != 0) flags |= TBF_SE;
  if ((bits & MSR_BE) != 0) flags |= TBF_BE;
  if ((bits & MSR_IR) != 0) flags |= TBF_IR;
  if ((ppc(env).fpscr & (FPSCR_ENABLES | FPSCR_NI | FPSCR_RN)) != 0) flags |= TBF_FP_STRICT;
  vcpu(env).mmuIdx = mmuIdx;
  vcpu(env).tbFlags = flags;
}

export function ppcXer(env: usize): u32 {
  return load<u32>(env, PPC_XER) | (load<u32>(env, PPC_SO) << 31) | (load<u32>(env, PPC_OV) << 30) | (load<u32>(env, PPC_CA) << 29);
}

export function ppcSetXer(env: usize, word: u32): void {
  ppc(env).so = word >> 31;
  ppc(env).ov = (word >> 30) & 1;
  ppc(env).ca = (word >> 29) & 1;
  ppc(env).xer = word & ~(XER_SO | XER_OV | XER_CA | XER_ZERO);
}

/** What every reset sets of what programs see; what reset leaves is undefined in the manual, and stays. */
export function resetUser(env: usize): void {
  ppcSetCr(env, 0);
  ppcSetXer(env, 0);
  ppc(env).lr = 0;
  ppc(env).ctr = 0;
  ppc(env).reserve = -1;
  ppc(env).fpscr = 0;
  ppc(env).fpOp = 0;
  ppc(env).fpCompared = 0;
  ppc(env).fpConverted = 0;
  ppc(env).msr = ppc(env).resetMsr;
  vcpu(env).pc = ppc(env).resetVector;
  vcpu(env).exceptionIndex = -1;
  vcpu(env).fault = 0;
  vcpu(env).halted = 0;
  updateTbFlags(env);
}

export function wrapAddress(env: usize, addr: u64): u64 {
  return addr & 0xffffffff;
}

export function insnSize(env: usize, host: usize): u32 {
  return 4;
}

export function stateEnd(): usize {
  return PPC_END;
}
