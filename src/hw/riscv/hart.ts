/** What a RISC-V board needs of a hart, whoever makes it. */
import type { CpuState } from '../core/cpu.js';

/** Inputs of a hart, by their number in mip (privileged spec, 3.1.9). */
export const IRQ_S_SOFT = 1;
export const IRQ_M_SOFT = 3;
export const IRQ_S_TIMER = 5;
export const IRQ_M_TIMER = 7;
export const IRQ_S_EXT = 9;
export const IRQ_M_EXT = 11;

/** How the device tree describes a hart (Linux, Documentation/devicetree/bindings/riscv/{cpus,extensions}.yaml). */
export interface HartDescription {
  readonly xlen: 32 | 64;
  /** `rv64imafdc_zicbom_...` */
  readonly isa: string;
  /** Single-letter and multi-letter extensions in canonical order: `riscv,isa-extensions`. */
  readonly extensions: readonly string[];
  /** `riscv,sv57`, ...; undefined: no MMU. */
  readonly mmuType?: string;
  /** Bytes; undefined: the extension is off. */
  readonly cbomBlockSize?: number;
  readonly cbozBlockSize?: number;
  readonly cbopBlockSize?: number;
  /** Programmable event counters (mhpmcounter3...) as a bit mask; undefined: no `pmu` node. */
  readonly pmuMask?: number;
}

/** Has GPIO inputs 0..15 for the mip bits. */
export interface RiscvHart extends CpuState {
  readonly description: HartDescription;
  /** Where its `time` CSR comes from. */
  setTimeSource?(source: TimeSource): void;
}

/** mtime, for the `time` CSR and Sstc. */
export interface TimeSource {
  time(): bigint;
  /** When mtime reaches `target`, ns of the virtual clock. */
  deadline(target: bigint): number;
  onTimeSet(listener: () => void): void;
}
