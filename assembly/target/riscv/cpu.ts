// The hart's own state: privilege, what a translation depends on, reset. Everything lives in the env (shared/riscv.ts).
import { CPU_INTERRUPT_HARD } from '../../shared/layout';
import {
  RV_BADADDR, RV_BINS, RV_ELP, RV_FFLAGS, RV_FRM, RV_JVT, RV_LOAD_VAL, RV_MCAUSE, RV_MCONTEXT, RV_MCOUNTEREN, RV_MCOUNTINHIBIT, RV_MCYCLE_OFFSET, RV_MEDELEG,
  RV_MENVCFG, RV_MEPC, RV_MHPMCOUNTER, RV_MHPMEVENT, RV_MIDELEG, RV_MIE, RV_MINSTRET_OFFSET, RV_MIPRIO, RV_MISELECT, RV_MNCAUSE, RV_MNEPC, RV_MNSCRATCH,
  RV_MNSTATUS, RV_MSCRATCH, RV_MSECCFG, RV_MSTATEEN, RV_MTVAL, RV_MTVAL2, RV_MTVEC, RV_MVIEN, RV_MVIP, RV_PMPADDR, RV_PMPCFG, RV_SATP, RV_SCAUSE, RV_SCOUNTEREN,
  RV_SENVCFG, RV_SEPC, RV_SIPRIO, RV_SISELECT, RV_SOFT_MIP, RV_SSCRATCH, RV_SSP, RV_SSTATEEN, RV_STIMECMP, RV_STVAL, RV_STVEC, RV_VSIE, TBF_FRM_INVALID,
  TBF_FS_SHIFT, TBF_MASK_SHIFT, TBF_MASK_SIGNED, TBF_PRIV_SHIFT, TBF_XL32,
} from './shared/env';
import { MMU_M, MMU_S_SUM, RVX_S, RVX_SVADE, RVX_SVADU, RVX_SVPBMT } from './shared/riscv';
import { vcpu } from '../../core/vcpu';
import { triggersChanged, triggersReset } from './trigger';
import { tlbFlush } from '../../tlb/flush';
import {
  ENVCFG_PMM, ENVCFG_PMM_SHIFT, MENVCFG_ADUE, MENVCFG_PBMTE, MIP_MEIP, MIP_MSIP, MIP_MTIP, MIP_SEIP, MSTATUS_FS, MSTATUS_FS_SHIFT, MSTATUS_MPP,
  MSTATUS_MPP_SHIFT, MSTATUS_MPRV, MSTATUS_MXR, MSTATUS_SDT, MSTATUS_SUM, PRV_M, PRV_S, PRV_U,
} from './bits';
import { cfiFlags, cfiInUse } from './cfi';
import { counterModeChange, updateFilters } from './counter';
import { csrIndexInit } from './csr_table';
import { hasExt, isRv32, privilege } from './hart';
import { orderChanged } from './interrupt';
import { nmiMasked } from './interrupt_order';
import { pagingMode } from './mmu';
import { pmpUpdateRanges } from './pmp';
import { interruptsOf, statusAtReset, statusWritable } from './warl';
import { hart } from './env';

// prettier-ignore
/** Registers that reset to zero, wherever the privileged specification leaves the value open (section 3.4). */
const ZEROED = memory.data<u32>([
  RV_FFLAGS, RV_FRM, RV_LOAD_VAL, RV_MIE, RV_MIDELEG, RV_MEDELEG, RV_MTVEC, RV_MSCRATCH, RV_MEPC, RV_MCAUSE, RV_MTVAL, RV_MCOUNTEREN, RV_STVEC, RV_SSCRATCH,
  RV_SEPC, RV_SCAUSE, RV_STVAL, RV_SCOUNTEREN, RV_SATP, RV_STIMECMP, RV_SENVCFG, RV_BADADDR, RV_BINS, RV_MCOUNTINHIBIT, RV_MINSTRET_OFFSET,
  RV_MCYCLE_OFFSET, RV_SOFT_MIP, RV_JVT, RV_MSECCFG, RV_MTVAL2, RV_MISELECT, RV_SISELECT, RV_MNSCRATCH, RV_MNEPC, RV_MNCAUSE, RV_MNSTATUS, RV_MVIEN, RV_MVIP,
  RV_VSIE, RV_MCONTEXT, RV_SSP, RV_ELP, 0,
]);

/** The mmu index of loads and stores: MPRV lends M-mode the privilege in MPP, SUM selects the index that may touch user pages. */
function dataMmuIdx(env: usize): i32 {
  const status = hart(env).mstatus;
  let priv = privilege(env);
  if (priv == PRV_M) {
    if ((status & MSTATUS_MPRV) == 0 || nmiMasked(env)) return MMU_M;
    priv = ((status & MSTATUS_MPP) >> MSTATUS_MPP_SHIFT) as i32;
  }
  return priv == PRV_S && (status & MSTATUS_SUM) != 0 ? MMU_S_SUM : priv;
}

/** How addresses of data are masked in mode `priv` ("Pointer Masking Extensions"): not where MXR is set, and virtual ones keep their sign. */
function maskFlags(env: usize, priv: i32): i32 {
  if ((hart(env).mstatus & MSTATUS_MXR) != 0) return 0;
  const config = priv == PRV_M ? RV_MSECCFG : priv == PRV_U && hasExt(env, RVX_S) ? RV_SENVCFG : RV_MENVCFG;
  const mask = ((load<u64>(env + config) & ENVCFG_PMM) >> ENVCFG_PMM_SHIFT) as i32;
  if (mask == 0) return 0;
  const isVirtual = priv != PRV_M && pagingMode(env, hart(env).satp) != 0;
  return (mask << TBF_MASK_SHIFT) | (isVirtual ? TBF_MASK_SIGNED : 0);
}

/** After a change of a PMM, LPE, SSE. */
export function updateMasking(env: usize): void {
  deriveMasking(env);
  updateTbFlags(env);
}

function deriveMasking(env: usize): void {
  const masking = ((hart(env).mseccfg | hart(env).menvcfg | hart(env).senvcfg) & ENVCFG_PMM) != 0;
  hart(env).masking = u32(masking) | (u32(cfiInUse(env)) << 1);
}

/** After a change of what decides which bits of mstatus there are; a bit that goes is zero. */
export function updateStatusWritable(env: usize): void {
  const writable = statusWritable(env);
  hart(env).statusWritable = writable;
  if ((writable & MSTATUS_SDT) == 0) hart(env).mstatus = hart(env).mstatus & ~MSTATUS_SDT;
}

/** Recomputes ENV_MMU_IDX and ENV_TB_FLAGS. Call after any change of privilege, mstatus or frm. */
export function updateTbFlags(env: usize): void {
  const mmuIdx = dataMmuIdx(env);
  const fs = ((hart(env).mstatus & MSTATUS_FS) >> MSTATUS_FS_SHIFT) as i32;
  let flags = mmuIdx | (privilege(env) << TBF_PRIV_SHIFT) | (fs << TBF_FS_SHIFT);
  if (isRv32(env)) flags |= TBF_XL32;
  if (hart(env).frm > 4) flags |= TBF_FRM_INVALID;
  if (hart(env).masking != 0) flags |= maskFlags(env, mmuIdx == MMU_S_SUM ? PRV_S : mmuIdx) | cfiFlags(env);
  vcpu(env).mmuIdx = mmuIdx;
  vcpu(env).tbFlags = flags;
}

/** Changes the privilege mode. A reservation does not survive it: QEMU's rule, and what keeps an SC in a handler from pairing with a foreign LR. */
export function setPrivilege(env: usize, priv: i32): void {
  if (hart(env).filtered == 0) hart(env).priv = priv;
  else counterModeChange(env, priv);
  hart(env).loadRes = -1;
}

/** misa as software reads it: the letters of RV_EXT below a MXL field. */
function misaValue(env: usize): u64 {
  const letters = hart(env).ext(0) & 0x3ffffff;
  return isRv32(env) ? letters | (1 << 30) : letters | ((2 as u64) << 62);
}

/**
 * Once after TypeScript has filled in the configuration: RV_XLEN, RV_EXT, RV_MAX_SATP_MODE, RV_MHARTID, RV_MVENDORID, RV_MARCHID, RV_MIMPID,
 * RV_RESET_VEC, RV_PMP_COUNT, RV_PRIV_VERSION. Resets too.
 */
export function riscvInit(env: usize): void {
  csrIndexInit();
  hart(env).extIrq = 0;
  riscvReset(env);
}

/** Reset (privileged specification, section 3.4; QEMU's choices where it is silent). Interrupt lines keep the level that their devices drive. */
export function riscvReset(env: usize): void {
  for (let at = ZEROED; load<u32>(at) != 0; at += 4) store<u64>(env + load<u32>(at), 0);
  memory.fill(env + RV_MHPMEVENT, 0, 32 * 8);
  memory.fill(env + RV_MHPMCOUNTER, 0, 32 * 8);
  memory.fill(env + RV_PMPCFG, 0, 16);
  memory.fill(env + RV_PMPADDR, 0, 16 * 8);
  memory.fill(env + RV_MSTATEEN, 0, 4 * 8);
  memory.fill(env + RV_SSTATEEN, 0, 4 * 8);
  memory.fill(env + RV_MIPRIO, 0, 64);
  memory.fill(env + RV_SIPRIO, 0, 64);
  triggersReset(env);
  hart(env).overflowing = 0;
  hart(env).filtered = 0;
  hart(env).mstatus = statusAtReset(env);
  hart(env).misa = misaValue(env);
  hart(env).menvcfg = (hasExt(env, RVX_SVADU) && !hasExt(env, RVX_SVADE) ? MENVCFG_ADUE : 0) | (hasExt(env, RVX_SVPBMT) ? MENVCFG_PBMTE : 0);
  hart(env).andExtIrq(MIP_MSIP | MIP_MTIP | MIP_MEIP | MIP_SEIP);
  setPrivilege(env, PRV_M);
  vcpu(env).pc = hart(env).resetVec;
  vcpu(env).exceptionIndex = -1;
  vcpu(env).fault = 0;
  vcpu(env).halted = 0;
  vcpu(env).andInterruptRequest(~CPU_INTERRUPT_HARD);
  riscvPostLoad(env);
}

/** After the env was written from outside (reset, a snapshot): brings everything derived up to date. The Sstc deadline is the caller's to set anew. */
export function riscvPostLoad(env: usize): void {
  hart(env).interrupts = interruptsOf(env);
  updateStatusWritable(env);
  updateFilters(env);
  deriveMasking(env);
  pmpUpdateRanges(env);
  updateTbFlags(env);
  orderChanged(env);
  triggersChanged(env);
  tlbFlush(env);
}
