/**
 * What can be done to a machine from outside, whichever way it is asked for: the library (facade.ts) and the monitor are thin over this, and so are
 * protocols. What may well fail (a register or address that is not there) is told by the result; ControlError is for what cannot be done now.
 */
import { BlockBackend } from '../block/backend.js';
import type { Chardev } from '../chardev/chardev.js';
import { formatJitInfo } from '../accel/jit-info.js';
import type { Actions } from '../hw/core/actions.js';
import type { CpuState } from '../hw/core/cpu.js';
import type { MachineEventName } from '../hw/core/events.js';
import type { Key } from '../hw/core/keys.js';
import type { MachineState } from '../hw/core/machine.js';
import type { ReplayMode } from '../hw/core/replay.js';
import { NEEDS_RESET, type RunState } from '../hw/core/runstate.js';
import type { SnapshotSink, SnapshotSource } from '../migration/format.js';
import type { MemorySnapshot } from '../migration/memory-snapshot.js';
import type { LoadOptions } from '../migration/snapshot.js';
import type { NamedSpace } from '../memory/mtree.js';
import type { QObject } from '../qom/object.js';
import { propertiesOf } from '../qom/object.js';
import { errorMessage } from '../util/errors.js';
import { PendingWork } from '../util/pending-work.js';
import { NO_UUID } from '../util/uuid.js';
import { ReplayChardev } from '../replay/chardev.js';
import { Player } from '../replay/player.js';
import type { MainLoop, Pauses } from './main-loop.js';
import { TimeTravel } from './time-travel.js';
import { Snapshots, type SaveNamedOptions, type SaveOptions, type SnapshotHost, type SnapshotInfo } from './snapshots.js';
import { commitDrives } from './commit.js';
import { deviceInfo, driveInfo, type ChardevInfo, type DeviceInfo, type DriveInfo, type PropertyInfo } from './control-info.js';
import { ControlError } from './errors.js';
import { GuestDump, saveMemory, type DumpOptions } from './guest-files.js';
import { GuestMemory, type MemorySpace } from './guest-memory.js';
import { addChardev, addDevice, addObject, deleteDevice, removeChardev, type NewChardev, type OpenChardev } from './hotplug.js';
import { Jobs } from './jobs.js';
import { Keys } from './keys.js';
import { LogControl } from './logs.js';
import { deleteObject } from './object-options.js';
import { PointControl } from './points.js';

export type { ChardevInfo, DeviceInfo, DriveInfo, PropertyInfo } from './control-info.js';
export { ControlError, NotFoundError } from './errors.js';
export type { MemorySpace } from './guest-memory.js';
export type { DebugPoint } from './points.js';

/** How a CPU goes on: it runs, executes one instruction, after which the machine stops in state `debug`, or has no turn. */
export type Resume = 'run' | 'step' | 'hold';

/** What is left out while an instruction is stepped. */
export interface Stepping {
  readonly noInterrupts: boolean;
  /** Guest timers do not fire. */
  readonly noTimers: boolean;
}

export class MachineControl {
  readonly #snapshots: Snapshots;
  /** Reads guest memory, and takes its time. */
  private readonly work = new PendingWork();
  readonly logs: LogControl;
  readonly dump: GuestDump;
  readonly points: PointControl;
  private readonly memory: GuestMemory;
  readonly jobs: Jobs;
  private readonly keys: Keys;
  /** Undefined: nothing is replayed. */
  readonly travel: TimeTravel | undefined;

  constructor(
    readonly machine: MachineState,
    private readonly loop: MainLoop,
    snapshotHost?: SnapshotHost,
  ) {
    machine.runState.addHandler((running) => !running && this.endSteps());
    this.#snapshots = new Snapshots(
      machine,
      (state) => this.halt(state),
      () => loop.pauses(),
      snapshotHost,
      () => loop.isExecuting || (loop.isActive && machine.runState.running),
    );
    this.logs = new LogControl(machine);
    this.keys = new Keys(machine);
    this.jobs = new Jobs(machine.events, (error) => this.tellFailure('job', error));
    this.points = new PointControl(machine);
    this.memory = new GuestMemory(machine);
    this.dump = new GuestDump(machine, () => loop.pauses());
    const { replay } = machine;
    this.travel = replay instanceof Player ? new TimeTravel(this, replay, loop, () => this.#snapshots.memory) : undefined;
  }

  /** Something went wrong inside of wemu while it did what it was asked from outside: the guest does not suffer from it. */
  tellFailure(what: string, error: unknown): void {
    this.machine.log.failure(what, `wemu: a ${what} failed: ${(error as Error).stack ?? errorMessage(error)}`);
  }

  /** For long work: the host's event loop gets its turns. */
  pauses(): Pauses {
    return this.loop.pauses();
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
    if (!ran || !loop.isExecuting) {
      await machine.vmStop(state);
      return ran;
    }
    let remove = (): void => {};
    const stopped = new Promise<void>((resolve) => (remove = machine.onStop(() => resolve())));
    machine.vmStopRequest(state);
    await Promise.race([stopped, loop.ended()]);
    remove();
    await machine.backends.drained();
    return ran;
  }

  /** Guest time goes on when the machine is run, if it is not being run now. @throws ControlError after an end: only a reset leads on from there */
  cont(how: (cpu: CpuState) => Resume = () => 'run'): void {
    const { machine, loop } = this;
    this.refuseWhileBusy();
    if (!this.canContinue) throw new ControlError('Resetting the Virtual Machine is required');
    if (!machine.runState.running) {
      for (const cpu of machine.cpus) {
        const wanted = how(cpu);
        cpu.held = wanted === 'hold';
        if (wanted !== 'step') continue;
        if (!cpu.debug) throw new ControlError('this CPU cannot be debugged');
        cpu.debug.setSingleStep(true, this.stepping.noInterrupts);
        machine.clocks.guestTimersWait = this.stepping.noTimers;
      }
    }
    if (loop.isExecuting || machine.runState.vmStopRequest !== undefined) return machine.vmStartRequest();
    machine.vmStart();
    if (!loop.isActive) machine.clocks.stop();
  }

  get canContinue(): boolean {
    return !NEEDS_RESET.includes(this.machine.runState.state);
  }

  /** A guest that powers off does not end the run. */
  get pausesOnShutdown(): boolean {
    return this.machine.actions.shutdown === 'pause';
  }

  private endSteps(): void {
    for (const cpu of this.machine.cpus) {
      cpu.held = false;
      cpu.debug?.setSingleStep(false);
    }
    this.machine.clocks.guestTimersWait = false;
  }

  /** Power-on state: at once if the machine is not being run, else resolves when that is done. */
  reset(): void | Promise<void> {
    this.refuseWhileBusy();
    const { machine } = this;
    const { replay } = machine;
    if (replay?.mode === 'play') this.refuseInReplay('a reset');
    if (replay && machine.actions.reboot !== 'shutdown' && this.loop.isActive)
      return this.told(() => replay.reset('host-qmp-system-reset'), ['RESET']);
    if (!this.loop.isActive) return machine.systemReset('host-qmp-system-reset');
    return this.told(() => machine.requestReset('host-qmp-system-reset'), ['RESET', 'SHUTDOWN']);
  }

  /** Asks the guest to power off. False: it is told to whoever listens, but the board has no power button. */
  powerdown(): boolean {
    this.machine.events.tell('POWERDOWN', {});
    return false;
  }

  /** Ends the machine as if the host's user had closed it. Resolves when that was told; at once if the machine is not being run. */
  quit(): void | Promise<void> {
    const { machine } = this;
    if (!this.loop.isActive) return machine.requestShutdown('host-qmp-quit');
    return this.told(() => machine.requestShutdown('host-qmp-quit'), ['SHUTDOWN']);
  }

  /** Makes a request; resolves when one of the events was told, or the run has ended instead. */
  private async told(request: () => void, events: readonly MachineEventName[]): Promise<void> {
    let remove = (): void => {};
    const heard = new Promise<void>((resolve) => {
      remove = this.machine.events.listen(({ event }) => events.includes(event) && resolve());
    });
    request();
    await Promise.race([heard, this.loop.ended()]);
    remove();
  }

  /** What becomes of a guest that reboots, powers off, panics or lets its watchdog expire; what is not given stays as it is. */
  setActions(actions: Partial<Actions>): void {
    this.refuseInReplay('another action');
    for (const [event, action] of Object.entries(actions))
      if (action !== undefined) Object.assign(this.machine.actions, { [event]: action });
  }

  // ---- snapshots; what runs is stopped while one is saved or loaded, and goes on

  /** As `savevm`; a name is made if there is none, and one of that name is replaced. @throws SnapshotError, VmStateError */
  saveSnapshot(name?: string, options?: SaveNamedOptions): Promise<SnapshotInfo> {
    return this.#snapshots.saveNamed(name, options);
  }
  /** As `loadvm`. @throws SnapshotError if there is none, VmStateError if it does not fit: then the machine is as it was */
  loadSnapshot(name: string): Promise<void> {
    this.refuseInReplay('a snapshot');
    return this.#snapshots.loadNamed(name);
  }
  /** As `delvm`. False: there was none of that name. @throws SnapshotError if another one builds on it */
  deleteSnapshot(name: string): Promise<boolean> {
    return this.#snapshots.deleteNamed(name);
  }
  /** By name. */
  snapshots(): Promise<SnapshotInfo[]> {
    return this.#snapshots.list();
  }
  /** A snapshot in memory: for `restore`, many times a second. The machine must be stopped. @throws SnapshotError, VmStateError */
  takeSnapshot(): MemorySnapshot {
    return this.#snapshots.take();
  }
  /** Makes the machine what it was, also if it has ended; it must be stopped. @throws SnapshotError */
  restore(snapshot: MemorySnapshot): void {
    this.refuseInReplay('a snapshot');
    this.#snapshots.restore(snapshot);
  }
  /** Bytes written. A machine that runs stands still while it is copied, and no longer. @throws VmStateError */
  save(sink: SnapshotSink, options?: SaveOptions): Promise<number> {
    return this.#snapshots.save(sink, options);
  }
  /** @throws VmStateError if it is damaged, or of another machine; then this one is as it was */
  async load(source: SnapshotSource, options?: Omit<LoadOptions, 'isFresh'>): Promise<void> {
    this.refuseInReplay('a snapshot');
    await this.#snapshots.load(source, options);
  }
  /** The end of the machine: when this resolves, what reads its memory is done, and its snapshots' files are not in use any more. */
  async finish(): Promise<void> {
    await this.#snapshots.close();
    await this.work.settled();
  }

  /** What a log would not have, and a replay not do, once the machine has begun to run. @throws ControlError */
  private refuseInReplay(what: string): void {
    const { replay } = this.machine;
    if (!replay || !this.loop.hasBegun) return;
    throw new ControlError(`${what} is not possible while a run is ${replay.mode === 'record' ? 'recorded' : 'replayed'}`);
  }

  private refuseWhileBusy(): void {
    if (this.#snapshots.isBusy) throw new ControlError('a snapshot is being saved or loaded');
  }

  // ---- runs that are recorded and replayed; the words are QEMU's

  get replayInfo(): { readonly mode: ReplayMode | 'none'; readonly filename?: string; readonly icount: number } {
    const { replay, clocks } = this.machine;
    if (!replay) return { mode: 'none', icount: 0 };
    return { mode: replay.mode, filename: replay.filename, icount: clocks.instructionCount };
  }
  /** The machine stops when it has executed so many instructions. @throws ControlError if nothing is replayed, or it is further already */
  replayBreak(icount: number): void {
    if (!this.travel) throw new ControlError('setting the breakpoint is allowed only in play mode');
    this.travel.breakAt(icount);
  }
  replayDeleteBreak(): void {
    if (!this.travel) throw new ControlError('replay breakpoint is allowed only in play mode');
    this.travel.deleteBreak();
  }
  /** Goes to where so many instructions have been executed, back or forth, and stops there. @throws ControlError if it cannot */
  async replaySeek(icount: number): Promise<void> {
    if (!this.travel) throw new ControlError('replay must be enabled to seek');
    await this.travel.seek(icount);
  }

  // ---- debuggers, and what a front panel would have

  /** Set by a host that can: lets debuggers come by a device as of `-gdb`, and by no other; `none`: no more. @throws OptionError */
  gdbServer: ((device: string) => Promise<void>) | undefined;

  /** How `cont` steps. What is recorded or replayed leaves out nothing. */
  get stepping(): Stepping {
    return this.machine.replay ? { noInterrupts: false, noTimers: false } : this.#stepping;
  }
  set stepping(stepping: Stepping) {
    this.#stepping = stepping;
  }
  #stepping: Stepping = { noInterrupts: true, noTimers: true };

  /** @throws ControlError: no board can be suspended */
  wakeup(): void {
    throw new ControlError('wake-up from suspend is not supported by this guest');
  }
  /** @throws ControlError unless the board has one */
  injectNmi(): void {
    if (!this.machine.injectNmi()) throw new ControlError('machine does not provide NMIs');
  }
  /** They go down together, are held for a while of guest time, and go up. @throws ControlError if the machine has no keyboard */
  sendKeys(keys: readonly Key[], holdMs?: number): void {
    this.refuseInReplay('a key');
    this.keys.send(keys, holdMs);
  }
  /** @throws ControlError if the machine has no keyboard */
  moveKeys(moves: readonly { readonly key: Key; readonly isDown: boolean }[]): void {
    this.refuseInReplay('a key');
    this.keys.move(moves);
  }
  /** Blocks of one instruction from now on, or as long as usual. @throws ControlError if the accelerator has none */
  setOneInsnPerTb(on: boolean): void {
    const { accelerator } = this.machine;
    if (!accelerator?.setOneInsnPerTb) throw new ControlError('This accelerator does not support setting one-insn-per-tb');
    accelerator.setOneInsnPerTb(on);
  }

  // ---- CPUs

  get cpus(): readonly CpuState[] {
    return this.machine.cpus;
  }
  /** As in the names of QEMU's programs: `riscv64`. */
  get target(): string {
    return this.machine.targetName;
  }
  /** `info jit` */
  jitText(): string {
    const record = this.machine.accelerator?.info?.();
    return record ? formatJitInfo(record) : 'no accelerator tells\n';
  }

  /** By its name in the manual, or `pc`. Undefined: no such register. */
  readRegister(cpu: CpuState, name: string): bigint | undefined {
    return name === 'pc' ? cpu.pc : cpu.readRegister(name);
  }
  /** False: no such register. */
  writeRegister(cpu: CpuState, name: string, value: bigint): boolean {
    this.refuseInReplay('a change of a register');
    if (name !== 'pc') return cpu.writeRegister(name, value);
    cpu.pc = BigInt.asUintN(64, value);
    return true;
  }

  // ---- memory; devices are accessed too, with all that comes of it

  /** These are as in GuestMemory. */
  readMemory(space: MemorySpace, address: bigint, into: Uint8Array): bigint | undefined {
    return this.memory.read(space, address, into);
  }
  writeMemory(space: MemorySpace, address: bigint, bytes: Uint8Array): bigint | undefined {
    this.refuseInReplay('a change of memory');
    return this.memory.write(space, address, bytes);
  }
  patchMemory(space: MemorySpace, address: bigint, bytes: Uint8Array): bigint | undefined {
    this.refuseInReplay('a change of memory');
    return this.memory.patch(space, address, bytes);
  }
  addressSpaces(): NamedSpace[] {
    return this.memory.spaces();
  }

  /** Writes a piece of memory to a file of the host. @throws ControlError */
  saveMemory(space: MemorySpace, address: bigint, size: number, file: string): Promise<void> {
    const read = (at: bigint, into: Uint8Array): bigint | undefined => this.readMemory(space, at, into);
    return this.work.note(saveMemory(this.machine, { file, address, size, read }, this.loop.pauses()));
  }
  /** Writes guest memory and CPUs to an ELF core file; the guest stands still meanwhile. @throws ControlError */
  dumpGuestMemory(file: string, options: DumpOptions): Promise<void> {
    return this.work.note(this.writeDump(file, options));
  }
  private async writeDump(file: string, options: DumpOptions): Promise<void> {
    const { events } = this.machine;
    const ran = await this.halt('save-vm');
    try {
      await this.dump.write(file, options);
      events.tell('DUMP_COMPLETED', { result: this.dump.status });
    } catch (error) {
      if (this.dump.status.status === 'failed') events.tell('DUMP_COMPLETED', { result: this.dump.status, error: errorMessage(error) });
      throw error;
    } finally {
      if (ran) this.machine.vmStart();
    }
  }
  /** Of physical memory, as `sum -r` computes it: 16 bits. @throws ControlError if some of it is not there */
  checksum(start: bigint, size: number): Promise<number> {
    return this.work.note(this.memory.sum(start, size, this.loop.pauses()));
  }

  // ---- devices

  /** In the order of realization. */
  devices(): DeviceInfo[] {
    return this.machine.realizedDevices.map(deviceInfo);
  }

  /** By a QOM path, or the id of a device. */
  object(pathOrId: string): QObject | undefined {
    const { root, peripheral } = this.machine;
    return pathOrId.startsWith('/') ? root.resolve(pathOrId) : peripheral.qomChildren.get(pathOrId);
  }

  /** `driver`, `id`, `bus` and properties, as on the command line. @throws ControlError */
  addDevice(options: Readonly<Record<string, string>>): void {
    this.refuseInReplay('another device');
    addDevice(this.machine, options);
  }
  /** By id or QOM path; it is gone at once. @throws ControlError */
  deleteDevice(id: string): void {
    this.refuseInReplay('another device');
    const found = this.object(id);
    const device = found?.id;
    const path = deleteDevice(this.machine, id, found);
    this.machine.events.tell('DEVICE_DELETED', { device, path });
  }

  /** `qom-type`, `id` and the object's own properties, as on the command line. @throws ControlError */
  addObject(options: Readonly<Record<string, string>>): void {
    this.refuseInReplay('another object');
    addObject(this.machine, options);
  }
  /** @throws ControlError if there is none of that id, or something has it */
  deleteObject(id: string): void {
    this.refuseInReplay('another object');
    deleteObject(this.machine, id);
  }

  /** Type and children are properties, too. @throws ControlError if there is no such property */
  property(object: QObject, name: string): PropertyInfo {
    if (name === 'type') return { name, kind: 'string', value: JSON.stringify(object.typeName) };
    const child = object.qomChildren.get(name);
    if (child) return { name, kind: `child<${child.typeName}>`, value: JSON.stringify(child.canonicalPath) };
    const found = this.properties(object).find((each) => each.name === name);
    if (!found) throw new ControlError(`Property '${object.typeName}.${name}' not found`);
    return found;
  }
  properties(object: QObject): PropertyInfo[] {
    return propertiesOf(object.type).map((p) => ({ name: p.name, kind: p.kind, value: p.format(object.getProperty(p.name)) }));
  }
  /** `value` as on the command line. @throws OptionError if there is no such property, it cannot be changed now, or the value makes no sense */
  setProperty(object: QObject, name: string, value: string): void {
    this.refuseInReplay('another value of a property');
    object.setProperty(name, value);
  }

  /** Who listens wants to hear of migrations. There are none yet. */
  wantsMigrationEvents = false;

  // ---- backends

  get name(): string | undefined {
    return this.machine.config.name;
  }
  get uuid(): string {
    return this.machine.config.uuid ?? NO_UUID;
  }
  drives(): DriveInfo[] {
    return this.blockBackends.map(driveInfo);
  }
  private get blockBackends(): BlockBackend[] {
    return [...this.machine.backends.of('drive').values()].filter((each) => each instanceof BlockBackend);
  }
  /** What was written to disks with `snapshot=on`, or to that one, goes to their images; the guest's requests wait. @throws ControlError */
  async commitDrives(id?: string): Promise<void> {
    this.refuseInReplay('a change of an image');
    this.refuseWhileBusy();
    await this.work.note(commitDrives(this.blockBackends, id));
  }
  chardevs(): ChardevInfo[] {
    return this.machine.backends.chardevs.map(({ id, filename, isAttached }) => ({ label: id, filename, open: isAttached }));
  }
  chardev(id: string): Chardev | undefined {
    const found = this.machine.backends.chardevs.find((chardev) => chardev.id === id);
    return found instanceof ReplayChardev ? found.backend : found;
  }

  /** Set by a host that can: makes a character device. @throws OptionError */
  openChardev: OpenChardev | undefined;
  /** The one that was made. @throws ControlError */
  async addChardev(chardev: NewChardev): Promise<Chardev> {
    this.refuseInReplay('another chardev');
    return addChardev(this.machine, chardev, this.openChardev);
  }
  /** @throws ControlError if there is none of that id, or something has it */
  removeChardev(id: string): void {
    this.refuseInReplay('another chardev');
    removeChardev(this.machine, id);
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
