/** RISC-V, whole: its boards, and what may be on them. */
import { cpuHelp } from '../../target/riscv/config.js';
import { riscvCpuModels } from '../../target/riscv/cpu-models.js';
import { RiscvCpu } from '../../target/riscv/cpu.js';
import { riscvIsa } from '../../target/riscv/index.js';
import type { Target } from '../../target/target.js';
import type { MachineClass } from '../core/machine-class.js';
import { DEVICES } from '../devices.js';
import { NoneMachine } from './none.js';
import { SpikeMachine } from './spike.js';
import { VirtMachine } from './virt.js';

const MACHINES: readonly MachineClass[] = [VirtMachine, SpikeMachine, NoneMachine];

export const riscvTarget: Target = {
  ...riscvIsa,
  runtime: 'wemu',
  machines: MACHINES,
  devices: DEVICES,
  cpus: [RiscvCpu],
  cpuModels: riscvCpuModels,
  cpuHelp,
};
