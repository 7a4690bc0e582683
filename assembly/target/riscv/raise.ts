// Raising RISC-V's exceptions.
import { CAUSE_ILLEGAL_INST } from './shared/riscv';
import { raise } from '../../core/env';
import { hart } from './env';

/** RV_BINS when the helper that found the instruction illegal does not know its bits: delivery fetches them. */
export const BINS_UNKNOWN: u64 = u64.MAX_VALUE;

/** An exception with an address: it becomes the trap value. */
export function raiseAddress(env: usize, cause: i32, addr: u64): void {
  hart(env).badaddr = addr;
  raise(env, cause);
}

/** Illegal instruction, raised by a helper that does not have the instruction's bits at hand. */
export function raiseIllegal(env: usize): void {
  hart(env).bins = BINS_UNKNOWN;
  raise(env, CAUSE_ILLEGAL_INST);
}
