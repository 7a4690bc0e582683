// Which bits of its CSRs a hart has: fields of modes and extensions that are absent are read-only zero. Privileged specification, chapters 3 and 12.
import {
  RV_MAX_SATP_MODE, RVX_F, RVX_S, RVX_SSTC, RVX_SVADU, RVX_SVPBMT, RVX_U, RVX_ZICBOM, RVX_ZICBOZ, RVX_ZICNTR, RVX_ZIHPM,
} from './shared/riscv';
import {
  COUNTERS_BASE, COUNTERS_HPM, COUNTER_TM, DELEGABLE_EXCEPTIONS, ENVCFG_CBCFE, ENVCFG_CBIE, ENVCFG_CBIE_RESERVED, ENVCFG_CBZE, ENVCFG_FIOM, MENVCFG_ADUE,
  MENVCFG_PBMTE, MENVCFG_STCE, MSTATUS64_SXL64, MSTATUS64_UXL64, MSTATUS_FS, MSTATUS_MIE, MSTATUS_MPIE, MSTATUS_MPP, MSTATUS_MPRV, MSTATUS_MXR, MSTATUS_SIE,
  MSTATUS_SPIE, MSTATUS_SPP, MSTATUS_SUM, MSTATUS_TSR, MSTATUS_TVM, MSTATUS_TW, M_INTERRUPTS, PAGE_FAULTS, PRV_M, PRV_S, PRV_U, S_INTERRUPTS,
} from './bits';
import { hasExt, isRv32 } from './hart';

@inline
export function hasPaging(env: usize): bool {
  return load<u32>(env, RV_MAX_SATP_MODE) != 0;
}

@inline
export function leastPrivilege(env: usize): i32 {
  return hasExt(env, RVX_U) ? PRV_U : PRV_M;
}

/** Whether MPP may hold `priv` (section 3.1.6.1). */
export function hasMode(env: usize, priv: i32): bool {
  return priv == PRV_M || (priv == PRV_S && hasExt(env, RVX_S)) || (priv == PRV_U && hasExt(env, RVX_U));
}

/** Section 3.1.6. Without F, FS may be read-only zero: it is. All of them are in the lower half. */
export function statusWritable(env: usize): u64 {
  let bits = MSTATUS_MIE | MSTATUS_MPIE | MSTATUS_MPP;
  if (hasExt(env, RVX_U)) bits |= MSTATUS_MPRV | MSTATUS_TW;
  if (hasExt(env, RVX_S)) bits |= MSTATUS_SIE | MSTATUS_SPIE | MSTATUS_SPP | MSTATUS_MXR | MSTATUS_TVM | MSTATUS_TSR;
  if (hasPaging(env)) bits |= MSTATUS_SUM;
  if (hasExt(env, RVX_F)) bits |= MSTATUS_FS;
  return bits;
}

/** mstatus after reset: UXL and SXL have no other value, and MPP is a mode that there is. */
export function statusAtReset(env: usize): u64 {
  const mpp: u64 = hasExt(env, RVX_U) ? 0 : MSTATUS_MPP;
  if (isRv32(env)) return mpp;
  return mpp | (hasExt(env, RVX_U) ? MSTATUS64_UXL64 : 0) | (hasExt(env, RVX_S) ? MSTATUS64_SXL64 : 0);
}

/** Interrupts that there are (section 3.1.9): no LCOFI without Sscofpmf, none of the hypervisor's. */
@inline
export function interrupts(env: usize): u64 {
  return hasExt(env, RVX_S) ? M_INTERRUPTS | S_INTERRUPTS : M_INTERRUPTS;
}

/** Section 3.1.8: what cannot come from below M-mode cannot be delegated. */
export function delegableExceptions(env: usize): u64 {
  return hasPaging(env) ? DELEGABLE_EXCEPTIONS | PAGE_FAULTS : DELEGABLE_EXCEPTIONS;
}

/** mcounteren and scounteren: the unprivileged counters that there are (section 3.1.11). */
export function countersEnableable(env: usize): u64 {
  return (hasExt(env, RVX_ZICNTR) ? COUNTERS_BASE : 0) | (hasExt(env, RVX_ZIHPM) ? COUNTERS_HPM : 0);
}

/** mcountinhibit: all counters that count but time (section 3.1.12). */
export function countersInhibitable(env: usize): u64 {
  return (COUNTERS_BASE & ~COUNTER_TM) | (hasExt(env, RVX_ZIHPM) ? COUNTERS_HPM : 0);
}

/** Sections 3.1.18 and 12.1.10. */
function senvcfgWritable(env: usize): u64 {
  return ENVCFG_FIOM | (hasExt(env, RVX_ZICBOM) ? ENVCFG_CBIE | ENVCFG_CBCFE : 0) | (hasExt(env, RVX_ZICBOZ) ? ENVCFG_CBZE : 0);
}

function menvcfgWritable(env: usize): u64 {
  let bits = senvcfgWritable(env);
  if (hasExt(env, RVX_SVPBMT)) bits |= MENVCFG_PBMTE;
  if (hasExt(env, RVX_SVADU)) bits |= MENVCFG_ADUE;
  if (hasExt(env, RVX_SSTC)) bits |= MENVCFG_STCE;
  return bits;
}

/** `old` with the legal part of `value`. A reserved CBIE leaves the field as it was. */
function legalEnvcfg(old: u64, value: u64, writable: u64): u64 {
  if ((value & ENVCFG_CBIE) == ENVCFG_CBIE_RESERVED) writable &= ~ENVCFG_CBIE;
  return (old & ~writable) | (value & writable);
}

export function legalSenvcfg(env: usize, old: u64, value: u64): u64 {
  return legalEnvcfg(old, value, senvcfgWritable(env));
}

export function legalMenvcfg(env: usize, old: u64, value: u64): u64 {
  return legalEnvcfg(old, value, menvcfgWritable(env));
}
