/** What a machine is made from, in a library: the options, and how each is checked. */
import { ERROR_POLICIES, type ErrorPolicy } from '../block/backend.js';
import { CACHE_MODES, type DriveOptions } from '../block/drive.js';
import type { BlobLike } from '../block/memory.js';
import { Chardev } from '../chardev/chardev.js';
import { PANIC_ACTIONS, REBOOT_ACTIONS, SHUTDOWN_ACTIONS, WATCHDOG_ACTIONS, type Actions } from '../hw/core/actions.js';
import type { BootConfig, FirmwareFile } from '../hw/core/firmware-config.js';
import { MAX_SHIFT, type IcountOptions } from '../hw/core/clock.js';
import { RTC_CLOCKS, type RtcClock } from '../hw/core/machine-config.js';
import type { SnapshotStore } from '../migration/store.js';
import type { HostFiles, SemihostingConfig } from '../semihosting/services.js';
import { checkPlugin } from '../plugin/arguments.js';
import type { PluginUse } from '../plugin/host.js';
import type { AddressRange } from '../util/address-range.js';
import { isLogItem, LOG_ITEMS, type LogItem, type LogSink } from '../util/log.js';
import * as read from '../util/readers.js';
import type { Bytes } from '../util/readers.js';

export type SerialPort = Chardev | ((bytes: Uint8Array) => void);

/** Streams may be functions where the guest only writes. */
export interface SemihostingOptions extends Omit<SemihostingConfig, 'console' | 'stdout' | 'stderr'> {
  readonly console?: SerialPort | string;
  readonly stdout?: SerialPort;
  readonly stderr?: SerialPort;
}

/** What to build. Strings are as on QEMU's command line; images are bytes. */
export interface MachineOptions {
  /** `virt`, `virt,aclint=on`. Default: the registry's default machine. */
  machine?: string;
  /** `rv64,zba=off`. */
  cpu?: string;
  /** `512M`, or bytes. */
  memory?: string | number;
  /** A file that RAM begins as, and that the guest does not write: made, with zeros, if it is not there. */
  memPath?: string;
  /** `4`, `4,sockets=2`, or how many CPUs. They run in turn, on the machine's thread. */
  smp?: string | number;
  bios?: Bytes | 'none' | 'default';
  kernel?: Bytes;
  initrd?: Bytes;
  /** Kernel command line. */
  append?: string;
  /** Symbols for logs and profiles: an ELF file, or a System.map. */
  symbols?: Bytes;
  dtb?: Bytes;
  /** Files for firmware, on boards with fw_cfg (`virt`, `40p`): a user's names begin with `opt/`. */
  fwCfg?: readonly FirmwareFile[];
  /** What else firmware is told there (`-boot`). */
  boot?: BootConfig;
  /** `-smbios` texts: what the board's SMBIOS tables say (`virt`). */
  smbios?: readonly string[];
  /** Serial ports in order: a backend, or a function that gets the guest's output. Missing ones lead nowhere. */
  serial?: SerialPort | readonly SerialPort[];
  /** Parallel ports, as `serial` (`40p` has one). */
  parallel?: SerialPort | readonly SerialPort[];
  /** Disks. */
  drives?: readonly DriveOptions[];
  /** Further backends: [kind, id, backend], e.g. ['pflash', '0', ...]. */
  backends?: readonly (readonly [kind: string, id: string, backend: object])[];
  /** `-object` texts. */
  objects?: readonly string[];
  /** `-device` texts. */
  devices?: readonly string[];
  /** `driver.property=value`. */
  globals?: readonly string[];
  /** `shift=7`, or the options: deterministic time made of instructions. */
  icount?: string | IcountOptions;
  /** Guest ns a host ns. */
  speed?: number;
  /** ms since 1970 UTC. */
  rtcBaseMs?: number;
  /** What the guest's calendar follows; default: the host's clock, in icount mode the guest's time. */
  rtcClock?: RtcClock;
  /** Calls of the guest's to its host are served (`-semihosting`); default: they are breakpoints to it. */
  semihosting?: boolean | SemihostingOptions;
  /** Where `savevm` keeps snapshots: a folder of the host's, or a store of your own. Default: the host's. */
  snapshots?: string | SnapshotStore;
  /** A snapshot that is saved by name has only what is different from the last one that was saved or loaded. */
  incremental?: boolean;
  /** `load` comes before `run`: the boot images are not put into memory. */
  incoming?: boolean;
  /** A name for the guest, and its UUID: for who asks by a monitor. */
  name?: string;
  uuid?: string;
  /** What becomes of a guest that reboots, powers off, panics or lets its watchdog expire. */
  actions?: Partial<Actions>;
  /** As `actions: { reboot: 'shutdown' }`. */
  noReboot?: boolean;
  /** As `actions: { shutdown: 'pause' }`. */
  noShutdown?: boolean;
  /** Plugins (docs/plugins.md), with their arguments. */
  plugins?: readonly PluginUse[];
  /** The first run waits for `resume`. */
  startPaused?: boolean;
  /** `ranges`: code elsewhere is not shown. */
  log?: { items: readonly LogItem[]; sink: LogSink; ranges?: readonly AddressRange[] };
}

/** As MachineOptions, checked; images are Uint8Arrays. */
export type CheckedMachineOptions = {
  [Key in keyof MachineOptions]: Bytes extends MachineOptions[Key] ? Exclude<MachineOptions[Key], Bytes> | Uint8Array : MachineOptions[Key];
};

const image = read.bytes("the image's bytes: a Uint8Array, another view or an ArrayBuffer");
const serialPort: read.Reader<SerialPort> = read.is(
  'a function that takes bytes, or a Chardev',
  (value) => typeof value === 'function' || value instanceof Chardev,
);
const memory = read.is<number>(
  "a text like '512M', or a whole number of bytes",
  (value) => Number.isSafeInteger(value) && (value as number) > 0,
);
const backend: read.Reader<readonly [string, string, object]> = read.is(
  '[kind, id, backend]',
  (entry) => Array.isArray(entry) && read.isText(entry[0]) && read.isText(entry[1]) && typeof entry[2] === 'object',
);

const firmwareFile = read.record<FirmwareFile>({ name: read.text('the name of a file'), data: image }, ['name', 'data']);

const isObject = (value: unknown): boolean => typeof value === 'object' && value !== null;
const semihosting = read.record<SemihostingOptions>({
  userspace: read.flag,
  commandLine: read.text(),
  console: read.either(read.isText, read.text(), serialPort),
  stdin: read.is('a Chardev', (value) => value instanceof Chardev),
  stdout: serialPort,
  stderr: serialPort,
  files: read.is<HostFiles>('an object with open, remove and rename', isObject),
});

const address: read.Reader<bigint> = read.is('an address: a bigint', (value) => typeof value === 'bigint' && value >= 0n);
const LOG_ITEM_NAMES = `one of ${[...Object.keys(LOG_ITEMS), 'trace:PATTERN'].map((item) => `'${item}'`).join(', ')}`;
const errorPolicy: read.Reader<ErrorPolicy> = read.oneOf(...ERROR_POLICIES);
const drive = read.record<DriveOptions>({
  id: read.text(),
  interface: read.oneOf('virtio', 'none'),
  file: read.text('the path of a file'),
  // Not `read.bytes`: what the guest writes is to be in the caller's own.
  bytes: read.is('a Uint8Array', (value) => value instanceof Uint8Array),
  blob: read.is<BlobLike>('a Blob', (value) => isObject(value) && typeof (value as BlobLike).slice === 'function'),
  format: read.text("'raw' or 'auto'"),
  readonly: read.flag,
  snapshot: read.flag,
  cache: read.oneOf(...CACHE_MODES),
  discard: read.oneOf('ignore', 'unmap'),
  readError: errorPolicy,
  writeError: errorPolicy,
  locking: read.flag,
});

const ICOUNT: read.Readers<IcountOptions> = {
  shift: read.integer(0, MAX_SHIFT),
  auto: read.flag,
  align: read.flag,
  sleep: read.flag,
  rr: read.oneOf('record', 'replay'),
  rrfile: read.text('the path of a file'),
  rrsnapshot: read.text('the name of a snapshot'),
};

const READERS: read.Readers<CheckedMachineOptions> = {
  machine: read.text("a text like 'virt'"),
  cpu: read.text("a text like 'model,name=off'"),
  memory: read.either(read.isText, read.text(), memory),
  memPath: read.text('the path of a file'),
  smp: read.either(read.isText, read.text(), read.integer(1)),
  bios: read.either(read.isText, read.oneOf('none', 'default'), read.bytes("the image's bytes, 'none' or 'default'")),
  kernel: image,
  initrd: image,
  append: read.text("the kernel's command line"),
  symbols: image,
  dtb: image,
  fwCfg: read.list(firmwareFile),
  boot: read.record<BootConfig>({
    order: read.text(),
    menu: read.flag,
    splash: firmwareFile,
    splashTime: read.integer(0, 0xffff),
    rebootTimeout: read.integer(-1, 0xffff),
  }),
  smbios: read.list(read.text("a text like 'type=1,serial=TEXT'"), "an array of texts like 'type=1,serial=TEXT'"),
  serial: read.either(Array.isArray, read.list(serialPort), serialPort),
  parallel: read.either(Array.isArray, read.list(serialPort), serialPort),
  drives: read.list(drive),
  backends: read.list(backend),
  objects: read.list(read.text("a text like 'rng-builtin,id=ID'"), "an array of texts like 'rng-builtin,id=ID'"),
  devices: read.list(read.text("a text like 'virtio-rng-device'"), "an array of texts like 'virtio-rng-device'"),
  globals: read.list(read.text("a text like 'driver.property=value'"), "an array of texts like 'driver.property=value'"),
  icount: read.either(read.isText, read.text(), read.record<IcountOptions>(ICOUNT, ['shift'])),
  speed: read.is('a positive number: guest ns a host ns', (value) => Number.isFinite(value) && (value as number) > 0),
  rtcBaseMs: read.is('milliseconds since 1970', Number.isFinite),
  rtcClock: read.oneOf(...(Object.keys(RTC_CLOCKS) as RtcClock[])),
  semihosting: read.either((value) => typeof value === 'boolean', read.flag, semihosting),
  incremental: read.flag,
  snapshots: read.either(read.isText, read.text(), read.is<SnapshotStore>('an object with names, open, create and delete', isObject)),
  incoming: read.flag,
  noReboot: read.flag,
  noShutdown: read.flag,
  startPaused: read.flag,
  plugins: read.list(
    read.record<PluginUse>(
      {
        plugin: (value, where) => checkPlugin(value, where),
        args: read.is<NonNullable<PluginUse['args']>>('an object with texts, numbers, true or false', isObject),
        where: read.text(),
      },
      ['plugin'],
    ),
  ),
  name: read.text(),
  uuid: read.text(),
  actions: read.record<Partial<Actions>>({
    reboot: read.oneOf(...REBOOT_ACTIONS),
    shutdown: read.oneOf(...SHUTDOWN_ACTIONS),
    panic: read.oneOf(...PANIC_ACTIONS),
    watchdog: read.oneOf(...WATCHDOG_ACTIONS),
  }),
  log: read.record<NonNullable<MachineOptions['log']>>(
    {
      items: read.list(read.is<LogItem>(LOG_ITEM_NAMES, (item) => read.isText(item) && isLogItem(item))),
      sink: read.callback<LogSink>(),
      ranges: read.list(read.record<AddressRange>({ first: address, last: address }, ['first', 'last'])),
    },
    ['items', 'sink'],
  ),
};

/** @throws OptionError if there is anything in `options` that is not understood */
export const readMachineOptions = (options: unknown, where: string): CheckedMachineOptions => read.readOptions(options, where, READERS);
