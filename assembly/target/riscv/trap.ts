// Traps: raising, delivering, returning. Privileged specification, sections 3.1.6 to 3.1.16, 3.3 and 4.1.
import { EXCP_INTERRUPT, TELL_TRAPS } from '../../shared/layout';
import { RV_MEDELEG, RV_MIDELEG } from './shared/env';
import {
  CAUSE_DOUBLE_TRAP, CAUSE_ILLEGAL_INST, CAUSE_INST_MISALIGNED, CAUSE_M_ECALL, CAUSE_S_ECALL, CAUSE_U_ECALL, RVX_ZCA, RVX_S, RVX_SMRNMI,
} from './shared/riscv';
import { spaceFlush } from '../../tlb/address-space';
import { tlbFlush, tlbFlushPage } from '../../tlb/flush';
import { cpuYield, raise } from '../../core/env';
import { reachingOut } from '../../core/journal';
import { vcpu } from '../../core/vcpu';
import {
  MNSTATUS_MNPELP,
  MNSTATUS_MNPP,
  MNSTATUS_NMIE,
  MSTATUS_MDT,
  MSTATUS_MIE,
  MSTATUS_MPELP,
  MSTATUS_MPIE,
  MSTATUS_MPP,
  MSTATUS_MPP_SHIFT,
  MSTATUS_MPRV,
  MSTATUS_SDT,
  MSTATUS_SIE,
  MSTATUS_SPELP,
  MSTATUS_SPIE,
  MSTATUS_SPP,
  MSTATUS_TSR,
  MSTATUS_TVM,
  MSTATUS_TW,
  PRV_M,
  PRV_S,
  PRV_U,
} from './bits';
import { restoreElp, saveElp } from './cfi';
import { setPrivilege, updateTbFlags } from './cpu';
import { hasExt, isRv32, privilege, xlenAddress } from './hart';
import { criticalError, logTrap } from './host';
import { orderChanged, pendingInterrupt, riscvHasWork, updateInterrupts } from './interrupt';
import { nmiMasked, RNMI, SUPERVISORS } from './interrupt_order';
import { asidOf, fetchWord, pagingMode } from './mmu';
import { BINS_UNKNOWN, raiseAddress, raiseIllegal } from './raise';
import { leastPrivilege } from './warl';
import { hart } from './env';

export { riscvHasWork } from './interrupt';

// ---- Delivery ----------------------------------------------------------------------------------------------------------

/** xtval: the address of a fault, the bits of an illegal instruction, pc of a breakpoint, else 0. */
function trapValue(env: usize, cause: i32): u64 {
  if (cause == CAUSE_ILLEGAL_INST) {
    const bits = hart(env).bins;
    return bits == BINS_UNKNOWN ? fetchWord(env, vcpu(env).pc) : bits;
  }
  return cause >= CAUSE_U_ECALL && cause <= CAUSE_M_ECALL ? 0 : hart(env).badaddr;
}

/** Bits of mstatus moved for a trap into S-mode: SPIE = SIE, SIE = 0, SPP = privilege. */
function statusEnteringS(status: u64, priv: i32): u64 {
  status = (status & MSTATUS_SIE) != 0 ? status | MSTATUS_SPIE : status & ~MSTATUS_SPIE;
  status &= ~(MSTATUS_SIE | MSTATUS_SPP);
  return priv == PRV_S ? status | MSTATUS_SPP : status;
}

function statusEnteringM(status: u64, priv: i32): u64 {
  status = (status & MSTATUS_MIE) != 0 ? status | MSTATUS_MPIE : status & ~MSTATUS_MPIE;
  return (status & ~(MSTATUS_MIE | MSTATUS_MPP)) | ((priv as u64) << MSTATUS_MPP_SHIFT);
}

/** `supervisors`: it is S-mode's whatever is delegated. */
function deliver(env: usize, cause: i32, isInterrupt: bool, supervisors: bool): void {
  const priv = privilege(env);
  const pc = vcpu(env).pc;
  let tval: u64 = 0;
  if (!isInterrupt) {
    if (cause == CAUSE_U_ECALL) cause = priv == PRV_M ? CAUSE_M_ECALL : priv == PRV_S ? CAUSE_S_ECALL : CAUSE_U_ECALL;
    tval = xlenAddress(env, trapValue(env, cause));
  }
  const causeBits: u64 = isInterrupt ? (cause as u64) | ((1 as u64) << (isRv32(env) ? 31 : 63)) : (cause as u64);
  if ((vcpu(env).tell & TELL_TRAPS) != 0) logTrap(env, causeBits, pc, tval);
  const delegated = load<u64>(env + (isInterrupt ? RV_MIDELEG : RV_MEDELEG));
  const status = hart(env).mstatus;
  const forS = supervisors || (priv <= PRV_S && cause < 64 && ((delegated >> cause) & 1) != 0);
  let vector: u64;
  if (forS && (status & MSTATUS_SDT) == 0) {
    hart(env).mstatus = saveElp(env, statusEnteringS(status, priv), MSTATUS_SPELP) | (hart(env).statusWritable & MSTATUS_SDT);
    hart(env).scause = causeBits;
    hart(env).sepc = pc;
    hart(env).stval = tval;
    vector = hart(env).stvec;
    setPrivilege(env, PRV_S);
  } else if ((status & MSTATUS_MDT) != 0) {
    return unexpectedInM(env, causeBits, pc);
  } else {
    // A trap that S-mode, just trapped, does not expect is M-mode's, with the cause that it had (Ssdbltrp).
    hart(env).mstatus = saveElp(env, statusEnteringM(status, priv), MSTATUS_MPELP) | (hart(env).statusWritable & MSTATUS_MDT);
    hart(env).mcause = forS ? CAUSE_DOUBLE_TRAP : causeBits;
    hart(env).mepc = pc;
    hart(env).mtval = tval;
    hart(env).mtval2 = forS ? causeBits : 0;
    vector = priv == PRV_M && nmiMasked(env) ? hart(env).rnmiExcpvec : hart(env).mtvec;
    setPrivilege(env, PRV_M);
  }
  const vectored = isInterrupt && (!forS || privilege(env) == PRV_S) && (vector & 3) == 1;
  const offset: u64 = vectored ? cause * 4 : 0;
  vcpu(env).pc = xlenAddress(env, (vector & ~3) + offset);
  vcpu(env).halted = 0;
  updateTbFlags(env);
  updateInterrupts(env);
}

/** To the handler of RNMIs, which is told what it interrupts. */
function enterNmi(env: usize, causeBits: u64, pc: u64): void {
  hart(env).mnstatus = saveElp(env, (privilege(env) as u64) << MSTATUS_MPP_SHIFT, MNSTATUS_MNPELP);
  hart(env).mncause = causeBits;
  hart(env).mnepc = pc;
  vcpu(env).pc = hart(env).rnmiIrqvec;
  setPrivilege(env, PRV_M);
  vcpu(env).halted = 0;
  updateTbFlags(env);
  orderChanged(env);
}

/** A trap in M-mode's own handler (Smdbltrp): an RNMI if there are such and they are not masked, else the end. */
function unexpectedInM(env: usize, causeBits: u64, pc: u64): void {
  if (hasExt(env, RVX_SMRNMI) && !nmiMasked(env)) return enterNmi(env, causeBits, pc);
  reachingOut();
  criticalError(env, causeBits, pc);
}

/** Delivers the exception in ENV_EXCEPTION_INDEX; the numbers from EXCP_INTERRUPT up are the exec loop's own. */
export function riscvDoInterrupt(env: usize): void {
  const cause = vcpu(env).exceptionIndex;
  vcpu(env).exceptionIndex = -1;
  vcpu(env).fault = 0;
  if (cause >= 0 && cause < EXCP_INTERRUPT) deliver(env, cause, false, false);
}

export function riscvExecInterrupt(env: usize): bool {
  const interrupt = pendingInterrupt(env);
  if (interrupt < 0) return false;
  if (interrupt == RNMI) enterNmi(env, (1 as u64) << (isRv32(env) ? 31 : 63), vcpu(env).pc);
  else deliver(env, interrupt & (RNMI - 1), true, (interrupt & SUPERVISORS) != 0);
  return true;
}

// ---- Helpers of generated code -----------------------------------------------------------------------------------------

/** Raises `cause`. Environment calls may all come as CAUSE_U_ECALL; a misaligned fetch has its address in RV_BADADDR. */
export function helper_raise_exception(env: usize, cause: u64): void {
  raise(env, cause as i32);
}

export function helper_illegal_insn(env: usize, word: u64): void {
  hart(env).bins = word;
  raise(env, CAUSE_ILLEGAL_INST);
}

/** Ends a trap handler: pc from `epc`, unless it is misaligned. False if that raised. */
function returnTo(env: usize, epc: u64): bool {
  if ((epc & 3) != 0 && !hasExt(env, RVX_ZCA)) {
    raiseAddress(env, CAUSE_INST_MISALIGNED, epc);
    return false;
  }
  vcpu(env).pc = epc;
  return true;
}

function enter(env: usize, priv: i32, status: u64): void {
  // MPRV ends where M-mode ends.
  if (priv != PRV_M) status &= ~MSTATUS_MPRV;
  hart(env).mstatus = status;
  setPrivilege(env, priv);
  updateTbFlags(env);
  updateInterrupts(env);
}

export function helper_sret(env: usize): void {
  const priv = privilege(env);
  let status = hart(env).mstatus;
  if (!hasExt(env, RVX_S) || priv < PRV_S || (priv == PRV_S && (status & MSTATUS_TSR) != 0)) return raiseIllegal(env);
  if (!returnTo(env, hart(env).sepc)) return;
  const previous: i32 = (status & MSTATUS_SPP) != 0 ? PRV_S : PRV_U;
  status = (status & MSTATUS_SPIE) != 0 ? status | MSTATUS_SIE : status & ~MSTATUS_SIE;
  if (priv == PRV_M) status &= ~MSTATUS_MDT;
  status = restoreElp(env, status, MSTATUS_SPELP, previous);
  enter(env, previous, (status | MSTATUS_SPIE) & ~(MSTATUS_SPP | MSTATUS_SDT));
}

export function helper_mret(env: usize): void {
  let status = hart(env).mstatus;
  if (privilege(env) != PRV_M) return raiseIllegal(env);
  if (!returnTo(env, hart(env).mepc)) return;
  const previous = ((status & MSTATUS_MPP) >> MSTATUS_MPP_SHIFT) as i32;
  status = (status & MSTATUS_MPIE) != 0 ? status | MSTATUS_MIE : status & ~MSTATUS_MIE;
  status &= ~(previous == PRV_U ? MSTATUS_MDT | MSTATUS_SDT : MSTATUS_MDT);
  status = restoreElp(env, status, MSTATUS_MPELP, previous);
  enter(env, previous, ((status | MSTATUS_MPIE) & ~MSTATUS_MPP) | ((leastPrivilege(env) as u64) << MSTATUS_MPP_SHIFT));
}

export function helper_mnret(env: usize): void {
  if (privilege(env) != PRV_M || !hasExt(env, RVX_SMRNMI)) return raiseIllegal(env);
  if (!returnTo(env, hart(env).mnepc)) return;
  const nmi = hart(env).mnstatus;
  const previous = ((nmi & MNSTATUS_MNPP) >> MSTATUS_MPP_SHIFT) as i32;
  restoreElp(env, nmi, MNSTATUS_MNPELP, previous);
  hart(env).mnstatus = ((leastPrivilege(env) as u64) << MSTATUS_MPP_SHIFT) | MNSTATUS_NMIE;
  let status = hart(env).mstatus;
  if (previous != PRV_M) status &= ~(previous == PRV_U ? MSTATUS_MDT | MSTATUS_SDT : MSTATUS_MDT);
  enter(env, previous, status);
  orderChanged(env);
}

/** Whether mstatus.TW, or being in U-mode under an S-mode, forbids to wait. */
function mayNotWait(env: usize): bool {
  const priv = privilege(env);
  if (priv == PRV_M) return false;
  return (hart(env).mstatus & MSTATUS_TW) != 0 || (priv == PRV_U && hasExt(env, RVX_S));
}

export function helper_wfi(env: usize): void {
  if (mayNotWait(env)) return raiseIllegal(env);
  if (!riscvHasWork(env)) vcpu(env).halted = 1;
}

/** WRS.NTO and WRS.STO may end at any time (Zawrs): here at once, or after the turns of other harts, so TW never has a wait to cut short. */
export function helper_wrs(env: usize, timeout: u64): void {
  cpuYield(env);
}

/** PAUSE (Zihintpause): the hart spins for what another one does. */
export function helper_pause(env: usize): void {
  cpuYield(env);
}

/** `scope`: bit 0 an address is given, bit 1 an ASID. An ASID with an address narrows nothing: little is lost with a page. */
export function helper_sfence_vma(env: usize, addr: u64, asid: u64, scope: u64): void {
  const priv = privilege(env);
  if (!hasExt(env, RVX_S) || priv < PRV_S || (priv == PRV_S && (hart(env).mstatus & MSTATUS_TVM) != 0)) return raiseIllegal(env);
  if ((scope & 1) != 0) tlbFlushPage(env, xlenAddress(env, addr));
  else if ((scope & 2) == 0 || pagingMode(env, hart(env).satp) == 0) tlbFlush(env);
  else spaceFlush(env, (asid as u32) & (isRv32(env) ? 0x1ff : 0xffff), asidOf(env, hart(env).satp));
}

/** Stores to translated code invalidate it at once, so a fetch is never stale: nothing is left to do. */
export function helper_fence_i(env: usize): void {}
