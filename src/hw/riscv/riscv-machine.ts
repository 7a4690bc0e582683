/** What the RISC-V boards share: harts, RAM, reset vector, device tree. */
import { FdtTree } from '../core/fdt.js';
import { RiscvAclintMtimer, RiscvAclintSwi, ACLINT_SWI_SIZE, ACLINT_TIMEBASE_FREQ } from '../intc/riscv-aclint.js';
import type { SysBusDevice, Window } from '../core/sysbus.js';
import type { MemoryRegion } from '../../memory/region.js';
import type { TypeInfo } from '../../qom/object.js';
import { string } from '../../qom/property.js';
import { MachineState } from '../core/machine.js';
import { defineMachine, type MachineClassOptions } from '../core/machine-class.js';
import { OptionError } from '../../util/errors.js';
import { parseCpuConfig } from '../../target/riscv/config.js';
import { RiscvCpu } from '../../target/riscv/cpu.js';
import { loadBootImages, resetVector, type BootInfo } from './boot.js';
import { RiscvHartArray } from './hart-array.js';
import { IRQ_M_SOFT, IRQ_M_TIMER, type RiscvHart } from './hart.js';

export abstract class RiscvMachine extends MachineState {
  static override readonly type: TypeInfo<MachineClassOptions> = defineMachine('riscv-machine', MachineState, RiscvMachine, {
    desc: '',
    abstract: true,
    properties: [string('dumpdtb', { description: 'Dump the device tree blob to a file and quit' })],
  });

  /** `-machine dumpdtb=FILE` */
  dumpdtb: string | undefined;
  readonly harts: RiscvHart[] = [];
  /** What was loaded where. */
  bootInfo: BootInfo | undefined;
  /** The tree that the guest gets. */
  fdt!: FdtTree;
  mtimer!: RiscvAclintMtimer;

  /** What the board turns on in its harts, as options behind `-cpu MODEL`. */
  protected get cpuOptions(): readonly string[] {
    return [];
  }

  /** Makes a hart that starts at `resetVector`; the board takes it in and realizes it. */
  protected createHart(hartid: number, resetVector: number): RiscvHart {
    // All harts are alike: what is to be said of them is said once.
    const warn = (text: string): void => void (hartid === 0 && this.log.write(`wemu: warning: ${text}\n`));
    const cpu = [this.config.cpu ?? this.class.defaultCpuType ?? 'rv64', ...this.cpuOptions].join(',');
    return new RiscvCpu(this, parseCpuConfig(cpu, warn), hartid, resetVector);
  }

  protected createHarts(resetVectorAddress: number): void {
    const resetvec = BigInt(resetVectorAddress);
    const array = this.addDevice(RiscvHartArray, { 'num-harts': this.smpCpus, resetvec }, { name: 'soc0' });
    for (let hartid = 0; hartid < this.smpCpus; hartid++) {
      const hart = this.createHart(hartid, resetVectorAddress);
      this.harts.push(hart);
      this.addCpu(hart);
      array.addChild('harts[*]', hart);
      array.cpuType = hart.typeName;
      this.realize(hart);
    }
  }

  /** MSWI and MTIMER side by side: a CLINT, unless they are to be devices of their own (`apart`). In the order of their addresses. */
  protected createClint(window: Window, apart = false): SysBusDevice[] {
    const [base] = window;
    const swi = this.addDevice(RiscvAclintSwi, { 'num-harts': this.smpCpus });
    if (apart) swi.mmioMap(0, base);
    else swi.place(window);
    this.mtimer = this.addDevice(RiscvAclintMtimer, { 'num-harts': this.smpCpus, 'timebase-freq': ACLINT_TIMEBASE_FREQ });
    this.mtimer.mmioMap(0, base + ACLINT_SWI_SIZE);
    if (!apart) swi.joinTimer(this.mtimer);
    this.harts.forEach((hart, i) => {
      swi.connectGpioOut(i, hart.gpioIn(IRQ_M_SOFT));
      this.mtimer.connectGpioOut(i, hart.gpioIn(IRQ_M_TIMER));
      hart.setTimeSource?.(this.mtimer);
    });
    return [swi, this.mtimer];
  }

  /** Maps RAM, `-m` large. */
  protected createRam(base: number): MemoryRegion {
    const ram = this.newRam(this.class.defaultRamId ?? 'ram', this.ramSize);
    this.systemMemory.addSubregion(base, ram);
    return ram;
  }

  /** Loads the images, puts the reset vector into the mask ROM, and serves `dumpdtb`. */
  protected boot(board: () => FdtTree, mrom: Window, romName: string, ramBase: number, flash?: number): void {
    const { xlen } = this.harts[0].description;
    this.systemMemory.addSubregion(mrom[0], this.newRom(romName, mrom[1]));
    this.fdt = this.config.dtb ? FdtTree.parse(this.config.dtb) : board();
    if (this.dumpdtb !== undefined) return this.dumpTree(this.dumpdtb);
    this.bootInfo = loadBootImages(this, this.fdt, { base: ramBase, size: this.ramSize }, xlen, flash);
    this.roms.add('mrom.reset', mrom[0], resetVector(this.bootInfo, xlen));
  }

  private dumpTree(file: string): void {
    if (this.config.append) this.fdt.node('/chosen').string('bootargs', this.config.append);
    if (!this.env.writeFile) throw new OptionError('this host cannot write files', '-machine dumpdtb');
    this.env.writeFile(file, this.fdt.flatten());
    this.requestShutdown('host-ui');
  }
}
