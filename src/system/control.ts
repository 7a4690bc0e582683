/**
 * What can be done to a machine from outside, whichever way it is asked for: the library (facade.ts) and the monitor are thin over this, and so are
 * protocols. What may well fail (a register or address that is not there) is told by the result; ControlError is for what cannot be done now.
 */
import type { Chardev } from '../chardev/chardev.js';
import type { PointKind } from '../hw/core/accelerator.js';
import type { CpuState } from '../hw/core/cpu.js';
import type { MachineState } from '../hw/core/machine.js';
import type { RunState } from '../hw/core/runstate.js';
import { SysBusDevice } from '../hw/core/sysbus.js';
import type { SnapshotSink, SnapshotSource } from '../migration/format.js';
import { MemTxResult } from '../memory/access.js';
import type { QObject } from '../qom/object.js';
import { propertiesOf } from '../qom/object.js';
import type { MainLoop } from './main-loop.js';
import { Snapshots, type SnapshotHost, type SnapshotInfo } from './snapshots.js';

/** It cannot be done in the state that the machine is in, or never with this machine. */
export class ControlError extends Error {
  override readonly name = 'ControlError';
}

/** Ends from which only a reset leads back. */
export const ENDED: readonly RunState[] = ['shutdown', 'guest-panicked', 'internal-error'];

/** Guest-physical memory, or memory as a CPU sees it now. */
export type MemorySpace = 'physical' | CpuState;

/** How a CPU goes on: it runs, executes one instruction, after which the machine stops in state `debug`, or has no turn. */
export type Resume = 'run' | 'step' | 'hold';

/** What is left out while an instruction is stepped. */
export interface Stepping {
  readonly noInterrupts: boolean;
  /** Guest timers do not fire. */
  readonly noTimers: boolean;
}

/** What stops the machine in state `debug`, before it happens. */
export interface DebugPoint {
  readonly kind: PointKind;
  /** Virtual. */
  readonly address: bigint;
  /** Bytes that a watchpoint is over. */
  readonly length: bigint;
}

/** Debugger accesses go page by page. */
const PAGE = 4096;

export interface DeviceInfo {
  /** In the QOM tree: `/machine/unattached/device[3]`. */
  readonly path: string;
  readonly type: string;
  readonly id?: string;
  readonly bus?: string;
  /** Regions and where each is in the one around it; not mapped: -1. Bytes. */
  readonly mmio: readonly { readonly name: string; readonly address: number; readonly size: number }[];
}

export interface PropertyInfo {
  readonly name: string;
  readonly kind: string;
  /** As text. */
  readonly value: string;
}

export class MachineControl {
  readonly #snapshots: Snapshots;

  constructor(
    readonly machine: MachineState,
    private readonly loop: MainLoop,
    snapshotHost?: SnapshotHost,
  ) {
    this.#snapshots = new Snapshots(machine, (state) => this.halt(state), snapshotHost);
    machine.runState.addHandler((running) => !running && this.endSteps());
  }

  // ---- running

  get status(): { readonly state: RunState; readonly running: boolean } {
    return this.machine.runState;
  }

  /**
   * Stops guest time and code: at once between slices, soon if the guest is in one. Resolves when nothing is in flight (requests to disks, too), or when
   * the run has ended instead.
   */
  async stop(): Promise<void> {
    await this.halt('paused');
  }

  /** As `stop`, in that state. False: it did not run. */
  private async halt(state: RunState): Promise<boolean> {
    const { machine, loop } = this;
    const ran = machine.runState.running;
    if (ran) {
      if (!loop.isInSlice) machine.vmStop(state);
      else {
        let remove = (): void => {};
        const stopped = new Promise<void>((resolve) => (remove = loop.onStop(() => resolve())));
        machine.vmStopRequest(state);
        await Promise.race([stopped, loop.ended()]);
        remove();
      }
    }
    await machine.drained();
    return ran;
  }

  /** Guest time goes on when the machine is run, if it is not being run now. @throws ControlError after an end: only a reset leads on from there */
  cont(how: (cpu: CpuState) => Resume = () => 'run'): void {
    const { machine, loop } = this;
    this.refuseWhileBusy();
    if (!machine.runState.running) {
      if (!this.canContinue) throw new ControlError('Resetting the Virtual Machine is required');
      for (const cpu of machine.cpus) {
        const wanted = how(cpu);
        cpu.held = wanted === 'hold';
        if (wanted !== 'step') continue;
        if (!cpu.debug) throw new ControlError('this CPU cannot be debugged');
        cpu.debug.setSingleStep(true, this.stepping.noInterrupts);
        machine.clocks.guestTimersWait = this.stepping.noTimers;
      }
      machine.vmStart();
    }
    if (!loop.isActive) machine.clocks.stop();
  }

  get canContinue(): boolean {
    return !ENDED.includes(this.machine.runState.state);
  }

  /** A guest that powers off does not end the run. */
  get pausesOnShutdown(): boolean {
    return this.loop.pausesOnShutdown;
  }

  private endSteps(): void {
    for (const cpu of this.machine.cpus) {
      cpu.held = false;
      cpu.debug?.setSingleStep(false);
    }
    this.machine.clocks.guestTimersWait = false;
  }

  /** Power-on state; at once if the machine is not being run. */
  reset(): void {
    this.refuseWhileBusy();
    if (this.loop.isActive) this.machine.requestReset('host-qmp-system-reset');
    else this.machine.systemReset();
  }

  /** Asks the guest to power off. @throws ControlError if the board has no power button */
  powerdown(): void {
    throw new ControlError('this machine has no power button: its guest has to power it off');
  }

  /** Ends the machine as if the host's user had closed it. */
  quit(): void {
    this.machine.requestShutdown('host-qmp-quit');
  }

  // ---- snapshots; what runs is stopped while one is saved or loaded, and goes on

  /** As `savevm`; a name is made if there is none, and one of that name is replaced. @throws SnapshotError, VmStateError */
  saveSnapshot(name?: string): Promise<SnapshotInfo> {
    return this.#snapshots.saveNamed(name);
  }
  /** As `loadvm`. @throws SnapshotError if there is none, VmStateError if it does not fit: then the machine is as it was */
  loadSnapshot(name: string): Promise<void> {
    return this.#snapshots.loadNamed(name);
  }
  /** As `delvm`. False: there was none of that name. */
  deleteSnapshot(name: string): boolean {
    return this.#snapshots.deleteNamed(name);
  }
  /** By name. */
  snapshots(): Promise<SnapshotInfo[]> {
    return this.#snapshots.list();
  }
  /** Bytes written. @throws VmStateError */
  save(sink: SnapshotSink): Promise<number> {
    return this.#snapshots.save(sink);
  }
  /** `isFresh`: see loadMachine. @throws VmStateError if it is damaged, or of another machine; then this one is as it was */
  load(source: SnapshotSource, isFresh = false): Promise<void> {
    return this.#snapshots.load(source, isFresh);
  }

  private refuseWhileBusy(): void {
    if (this.#snapshots.isBusy) throw new ControlError('a snapshot is being saved or loaded');
  }

  // ---- break- and watchpoints

  /** How `cont` steps. */
  stepping: Stepping = { noInterrupts: true, noTimers: true };

  /** Stop the machine first. False: there are too many, or it is over no byte. @throws ControlError if nothing here can be debugged */
  insertPoint(point: DebugPoint): boolean {
    return this.changePoint(point, (first, last) => this.points.insert(point.kind, first, last));
  }
  /** False: there is none just so. */
  removePoint(point: DebugPoint): boolean {
    return this.changePoint(point, (first, last) => this.points.remove(point.kind, first, last));
  }
  removeAllPoints(): void {
    this.points.removeAll();
  }

  private get points() {
    const points = this.machine.accelerator?.debugPoints;
    if (!points) throw new ControlError('this machine cannot be debugged');
    return points;
  }
  private changePoint({ kind, address, length }: DebugPoint, change: (first: bigint, last: bigint) => boolean): boolean {
    const last = kind === 'breakpoint' ? address : address + length - 1n;
    return last >= address && last < 1n << 64n && change(address, last);
  }

  // ---- CPUs

  get cpus(): readonly CpuState[] {
    return this.machine.cpus;
  }

  /** By its name in the manual, or `pc`. Undefined: no such register. */
  readRegister(cpu: CpuState, name: string): bigint | undefined {
    return name === 'pc' ? cpu.pc : cpu.readRegister(name);
  }
  /** False: no such register. */
  writeRegister(cpu: CpuState, name: string, value: bigint): boolean {
    if (name !== 'pc') return cpu.writeRegister(name, value);
    cpu.pc = BigInt.asUintN(64, value);
    return true;
  }

  // ---- memory; devices are accessed too, with all that comes of it

  /** Fills `into`. Undefined: done; else the first address that is not mapped, or did not answer, of a piece of a page at most. */
  readMemory(space: MemorySpace, address: bigint, into: Uint8Array): bigint | undefined {
    return this.access(space, address, into, (at, bytes) => this.machine.addressSpace.readBytes(at, bytes));
  }
  /** As readMemory; what comes before the address that is returned has been written. */
  writeMemory(space: MemorySpace, address: bigint, bytes: Uint8Array): bigint | undefined {
    return this.access(space, address, bytes, (at, piece) => this.machine.addressSpace.writeBytes(at, piece));
  }

  /** As writeMemory, but into ROM too, and devices are left alone: an address of one counts as not mapped. */
  patchMemory(space: MemorySpace, address: bigint, bytes: Uint8Array): bigint | undefined {
    return this.access(space, address, bytes, (at, piece) => this.machine.addressSpace.writeRom(at, piece));
  }

  private access(space: MemorySpace, address: bigint, bytes: Uint8Array, each: (at: number, piece: Uint8Array) => MemTxResult) {
    for (let done = 0; done < bytes.length;) {
      const at = BigInt.asUintN(64, address + BigInt(done));
      // neighbours of a virtual page may be anywhere
      const run = space === 'physical' ? bytes.length : Math.min(bytes.length - done, PAGE - Number(at % BigInt(PAGE)));
      const physical = space === 'physical' ? Number(at) : space.translateDebug(at);
      if (physical === undefined || !Number.isSafeInteger(physical + run)) return at;
      if (each(physical, bytes.subarray(done, done + run)) !== MemTxResult.Ok) return at;
      done += run;
    }
    return undefined;
  }

  // ---- devices

  /** In the order of realization. */
  devices(): DeviceInfo[] {
    return this.machine.realizedDevices.map((device) => ({
      path: device.canonicalPath ?? '',
      type: device.typeName,
      id: device.id,
      bus: device.parentBus?.name,
      mmio: device instanceof SysBusDevice ? device.mmio.map(regionInfo) : [],
    }));
  }

  /** By a QOM path, or the id of a device. */
  object(pathOrId: string): QObject | undefined {
    const { root, peripheral } = this.machine;
    return pathOrId.startsWith('/') ? root.resolve(pathOrId) : peripheral.qomChildren.get(pathOrId);
  }

  properties(object: QObject): PropertyInfo[] {
    return propertiesOf(object.type).map((p) => ({ name: p.name, kind: p.kind, value: p.format(object.getProperty(p.name)) }));
  }
  /** `value` as on the command line. @throws OptionError if there is no such property, it cannot be changed now, or the value makes no sense */
  setProperty(object: QObject, name: string, value: string): void {
    object.setProperty(name, value);
  }

  // ---- input

  get serialPorts(): readonly Chardev[] {
    return this.machine.config.serials ?? [];
  }
  /** Types into a serial port; what the guest cannot take yet waits. False: no such port. */
  type(port: number, bytes: Uint8Array): boolean {
    const serial = this.serialPorts[port];
    serial?.input(bytes);
    return serial !== undefined;
  }
}

const regionInfo = ({ name, address, size, parentRegion }: SysBusDevice['mmio'][number]) => ({
  name,
  address: parentRegion ? address : -1,
  size,
});
