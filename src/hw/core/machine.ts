/** MachineState: the QOM object on which everything of one machine hangs. Boards extend it and build themselves in `init`. */
import type { Semihosting } from '../../semihosting/semihosting.js';
import { Chardev } from '../../chardev/chardev.js';
import { Backends } from './backends.js';
import { SystemBus, type Bus } from './bus.js';
import { ClockSet, type ClockType } from './clock.js';
import type { IrqLine } from './irq.js';
import type { SymbolTable } from './elf.js';
import type { FirmwareConfig, FirmwareFile } from './firmware-config.js';
import { fillsMemory } from './memory-backend.js';
import { RomList } from './rom.js';
import type { Keyboard } from './keys.js';
import type { CpuState } from './cpu.js';
import type { DeviceClass, DeviceState, Given } from './device.js';
import { SysBusDevice } from './sysbus.js';
import { AddressSpace } from '../../memory/address-space.js';
import { PlainRamAllocator, type RamAllocator } from '../../memory/ram.js';
import { MemoryRegion, MemoryTopology, type MemoryRegionOps } from '../../memory/region.js';
import { Container, QObject, ancestry, defineType, isA, type TypeInfo } from '../../qom/object.js';
import { TypeRegistry } from '../../qom/registry.js';
import { OptionError } from '../../util/errors.js';
import { Log } from '../../util/log.js';
import { SeededRandom } from '../../util/random.js';
import { KiB, MiB } from '../../util/size.js';
import type { Accelerator } from './accelerator.js';
import { DEFAULT_ACTIONS, type Actions } from './actions.js';
import { MachineEvents } from './events.js';
import { RTC_CLOCKS, type MachineConfig, type MachineEnvironment } from './machine-config.js';
import { defineMachine, type MachineClassOptions } from './machine-class.js';
import { offerServices, type MachineBooks } from './machine-services.js';
import { deviceAdd, diskAdd } from './device-add.js';
import { createSemihosting } from './semihosting.js';
import type { Replay } from './replay.js';
import { isCausedByGuest, NEEDS_RESET, RunStateMachine, type RunState, type ShutdownCause } from './runstate.js';
import type { MachineServices } from './services.js';
import { array, bytes, u32, vmState, type VmState } from './vmstate.js';
import { traceEvents } from '../../util/trace.js';

const TRACE = traceEvents({
  runstate_set: (from: string, to: string) => `current_run_state (${from}) new_state (${to})`,
  vm_state_notify: (running: boolean, state: string) => `running ${running ? 1 : 0} reason (${state})`,
  qemu_system_shutdown_request: (cause: string) => `reason=${cause}`,
  qemu_system_reset_request: (cause: string) => `reason=${cause}`,
});

/** Something that is no device, in snapshots. */
export interface VmStateEntry {
  readonly name: string;
  readonly state: VmState;
  readonly holder: unknown;
  readonly isOptional: boolean;
}

/** The I/O space, where no device is. */
const UNASSIGNED_PORTS: MemoryRegionOps = { read: () => 0xffff_ffff };
const CHARDEV = vmState<Chardev>('chardev', { version: 1 }, [bytes(Chardev.INPUT_LIMIT)('waitingInput')]);
const RANDOM = vmState<SeededRandom>('random', { version: 1 }, [array('s', u32)]);

export abstract class MachineState extends QObject {
  static override readonly type: TypeInfo<MachineClassOptions> = defineMachine('machine', QObject, MachineState, {
    desc: '',
    abstract: true,
  });

  readonly log: Log;
  readonly clocks: ClockSet;
  readonly topology = new MemoryTopology();
  readonly ram: RamAllocator;
  /** The root of the guest-physical address space. */
  readonly systemMemory: MemoryRegion;
  /** The root of the I/O ports, which no board has. */
  readonly ioMemory: MemoryRegion;
  readonly addressSpace: AddressSpace;
  /** All of them: that one first. */
  readonly addressSpaces: AddressSpace[] = [];
  readonly accelerator: Accelerator | undefined;
  readonly types: TypeRegistry;
  /** What devices see of this machine. */
  readonly services: MachineServices;
  readonly cpus: CpuState[] = [];
  readonly roms = new RomList();
  /** What hears keys. */
  keyboard: Keyboard | undefined;
  /** What injects an NMI, on a board that has such a line. */
  protected nmi: IrqLine | undefined;
  /** Where firmware looks for what the user tells it, on a board that has such a device. */
  protected firmwareConfig: FirmwareConfig | undefined;
  /** Undefined: no calls are served. */
  semihosting: Semihosting | undefined;
  /** Of the boot images, and what `-symbols` named; the first that knows a name wins. */
  readonly symbols: SymbolTable[] = [];
  readonly runState = new RunStateMachine();
  /** The CPU that last stopped the machine in state `debug`. */
  debugCpu: CpuState | undefined;
  readonly events: MachineEvents;
  /** May be changed at any time. */
  readonly actions: Actions;
  /** Root of the QOM tree: `/`. */
  readonly root: QObject = new Root();
  /** `-object` and RAM of the board, at /objects. */
  readonly objects = new Container();
  readonly peripheral = new Container();
  /** Of `-device` without an id. */
  readonly peripheralAnon = new Container();
  readonly unattached = new Container();
  readonly sysbus: SystemBus = new SystemBus(undefined, 'main-system-bus');
  readonly backends: Backends;
  readonly #books: MachineBooks = { devices: [], starts: new Map() };
  readonly #resetHandlers: (() => void)[] = [];
  readonly #holders = new Set<object>();
  readonly #vmStates: VmStateEntry[] = [];
  readonly #stopListeners = new Set<(state: RunState) => void>();
  #stopping: Promise<void> | undefined;
  #started = false;
  readonly #rtcBaseMs: number;
  readonly #seededRandom = new SeededRandom(0);
  /** Set by the main loop: ends the running slice and any sleep soon. */
  notify: () => void = () => {};
  /** Set by the main loop: guest code, a device or a timer has called what asks. */
  isExecuting: () => boolean = () => false;
  /** Set by the main loop: an interrupt has come for the CPU, which is to have its turn soon. */
  promptCpu: (cpu: CpuState) => void = () => {};
  /**
   * Set by the main loop: ends a slice whose time is over. Called where an instruction can cost the host any time (device accesses), since a slice
   * is measured in instructions.
   */
  checkSlice: () => void = () => {};

  constructor(
    readonly env: MachineEnvironment,
    readonly config: MachineConfig = {},
  ) {
    super();
    this.log = env.log ?? new Log();
    this.clocks = new ClockSet(env.hostClock, env.icount, env.replay);
    this.events = new MachineEvents(env.hostClock);
    this.backends = new Backends({
      notify: () => this.notify(),
      hold: (holder, on) => this.hold(holder, on),
      nowNs: () => env.hostClock.monotonicNs(),
      inOrder: this.clocks.icount !== undefined,
      driveStopped: (drive, error) => {
        if (this.runState.running)
          this.log.write(`wemu: drive '${drive.id}': ${error.message}: the guest is stopped (io-error) until it is continued\n`);
        this.vmStopRequest('io-error');
      },
    });
    this.actions = { ...DEFAULT_ACTIONS, ...config.actions };
    this.ram = env.ram ?? new PlainRamAllocator();
    this.accelerator = env.accelerator;
    this.#rtcBaseMs = config.rtcBaseMs ?? env.hostClock.epochMs();
    this.types = env.types ?? new TypeRegistry();
    this.systemMemory = MemoryRegion.container(this.topology, 'system');
    this.ioMemory = MemoryRegion.io(this.topology, 'io', 64 * KiB, UNASSIGNED_PORTS);
    this.addressSpace = new AddressSpace(this.systemMemory, 'memory', this.log);
    this.addressSpaces.push(this.addressSpace);
    this.addressSpace.ioHook = () => this.checkSlice();
    this.services = offerServices(this, this.#books);
    this.root.addChild('machine', this);
    this.root.addChild('objects', this.objects);
    this.addChild('peripheral', this.peripheral);
    this.addChild('peripheral-anon', this.peripheralAnon);
    this.addChild('unattached', this.unattached);
    this.unattached.addChild('sysbus', this.sysbus);
    this.unattached.addChild('system[0]', this.systemMemory);
    this.unattached.addChild('io[0]', this.ioMemory);
    this.newAddressSpace(this.ioMemory, 'I/O');
    this.runState.traced = (from, to) => this.log.trace(TRACE.runstate_set, from, to);
    this.runState.addHandler((running, state) => this.log.trace(TRACE.vm_state_notify, running, state), -200);
    this.runState.addHandler((running) => (running ? this.clocks.start() : this.clocks.stop()), -100);
    this.runState.addHandler((running) => running && this.backends.resumeDrives());
    this.clocks.onDeadlineChange = () => this.notify();
    this.clocks.setInstructionSource(() => this.cpus.reduce((sum, cpu) => sum + cpu.instructionCount, 0));
    if (config.symbols) this.symbols.push(config.symbols);
    this.addVmState('random', RANDOM, this.#seededRandom);
    for (const kind of ['serial', 'parallel'] as const)
      for (const [i, chardev] of (config[`${kind}s`] ?? []).entries()) {
        this.backends.joinChardev(chardev);
        this.addVmState(`${kind}${i}`, CHARDEV, chardev, true);
      }
  }

  /** As QEMU calls it: `virt` is the machine of the type `virt-machine`. */
  override get typeName(): string {
    return `${this.type.name}-machine`;
  }
  get class(): MachineClassOptions {
    return (this.type as TypeInfo<MachineClassOptions>).ext;
  }
  get ramSize(): number {
    return this.config.ramSize ?? this.class.defaultRamSize ?? 128 * MiB;
  }
  get smpCpus(): number {
    return this.config.smp ?? 1;
  }

  /** As in the names of QEMU's programs: `riscv64`. */
  get targetName(): string {
    return this.cpus[0]?.targetName ?? 'none';
  }
  /** Of the target's data. */
  get endianness(): 'little' | 'big' {
    return this.accelerator?.endianness ?? 'little';
  }

  /** The symbol that an address belongs to, as far as it is known. */
  symbolAt(address: bigint): string | undefined {
    for (const table of this.symbols) {
      const symbol = table.at(address);
      if (symbol) return symbol.name;
    }
    return undefined;
  }

  /** Entropy for the guest: the host's, or in icount mode always the same, but for a run that is recorded. */
  randomBytes(count: number): Uint8Array {
    if (this.replay) return this.replay.randomBytes(count);
    return this.env.randomBytes && !this.clocks.icount ? this.env.randomBytes(count) : this.#seededRandom.bytes(count);
  }

  /** Undefined: what comes from outside is neither recorded nor replayed. */
  get replay(): Replay | undefined {
    return this.env.replay;
  }

  /** Builds the board: CPUs, memory, devices. */
  protected abstract init(): void;
  /** Boot images, and what else is told of all devices, those of `-device` too. */
  protected devicesAdded(): void {}

  /** Applies machine properties, starts the accelerator, builds the board and resets it: the machine is ready to run. */
  create(): void {
    if (this.#started) throw new Error('the machine was created already');
    this.#started = true;
    for (const [name, value] of Object.entries(this.config.properties ?? {})) this.setProperty(name, value);
    const most = this.class.maxCpus ?? 1;
    const wanted = Math.max(this.smpCpus, this.config.maxCpus ?? 0);
    if (!(this.smpCpus >= 1 && wanted <= most)) {
      throw new OptionError(`Invalid SMP CPUs ${wanted}. The max CPUs supported by machine '${this.type.name}' is ${most}`, '-smp');
    }
    for (const id of this.backends.of('pflash').keys()) {
      if (!(Number(id) < (this.class.flashBanks ?? 0)) && !this.class.flashDrives?.includes(id))
        throw new OptionError(`machine type does not support if=pflash,bus=0,unit=${id}`, '-pflash');
    }
    if (this.config.smbios?.length && !this.class.hasSmbios)
      throw new OptionError(`machine '${this.type.name}' has no SMBIOS tables`, `-smbios ${this.config.smbios[0]}`);
    this.semihosting = this.config.semihosting && createSemihosting(this, this.config.semihosting);
    this.topology.transaction(() => {
      this.accelerator?.init(this);
      this.init();
      for (const file of this.config.fwCfg ?? []) this.addFirmwareFile(file);
      for (const device of this.config.devices ?? []) deviceAdd(this, device);
      for (const drive of this.config.disks ?? []) diskAdd(this, drive);
      this.devicesAdded();
    });
    this.reset(this.config.incoming !== true);
  }

  private addFirmwareFile({ name, data }: FirmwareFile): void {
    const where = `-fw_cfg name=${name}`;
    if (!this.firmwareConfig) throw new OptionError('fw_cfg device not available', where);
    try {
      this.firmwareConfig.addFile(name, data);
    } catch (error) {
      throw error instanceof OptionError ? error.at(where) : error;
    }
  }

  /** What the guest's calendar follows: the host's goes on while the machine is stopped; in icount mode runs are to repeat. */
  get rtcClock(): ClockType {
    return RTC_CLOCKS[this.config.rtcClock ?? (this.clocks.icount ? 'vm' : 'host')];
  }
  /** Wall clock, ns since 1970 UTC, at guest time 0. */
  rtcStartNs(): bigint {
    return BigInt(Math.round(this.#rtcBaseMs * 1000)) * 1000n;
  }

  // ---- devices -----------------------------------------------------------------------------------------------------------
  /** A new device with -global values and `props` set, not realized yet (qdev_new). `props` are by property name. */
  newDevice<T extends DeviceState, Values>(klass: DeviceClass<T, Values>, props?: Given<Values>): T {
    const device = new klass(this.services);
    this.applyGlobals(device);
    for (const [name, value] of Object.entries(props ?? {})) if (value !== undefined) device.setProperty(name, value);
    return device;
  }

  /** `-global`, for a device that is new. */
  applyGlobals(device: DeviceState): void {
    const types = [...ancestry(device.type)].map(({ name }) => name);
    for (const { driver, property, value } of this.config.globals ?? []) {
      if (!types.includes(driver)) continue;
      try {
        device.setProperty(property, value);
      } catch (error) {
        throw error instanceof OptionError ? new OptionError(`can't apply global ${driver}.${property}=${value}: ${error.message}`) : error;
      }
    }
  }

  /** Puts a device into the tree (`/machine/unattached/device[n]` unless it has a parent, or `name` under /machine), on a bus, and realizes it. */
  realize<T extends DeviceState>(device: T, options: { name?: string; bus?: Bus } = {}): T {
    if (!device.qomParent) {
      if (options.name !== undefined) this.addChild(options.name, device);
      else if (device.id !== undefined) this.peripheral.addChild(device.id, device);
      else this.unattached.addChild('device[*]', device);
    }
    const bus = options.bus ?? (device instanceof SysBusDevice ? this.sysbus : undefined);
    if (!device.parentBus) bus?.attach(device);
    device.realizeDevice();
    return device;
  }

  /** Takes a device out, realized or not. */
  forget(device: DeviceState): void {
    if (device.realized) return device.unrealizeDevice();
    device.parentBus?.remove(device);
    device.unparent();
  }

  /** newDevice and realize at once. */
  addDevice<T extends DeviceState, Values>(
    klass: DeviceClass<T, Values>,
    props?: Given<Values>,
    options: { name?: string; bus?: Bus } = {},
  ): T {
    return this.realize(this.newDevice(klass, props), options);
  }

  /** Takes a CPU in; call it in the order of the CPUs' indexes, before realizing the CPU. */
  addCpu(cpu: CpuState): void {
    cpu.cpuIndex = this.cpus.length;
    cpu.onInterrupt = () => this.promptCpu(cpu);
    this.cpus.push(cpu);
  }

  /** `holder` is part of the machine's snapshots, under that name, after the devices. `isOptional`: machines differ in whether they have it. */
  addVmState<T>(name: string, state: VmState<T>, holder: T, isOptional = false): void {
    this.#vmStates.push({ name, state, holder, isOptional });
  }
  get vmStates(): readonly VmStateEntry[] {
    return this.#vmStates;
  }

  /** Realized devices, in the order of realization. */
  get realizedDevices(): readonly DeviceState[] {
    return this.#books.devices;
  }

  /** The machine is not to be used any more: its backends are free for another, and the guest's files are closed. */
  close(): void {
    this.replay?.finish('stopped', 0);
    this.semihosting?.reset();
    this.backends.close();
  }
  /** All of memory is another's: what is known of it is so no more. */
  ramReplaced(): void {
    this.accelerator?.flush?.();
    if (this.runState.running) this.backends.resumeDrives();
  }
  /** What a link property's text names: a backend of that kind, a device by id, or an object by path. */
  override resolveLink(kind: string, id: string): unknown {
    const object = this.objects.qomChildren.get(id);
    if (object && isA(object.type, kind)) return object;
    return this.backends.find(kind, id) ?? this.peripheral.qomChildren.get(id) ?? (id.startsWith('/') ? this.root.resolve(id) : undefined);
  }

  // ---- memory --------------------------------------------------------------------------------------------------------------
  /** The board's RAM (`mem`, `riscv_virt_board.ram`); an object that is its memory names it. */
  newRam(name: string, size: number): MemoryRegion {
    const backend = this.objects.qomChildren.get(this.config.memoryBackend ?? '');
    const id = backend?.id ?? name;
    const block = this.ram.allocate(id, size);
    if (backend && fillsMemory(backend)) backend.fill(block.raw);
    const region = MemoryRegion.ram(this.topology, id, block, backend);
    return backend ? region : this.objects.addChild(name, region);
  }
  newRom(name: string, size: number): MemoryRegion {
    return this.unattached.addChild(`${name}[*]`, MemoryRegion.rom(this.topology, name, this.ram.allocate(name, size)));
  }
  /** A new address space; root regions other than the system's are for IOMMUs and CPUs with private views. */
  newAddressSpace(root: MemoryRegion, name: string): AddressSpace {
    const space = new AddressSpace(root, name, this.log);
    space.dirtyHook = (host, size) => this.addressSpace.dirtyHook?.(host, size);
    this.addressSpaces.push(space);
    return space;
  }

  // ---- reset and run state ---------------------------------------------------------------------------------------------------
  /** `handler` runs at every system reset, after the devices and before the boot images are put back. */
  onReset(handler: () => void): void {
    this.#resetHandlers.push(handler);
  }

  /** System reset: devices (those on a bus before the bus's owner), handlers, boot images, and last the CPUs, which may look at them. */
  reset(withImages = true): void {
    const done = new Set<DeviceState>();
    const visit = (device: DeviceState): void => {
      if (done.has(device)) return;
      done.add(device);
      for (const bus of device.childBuses) bus.children.forEach(visit);
      device.coldReset();
    };
    const cpus = new Set<DeviceState>(this.cpus);
    for (const device of [...this.#books.devices]) if (!cpus.has(device)) visit(device);
    for (const handler of this.#resetHandlers) handler();
    this.semihosting?.reset();
    if (withImages) this.roms.apply(this.addressSpace, this.log);
    for (const cpu of this.cpus) {
      if (this.log.has('cpu_reset')) this.log.mask('cpu_reset', `CPU Reset (CPU ${cpu.cpuIndex})\n${cpu.dumpState(false)}`);
      cpu.reset();
      const start = this.#books.starts.get(cpu);
      if (start !== undefined) cpu.pc = start;
    }
  }

  /** Reset on request. As QEMU's, a machine that is not running is as before its start. */
  systemReset(cause: ShutdownCause): void {
    this.reset();
    if (cause !== 'subsystem-reset' && cause !== 'snapshot-load')
      this.events.tell('RESET', { guest: isCausedByGuest(cause), reason: cause });
    if (!this.runState.running) this.runState.set('prelaunch');
  }
  /** A machine that had come to its end can be started again. */
  revive(): void {
    const { state } = this.runState;
    if (NEEDS_RESET.includes(state) || state === 'guest-panicked') this.runState.set('prelaunch');
  }

  /** The guest (or its host) wants the machine to end; the main loop serves it. The first request wins. */
  requestShutdown(cause: ShutdownCause, exitCode = this.runState.exitCode): void {
    this.log.trace(TRACE.qemu_system_shutdown_request, cause);
    this.runState.shutdownRequest ??= { cause, exitCode };
    this.notify();
  }
  requestReset(cause: ShutdownCause): void {
    if (this.actions.reboot === 'shutdown' && cause !== 'subsystem-reset') return this.requestShutdown(cause);
    this.log.trace(TRACE.qemu_system_reset_request, cause);
    this.runState.resetRequest ??= cause;
    this.notify();
  }

  /** A device has heard from the guest that it has panicked. */
  guestPanicked(): void {
    const { panic, shutdown } = this.actions;
    if (panic === 'none') return this.events.tell('GUEST_PANICKED', { action: 'run' });
    const isPaused = panic === 'pause' || (panic === 'shutdown' && shutdown === 'pause');
    this.events.tell('GUEST_PANICKED', { action: isPaused ? 'pause' : 'poweroff' });
    this.vmStopRequest('guest-panicked');
    if (!isPaused) this.requestShutdown('guest-panic', panic === 'exit-failure' ? 1 : 0);
  }

  /** Whether the board has what an NMI is injected by. */
  injectNmi(): boolean {
    this.nmi?.pulse();
    return this.nmi !== undefined;
  }

  /** The guest has not fed its watchdog. No board has a power button to press: that is only told. */
  watchdogExpired(): void {
    const { watchdog } = this.actions;
    this.events.tell('WATCHDOG', { action: watchdog });
    if (watchdog === 'reset') this.requestReset('guest-reset');
    else if (watchdog === 'inject-nmi') this.injectNmi();
    else if (watchdog === 'poweroff') this.requestShutdown('guest-shutdown');
    else if (watchdog === 'shutdown') this.events.tell('POWERDOWN', {});
    else if (watchdog === 'pause') this.vmStopRequest('watchdog');
    else if (watchdog === 'debug') this.vmStopRequest('debug');
  }

  /** Stops the guest soon, in `state`: for guest code, devices and timers. */
  vmStopRequest(state: RunState = 'paused'): void {
    this.runState.vmStartRequest = false;
    this.runState.vmStopRequest ??= state;
    this.notify();
  }
  /** Lets it go on soon, after a stop that was requested before. */
  vmStartRequest(): void {
    this.runState.vmStartRequest = true;
    this.notify();
  }

  /**
   * Stops the guest now, from outside of it: its clocks stand still, and handlers hear of it. Resolves when nothing is in flight, and that has been told
   * (`STOP`, `onStop`). A guest that does not run is left in its state.
   */
  vmStop(state: RunState = 'paused'): Promise<void> {
    this.#outside('vmStop');
    if (!this.runState.running) return this.#stopping ?? this.backends.drained();
    this.runState.set(state);
    this.notify();
    const underWay = this.backends.underWay();
    if (underWay.length === 0) {
      this.#tellStop(state);
      return Promise.resolve();
    }
    this.runState.isStopping = true;
    return (this.#stopping = Promise.all(underWay).then(() => {
      this.#stopping = undefined;
      this.runState.isStopping = false;
      this.#tellStop(state);
      this.serveStartAndStop();
      this.notify();
    }));
  }
  #tellStop(state: RunState): void {
    this.events.tell('STOP', {});
    for (const listener of [...this.#stopListeners]) listener(state);
  }
  /** Hears every end of running (`paused`, `debug`, ...) when nothing is in flight. Returns its remover. */
  onStop(listener: (state: RunState) => void): () => void {
    this.#stopListeners.add(listener);
    return () => void this.#stopListeners.delete(listener);
  }
  /** Lets the guest run, from outside of it; when a stop is told, if that is still to come. */
  vmStart(): void {
    this.#outside('vmStart');
    if (this.runState.isStopping) return this.vmStartRequest();
    if (this.runState.running) return;
    this.events.tell('RESUME', {});
    this.runState.set('running');
    this.notify();
  }
  /** Carries out what was requested. */
  serveStartAndStop(): void {
    const { runState } = this;
    const { vmStopRequest } = runState;
    runState.vmStopRequest = undefined;
    if (vmStopRequest !== undefined && runState.running) void this.vmStop(vmStopRequest);
    if (!runState.vmStartRequest || runState.isStopping) return;
    runState.vmStartRequest = false;
    if (!NEEDS_RESET.includes(runState.state)) this.vmStart();
  }
  #outside(what: string): void {
    if (this.isExecuting()) throw new Error(`${what} from guest code, a device or a timer: it is to be requested`);
  }

  /**
   * No CPU runs while somebody holds the machine: what the guest writes must wait for a reader, and nothing of it is lost, however it is written.
   * The guest is running all the same: its clocks go on, and it notices nothing where time is made of instructions.
   */
  hold(owner: object, on: boolean): void {
    if (on) this.#holders.add(owner);
    else this.#holders.delete(owner);
    this.notify();
  }
  get isHeld(): boolean {
    return this.#holders.size > 0;
  }
}

class Root extends Container {
  static override readonly type: TypeInfo = defineType('root', Container, Root, { abstract: true });
  protected override get isRoot(): boolean {
    return true;
  }
}
