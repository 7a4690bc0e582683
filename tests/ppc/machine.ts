/** A PowerPC processor with nothing but RAM at 0, a ROM of 1 MiB where it begins, a serial port, and a register whose store ends the machine. */
import { synchronousCodegen } from '../../src/accel/tcg/codegen-sync.js';
import { createTcgHost, type TcgHost } from '../../src/host.js';
import { SerialMm } from '../../src/hw/char/serial-mm.js';
import { ppcTarget } from '../../src/hw/ppc/index.js';
import { MachineState } from '../../src/hw/core/machine.js';
import { defineMachine, type MachineClassOptions } from '../../src/hw/core/machine-class.js';
import { MemoryRegion } from '../../src/memory/region.js';
import { engineWasmPath } from '../../src/node/engine-wasm.js';
import { loadWasm } from '../../src/node/v8-cache.js';
import type { TypeInfo } from '../../src/qom/object.js';
import { TimeoutScheduler } from '../../src/system/scheduler.js';
import { parsePpcConfig, ppcCpuHelp, ppcCpuModels } from '../../src/target/ppc/config.js';
import { PpcCpu } from '../../src/target/ppc/cpu.js';
import { ppcIsa } from '../../src/target/ppc/index.js';
import type { Target } from '../../src/target/target.js';
import { MiB } from '../../src/util/size.js';

export const ROM = 0xfff0_0000;
export const ROM_SIZE = MiB;
/** Where a board with an ISA bus has its first one. */
export const SERIAL = 0x8000_03f8;
/** The value is the exit status. */
export const FINISHER = 0x8001_0000;
export const TIMEBASE_FREQUENCY = 16_600_000;

class PpcBareMachine extends MachineState {
  static override readonly type: TypeInfo<MachineClassOptions> = defineMachine('ppcbare', MachineState, PpcBareMachine, {
    desc: 'PowerPC processor with RAM and ROM',
    defaultCpuType: '750',
  });

  protected override init(): void {
    const { bios, cpu: model = '750' } = this.config;
    this.systemMemory.addSubregion(0, this.newRam('ram', this.ramSize));
    this.systemMemory.addSubregion(ROM, this.newRom('rom', ROM_SIZE));
    if (bios instanceof Uint8Array) this.roms.add('rom', ROM, bios);
    const end = MemoryRegion.io(this.topology, 'finisher', 4, {
      endianness: 'big',
      read: () => 0,
      write: (_, value) => this.requestShutdown('guest-shutdown', value),
    });
    this.systemMemory.addSubregion(FINISHER, end);
    const cpu = new PpcCpu(this, parsePpcConfig(model), { timebaseFrequency: TIMEBASE_FREQUENCY });
    this.addCpu(cpu);
    this.realize(cpu);
    this.addDevice(SerialMm, { chardev: this.config.serials?.[0] }).mmioMap(0, SERIAL);
  }
}

const target: Target = {
  ...ppcIsa,
  runtime: 'wemu-ppc',
  machines: [PpcBareMachine],
  devices: [SerialMm],
  cpus: [PpcCpu],
  cpuModels: ppcCpuModels,
  cpuHelp: ppcCpuHelp,
};

export type Tier = 'tci' | 'wasm';

const modules = new Map<string, WebAssembly.Module>();
/** Compiled once a process. */
function engineOf(runtime: string): WebAssembly.Module {
  const module = modules.get(runtime) ?? loadWasm(engineWasmPath(false, runtime));
  modules.set(runtime, module);
  return module;
}

/** `wasm`: code is generated for everything before its second run. */
export const createPpcHost = (tier: Tier): TcgHost =>
  createTcgHost({
    wasm: ({ runtime }) => engineOf(runtime),
    targets: [target, ppcTarget],
    codegen: tier === 'wasm' ? synchronousCodegen : undefined,
    tuning: { threshold: 1 },
    clock: { monotonicNs: () => performance.now() * 1e6, epochMs: () => Date.now() },
    scheduler: new TimeoutScheduler(),
  });

export const RAM_SIZE = 64 * MiB;
