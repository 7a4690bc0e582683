// Raising PowerPC's exceptions.
import { raise } from '../../core/env';
import { EXC_ALIGNMENT, EXC_PROGRAM, PROGRAM_ILLEGAL } from './shared/ppc';
import { ppc } from './env';

/** Raises exception EXC_* with what SRR1 or DSISR will tell. */
export function raiseWith(env: usize, index: i32, error: u32): void {
  ppc(env).errorCode = error;
  raise(env, index);
}

export function raiseProgram(env: usize, error: u32): void {
  raiseWith(env, EXC_PROGRAM, error);
}

export function raiseIllegal(env: usize): void {
  raiseProgram(env, PROGRAM_ILLEGAL);
}

export function raiseAt(env: usize, index: i32, error: u32, addr: u64): void {
  ppc(env).faultAddr = addr as u32;
  raiseWith(env, index, error);
}

export function unaligned(env: usize, addr: u64, access: i32): void {
  raiseAt(env, EXC_ALIGNMENT, 0, addr);
}
