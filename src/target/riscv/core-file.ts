/** What ELF core files say of a hart. Source: RISC-V ELF psABI; Linux's struct elf_prstatus. */
import * as X from '../../../assembly/target/riscv/shared/riscv.js';
import type { CoreDescription } from '../../hw/core/cpu.js';
import { hasExtension, type CpuConfig } from './config.js';

const EM_RISCV = 243;
const EF_RVC = 1;
const EF_FLOAT_SINGLE = 2;
const EF_FLOAT_DOUBLE = 4;

/** Offsets in struct elf_prstatus, and its size, bytes: by XLEN. */
const LAYOUT = { 32: { pid: 24, registers: 72, size: 204 }, 64: { pid: 32, registers: 112, size: 376 } } as const;

/** `x`: the integer registers, of which x0 gives its place to pc. */
export function coreDescription(config: CpuConfig, cpuIndex: number, pc: bigint, x: (i: number) => bigint): CoreDescription {
  const { xlen } = config;
  const layout = LAYOUT[xlen];
  const prstatus = new Uint8Array(layout.size);
  const view = new DataView(prstatus.buffer);
  view.setUint32(layout.pid, cpuIndex + 1, true);
  for (let i = 0; i < 32; i++) {
    const value = i === 0 ? pc : x(i);
    if (xlen === 64) view.setBigUint64(layout.registers + 8 * i, value, true);
    else view.setUint32(layout.registers + 4 * i, Number(value), true);
  }
  const has = (bit: number): boolean => hasExtension(config, bit);
  const float = has(X.RVX_D) ? EF_FLOAT_DOUBLE : has(X.RVX_F) ? EF_FLOAT_SINGLE : 0;
  return { bits: xlen, machine: EM_RISCV, flags: (has(X.RVX_C) ? EF_RVC : 0) | float, prstatus };
}
