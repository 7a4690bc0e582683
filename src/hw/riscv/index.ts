/** RISC-V: its boards, and the devices that may be on them. */
import type { TypedClass } from '../../qom/object.js';
import { cpuHelp } from '../../target/riscv/config.js';
import { RiscvCpu } from '../../target/riscv/cpu.js';
import { riscvTarget } from '../../target/riscv/index.js';
import type { Architecture } from '../core/architecture.js';
import type { MachineClass } from '../core/machine.js';
import { PflashCfi01 } from '../block/pflash-cfi01.js';
import { Htif } from '../char/htif.js';
import { SerialMm } from '../char/serial-mm.js';
import { RiscvAclintMtimer, RiscvAclintSwi } from '../intc/riscv-aclint.js';
import { SifivePlic } from '../intc/sifive-plic.js';
import { SifiveTest } from '../misc/sifive-test.js';
import { FwCfg } from '../nvram/fw-cfg.js';
import { GoldfishRtc } from '../rtc/goldfish-rtc.js';
import { VirtioBlk } from '../virtio/virtio-blk.js';
import { VirtioDevice } from '../virtio/virtio.js';
import { VirtioMmio } from '../virtio/virtio-mmio.js';
import { VirtioRng } from '../virtio/virtio-rng.js';
import { VirtConsole, VirtSerialPort, VirtioSerial } from '../virtio/virtio-serial.js';
import { SpikeMachine } from './spike.js';
import { VirtMachine } from './virt.js';

const MACHINES: readonly MachineClass[] = [VirtMachine, SpikeMachine];

const DEVICES: readonly TypedClass[] = [
  ...[PflashCfi01, Htif, SerialMm, RiscvAclintMtimer, RiscvAclintSwi, SifivePlic, SifiveTest, FwCfg, GoldfishRtc],
  ...[VirtioDevice, VirtioMmio, VirtioBlk, VirtioRng, VirtioSerial, VirtSerialPort, VirtConsole],
];

export const riscvArchitecture: Architecture = { name: riscvTarget.name, machines: MACHINES, devices: DEVICES, cpus: [RiscvCpu], cpuHelp };
