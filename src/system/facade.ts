/** The machine as a library's user sees it: made from one options object, run, watched and poked. */
// For whoever takes the types: their own libraries need not have it.
/// <reference lib="esnext.disposable" preserve="true" />
import { BlockBackend } from '../block/backend.js';
import { openDrive, type BlockHost, type DriveOptions } from '../block/drive.js';
import { Chardev } from '../chardev/chardev.js';
import type { EventListener } from '../hw/core/events.js';
import type { CpuState } from '../hw/core/cpu.js';
import { PluginHost } from '../plugin/host.js';
import { OptionError } from '../util/errors.js';
import { Log, type LogSink } from '../util/log.js';
import * as read from '../util/readers.js';
import type { Bytes } from '../util/readers.js';
import type { MachineState } from '../hw/core/machine.js';
import { readMachineOptions, type CheckedMachineOptions, type MachineOptions } from './machine-options.js';
import { MachineControl } from './control.js';
import { MainLoop, type RunResult } from './main-loop.js';
import { addDefaultMemory, objectAdd } from './object-options.js';
import type { MachineHost } from './machine-host.js';
import { planMachine } from './machine-plan.js';
import { NEEDS_RESET, type RunState } from '../hw/core/runstate.js';
import { bytesSource, type SnapshotSink, type SnapshotSource } from '../migration/format.js';
import type { MemorySnapshot } from '../migration/memory-snapshot.js';
import type { LoadOptions } from '../migration/snapshot.js';
import type { SaveOptions, SnapshotHost } from './snapshots.js';

export type { EngineRequest, MachineHost } from './machine-host.js';
export type { MachineOptions, SemihostingOptions, SerialPort } from './machine-options.js';

/** All that a machine is made of, until it is closed. */
interface Parts {
  readonly state: MachineState;
  readonly loop: MainLoop;
  readonly control: MachineControl;
  readonly plugins: PluginHost | undefined;
  readonly closeEngine: (() => void) | undefined;
}

export class Machine implements AsyncDisposable {
  private parts: Parts | undefined;
  private closing: Promise<void> | undefined;
  /** What a callback of the user has thrown, until `run` tells. */
  private failure: { readonly error: unknown } | undefined;

  /** `-S`: the first run begins where somebody lets it. */
  private startsPaused: boolean;

  private constructor(
    state: MachineState,
    host: MachineHost,
    options: CheckedMachineOptions,
    plugins: PluginHost | undefined,
    closeEngine: (() => void) | undefined,
  ) {
    const loop = new MainLoop(state, host.scheduler, host.clock);
    state.events.failed = (error) => this.fail(error);
    this.startsPaused = options.startPaused ?? false;
    this.parts = { state, loop, control: new MachineControl(state, loop, snapshotHost(host, options)), plugins, closeEngine };
    const backends = (options.backends ?? []).map(([, , backend]) => backend);
    const { console, stdin, stdout, stderr } = state.config.semihosting ?? {};
    for (const chardev of [...(state.config.serials ?? []), ...(state.config.parallels ?? []), ...backends, console, stdin, stdout, stderr])
      if (chardev instanceof Chardev) chardev.failed = (error) => this.fail(error);
  }

  private open(): Parts {
    if (!this.parts) throw new Error('the machine is closed');
    return this.parts;
  }
  /** The QOM machine, for whoever needs more than this class offers. What is kept of it must not be used after `close`. */
  get state(): MachineState {
    return this.open().state;
  }
  get loop(): MainLoop {
    return this.open().loop;
  }

  /** All that can be done to it, for who builds a way in of their own: a monitor, a protocol. */
  get control(): MachineControl {
    return this.open().control;
  }

  /** A callback has thrown, in the middle of guest code: the machine ends, and `run` rejects with what the first one threw. */
  private fail(error: unknown): void {
    if (this.failure) return;
    this.failure = { error };
    if (!this.parts) return; // it is ending
    this.state.requestShutdown('host-error', 1);
  }
  /** `rrsnapshot=`: a recording begins with it, and so does its replay. */
  private async atReplaySnapshot(name: string): Promise<void> {
    if (this.state.clocks.icount?.rr === 'record') await this.control.saveSnapshot(name);
    else await this.control.loadSnapshot(name);
  }
  private tellFailure(): void {
    const { failure } = this;
    this.failure = undefined;
    if (failure) throw failure.error;
  }

  /** Makes `run` end with status 1 if something goes wrong inside of wemu itself, where nobody is there to look at a stopped machine. */
  endOnInternalError(): void {
    const { state } = this.open();
    state.onStop((reached) => {
      if (reached === 'internal-error') state.requestShutdown('host-error', 1);
    });
  }

  /** Builds a machine, ready to run. Throws OptionError or LoaderError if it cannot be what was asked for. */
  static create(given: MachineOptions, host: MachineHost): Machine {
    const options = readMachineOptions(given, 'Machine.create');
    if (typeof host?.engine !== 'function') {
      throw read.wrong(host, 'Machine.create: host', 'what createNodeHost or createBrowserHost resolves to');
    }
    const failures = {
      tell: (error: unknown): void => {
        throw error;
      },
    };
    const plan = planMachine(options, host, (error) => failures.tell(error));
    const { klass, icount, ramSize, replay, config, drives, backends } = plan;
    const plugins = options.plugins?.length ? new PluginHost(options.plugins) : undefined;
    const { close: closeEngine, ...engine } = host.engine({ machine: klass, ramSize, smp: config.smp!, icount, plugins });
    const { createFile, firmware, openFile, openLog, randomBytes, readFile, threadId, writeFile } = host;
    const files = { createFile, firmware, openFile, openLog, readFile, writeFile };
    const log =
      options.log &&
      new Log(
        guarded(options.log.sink, (error) => failures.tell(error)),
        options.log.items,
        options.log.ranges,
      );
    const state = new klass(
      { hostClock: host.clock, types: host.types, icount, replay, log, ...files, randomBytes, threadId, ...engine },
      config,
    );
    try {
      for (const [kind, id, backend] of backends) state.backends.add(kind, id, backend);
      for (const text of options.objects ?? []) objectAdd(state, text);
      if (!plan.hasMemoryBackend) addDefaultMemory(state);
      const machine = new Machine(state, host, options, plugins, closeEngine);
      failures.tell = (error) => machine.fail(error);
      if (plugins) plugins.failed = failures.tell;
      for (const { id, drive } of drives) state.backends.add('drive', id, machine.openDrive(id, drive, host));
      plugins?.install(state);
      state.create();
      plugins?.start();
      if (options.speed !== undefined) state.clocks.setSpeed(options.speed);
      return machine;
    } catch (error) {
      state.close();
      closeEngine?.();
      throw error;
    }
  }

  private openDrive(id: string, options: DriveOptions, host: BlockHost): BlockBackend {
    try {
      const drive = openDrive(options, id, host, (text) => this.state.log.write(`wemu: warning: ${text}\n`));
      drive.failed = (error) => this.fail(error);
      return drive;
    } catch (error) {
      throw error instanceof OptionError ? error.at(`drive '${id}'`) : error;
    }
  }

  /**
   * Runs until the guest or the host ends it; pausing does not end it. Rejects with what a callback of the user (serial output, log) has thrown:
   * that ends the machine too; and with an Error if it is being run already, or has come to its end: `reset` makes it ready for another run.
   */
  async run(): Promise<RunResult> {
    this.open();
    this.tellFailure();
    if (this.loop.isActive) throw new Error('the machine is being run already');
    if (NEEDS_RESET.includes(this.runState)) throw new Error(`the machine has ended (${this.runState}): reset it before it is run again`);
    const { rrsnapshot } = this.state.clocks.icount ?? {};
    // nothing is awaited else: two runs at once are found, and a pause at once finds it running
    if (rrsnapshot !== undefined && !this.loop.hasBegun) await this.atReplaySnapshot(rrsnapshot);
    if (!this.startsPaused) this.state.vmStart();
    this.startsPaused = false;
    const result = await this.loop.run();
    this.tellFailure();
    return result;
  }
  /**
   * Ends `run`: its result's reason is `stopped`. Guest time stands still until the next `run`. Does nothing if the machine is not being run. Resolves
   * when nothing is in flight: until the next `run` no guest code or timer runs, no callback is called, and no generated code is put in place.
   */
  async stop(): Promise<void> {
    const { loop, state } = this.open();
    loop.leave();
    await loop.ended();
    await state.backends.drained();
  }
  /**
   * Stops guest time and code; resolves when they have stopped, and nothing is in flight: until `resume` or `run` no guest code runs, no serial port
   * is written to, and no generated code is put in place. What a Chardev has taken is its own. Resolves also if `run` ends instead.
   */
  async pause(): Promise<void> {
    await this.control.stop();
  }
  /** Plugins hear that this was the last run, once; `close` does it, too. @throws PluginError */
  endPlugins(): void {
    this.open().plugins?.end();
    this.tellFailure();
  }
  /**
   * The end of the machine, whatever it is doing: `run` ends, as by `stop`; its backends are free for another machine, and so is its memory; nothing
   * is left that waits for a timer or a thread. Any use of the machine after that is an error, but for another `close`.
   */
  close(): Promise<void> {
    return (this.closing ??= this.end());
  }
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
  private async end(): Promise<void> {
    const { state, loop, control, plugins, closeEngine } = this.open();
    // From now on: `run` again, from a callback of the last slice, is an error.
    this.parts = undefined;
    if (loop.isActive) {
      loop.leave();
      await loop.ended();
    }
    await state.backends.flushed();
    await control.finish();
    plugins?.end();
    try {
      state.close();
    } finally {
      closeEngine?.();
    }
  }
  /** @throws ControlError after an end of the machine: only `reset` leads on from there */
  resume(): void {
    this.control.cont();
  }
  /**
   * Power-on state, at once if the machine is not being run; or what it was when `snapshot` was taken: then it must be stopped or paused.
   * @throws SnapshotError if it is not, or the snapshot is another machine's
   */
  reset(snapshot?: MemorySnapshot): void {
    if (snapshot) this.control.restore(snapshot);
    else this.control.reset();
  }
  /**
   * All of the machine but its disks, in memory: `reset` goes back to it. The first one makes stores to each page a little slower, once a reset. The machine
   * must be stopped or paused. @throws SnapshotError if it is not, VmStateError if it has something that cannot be saved
   */
  snapshot(): MemorySnapshot {
    return this.control.takeSnapshot();
  }
  /**
   * Writes a snapshot of all of the machine but its disks; it stands still while its memory is copied. Bytes written. @throws VmStateError if it has something that
   * cannot be saved (a disk that can be written)
   */
  save(sink: SnapshotSink, options?: SaveOptions): Promise<number> {
    return this.control.save(sink, options);
  }
  /**
   * Makes it what it was when the snapshot was made; it goes on if it was running. @throws VmStateError if the snapshot is damaged or of another machine:
   * then this one is as it was, unless it was made to be loaded (`incoming`). With `lazy` such a machine's memory is read when it is used.
   */
  load(source: SnapshotSource | Bytes, options?: Omit<LoadOptions, 'isFresh'>): Promise<void> {
    const isSource = typeof (source as SnapshotSource).read === 'function';
    const from = isSource ? (source as SnapshotSource) : bytesSource(toBytes(source as Bytes, 'Machine.load: source'));
    return this.control.load(from, options);
  }

  /** Ends the machine as if the host's user had closed it. */
  quit(): void {
    this.control.quit();
  }
  get runState(): RunState {
    return this.state.runState.state;
  }
  /** What happens to it, as QMP's events tell. Returns what ends the listening. What a listener throws ends the machine, as what other callbacks throw. */
  onEvent(listener: EventListener): () => void {
    return this.state.events.listen(listener);
  }

  /** Types into serial port `port`; what the guest cannot take yet waits. @throws RangeError if there is no such port */
  writeSerial(input: string | Bytes, port = 0): void {
    const bytes = typeof input === 'string' ? new TextEncoder().encode(input) : toBytes(input, 'Machine.writeSerial: input');
    if (!this.control.type(port, bytes)) throw new RangeError(`there is no serial port ${port}`);
  }

  /** @throws RangeError if there is no such CPU */
  cpu(index = 0): CpuState {
    const cpu = this.state.cpus[index];
    if (!cpu) throw new RangeError(`there is no CPU ${index}`);
    return cpu;
  }
  /** By its name in the manual, or `pc`; stop or pause the machine first. @throws RangeError if there is no such register or CPU */
  readRegister(name: string, cpu = 0): bigint {
    const value = this.control.readRegister(this.cpu(cpu), name);
    if (value === undefined) throw new RangeError(`there is no register '${name}'`);
    return value;
  }
  /** All of them, in the order of the manual. */
  readRegisters(cpu = 0): Record<string, bigint> {
    return Object.fromEntries(this.cpu(cpu).registers());
  }
  /** Stop or pause first. @throws RangeError if there is no such register or CPU */
  writeRegister(name: string, value: bigint, cpu = 0): void {
    if (typeof value !== 'bigint') throw read.wrong(value, 'Machine.writeRegister: value', 'a bigint');
    if (!this.control.writeRegister(this.cpu(cpu), name, value)) throw new RangeError(`there is no register '${name}'`);
  }

  /** Guest-physical memory; throws RangeError where nothing is. */
  readPhysical(address: number, size: number): Uint8Array {
    const bytes = new Uint8Array(count(size));
    if (this.control.readMemory('physical', physical(address), bytes) !== undefined)
      throw new RangeError(`cannot read physical memory at 0x${address.toString(16)}`);
    return bytes;
  }
  /** @throws RangeError where nothing is, or where nothing can be written */
  writePhysical(address: number, bytes: Bytes): void {
    if (this.control.writeMemory('physical', physical(address), toBytes(bytes, 'Machine.writePhysical: bytes')) !== undefined)
      throw new RangeError(`cannot write physical memory at 0x${address.toString(16)}`);
  }
  /** Memory as the CPU sees it now; throws RangeError where nothing is mapped. */
  readMemory(address: number | bigint, size: number, cpu = 0): Uint8Array {
    const bytes = new Uint8Array(count(size));
    noFault(this.control.readMemory(this.cpu(cpu), BigInt(address), bytes));
    return bytes;
  }
  /** As readMemory; pages before the first one that is not mapped are written. */
  writeMemory(address: number | bigint, given: Bytes, cpu = 0): void {
    noFault(this.control.writeMemory(this.cpu(cpu), BigInt(address), toBytes(given, 'Machine.writeMemory: bytes')));
  }
}

function snapshotHost(
  { version, snapshotTools: tools, snapshotStore }: MachineHost,
  { snapshots, incremental }: CheckedMachineOptions,
): SnapshotHost {
  const store = typeof snapshots === 'object' ? snapshots : snapshotStore?.(snapshots);
  return { version, tools, store, incremental };
}

const toBytes = read.bytes();

function physical(address: number): bigint {
  if (!Number.isSafeInteger(address) || address < 0) throw new RangeError(`${address} is no physical address`);
  return BigInt(address);
}

function noFault(address: bigint | undefined): void {
  if (address !== undefined) throw new RangeError(`cannot access memory at 0x${address.toString(16)}`);
}

/** Of bytes to be read. */
function count(size: number): number {
  if (!Number.isSafeInteger(size) || size < 0) throw new RangeError(`${size} is no number of bytes`);
  return size;
}

/** A callback of the user that must not throw where it is called. */
function guarded(sink: LogSink, failed: (error: unknown) => void): LogSink {
  return (text) => {
    try {
      sink(text);
    } catch (error) {
      failed(error);
    }
  };
}
