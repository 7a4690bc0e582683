// Exceptions: raising, and delivery through SRR0, SRR1 and the vectors (PEM, chapter 6).
import { CPU_INTERRUPT_HARD, ENV_EXCEPTION_INDEX, ENV_FAULT, ENV_HALTED, ENV_INTERRUPT_REQUEST, ENV_LOG_TRAPS, ENV_PC } from '../../shared/layout';
import { raise } from '../../core/env';
import { tlbFlush } from '../../tlb/flush';
import { msr, updateTbFlags } from './cpu';
import { logTrap } from './host';
import {
  EXC_ALIGNMENT, EXC_MACHINE_CHECK, EXC_PROGRAM, MSR_ILE, MSR_IP, MSR_LE, MSR_ME, PPC_ERROR_CODE, PPC_FAULT_ADDR, PPC_MSR, PPC_SRR0, PPC_SRR1, PROGRAM_ILLEGAL, VECTOR_SHIFT,
} from './shared/ppc';

/** Bits of MSR that SRR1 gets; the others are the exception's own. */
const SRR1_MSR: u32 = 0x87c0_ffff;
const HIGH_VECTORS: u32 = 0xfff0_0000;

/** Raises exception EXC_* with what SRR1 or DSISR will tell. */
export function raiseWith(env: usize, index: i32, error: u32): void {
  store<u32>(env, error, PPC_ERROR_CODE);
  raise(env, index);
}

export function raiseProgram(env: usize, error: u32): void {
  raiseWith(env, EXC_PROGRAM, error);
}

export function raiseIllegal(env: usize): void {
  raiseProgram(env, PROGRAM_ILLEGAL);
}

export function raiseAt(env: usize, index: i32, error: u32, addr: u64): void {
  store<u32>(env, addr as u32, PPC_FAULT_ADDR);
  raiseWith(env, index, error);
}

export function doInterrupt(env: usize): void {
  const index = load<i32>(env, ENV_EXCEPTION_INDEX);
  const old = msr(env);
  const pc = load<u64>(env, ENV_PC);
  if (load<u32>(env, ENV_LOG_TRAPS) != 0) logTrap(env, index, pc);
  store<u32>(env, pc as u32, PPC_SRR0);
  store<u32>(env, (old & SRR1_MSR) | (index == EXC_PROGRAM ? load<u32>(env, PPC_ERROR_CODE) : 0), PPC_SRR1);
  const keeps: u32 = MSR_IP | MSR_ILE | (index == EXC_MACHINE_CHECK ? 0 : MSR_ME);
  store<u32>(env, (old & keeps) | ((old & MSR_ILE) != 0 ? MSR_LE : 0), PPC_MSR);
  store<u64>(env, ((old & MSR_IP) != 0 ? HIGH_VECTORS : 0) + ((index as u32) << VECTOR_SHIFT), ENV_PC);
  store<i32>(env, -1, ENV_EXCEPTION_INDEX);
  store<u32>(env, 0, ENV_FAULT);
  store<u32>(env, 0, ENV_HALTED);
  tlbFlush(env);
  updateTbFlags(env);
}

export function execInterrupt(env: usize): bool {
  return false;
}

export function hasWork(env: usize): bool {
  return (load<u32>(env, ENV_INTERRUPT_REQUEST) & CPU_INTERRUPT_HARD) != 0;
}

export function linesChanged(env: usize): void {}

export function unaligned(env: usize, addr: u64, access: i32): void {
  raiseAt(env, EXC_ALIGNMENT, 0, addr);
}

export function accessFault(env: usize, addr: u64, access: i32): void {
  raiseAt(env, EXC_MACHINE_CHECK, 0, addr);
}

// No debug registers yet.
export function breakpoint(env: usize, pc: u64): bool {
  return false;
}
export function watchpoint(env: usize, addr: u64, size: u32, access: u32): bool {
  return false;
}
