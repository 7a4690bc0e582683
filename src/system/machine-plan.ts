/** From the options of a machine to what it is made of, before anything of it is made. */
import type { DriveOptions } from '../block/drive.js';
import { Chardev, NullChardev, StreamChardev } from '../chardev/chardev.js';
import type { IcountOptions } from '../hw/core/clock.js';
import type { MachineClass } from '../hw/core/machine-class.js';
import type { MachineConfig } from '../hw/core/machine-config.js';
import { readSymbols } from '../hw/core/symbols.js';
import { parseOptions, type OptionList } from '../qom/option-list.js';
import { Player } from '../replay/player.js';
import type { SemihostingConfig } from '../semihosting/services.js';
import { OptionError } from '../util/errors.js';
import { MiB } from '../util/size.js';
import type { MachineHost } from './machine-host.js';
import type { CheckedMachineOptions, SemihostingOptions, SerialPort } from './machine-options.js';
import { memoryBackendSize } from './object-options.js';
import { openReplay, ReplayPorts } from './open-replay.js';
import { checkIcount, parseGlobal, parseIcount, parseMemory, parseSmp, parseUuid } from './options.js';

/** Properties of all of QEMU's machines that mean nothing here: host memory, graphics, USB, and migration. */
export const IDLE_PROPERTIES = ['dump-guest-core', 'mem-merge', 'aux-ram-share', 'graphics', 'usb', 'suppress-vmdesc'];

export interface MachinePlan {
  readonly klass: MachineClass;
  readonly icount: IcountOptions | undefined;
  readonly ramSize: number;
  readonly replay: ReturnType<typeof openReplay> | undefined;
  readonly config: MachineConfig;
  readonly drives: readonly NamedDrive[];
  /** As the guest has them: recorded, or replayed, if it is. */
  readonly backends: NonNullable<CheckedMachineOptions['backends']>;
  /** RAM is an object that was asked for. */
  readonly hasMemoryBackend: boolean;
}

/** `failed` hears of a log that cannot be written. @throws OptionError, LoaderError */
export function planMachine(options: CheckedMachineOptions, host: MachineHost, failed: (error: unknown) => void): MachinePlan {
  const { klass, properties } = chooseClass(options, host);
  const icount = typeof options.icount === 'string' ? parseIcount(options.icount) : options.icount;
  if (icount) checkIcount(icount, '-icount');
  const backend = properties?.string('memory-backend');
  const ramSize = chooseRamSize(options, klass, backend);
  for (const name of ['append', 'initrd'] as const)
    if (options[name] !== undefined && !options.kernel) throw new OptionError(`-${name} only allowed with -kernel option`);
  const smp = parseSmp(String(options.smp ?? 1));
  const drives = nameDrives(options.drives ?? []);
  const chardevs = chardevsOf(options);
  const ports = new ReplayPorts();
  const rtcBaseMs = icount?.rr ? (options.rtcBaseMs ?? host.clock.epochMs()) : options.rtcBaseMs;
  if (icount?.rr) recordPorts(ports, options, chardevs);
  const replay =
    icount &&
    openReplay(
      icount,
      host,
      {
        wemu: host.version ?? '',
        options: whatItIsMadeFrom(options, klass, ramSize, smp.cpus, icount),
        ports: ports.names,
        rtcBaseMs: rtcBaseMs ?? 0,
      },
      { checksum: host.snapshotTools?.checksum, failed },
    );
  if (replay) ports.wrap(replay);
  const { portOf: guest } = ports;
  const { serials, parallels, semihosting } = chardevs;
  const config: MachineConfig = {
    ramSize,
    memPath: options.memPath,
    memoryBackend: backend ?? (ramSize > 0 ? klass.type.ext.defaultRamId : undefined),
    smp: smp.cpus,
    maxCpus: smp.maxCpus,
    topology: smp.topology,
    cpu: options.cpu,
    bios: options.bios,
    kernel: options.kernel,
    initrd: options.initrd,
    append: options.append,
    symbols: options.symbols && readSymbols('symbols', options.symbols),
    dtb: options.dtb,
    fwCfg: options.fwCfg,
    boot: options.boot,
    smbios: options.smbios,
    rtcBaseMs: replay instanceof Player ? replay.head.rtcBaseMs : rtcBaseMs,
    rtcClock: options.rtcClock,
    devices: options.devices,
    disks: drives.flatMap(({ id, hasDisk }) => (hasDisk ? [id] : [])),
    properties: properties?.rest(),
    globals: options.globals?.map(parseGlobal),
    serials: serials.map(guest),
    parallels: parallels.map(guest),
    semihosting: semihosting && {
      ...semihosting,
      ...{ console: guest(semihosting.console), stdin: guest(semihosting.stdin) },
      ...{ stdout: guest(semihosting.stdout), stderr: guest(semihosting.stderr) },
    },
    incoming: options.incoming,
    name: options.name,
    uuid: options.uuid === undefined ? undefined : parseUuid(options.uuid),
    actions: {
      ...(options.noReboot && { reboot: 'shutdown' as const }),
      ...(options.noShutdown && { shutdown: 'pause' as const }),
      ...options.actions,
    },
  };
  const backends = (options.backends ?? []).map(([kind, id, object]) => [kind, id, guest(object)] as const);
  return { klass, icount, ramSize, replay, config, drives, backends, hasMemoryBackend: backend !== undefined };
}

/** `-machine`: which one, and its properties. */
function chooseClass(
  { machine }: CheckedMachineOptions,
  { machines }: MachineHost,
): { klass: MachineClass; properties: OptionList | undefined } {
  const properties = machine === undefined ? undefined : parseOptions('-machine', machine, 'type');
  const name = properties?.string('type');
  const klass = name === undefined ? machines.default : machines.get(name);
  if (!klass) throw new OptionError('no machine specified, and there is no default', '-machine', "'help' lists them");
  for (const property of IDLE_PROPERTIES) properties?.bool(property);
  return { klass, properties };
}

/** `backend`: the object that RAM is to be. */
function chooseRamSize({ memory, memPath, objects }: CheckedMachineOptions, klass: MachineClass, backend: string | undefined): number {
  const backed = backend === undefined ? undefined : memoryBackendSize(objects ?? [], backend);
  const wanted = typeof memory === 'string' ? parseMemory(memory) : memory;
  if (backed !== undefined && wanted !== undefined && wanted !== backed)
    throw new OptionError('Machine memory size does not match the size of the memory backend', '-m');
  if (backend !== undefined && memPath !== undefined)
    throw new OptionError("'-mem-path' can't be used together with '-machine memory-backend'", `-mem-path ${memPath}`);
  return backed ?? wanted ?? klass.type.ext.defaultRamSize ?? 128 * MiB;
}

interface Chardevs {
  readonly serials: readonly Chardev[];
  readonly parallels: readonly Chardev[];
  readonly semihosting: SemihostingConfig | undefined;
}

function chardevsOf({ serial, parallel, semihosting }: CheckedMachineOptions): Chardevs {
  const ports = [serial ?? []].flat();
  return {
    serials: ports.length > 0 ? ports.map((port, i) => portOf(`serial${i}`, port)) : [new NullChardev('serial0')],
    parallels: [parallel ?? []].flat().map((port, i) => portOf(`parallel${i}`, port)),
    semihosting: semihostingOf(semihosting),
  };
}

/** What the guest hears by all of them is in the log. */
function recordPorts(ports: ReplayPorts, { backends = [] }: CheckedMachineOptions, { serials, parallels, semihosting }: Chardevs): void {
  if (semihosting?.files) throw new OptionError('files of the host cannot be recorded', '-semihosting-config root');
  const { console, stdin, stdout, stderr } = semihosting ?? {};
  for (const each of [...serials, ...parallels, ...backends.map(([, , object]) => object), console, stdin, stdout, stderr]) ports.add(each);
}

/** What a log and its replay must have in common, but for images; by the names of the command line's options. */
function whatItIsMadeFrom(
  options: CheckedMachineOptions,
  { type }: MachineClass,
  ramSize: number,
  cpus: number,
  { shift, auto = false, sleep }: IcountOptions,
): Record<string, string> {
  const {
    machine = type.name,
    cpu,
    append,
    objects,
    devices,
    globals,
    actions,
    noReboot,
    noShutdown,
    drives,
    semihosting,
    fwCfg,
    smbios,
  } = options;
  const texts = {
    ...{ M: machine, cpu, m: String(ramSize), smp: String(cpus), append },
    ...{ object: objects?.join(' '), device: devices?.join(' '), global: globals?.join(' ') },
    fw_cfg: fwCfg?.map(({ name }) => name).join(' '),
    smbios: smbios?.join(' '),
    icount: `${auto ? 'auto' : shift}${sleep ? ',sleep=on' : ''}`,
    action: JSON.stringify({ ...actions, noReboot, noShutdown }),
    drive: drives?.map(({ id, interface: kind, readonly, snapshot }) => [id, kind, readonly, snapshot].join()).join(' '),
    semihosting: semihosting === undefined ? undefined : String(semihosting !== false),
  };
  return Object.fromEntries(Object.entries(texts).filter((entry): entry is [string, string] => Boolean(entry[1])));
}

const portOf = (id: string, port: SerialPort): Chardev => (port instanceof Chardev ? port : new StreamChardev(id, port));

export interface NamedDrive {
  readonly id: string;
  readonly drive: DriveOptions;
  readonly hasDisk: boolean;
}

/** Every drive has a name, and those that are nobody's yet a disk. */
function nameDrives(drives: readonly DriveOptions[]): NamedDrive[] {
  return drives.map((drive, i) => {
    const { interface: kind = 'virtio', id = `${kind}${i}` } = drive;
    return { id, drive, hasDisk: kind === 'virtio' };
  });
}

function semihostingOf(given: boolean | SemihostingOptions | undefined): SemihostingConfig | undefined {
  if (given === undefined || given === false) return undefined;
  const { console, stdout, stderr, ...rest } = given === true ? {} : given;
  return {
    ...rest,
    console: typeof console === 'string' ? console : console && portOf('semihosting', console),
    stdout: stdout && portOf('stdout', stdout),
    stderr: stderr && portOf('stderr', stderr),
  };
}
