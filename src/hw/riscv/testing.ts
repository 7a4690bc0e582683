/** Boards without a CPU that runs: a stand-in hart whose inputs can be looked at, for tests of boards and devices. */
import { defineType, type TypeInfo } from '../../qom/object.js';
import type { HostClock } from '../core/clock.js';
import { ManualHostClock } from '../core/clock.js';
import { CpuState, ExitReason } from '../core/cpu.js';
import type { MachineState } from '../core/machine.js';
import type { MachineConfig, MachineEnvironment } from '../core/machine-config.js';
import { Log, LOG_ITEMS, type LogItem } from '../../util/log.js';
import type { HartDescription, RiscvHart } from './hart.js';
import { SpikeMachine } from './spike.js';
import { VirtMachine } from './virt.js';

const TEST_HART: HartDescription = {
  xlen: 64,
  isa: 'rv64imafdc_zicsr_zifencei',
  extensions: ['i', 'm', 'a', 'f', 'd', 'c', 'zicsr', 'zifencei'],
  mmuType: 'riscv,sv57',
  cbomBlockSize: 64,
  cbozBlockSize: 64,
  cbopBlockSize: 64,
  pmuMask: 0x7fff8,
};

export class IdleHart extends CpuState implements RiscvHart {
  static override readonly type: TypeInfo = defineType('idle-riscv-hart', CpuState, IdleHart);
  readonly env = 0;
  readonly instructionCount = 0;
  readonly budgetUsed = 0;
  readonly halted = true;
  pc = 0n;
  /** Levels of the inputs, by mip bit. */
  readonly lines: number[] = new Array<number>(16).fill(0);

  constructor(
    machine: MachineState,
    readonly description: HartDescription = TEST_HART,
  ) {
    super(machine.services);
    this.initGpioIn(16, (n, level) => (this.lines[n] = level));
  }

  override run(): ExitReason {
    return ExitReason.Halted;
  }
  override requestExit(): void {}
  override hasWork(): boolean {
    return false;
  }
  override registers(): [string, bigint][] {
    return [];
  }
  override writeRegister(): boolean {
    return false;
  }
  override translateDebug(address: bigint): number {
    return Number(address);
  }
  override dumpState(): string {
    return '';
  }
}

/** What a test gives beside the configuration. */
export interface IdleBoardOptions {
  env?: Partial<MachineEnvironment>;
  hart?: HartDescription;
}

const environment = (hostClock: HostClock, logged: string[], env: Partial<MachineEnvironment> = {}): MachineEnvironment => ({
  hostClock,
  log: new Log((text) => logged.push(text), Object.keys(LOG_ITEMS) as LogItem[]),
  ...env,
});

export class IdleVirt extends VirtMachine {
  readonly hostClock: ManualHostClock;
  readonly logged: string[];

  constructor(
    config: MachineConfig = {},
    private readonly options: IdleBoardOptions = {},
  ) {
    const hostClock = new ManualHostClock();
    const logged: string[] = [];
    super(environment(hostClock, logged, options.env), { bios: 'none', ...config });
    this.hostClock = hostClock;
    this.logged = logged;
  }
  protected override createHart(): IdleHart {
    return new IdleHart(this, this.options.hart);
  }
}

export class IdleSpike extends SpikeMachine {
  readonly hostClock: ManualHostClock;
  readonly logged: string[];

  constructor(config: MachineConfig = {}) {
    const hostClock = new ManualHostClock();
    const logged: string[] = [];
    super(environment(hostClock, logged), { bios: 'none', ...config });
    this.hostClock = hostClock;
    this.logged = logged;
  }
  protected override createHart(): IdleHart {
    return new IdleHart(this);
  }
}
