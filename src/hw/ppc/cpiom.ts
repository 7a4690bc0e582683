/** The CPIOM, an avionics computer: MPC755, SDRAM, interrupt controller, timers. Its manual is docs/cpiom.md; what is not built yet stands there. */
import type { TypeInfo } from '../../qom/object.js';
import { parsePpcConfig } from '../../target/ppc/config.js';
import { PPC_INPUT, PpcCpu } from '../../target/ppc/cpu.js';
import { LoaderError, OptionError } from '../../util/errors.js';
import { MiB } from '../../util/size.js';
import { MachineState, defineMachine, type MachineClassOptions } from '../core/machine.js';
import { CpiomIntc, CPIOM_INTC, CPIOM_INTC_SIZE } from './cpiom-intc.js';
import { CpiomTimers, CPIOM_TIMERS_SIZE } from './cpiom-timers.js';

const MAP = {
  sdram: [0x0000_0000, 512 * MiB],
  intc: [0x2001_0000, CPIOM_INTC_SIZE],
  timers: [0x2002_0000, CPIOM_TIMERS_SIZE],
  boot: [0xfff0_0000, MiB],
} as const;

/** Hz: a quarter of the bus clock. */
export const CPIOM_TIMEBASE_FREQUENCY = 16_600_000;

/** Lines of ITN. */
export const CPIOM_ITN = { tick: 0 } as const;

/** HID2[HBE]: eight blocks of each kind. */
const HID2 = 0x0004_0000;

/** Pins of the CPU, in the order of the interrupt controller's outputs. */
const PINS = { RST: PPC_INPUT.softReset, MCP: PPC_INPUT.machineCheck, ITN: PPC_INPUT.interrupt } as const;

export class CpiomMachine extends MachineState {
  static override readonly type: TypeInfo<MachineClassOptions> = defineMachine('cpiom', MachineState, CpiomMachine, {
    desc: 'CPIOM board',
    defaultCpuType: '755_v2.8',
    defaultRamSize: 64 * MiB,
  });

  intc!: CpiomIntc;

  protected override init(): void {
    const cpu = this.createCpu();
    this.createMemory();
    this.intc = this.addDevice(CpiomIntc);
    this.intc.place(MAP.intc, ...CPIOM_INTC.map((name) => cpu.gpioIn(PINS[name])));
    this.addDevice(CpiomTimers).place(MAP.timers, this.intc.gpioIn(CPIOM_ITN.tick, 'ITN'));
  }

  private createCpu(): PpcCpu {
    const config = parsePpcConfig(this.config.cpu ?? this.class.defaultCpuType!);
    if (config.family !== '755') throw new OptionError(`a ${config.model} does not fit this board`, '-cpu', 'a 745 or 755');
    const cpu = new PpcCpu(this, config, { timebaseFrequency: CPIOM_TIMEBASE_FREQUENCY, busErrors: true, registers: { HID2 } });
    this.addCpu(cpu);
    return this.realize(cpu);
  }

  private createMemory(): void {
    const [base, most] = MAP.sdram;
    if (this.ramSize > most) throw new OptionError(`at most ${most / MiB} MiB of SDRAM`, '-m');
    this.systemMemory.addSubregion(base, this.newRam('cpiom-sdram', this.ramSize));
    const [boot, size] = MAP.boot;
    this.systemMemory.addSubregion(boot, this.newRom('cpiom-boot', size));
    const { bios } = this.config;
    if (!(bios instanceof Uint8Array))
      throw new LoaderError('there is no firmware of its own yet: give an image of up to 1 MiB with -bios FILE');
    if (bios.length > size) throw new LoaderError(`'firmware': ${bios.length} bytes do not fit into the ${size} at 0x${boot.toString(16)}`);
    this.roms.add('firmware', boot, bios);
  }
}
