/** A machine without a board, for tests of devices: its clock moves only when told. */
import { ManualHostClock } from './clock.js';
import type { TypeInfo } from '../../qom/object.js';
import { Log, LOG_ITEMS, type LogItem } from '../../util/log.js';
import { MachineState } from './machine.js';
import { defineMachine, type MachineClassOptions } from './machine-class.js';
import type { MachineConfig, MachineEnvironment } from './machine-config.js';

export class NoneMachine extends MachineState {
  static override readonly type: TypeInfo<MachineClassOptions> = defineMachine('none', MachineState, NoneMachine, {
    desc: 'empty machine',
    maxCpus: 1,
  });
  protected override init(): void {}
}

export class TestMachine extends NoneMachine {
  readonly hostClock: ManualHostClock;
  /** All that was logged, of every -d item. */
  readonly logged: string[];

  constructor(options: { config?: MachineConfig } & Pick<Partial<MachineEnvironment>, 'icount' | 'openFile' | 'ram' | 'types'> = {}) {
    const hostClock = new ManualHostClock();
    const logged: string[] = [];
    super(
      {
        hostClock,
        ...options,
        log: new Log((text) => logged.push(text), Object.keys(LOG_ITEMS) as LogItem[]),
      },
      options.config,
    );
    this.hostClock = hostClock;
    this.logged = logged;
    this.create();
    this.vmStart();
  }

  /** Lets `ns` pass, firing timers on the way at their exact times. */
  advance(ns: number): void {
    const end = this.hostClock.ns + ns;
    for (;;) {
      const wait = this.clocks.hostNsToDeadline();
      if (this.hostClock.ns + wait > end) break;
      this.hostClock.ns += Math.ceil(wait);
      if (!this.clocks.runTimers()) break;
    }
    this.hostClock.ns = end;
    this.clocks.runTimers();
  }
}
