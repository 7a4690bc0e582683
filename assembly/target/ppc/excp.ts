// Exceptions: raising, and delivery through SRR0, SRR1 and the vectors. PEM, chapter 6; MPC603e, MPC604e and MPC750 user's manuals, chapter 4.
import { TELL_TRAPS, TLB_KIND_CODE } from '../../shared/layout';
import { reachingOut } from '../../core/journal';
import { vcpu } from '../../core/vcpu';
import { physLoad32, physOk } from '../../tb/phys';
import { fetchMmuIdx, hasFeature, msr } from './cpu';
import { ppcCr } from './cr';
import { checkstop, logTrap } from './host';
import { setPending } from './interrupts';
import { translateFor } from './mmu';
import { setMsr } from './msr';
import { raiseWith } from './raise';
import { EXC_FETCH_MISS, EXC_PERFORMANCE, EXC_SMI, EXC_STORE_MISS, FEATURE_BUS_ERROR, FEATURE_DAR_MULTIPLE, LINE_INT, LINE_SMI, PENDING_DECREMENTER, PENDING_MACHINE_CHECK, PENDING_PERFORMANCE, PENDING_SOFT_RESET, SRR1_TEA } from './shared/oea';
import {
  EXC_ALIGNMENT, EXC_DECREMENTER, EXC_DSI, EXC_EXTERNAL, EXC_ISI, EXC_MACHINE_CHECK, EXC_PROGRAM, EXC_RESET, EXC_VECTOR_UNAVAILABLE, MSR_EE, MSR_ILE, MSR_IP, MSR_LE, MSR_ME, MSR_TGPR,
  VECTOR_SHIFT, VECTOR_UNAVAILABLE,
} from './shared/ppc';
import { forgetStale } from './stale';
import { ppc } from './env';

/** Bits of MSR that SRR1 gets; the others are the exception's own. */
const SRR1_MSR: u32 = 0x87c0ffff;
const HIGH_VECTORS: u32 = 0xfff00000;
/** Where the handler of an exception is, from the base of all. */
@inline
function vectorOf(index: i32): u32 {
  return index == EXC_VECTOR_UNAVAILABLE ? VECTOR_UNAVAILABLE : (index as u32) << VECTOR_SHIFT;
}
/** CR0 in CR. */
const CR0: u32 = 0xf0000000;

// ---- What else raises ----------------------------------------------------------------------------------------------------

/** Nothing answers at a physical address. What a board makes of that is its own; but nothing can be executed there. */
export function accessFault(env: usize, addr: u64, access: i32): void {
  if (hasFeature(env, FEATURE_BUS_ERROR) || access == TLB_KIND_CODE) raiseWith(env, EXC_MACHINE_CHECK, SRR1_TEA);
}

/** The machine check pin (MCP); HID0[EMCP] is the caller's to ask. */
export function ppcMachineCheck(env: usize, cause: u32): void {
  ppc(env).orBusCause(cause);
  setPending(env, PENDING_MACHINE_CHECK);
}

/** The soft reset pin (SRESET). */
export function ppcSoftReset(env: usize): void {
  setPending(env, PENDING_SOFT_RESET);
}

// ---- Delivery ------------------------------------------------------------------------------------------------------------

/** The instruction at `pc`; 0: it cannot be read. */
function instruction(env: usize, pc: u64): u32 {
  const phys = translateFor(env, pc, TLB_KIND_CODE, fetchMmuIdx(env));
  if (phys == u64.MAX_VALUE) return 0;
  const word = physLoad32(phys);
  if (!physOk) return 0;
  return (msr(env) & MSR_LE) != 0 ? word : bswap(word);
}

/** What DSISR tells of an instruction, for software that does it (PEM, table 6-12). */
function alignmentStatus(word: u32): u32 {
  const registers = (word >> 16) & 0x3ff; // bits 6 to 15: rS or rD, and rA
  const isIndexed = word >> 26 == 31;
  const form = isIndexed ? (((word >> 1) & 3) << 15) | (((word >> 6) & 1) << 14) | (((word >> 7) & 15) << 10) : (((word >> 26) & 1) << 14) | (((word >> 27) & 15) << 10);
  return form | registers;
}

/** lmw and stmw, by all but the lowest bit of the primary opcode. */
const OPCODE_MULTIPLE: u32 = 23;

/** DSISR and DAR for the instruction `word`. */
function tellAlignment(env: usize, word: u32): void {
  ppc(env).dsisr = alignmentStatus(word);
  if (word >> 27 == OPCODE_MULTIPLE && hasFeature(env, FEATURE_DAR_MULTIPLE)) ppc(env).dar += 4;
}

/**
 * Enters the handler of a vector. `pc`: where rfi is to go back to; `cause`: what SRR1 gets beside MSR. A machine check while another is dealt with stops the CPU.
 */
function enter(env: usize, index: i32, pc: u64, cause: u32): void {
  const old = msr(env);
  if (index == EXC_MACHINE_CHECK && (old & MSR_ME) == 0) {
    reachingOut();
    checkstop(env, cause, pc);
    vcpu(env).halted = 1;
    return;
  }
  if ((vcpu(env).tell & TELL_TRAPS) != 0) logTrap(env, index, pc);
  forgetStale(env);
  ppc(env).srr0 = pc as u32;
  ppc(env).srr1 = (old & SRR1_MSR) | cause;
  ppc(env).reserve = -1;
  vcpu(env).pc = ((old & MSR_IP) != 0 ? HIGH_VECTORS : 0) + vectorOf(index);
  vcpu(env).halted = 0;
  const keeps: u32 = MSR_IP | MSR_ILE | (index == EXC_MACHINE_CHECK ? 0 : MSR_ME);
  const isSearch = index >= EXC_FETCH_MISS && index <= EXC_STORE_MISS;
  setMsr(env, (old & keeps) | ((old & MSR_ILE) != 0 ? MSR_LE : 0) | (isSearch ? MSR_TGPR : 0));
}

export function doInterrupt(env: usize): void {
  const index = vcpu(env).exceptionIndex;
  const error = ppc(env).errorCode;
  const pc = vcpu(env).pc;
  vcpu(env).exceptionIndex = -1;
  vcpu(env).fault = 0;
  let cause: u32 = 0;
  if (index == EXC_DSI || index == EXC_ALIGNMENT) {
    ppc(env).dar = ppc(env).faultAddr;
    if (index == EXC_DSI) ppc(env).dsisr = error;
    else tellAlignment(env, instruction(env, pc));
  } else if (index == EXC_PROGRAM || index == EXC_ISI || index == EXC_MACHINE_CHECK) {
    cause = error;
  } else if (index >= EXC_FETCH_MISS && index <= EXC_STORE_MISS) {
    cause = error | (ppcCr(env) & CR0);
  }
  enter(env, index, pc, cause);
}

/** In the order of their priorities (MPC750 and MPC7400 user's manuals, table 4-3). */
export function execInterrupt(env: usize): bool {
  const pc = vcpu(env).pc;
  const pending = ppc(env).pending;
  if ((pending & PENDING_MACHINE_CHECK) != 0) {
    ppc(env).andPending(~PENDING_MACHINE_CHECK);
    enter(env, EXC_MACHINE_CHECK, pc, ppc(env).xchgBusCause(0));
  } else if ((pending & PENDING_SOFT_RESET) != 0) {
    ppc(env).andPending(~PENDING_SOFT_RESET);
    enter(env, EXC_RESET, pc, 0);
  } else if ((msr(env) & MSR_EE) == 0) {
    return false;
  } else if ((ppc(env).lines & LINE_SMI) != 0) {
    enter(env, EXC_SMI, pc, 0);
  } else if ((ppc(env).lines & LINE_INT) != 0) {
    enter(env, EXC_EXTERNAL, pc, 0);
  } else if ((pending & PENDING_PERFORMANCE) != 0) {
    ppc(env).andPending(~PENDING_PERFORMANCE);
    enter(env, EXC_PERFORMANCE, pc, 0);
  } else if ((pending & PENDING_DECREMENTER) != 0) {
    ppc(env).andPending(~PENDING_DECREMENTER);
    enter(env, EXC_DECREMENTER, pc, 0);
  } else {
    return false;
  }
  return true;
}
