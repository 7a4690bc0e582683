/** Machines whose CPUs are scripts, for who tests what runs them. */
import { Chardev } from '../../src/chardev/chardev.js';
import { CpuState, ExitReason } from '../../src/hw/core/cpu.js';
import { ManualHostClock } from '../../src/hw/core/clock.js';
import { defineDevice } from '../../src/hw/core/device.js';
import { PlainRamAllocator } from '../../src/memory/ram.js';
import type { TypeInfo } from '../../src/qom/object.js';
import { TypeRegistry } from '../../src/qom/registry.js';
import { Machine, type MachineHost, type MachineOptions } from '../../src/system/facade.js';
import { MachineState } from '../../src/hw/core/machine.js';
import { defineMachine, type MachineClassOptions } from '../../src/hw/core/machine-class.js';
import { MachineRegistry } from '../../src/system/registry.js';
import type { Sleep } from '../../src/system/scheduler.js';

/** Executes nothing, at 10 ns an instruction of host time. `script` looks at every instruction and may change the state. */
export class ScriptedCpu extends CpuState {
  static override readonly type = defineDevice('scripted-cpu', CpuState, ScriptedCpu);
  readonly env = 0;
  pc = 0n;
  halted = false;
  irq = false;
  instructionCount = 0;
  resets = 0;
  slices: number[] = [];
  yields = false;
  reservations = 0;
  private exit = false;
  script: (cpu: ScriptedCpu) => void = () => {};
  hostClock!: ManualHostClock;

  override reset(): void {
    this.resets++;
    this.halted = false;
  }
  run(budget: number, contended = false): ExitReason {
    this.exit = this.yields = false;
    if (this.irq) {
      this.halted = false;
      this.irq = false;
    }
    const start = this.instructionCount;
    let reason = ExitReason.Budget;
    for (let i = 0; i < budget; i++) {
      this.instructionCount++;
      this.hostClock.ns += 10;
      this.script(this);
      if (this.halted) reason = ExitReason.Halted;
      if (this.exit) reason = ExitReason.Request;
      if (this.yields && contended) reason = ExitReason.Yield;
      if (reason !== ExitReason.Budget) break;
    }
    this.slices.push(this.instructionCount - start);
    return reason;
  }
  requestExit(): void {
    this.exit = true;
  }
  get budgetUsed(): number {
    return this.slices.at(-1) ?? 0;
  }
  hasWork(): boolean {
    return this.irq;
  }
  override endReservation(): void {
    this.reservations++;
  }
  interrupt(): void {
    this.irq = true;
    this.interrupted();
  }
  registers(): [string, bigint][] {
    return [['x1', 5n]];
  }
  writeRegister(): boolean {
    return false;
  }
  translateDebug(address: bigint): number | undefined {
    return address >= 0x1000n ? Number(address) - 0x1000 : undefined;
  }
  dumpState(): string {
    return '';
  }
}

export class ScriptedBoard extends MachineState {
  static override readonly type: TypeInfo<MachineClassOptions> = defineMachine('board', MachineState, ScriptedBoard, {
    desc: 'a board',
    isDefault: true,
    aliases: ['b'],
    maxCpus: 4,
  });
  protected override init(): void {
    this.systemMemory.addSubregion(0, this.newRam('ram', 0x4000));
    for (let i = 0; i < this.smpCpus; i++) {
      const cpu = this.newDevice(ScriptedCpu);
      cpu.hostClock = this.env.hostClock as ManualHostClock;
      this.addCpu(cpu);
      this.realize(cpu);
    }
  }
}

/** Output that leaves when it is told to. */
export class SlowOutput extends Chardev {
  finish: () => void = () => {};
  constructor() {
    super('slow', 'slow');
  }
  override write(): void {}
  override flushed(): Promise<void> {
    return new Promise((resolve) => {
      const before = this.finish;
      this.finish = () => {
        before();
        resolve();
      };
    });
  }
}

/** A board with such CPUs, on a host whose clock and sleep are made up. */
export function scriptedMachine(options: MachineOptions = {}) {
  const clock = new ManualHostClock();
  const sleeps: number[] = [];
  const rests: number[] = [];
  const host: MachineHost = {
    clock,
    machines: new MachineRegistry([ScriptedBoard]),
    types: new TypeRegistry([ScriptedCpu]),
    engine: () => ({ ram: new PlainRamAllocator() }),
    scheduler: {
      yield: async () => {
        clock.ns += 10_000;
        await new Promise((resolve) => setTimeout(resolve, 0));
      },
      sleep: (ms): Sleep => {
        sleeps.push(ms);
        let wake!: () => void;
        const done = new Promise<void>((resolve) => (wake = resolve));
        if (ms !== Infinity) {
          clock.ns += ms * 1e6;
          wake();
        }
        return { done, wake };
      },
      rest: (ns) => {
        rests.push(ns);
        clock.ns += ns;
      },
    },
  };
  const machine = Machine.create(options, host);
  return { machine, clock, sleeps, rests, cpu: machine.cpu() as ScriptedCpu, cpus: machine.state.cpus as ScriptedCpu[] };
}
