/** A RISC-V hart of an accelerator, without the board and the CPU device that usually make one. */
import * as rv from '../../assembly/target/riscv/shared/env.js';
import type { TcgAccel } from '../../src/accel/tcg/accel.js';
import { NO_MACHINE } from './engine.js';
import type { Vcpu } from '../../src/accel/tcg/vcpu.js';
import { parseCpuConfig } from '../../src/target/riscv/config.js';

/** `model` as for `-cpu`, 64-bit; the hart is reset and starts at `resetVector`. */
export function createHart(accel: TcgAccel, model: string, resetVector: number): Vcpu {
  const config = parseCpuConfig(model);
  const cpu = accel.createVcpu('riscv', config, { imports: NO_MACHINE });
  cpu.write32(rv.RV_XLEN, 64);
  config.extensions.forEach((word, i) => cpu.write32(rv.RV_EXT + 4 * i, word));
  cpu.write64(rv.RV_RESET_VEC, BigInt(resetVector));
  (accel.runtime.allExports.riscvInit as (env: number) => void)(cpu.env);
  return cpu;
}
