// Helpers that raise, and those of whole registers that are held in parts.
import { raiseAt, raiseIllegal, raiseProgram, raiseWith } from './raise';
import { msr, ppcSetXer, ppcXer } from './cpu';
import { ppcCr } from './cr';
import { EXC_ALIGNMENT, EXC_SYSTEM_CALL, EXC_TRACE, EXC_VECTOR_UNAVAILABLE, MSR_VEC, PROGRAM_TRAP } from './shared/ppc';

/** At the instruction. `error`: SRR1's or DSISR's. */
export function helper_raise_exception(env: usize, index: u64, error: u64): void {
  raiseWith(env, index as i32, error as u32);
}

export function helper_alignment(env: usize, addr: u64): void {
  raiseAt(env, EXC_ALIGNMENT, 0, addr);
}

/** lmw, stmw, stwcx. */
export function helper_word_aligned(env: usize, addr: u64): void {
  if ((addr & 3) != 0) raiseAt(env, EXC_ALIGNMENT, 0, addr);
}

/** An AltiVec instruction, of which there are none here: MSR[VEC] says whether that is for the system to change, or an illegal instruction. */
export function helper_altivec(env: usize): void {
  if ((msr(env) & MSR_VEC) != 0) raiseIllegal(env);
  else raiseWith(env, EXC_VECTOR_UNAVAILABLE, 0);
}

/** After the instruction: pc is that of the next one already. */
export function helper_sc(env: usize): void {
  raiseWith(env, EXC_SYSTEM_CALL, 0);
}

export function helper_trace(env: usize): void {
  raiseWith(env, EXC_TRACE, 0);
}

/** `to` are the conditions of tw and twi: less, greater, equal, less and greater as unsigned numbers, from bit 4 down. */
export function helper_tw(env: usize, a: u64, b: u64, to: u64): void {
  const x = a as u32, y = b as u32;
  const met: u32 =
    (u32((x as i32) < (y as i32)) << 4) | (u32((x as i32) > (y as i32)) << 3) | (u32(x == y) << 2) | (u32(x < y) << 1) | u32(x > y);
  if ((met & (to as u32)) != 0) raiseProgram(env, PROGRAM_TRAP);
}

export function helper_mfcr(env: usize): u64 {
  return ppcCr(env);
}

export function helper_mfxer(env: usize): u64 {
  return ppcXer(env);
}

export function helper_mtxer(env: usize, value: u64): void {
  ppcSetXer(env, value as u32);
}
