/** What of a machine is in a snapshot beside its RAM: the clock, every device with its timers, and what else has a table (MachineState.addVmState). */
import { ClockType, type Timer } from '../hw/core/clock.js';
import type { CpuState } from '../hw/core/cpu.js';
import type { DeviceState } from '../hw/core/device.js';
import type { MachineState } from '../hw/core/machine.js';
import { array, i64, struct, structArray, u32, u64, vmState, type VmState } from '../hw/core/vmstate.js';

/** One section. */
export interface Entry {
  /** Of a device its path in the QOM tree. */
  readonly path: string;
  readonly type: string;
  readonly state: VmState;
  readonly holder: unknown;
  /** A snapshot without it fits all the same. */
  readonly isOptional?: boolean;
}

/** A timer by its moment, and by when it was armed among all: that decides between timers of the same moment. */
class TimerEntry {
  expire = -1n;
  order = 0;
  constructor(readonly timer: Timer) {}
}
const TIMER = vmState<TimerEntry>('timer', { version: 1 }, [i64('expire'), u32('order')]);

class DeviceEntry {
  readonly timers: readonly TimerEntry[];
  constructor(readonly device: DeviceState) {
    this.timers = device.timers.map((timer) => new TimerEntry(timer));
  }
}

class ClockEntry {
  virtual = 0n;
  instructions: number[];
  constructor(private readonly machine: MachineState) {
    this.instructions = machine.cpus.map(() => 0);
  }
  note(): void {
    this.virtual = this.machine.clocks.virtualNow;
    this.machine.cpus.forEach((cpu: CpuState, i) => (this.instructions[i] = cpu.instructionCount));
  }
  /** Time first: what devices do when they are loaded depends on it. */
  take(): void {
    this.machine.cpus.forEach((cpu: CpuState, i) => (cpu.instructionCount = this.instructions[i]));
    this.machine.clocks.setVirtual(this.virtual);
  }
}
const CLOCK = vmState<ClockEntry>('clock', { version: 1, preSave: (clock) => clock.note(), postLoad: (clock) => clock.take() }, [
  u64('virtual'),
  array('instructions', u64),
]);

const deviceState = ({ vmState: own }: DeviceState): VmState<DeviceEntry> =>
  vmState<DeviceEntry>('device', { version: 1 }, [
    ...(own ? [struct<'device', DeviceState>('device', own)] : []),
    structArray('timers', TIMER),
  ]);

export class MachineEntries {
  readonly list: readonly Entry[];
  private readonly devices: readonly DeviceEntry[];
  private readonly realized: readonly DeviceState[];

  constructor(private readonly machine: MachineState) {
    this.realized = [...machine.realizedDevices];
    const devices = this.realized.filter((device) => device.vmState || device.timers.length > 0);
    this.devices = devices.map((device) => new DeviceEntry(device));
    this.list = [
      { path: 'clock', type: 'clock', state: CLOCK, holder: new ClockEntry(machine) },
      ...this.devices.map((entry) => ({
        path: entry.device.canonicalPath ?? '',
        type: entry.device.typeName,
        state: deviceState(entry.device),
        holder: entry,
      })),
      ...machine.vmStates.map(({ name, ...rest }) => ({ path: name, type: rest.state.name, ...rest })),
    ];
  }

  /** Whether it has the devices that the machine has now. */
  isOf({ realizedDevices }: MachineState): boolean {
    return realizedDevices.length === this.realized.length && realizedDevices.every((device, i) => device === this.realized[i]);
  }

  /** Call it before entries are saved: timers are known by the order in which they were armed. */
  noteTimers(): void {
    const order = new Map(this.machine.clocks.pending.map((timer, i) => [timer, i]));
    for (const entry of this.timers()) {
      entry.expire = entry.timer.expireTime;
      entry.order = order.get(entry.timer) ?? 0;
    }
  }

  /** Call it when all entries have been loaded, which may have armed timers. */
  armTimers(): void {
    const timers = this.timers();
    for (const { timer } of timers) timer.del();
    timers.sort((a, b) => a.order - b.order);
    for (const { timer, expire } of timers) if (expire >= 0n && timer.clock !== ClockType.Realtime) timer.modNs(expire);
  }

  private timers(): TimerEntry[] {
    return this.devices.flatMap(({ timers }) => timers);
  }
}
