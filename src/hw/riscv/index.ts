/** RISC-V, whole: its boards, and what may be on them. */
import { cpuHelp } from '../../target/riscv/config.js';
import { riscvCpuModels } from '../../target/riscv/cpu-models.js';
import { RiscvCpu } from '../../target/riscv/cpu.js';
import { riscvIsa } from '../../target/riscv/index.js';
import type { Target } from '../../target/target.js';
import type { MachineClass } from '../core/machine-class.js';
import { Htif } from '../char/htif.js';
import { DEVICES } from '../devices.js';
import { RiscvAclintMtimer, RiscvAclintSwi } from '../intc/riscv-aclint.js';
import { RiscvAplic } from '../intc/riscv-aplic.js';
import { RiscvImsic } from '../intc/riscv-imsic.js';
import { SifivePlic } from '../intc/sifive-plic.js';
import { GpexHost, GpexRoot } from '../pci-host/gpex.js';
import { GoldfishRtc } from '../rtc/goldfish-rtc.js';
import { NoneMachine } from './none.js';
import { SpikeMachine } from './spike.js';
import { VirtMachine } from './virt.js';

const MACHINES: readonly MachineClass[] = [VirtMachine, SpikeMachine, NoneMachine];

export const riscvTarget: Target = {
  ...riscvIsa,
  runtime: 'wemu',
  machines: MACHINES,
  devices: [
    ...[...DEVICES, GoldfishRtc, GpexHost, GpexRoot, Htif],
    ...[RiscvAclintMtimer, RiscvAclintSwi, RiscvAplic, RiscvImsic, SifivePlic],
  ],
  cpus: [RiscvCpu],
  cpuModels: riscvCpuModels,
  cpuHelp,
};
