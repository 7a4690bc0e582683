// CSR access: what is read, what a write changes. Privileged specification, chapters 2 to 4; the rows are in csr_table.ts, who may is in csr_rules.ts.
import { RVX_ZCA, RVX_ZICFILP } from './shared/riscv';
import { spaceSwitch } from '../../tlb/address-space';
import { tlbFlush } from '../../tlb/flush';
import { WORK_CSR, worked } from '../../core/work';
import {
  ENVCFG_LPE, ENVCFG_PMM, ENVCFG_SSE, MENVCFG_ADUE, MENVCFG_DTE, MENVCFG_PBMTE, MENVCFG_STCE, MIP_LCOFIP, MIP_SEIP, MIP_SSIP, MIP_STIP, MNSTATUS_MNPELP, MNSTATUS_MNPP, MNSTATUS_NMIE, MSECCFG_MLPE, MSECCFG_MML,
  MSECCFG_MMWP, MSTATUS32_SD, MSTATUS64_SD, MSTATUS64_UXL, MSTATUS_FS, MSTATUS_MDT, MSTATUS_MIE, MSTATUS_MPP, MSTATUS_MPP_SHIFT, MSTATUS_MXR, MSTATUS_SDT,
  MSTATUS_SIE, MSTATUS_SPELP, MSTATUS_SPIE, MSTATUS_SPP, MSTATUS_SUM, PRV_M, S_INTERRUPTS, VM_BARE, VM_SV32, VM_SV39, VM_SV57,
} from './bits';
import { updateMasking, updateStatusWritable, updateTbFlags } from './cpu';
import { indirectRead, indirectWrite, isSupervisors, selectable } from './csr_indirect';
import { allowedRow } from './csr_rules';
import { hasExt, isRv32, privilege } from './hart';
import { counterRead, counterSetEvent, counterSetInhibit, counterWrite, overflowFlags, settleOverflows } from './counter';
import * as csrs from './csr_table';
import { reachingOut } from '../../core/journal';
import { entropy, imsicTop, rdtime } from './host';
import { orderChanged, refreshMip, sstcChanged, sstcEnabled, updateInterrupts } from './interrupt';
import { supervisorEnabled, supervisorPending, topInterrupt, virtualPending } from './interrupt_order';
import { asidOf, pagingMode } from './mmu';
import { pmpAddrWrite, pmpCfgRead, pmpCfgWrite, pmpIsLocked, pmpUpdateRanges } from './pmp';
import { raiseIllegal } from './raise';
import { triggerRead, triggerWrite } from './trigger';
import {
  countersEnableable, countersInhibitable, delegableExceptions, delegableInterrupts, hasMode, hasPaging, interrupts, legalMenvcfg, legalMseccfg, legalSenvcfg,
  sstateenWritable, stateenWritable, virtualInterrupts,
} from './warl';
import { hart } from './env';

const SSTATUS: u64 = MSTATUS_SIE | MSTATUS_SPIE | MSTATUS_SPP | MSTATUS_FS | MSTATUS_SUM | MSTATUS_MXR | MSTATUS_SDT | MSTATUS_SPELP;
const LOW: u64 = 0xffffffff;
/** Bits of mcontext without a hypervisor (Debug Specification 1.0, 5.7.8). */
const MCONTEXT_32: u64 = 0x3f;
const MCONTEXT_64: u64 = 0x1fff;
/** OPST: 16 bits of entropy follow. There is always some, and the self-test is over. */
const SEED_ES16: u64 = 2 << 30;

// ---- Reading -----------------------------------------------------------------------------------------------------------

function withSd(env: usize, status: u64): u64 {
  if ((status & MSTATUS_FS) != MSTATUS_FS) return status;
  return status | (isRv32(env) ? MSTATUS32_SD : MSTATUS64_SD);
}

/** Number of the counter, event or PMP register: the row's first number plus the distance from the row's first CSR. */
@inline
function numberInRow(row: usize, csr: u32): i32 {
  return (csr as i32) - load<i32>(row, csrs.ROW_CSR) + load<i32>(row, csrs.ROW_FIELD);
}

/** The register behind a CSR, all 64 bits of it, also on RV32. `running`: 1 if an instruction asks, 0 between instructions (see counter.ts). */
// prettier-ignore
function readWhole(env: usize, row: usize, csr: u32, running: u64): u64 {
  const field = env + load<usize>(row, csrs.ROW_FIELD);
  switch (load<u32>(row, csrs.ROW_KIND) & ~csrs.UPPER) {
    case csrs.ZERO: return 0;
    case csrs.FFLAGS: return hart(env).fflags;
    case csrs.FRM: return hart(env).frm;
    case csrs.FCSR: return (hart(env).frm << 5) | hart(env).fflags;
    case csrs.COUNTER: return counterRead(env, numberInRow(row, csr), running);
    case csrs.SEED:
      reachingOut();
      return SEED_ES16 | (entropy(env) as u64);
    case csrs.TIME:
      reachingOut();
      return rdtime(env);
    case csrs.HPMEVENT: return hart(env).mhpmevent(numberInRow(row, csr));
    case csrs.MSTATUS: return withSd(env, hart(env).mstatus);
    case csrs.SSTATUS: return withSd(env, hart(env).mstatus & (SSTATUS | MSTATUS64_UXL));
    case csrs.SIE: return supervisorEnabled(env);
    case csrs.SIP: return supervisorPending(env);
    case csrs.PMPCFG: return pmpCfgRead(env, csr & 3);
    case csrs.PMPADDR: return hart(env).pmpaddr(csr & 15);
    case csrs.MSTATEEN: return load<u64>(field + (csr & 3) * 8);
    // What the lower half of mstateen gives; the upper bits are for M-mode alone.
    case csrs.SSTATEEN: return load<u64>(field + (csr & 3) * 8) & hart(env).mstateen(csr & 3) & LOW;
    case csrs.SCOUNTOVF:
      settleOverflows(env);
      return overflowFlags(env) & (privilege(env) == PRV_M ? u64.MAX_VALUE : hart(env).mcounteren);
    case csrs.SCOUNTINHIBIT: return load<u64>(field) & hart(env).mcounteren;
    case csrs.INDIRECT: return indirectRead(env, csr, running);
    case csrs.TOPEI: return topei(env, csr, false);
    case csrs.TOPI: return topInterrupt(env, isSupervisors(csr));
    case csrs.MVIP: return virtualPending(env, sstcEnabled(env));
    case csrs.TRIGGER: return triggerRead(env, csr);
  }
  return load<u64>(field);
}

/** mtopei, stopei: of the IMSIC. Writing claims what reading shows. */
function topei(env: usize, csr: u32, claim: bool): u64 {
  if (hart(env).imsic == 0) return 0;
  reachingOut();
  return imsicTop(env, isSupervisors(csr), claim);
}

/** What the CSR instruction sees: XLEN bits, sign-extended to 64. */
function toRegister(env: usize, row: usize, whole: u64): u64 {
  if (!isRv32(env)) return whole;
  const shift: u64 = (load<u32>(row, csrs.ROW_KIND) & csrs.UPPER) != 0 ? 32 : 0;
  return ((whole >> shift) as i32) as i64 as u64;
}

// ---- Writing -----------------------------------------------------------------------------------------------------------

/** While a trap would be a double trap, its mode takes no interrupts (section 3.1.6.2). */
@inline
function masked(status: u64): u64 {
  if ((status & MSTATUS_SDT) != 0) status &= ~MSTATUS_SIE;
  return (status & MSTATUS_MDT) != 0 ? status & ~MSTATUS_MIE : status;
}

function writeStatus(env: usize, value: u64): void {
  const old = hart(env).mstatus;
  let writable = hart(env).statusWritable;
  if (!hasMode(env, ((value & MSTATUS_MPP) >> MSTATUS_MPP_SHIFT) as i32)) writable &= ~MSTATUS_MPP;
  const status = masked((old & ~writable) | (value & writable));
  hart(env).mstatus = status;
  // SUM, MPRV and MPP only choose another mmu index; MXR changes what an index means.
  if (((old ^ status) & MSTATUS_MXR) != 0) tlbFlush(env);
  updateTbFlags(env);
  updateInterrupts(env);
}

function writeFp(env: usize, frm: u64, fflags: u64): void {
  hart(env).frm = (frm & 7) as u32;
  hart(env).fflags = (fflags & 31) as u32;
  hart(env).mstatus = hart(env).mstatus | MSTATUS_FS;
  updateTbFlags(env);
}

/** mip and sip: software owns SSIP, STIP unless Sstc does, and its own half of SEIP, which a read merges with the line. */
function writeMip(env: usize, value: u64, mask: u64): void {
  if (sstcEnabled(env)) mask &= ~MIP_STIP;
  mask &= ~(hart(env).mvien & MIP_SEIP);
  const soft = hart(env).softMip;
  hart(env).softMip = (soft & ~mask) | (value & mask);
  refreshMip(env);
}

function legalSatpMode(env: usize, satp: u64): bool {
  if (isRv32(env)) return ((satp >> 31) & 1) == VM_BARE || hart(env).maxSatpMode >= VM_SV32;
  const mode = (satp >> 60) as i32;
  return mode == VM_BARE || (mode >= VM_SV39 && mode <= VM_SV57 && mode <= hart(env).maxSatpMode);
}

function writeSatp(env: usize, value: u64): void {
  if (!hasPaging(env) || !legalSatpMode(env, value) || value == hart(env).satp) return;
  const old = hart(env).satp;
  hart(env).satp = value;
  // With another ASID comes another address space, and what is remembered of this one stays good (section 4.2.1). A guest without ASIDs says when to flush;
  // that it is done for it is QEMU's way.
  const mode = pagingMode(env, value);
  const oldAsid = asidOf(env, old);
  const asid = asidOf(env, value);
  if (mode != 0 && mode == pagingMode(env, old) && asid != oldAsid) spaceSwitch(env, old, oldAsid, value, asid);
  else {
    tlbFlush(env);
    // what masked pointers become depends on the mode
    updateTbFlags(env);
  }
}

function writeMenvcfg(env: usize, value: u64): void {
  const old = hart(env).menvcfg;
  const legal = legalMenvcfg(env, old, value);
  const changed = old ^ legal;
  hart(env).menvcfg = legal;
  if ((changed & (MENVCFG_PBMTE | MENVCFG_ADUE)) != 0) tlbFlush(env);
  if ((changed & MENVCFG_STCE) != 0) sstcChanged(env);
  if ((changed & MENVCFG_DTE) != 0) updateStatusWritable(env);
  // senvcfg.SSE is read-only zero without menvcfg's; what W without R means in a PTE depends on it
  if ((legal & ENVCFG_SSE) == 0) hart(env).senvcfg = hart(env).senvcfg & ~ENVCFG_SSE;
  if ((changed & ENVCFG_SSE) != 0) tlbFlush(env);
  if ((changed & (ENVCFG_PMM | ENVCFG_LPE | ENVCFG_SSE)) != 0) updateMasking(env);
}

function writeSenvcfg(env: usize, field: usize, value: u64): void {
  const old = load<u64>(field);
  const legal = legalSenvcfg(env, old, value);
  store<u64>(field, legal);
  if (((old ^ legal) & (ENVCFG_PMM | ENVCFG_LPE | ENVCFG_SSE)) != 0) updateMasking(env);
}

function writeMseccfg(env: usize, value: u64): void {
  const old = hart(env).mseccfg;
  const legal = legalMseccfg(env, old, value, pmpIsLocked(env));
  hart(env).mseccfg = legal;
  if (((old ^ legal) & (MSECCFG_MML | MSECCFG_MMWP)) != 0) {
    pmpUpdateRanges(env);
    tlbFlush(env);
  }
  if (((old ^ legal) & (ENVCFG_PMM | MSECCFG_MLPE)) != 0) updateMasking(env);
}

/** mvip, and what of it is mip's. */
function writeVirtualPending(env: usize, value: u64): void {
  const own = virtualInterrupts(env) & (MIP_LCOFIP | (hart(env).mvien & MIP_SSIP));
  hart(env).mvip = (hart(env).mvip & ~own) | (value & own);
  let shared = interrupts(env) & (MIP_SEIP | (MIP_SSIP & ~own));
  if (!sstcEnabled(env)) shared |= interrupts(env) & MIP_STIP;
  hart(env).softMip = (hart(env).softMip & ~shared) | (value & shared);
  refreshMip(env);
}

/** sip: of what is delegated SSIP and LCOFIP can be written, and of what mvien replaces all. */
function writeSupervisorPending(env: usize, value: u64, mask: u64): void {
  const virtual = mask & hart(env).mvien & ~hart(env).mideleg;
  if (virtual != 0) writeVirtualPending(env, (virtualPending(env, sstcEnabled(env)) & ~virtual) | (value & virtual));
  writeMip(env, value, mask & (MIP_SSIP | MIP_LCOFIP) & hart(env).mideleg & interrupts(env));
}

function writeSupervisorEnable(env: usize, value: u64): void {
  const delegated = hart(env).mideleg;
  const virtual = hart(env).mvien & ~delegated;
  hart(env).mie = (hart(env).mie & ~delegated) | (value & delegated);
  hart(env).vsie = (hart(env).vsie & ~virtual) | (value & virtual);
  updateInterrupts(env);
}

/** NMIE can be set, and not cleared ("Smrnmi"). */
function writeNmiStatus(env: usize, value: u64): void {
  const old = hart(env).mnstatus;
  const legalMode = hasMode(env, ((value & MNSTATUS_MNPP) >> MSTATUS_MPP_SHIFT) as i32);
  const pelp = hasExt(env, RVX_ZICFILP) ? value & MNSTATUS_MNPELP : 0;
  hart(env).mnstatus = (legalMode ? value & MNSTATUS_MNPP : old & MNSTATUS_MNPP) | pelp | ((old | value) & MNSTATUS_NMIE);
  orderChanged(env);
  updateTbFlags(env);
}

/** Writes the bits of `mask` of the register behind a CSR; `value` is the register's new value as a whole, `bits` what the instruction itself gave. */
// prettier-ignore
function writeWhole(env: usize, row: usize, csr: u32, value: u64, bits: u64, mask: u64): void {
  const field = env + load<usize>(row, csrs.ROW_FIELD);
  const kind = load<u32>(row, csrs.ROW_KIND) & ~csrs.UPPER;
  switch (kind) {
    case csrs.FFLAGS: return writeFp(env, hart(env).frm, value);
    case csrs.FRM: return writeFp(env, value, hart(env).fflags);
    case csrs.FCSR: return writeFp(env, value >> 5, value);
    case csrs.COUNTER: return counterWrite(env, numberInRow(row, csr), value);
    case csrs.HPMEVENT: return counterSetEvent(env, numberInRow(row, csr), value);
    case csrs.COUNTINHIBIT: return counterSetInhibit(env, value & countersInhibitable(env));
    case csrs.MSTATUS: return writeStatus(env, value);
    case csrs.SSTATUS: return writeStatus(env, (hart(env).mstatus & ~SSTATUS) | (value & SSTATUS));
    case csrs.MIP: return writeMip(env, bits, mask & delegableInterrupts(env));
    case csrs.SIP: return writeSupervisorPending(env, bits, mask);
    case csrs.SATP: return writeSatp(env, value);
    case csrs.MENVCFG: return writeMenvcfg(env, value);
    case csrs.PMPCFG:
      pmpCfgWrite(env, csr & 3, value);
      return tlbFlush(env);
    case csrs.PMPADDR:
      pmpAddrWrite(env, csr & 15, value);
      return tlbFlush(env);
    case csrs.STIMECMP:
      store<u64>(field, value);
      return sstcChanged(env);
    case csrs.SIE: return writeSupervisorEnable(env, value);
    case csrs.MIDELEG:
      store<u64>(field, value & delegableInterrupts(env));
      return updateInterrupts(env);
    case csrs.MIE:
      store<u64>(field, value & interrupts(env));
      return updateInterrupts(env);
    case csrs.TVEC:
      // Modes above 1 (vectored) are reserved: such a write changes nothing.
      if ((value & 3) < 2) store<u64>(field, value);
      return;
    case csrs.EPC:
      return store<u64>(field, value & (hasExt(env, RVX_ZCA) ? ~1 : ~3));
    case csrs.MEDELEG: return store<u64>(field, value & delegableExceptions(env));
    case csrs.COUNTEREN: return store<u64>(field, value & countersEnableable(env));
    case csrs.SENVCFG: return writeSenvcfg(env, field, value);
    case csrs.MSECCFG: return writeMseccfg(env, value);
    case csrs.MSTATEEN: return store<u64>(field + (csr & 3) * 8, value & stateenWritable(env, csr & 3));
    case csrs.SSP: return store<u64>(field, value & (isRv32(env) ? ~3 : ~7));
    case csrs.SSTATEEN: return store<u64>(field + (csr & 3) * 8, value & sstateenWritable(env, csr & 3));
    case csrs.SCOUNTINHIBIT: {
      const delegated = hart(env).mcounteren & countersInhibitable(env);
      return counterSetInhibit(env, (load<u64>(field) & ~delegated) | (value & delegated));
    }
    case csrs.SELECT: return store<u64>(field, value & selectable(env, isSupervisors(csr)));
    case csrs.INDIRECT: return indirectWrite(env, csr, value);
    case csrs.TOPEI:
      topei(env, csr, true);
      return;
    case csrs.MVIEN:
      store<u64>(field, value & virtualInterrupts(env));
      return orderChanged(env);
    case csrs.MVIP: return writeVirtualPending(env, value);
    case csrs.MNSTATUS: return writeNmiStatus(env, value);
    case csrs.TRIGGER: return triggerWrite(env, csr, value);
    case csrs.MCONTEXT: return store<u64>(field, value & (isRv32(env) ? MCONTEXT_32 : MCONTEXT_64));
    case csrs.FIELD: return store<u64>(field, value);
  }
}

/** Sets the bits of `mask` to those of `value`, both as a CSR instruction has them, in the register whose present value is `old`. */
function modify(env: usize, row: usize, csr: u32, old: u64, value: u64, mask: u64): void {
  if (isRv32(env)) {
    const shift: u64 = (load<u32>(row, csrs.ROW_KIND) & csrs.UPPER) != 0 ? 32 : 0;
    value = (value & LOW) << shift;
    mask = (mask & LOW) << shift;
  }
  writeWhole(env, row, csr, (old & ~mask) | (value & mask), value, mask);
}

// ---- Helpers of generated code -----------------------------------------------------------------------------------------

export function helper_csrr(env: usize, csr: u64): u64 {
  worked(WORK_CSR);
  const row = allowedRow(env, csr as u32, false);
  if (row == 0) {
    raiseIllegal(env);
    return 0;
  }
  return toRegister(env, row, readWhole(env, row, csr as u32, 1));
}

export function helper_csrw(env: usize, csr: u64, value: u64): void {
  worked(WORK_CSR);
  const row = allowedRow(env, csr as u32, true);
  if (row == 0) return raiseIllegal(env);
  modify(env, row, csr as u32, readWhole(env, row, csr as u32, 1), value, u64.MAX_VALUE);
}

export function helper_csrrw(env: usize, csr: u64, value: u64, mask: u64): u64 {
  worked(WORK_CSR);
  const row = allowedRow(env, csr as u32, true);
  if (row == 0) {
    raiseIllegal(env);
    return 0;
  }
  const old = readWhole(env, row, csr as u32, 1);
  modify(env, row, csr as u32, old, value, mask);
  return toRegister(env, row, old);
}

/** csrrw, csrrs and csrrc of sstatus in S- or M-mode of RV64: does no more than the bits that change ask for. */
export function helper_sstatus(env: usize, value: u64, mask: u64): u64 {
  const old = hart(env).mstatus;
  mask &= SSTATUS & hart(env).statusWritable;
  const changed = old ^ masked(old ^ ((old ^ value) & mask));
  hart(env).mstatus = old ^ changed;
  if ((changed & MSTATUS_MXR) != 0) tlbFlush(env);
  if ((changed & (MSTATUS_SUM | MSTATUS_FS | MSTATUS_MXR)) != 0) updateTbFlags(env);
  if ((changed & MSTATUS_SIE) != 0) updateInterrupts(env);
  return withSd(env, old & (SSTATUS | MSTATUS64_UXL));
}

// ---- For debuggers and tests -------------------------------------------------------------------------------------------

/** Whether the hart has a CSR, that somebody may read at some time. */
export function riscvCsrExists(env: usize, csr: u32): bool {
  const priv = hart(env).priv;
  const status = hart(env).mstatus;
  hart(env).priv = PRV_M;
  hart(env).mstatus = status | MSTATUS_FS;
  const exists = allowedRow(env, csr & 0xfff, false) != 0;
  hart(env).mstatus = status;
  hart(env).priv = priv;
  return exists;
}

/** Value of a CSR as an instruction would read it, with no check of rights. 0 if there is no such CSR. */
export function riscvCsrRead(env: usize, csr: u32): u64 {
  const row = csrs.csrRow(csr & 0xfff);
  return row == 0 ? 0 : toRegister(env, row, readWhole(env, row, csr & 0xfff, 0));
}

/** Writes a CSR as an instruction would, WARL rules and consequences included, with no check of rights. */
export function riscvCsrWrite(env: usize, csr: u32, value: u64): void {
  const row = csrs.csrRow(csr & 0xfff);
  if (row != 0) modify(env, row, csr & 0xfff, readWhole(env, row, csr & 0xfff, 0), value, u64.MAX_VALUE);
}
