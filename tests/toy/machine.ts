/** The toy as a target: a CPU, a board, and what a host is told of them. */
import type { Vcpu } from '../../src/accel/tcg/vcpu.js';
import { EngineCpu } from '../../src/hw/core/engine-cpu.js';
import { MachineState } from '../../src/hw/core/machine.js';
import { defineMachine, type MachineClassOptions } from '../../src/hw/core/machine-class.js';
import { MemoryRegion } from '../../src/memory/region.js';
import { defineType, type TypeInfo } from '../../src/qom/object.js';
import type { Target } from '../../src/target/target.js';
import { TOY_R, VECTORS } from './assembly/shared/toy.js';
import { ENV } from '../../src/accel/tcg/env.js';
import { toyIsa } from './frontend.js';

export const CONSOLE = 0xe000_0000;
/** Where a kernel starts. */
export const KERNEL = 0x1000;

interface ToyExports {
  targetReset(env: number): void;
  toySetLine(env: number, level: number): void;
}

class ToyCpu extends EngineCpu {
  static override readonly type: TypeInfo = defineType('toy-cpu', EngineCpu, ToyCpu, { category: 'cpu' });
  override readonly vcpu: Vcpu;
  private readonly exports: ToyExports;

  constructor(machine: MachineState) {
    super(machine.services);
    const logTrap = (cause: number, pc: bigint): void => machine.log.mask('int', `trap ${cause}, pc 0x${pc.toString(16)}`);
    this.vcpu = machine.accelerator!.createVcpu(toyIsa.name, {}, { dumpState: () => this.dumpState(), imports: { logTrap } }) as Vcpu;
    this.exports = this.vcpu.runtime.allExports as unknown as ToyExports;
    this.initGpioIn(1, (_, level) => {
      this.exports.toySetLine(this.env, level);
      this.interrupted();
    });
  }

  override reset(): void {
    this.exports.targetReset(this.env);
    this.pc = BigInt(KERNEL);
  }
  get pc(): bigint {
    return this.vcpu.get(ENV.pc);
  }
  set pc(value: bigint) {
    this.vcpu.set(ENV.pc, value);
  }
  hasWork(): boolean {
    return false;
  }
  registers(): [string, bigint][] {
    return [['pc', this.pc], ...Array.from({ length: 16 }, (_, n): [string, bigint] => [`r${n}`, this.vcpu.read64(TOY_R + 8 * n)])];
  }
  writeRegister(name: string, value: bigint): boolean {
    const n = Number(/^r(\d+)$/.exec(name)?.[1]);
    if (name === 'pc') this.pc = value;
    else if (n < 16) this.vcpu.write64(TOY_R + 8 * n, BigInt.asUintN(32, value));
    else return false;
    return true;
  }
  translateDebug(address: bigint): number | undefined {
    return this.vcpu.translateDebug(address);
  }
  dumpState(): string {
    return this.registers()
      .map(([name, value]) => `${name}=${value.toString(16)}`)
      .join(' ');
  }
}

/** RAM at both ends; a store to the console shows a character, or ends the machine with a status. */
class ToyMachine extends MachineState {
  static override readonly type: TypeInfo<MachineClassOptions> = defineMachine('toyboard', MachineState, ToyMachine, { desc: 'toy' });

  protected override init(): void {
    this.systemMemory.addSubregion(0, this.newRam('ram', this.ramSize));
    this.systemMemory.addSubregion(VECTORS, this.newRam('vectors', 0x1_0000));
    const serial = this.config.serials![0];
    const device = MemoryRegion.io(this.topology, 'console', 8, {
      endianness: 'big',
      read: () => 0,
      write: (offset, value) => {
        if (offset === 0) serial.write(Uint8Array.of(value));
        else this.requestShutdown('guest-shutdown', value);
      },
    });
    this.systemMemory.addSubregion(CONSOLE, device);
    const cpu = new ToyCpu(this);
    this.addCpu(cpu);
    this.realize(cpu);
    if (this.config.kernel) this.roms.add('kernel', KERNEL, this.config.kernel);
  }
}

export const toyTarget: Target = {
  ...toyIsa,
  runtime: 'tests/toy',
  machines: [ToyMachine],
  devices: [],
  cpus: [ToyCpu],
  cpuModels: { list: () => [{ name: 'toy', typeName: 'toy-cpu' }] },
  cpuHelp: () => 'toy\n',
};
