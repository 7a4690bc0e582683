// Which bits of its CSRs a hart has: fields of modes and extensions that are absent are read-only zero. Privileged specification, chapters 3 and 12.
import {
  RVX_F, RVX_S, RVX_SMAIA, RVX_SMCDELEG, RVX_SMCNTRPMF, RVX_SMCSRIND, RVX_SMDBLTRP, RVX_SMEPMP, RVX_SMMPM, RVX_SMNPM, RVX_SSAIA, RVX_SSCCFG, RVX_SSCOFPMF,
  RVX_SSCSRIND, RVX_SSDBLTRP, RVX_SSNPM, RVX_SSTC, RVX_SVADU, RVX_SVPBMT, RVX_U, RVX_ZICBOM, RVX_ZICBOZ, RVX_ZICFILP, RVX_ZICFISS, RVX_ZCMT, RVX_ZICNTR,
  RVX_ZIHPM, RVX_ZKR,
} from './shared/riscv';
import {
  COUNTERS_BASE, COUNTERS_HPM, COUNTER_TM, DELEGABLE_EXCEPTIONS, ENVCFG_CBCFE, ENVCFG_CBIE, ENVCFG_CBIE_RESERVED, ENVCFG_CBZE, ENVCFG_FIOM, ENVCFG_LPE, ENVCFG_PMM,
  ENVCFG_PMM_RESERVED, ENVCFG_SSE, EVENT_MINH, EVENT_SINH, EVENT_UINH, EVENT_VINH, MENVCFG_ADUE, MENVCFG_CDE, MENVCFG_DTE, MENVCFG_PBMTE, MENVCFG_STCE,
  MIP_LCOFIP, MIP_SEIP, MIP_SSIP, MSECCFG_MLPE, MSECCFG_MML, MSECCFG_MMWP, MSECCFG_RLB, MSECCFG_SSEED, MSECCFG_USEED, MSTATUS64_SXL64, MSTATUS64_UXL64, MSTATUS_FS, MSTATUS_MDT, MSTATUS_MIE,
  MSTATUS_MPELP, MSTATUS_MPIE, MSTATUS_MPP, MSTATUS_MPRV, MSTATUS_MXR, MSTATUS_SDT, MSTATUS_SIE, MSTATUS_SPELP, MSTATUS_SPIE, MSTATUS_SPP, MSTATUS_SUM, MSTATUS_TSR, MSTATUS_TVM,
  MSTATUS_TW, M_INTERRUPTS, PAGE_FAULTS, PRV_M, PRV_S, PRV_U, SOFTWARE_CHECK, S_INTERRUPTS, STATEEN_AIA, STATEEN_CSRIND, STATEEN_ENVCFG, STATEEN_IMSIC, STATEEN_JVT, STATEEN_SE,
} from './bits';
import { hasExt, isRv32 } from './hart';
import { hart } from './env';

@inline
export function hasPaging(env: usize): bool {
  return hart(env).maxSatpMode != 0;
}

@inline
export function leastPrivilege(env: usize): i32 {
  return hasExt(env, RVX_U) ? PRV_U : PRV_M;
}

/** Whether MPP may hold `priv` (section 3.1.6.1). */
export function hasMode(env: usize, priv: i32): bool {
  return priv == PRV_M || (priv == PRV_S && hasExt(env, RVX_S)) || (priv == PRV_U && hasExt(env, RVX_U));
}

/** Section 3.1.6. Without F, FS may be read-only zero: it is. */
export function statusWritable(env: usize): u64 {
  let bits = MSTATUS_MIE | MSTATUS_MPIE | MSTATUS_MPP;
  if (hasExt(env, RVX_U)) bits |= MSTATUS_MPRV | MSTATUS_TW;
  if (hasExt(env, RVX_S)) bits |= MSTATUS_SIE | MSTATUS_SPIE | MSTATUS_SPP | MSTATUS_MXR | MSTATUS_TVM | MSTATUS_TSR;
  if (hasPaging(env)) bits |= MSTATUS_SUM;
  if (hasExt(env, RVX_F)) bits |= MSTATUS_FS;
  if (hasExt(env, RVX_SSDBLTRP) && (hart(env).menvcfg & MENVCFG_DTE) != 0) bits |= MSTATUS_SDT;
  if (hasExt(env, RVX_SMDBLTRP)) bits |= MSTATUS_MDT;
  if (hasExt(env, RVX_ZICFILP)) bits |= MSTATUS_MPELP | (hasExt(env, RVX_S) ? MSTATUS_SPELP : 0);
  return bits;
}

/** mstatus after reset: UXL and SXL have no other value, and MPP is a mode that there is. Until software says that it can be trapped, MDT is set. */
export function statusAtReset(env: usize): u64 {
  const status: u64 = (hasExt(env, RVX_U) ? 0 : MSTATUS_MPP) | (hasExt(env, RVX_SMDBLTRP) ? MSTATUS_MDT : 0);
  if (isRv32(env)) return status;
  return status | (hasExt(env, RVX_U) ? MSTATUS64_UXL64 : 0) | (hasExt(env, RVX_S) ? MSTATUS64_SXL64 : 0);
}

/** Interrupts that there are (section 3.1.9): LCOFI with Sscofpmf, none of the hypervisor's. */
@inline
export function interrupts(env: usize): u64 {
  return hart(env).interrupts;
}

/** RV_INTERRUPTS. */
export function interruptsOf(env: usize): u64 {
  return M_INTERRUPTS | (hasExt(env, RVX_S) ? S_INTERRUPTS : 0) | (hasExt(env, RVX_SSCOFPMF) ? MIP_LCOFIP : 0);
}

/** Those that can be delegated: M-mode's cannot. */
@inline
export function delegableInterrupts(env: usize): u64 {
  return interrupts(env) & ~M_INTERRUPTS;
}

/** Those that mvien may replace by bits of mvip. */
export function virtualInterrupts(env: usize): u64 {
  return delegableInterrupts(env) & (MIP_SSIP | MIP_SEIP | MIP_LCOFIP);
}

/** Section 3.1.8: what cannot come from below M-mode cannot be delegated. */
export function delegableExceptions(env: usize): u64 {
  const checks: u64 = hasExt(env, RVX_ZICFILP) || hasExt(env, RVX_ZICFISS) ? SOFTWARE_CHECK : 0;
  return DELEGABLE_EXCEPTIONS | checks | (hasPaging(env) ? PAGE_FAULTS : 0);
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
  let bits = ENVCFG_FIOM;
  if (hasExt(env, RVX_ZICBOM)) bits |= ENVCFG_CBIE | ENVCFG_CBCFE;
  if (hasExt(env, RVX_ZICBOZ)) bits |= ENVCFG_CBZE;
  if (hasExt(env, RVX_ZICFILP)) bits |= ENVCFG_LPE;
  return bits;
}

/** PMM, where there is something to mask. */
@inline
function maskWritable(env: usize, extension: i32, value: u64): u64 {
  return hasExt(env, extension) && !isRv32(env) && (value & ENVCFG_PMM) != ENVCFG_PMM_RESERVED ? ENVCFG_PMM : 0;
}

function menvcfgWritable(env: usize): u64 {
  let bits = senvcfgWritable(env);
  if (hasExt(env, RVX_ZICFISS)) bits |= ENVCFG_SSE;
  if (hasExt(env, RVX_SSDBLTRP)) bits |= MENVCFG_DTE;
  if (hasExt(env, RVX_SMCDELEG) || hasExt(env, RVX_SSCCFG)) bits |= MENVCFG_CDE;
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
  return legalEnvcfg(old, value, senvcfgWritable(env) | (hart(env).menvcfg & ENVCFG_SSE) | maskWritable(env, RVX_SSNPM, value));
}

export function legalMenvcfg(env: usize, old: u64, value: u64): u64 {
  return legalEnvcfg(old, value, menvcfgWritable(env) | maskWritable(env, RVX_SMNPM, value));
}

/** mseccfg. MML and MMWP stay until reset; RLB cannot be set while an entry is locked (`locked`). Smepmp, section 2; Smmpm. */
export function legalMseccfg(env: usize, old: u64, value: u64, locked: bool): u64 {
  let writable = maskWritable(env, RVX_SMMPM, value);
  if (hasExt(env, RVX_ZICFILP)) writable |= MSECCFG_MLPE;
  if (hasExt(env, RVX_ZKR)) writable |= (hasExt(env, RVX_U) ? MSECCFG_USEED : 0) | (hasExt(env, RVX_S) ? MSECCFG_SSEED : 0);
  if (hasExt(env, RVX_SMEPMP)) {
    writable |= MSECCFG_MML | MSECCFG_MMWP | MSECCFG_RLB;
    value |= old & (MSECCFG_MML | MSECCFG_MMWP);
    if (locked && (old & MSECCFG_RLB) == 0) value &= ~MSECCFG_RLB;
  }
  return (old & ~writable) | (value & writable);
}

/** mhpmevent (counter from 3 on), mcyclecfg, minstretcfg: the modes that there are, and no OF of a counter that tells of none. */
export function legalEvent(env: usize, counter: i32, event: u64): u64 {
  if (counter > 2 && !hasExt(env, RVX_SSCOFPMF)) return event;
  const modes = EVENT_MINH | (hasExt(env, RVX_S) ? EVENT_SINH : 0) | (hasExt(env, RVX_U) ? EVENT_UINH : 0);
  if (counter <= 2) return hasExt(env, RVX_SMCNTRPMF) ? event & modes : 0;
  return event & (modes | ~(EVENT_MINH | EVENT_SINH | EVENT_UINH | EVENT_VINH));
}

/** sstateen0 to 3: bits of what there is to be given to U-mode. */
export function sstateenWritable(env: usize, index: i32): u64 {
  return index == 0 && hasExt(env, RVX_ZCMT) ? STATEEN_JVT : 0;
}

/** mstateen0 to 3 (Smstateen, chapter 2): bits of what there is to be given to S-mode. */
export function stateenWritable(env: usize, index: i32): u64 {
  if (index > 0) return STATEEN_SE;
  const smaia = hasExt(env, RVX_SMAIA) || hasExt(env, RVX_SSAIA);
  let bits = STATEEN_SE | STATEEN_ENVCFG | sstateenWritable(env, index);
  if (smaia || hasExt(env, RVX_SMCSRIND) || hasExt(env, RVX_SSCSRIND)) bits |= STATEEN_CSRIND;
  if (smaia) bits |= STATEEN_AIA;
  if (smaia && hart(env).imsic != 0) bits |= STATEEN_IMSIC;
  return bits;
}
