/** What a RISC-V board needs of a hart, whoever makes it. */
import type { HartDescription, InterruptFile, TimeSource } from '../../target/riscv/cpu.js';
import type { CpuState } from '../core/cpu.js';

export type { HartDescription };

/** Inputs of a hart, by their number in mip (privileged spec, 3.1.9). */
export const IRQ_S_SOFT = 1;
export const IRQ_M_SOFT = 3;
export const IRQ_M_TIMER = 7;
export const IRQ_S_EXT = 9;
export const IRQ_M_EXT = 11;

/** Has GPIO inputs 0..15 for the mip bits. */
export interface RiscvHart extends CpuState {
  readonly description: HartDescription;
  /** Where its `time` CSR comes from. */
  setTimeSource?(source: TimeSource): void;
  /** Gives it its IMSIC. */
  setImsic?(machine: InterruptFile, supervisor: InterruptFile): void;
}
