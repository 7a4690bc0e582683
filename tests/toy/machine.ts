/** The toy as a target: a CPU, a board, and what a host is told of them. */
import type { Vcpu } from '../../src/accel/tcg/vcpu.js';
import { CpuState, ExitReason } from '../../src/hw/core/cpu.js';
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

class ToyCpu extends CpuState {
  static override readonly type: TypeInfo = defineType('toy-cpu', CpuState, ToyCpu, { category: 'cpu' });
  private readonly vcpu: Vcpu;
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
  get env(): number {
    return this.vcpu.env;
  }
  run(budget: number, contended = false): ExitReason {
    return this.vcpu.exec(budget, contended);
  }
  get budgetUsed(): number {
    return this.vcpu.used;
  }
  requestExit(): void {
    this.vcpu.requestExit();
  }
  get instructionCount(): number {
    return this.vcpu.instructionCount;
  }
  get pc(): bigint {
    return this.vcpu.get(ENV.pc);
  }
  set pc(value: bigint) {
    this.vcpu.set(ENV.pc, value);
  }
  get halted(): boolean {
    return this.vcpu.get(ENV.halted) !== 0;
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
