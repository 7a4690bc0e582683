/** What a machine is made from: what its host brings, and what the user asked for. */
import type { Chardev } from '../../chardev/chardev.js';
import type { RamAllocator } from '../../memory/ram.js';
import type { TypeRegistry } from '../../qom/registry.js';
import type { SemihostingConfig } from '../../semihosting/services.js';
import type { Log, LogSink } from '../../util/log.js';
import type { Accelerator } from './accelerator.js';
import type { Actions } from './actions.js';
import { ClockType, type HostClock, type IcountOptions } from './clock.js';
import type { SymbolTable } from './elf.js';
import type { BootConfig, FirmwareFile } from './firmware-config.js';
import type { Replay } from './replay.js';

/** What the host gives a machine. All optional in tests. */
export interface MachineEnvironment {
  hostClock: HostClock;
  ram?: RamAllocator;
  log?: Log;
  accelerator?: Accelerator;
  types?: TypeRegistry;
  icount?: IcountOptions;
  /** In icount mode: what comes from outside is recorded, or comes from a record. */
  replay?: Replay;
  /** Firmware that comes with the host, by QEMU's file name (`-bios default`). */
  firmware?: (name: string) => Uint8Array | undefined;
  /** Host entropy; without it, or in icount mode, bytes come from a fixed seed. */
  randomBytes?: (count: number) => Uint8Array;
  /** The thread that runs the CPUs, as the host's system numbers it (`info cpus`). */
  threadId?: number;
  /** Reads a file of the host that an option of a device names. @throws OptionError */
  readFile?: (name: string) => Uint8Array;
  /**
   * Opens a file of the host that is read piece by piece. With `zeros` one that is not there, or empty, becomes so many zeros, and a folder stands for a file in it
   * that nobody else sees. @throws OptionError
   */
  openFile?: (name: string, zeros?: number) => FileSource;
  /** Writes a file of the host (`dumpdtb=`). */
  writeFile?: (name: string, bytes: Uint8Array) => void;
  /** Makes a file of the host for what comes in pieces (`dump-guest-memory`). @throws OptionError */
  createFile?: (name: string) => FileSink;
  /** Makes a file of the host for the log (`logfile`). @throws OptionError */
  openLog?: (name: string) => { readonly sink: LogSink; close(): void };
}

/** A file that is being read. */
export interface FileSource {
  readonly size: number;
  /** Fills `into` from there on; all of it is there. */
  read(at: number, into: Uint8Array): void;
  close(): void;
}

/** A file that is being written. @throws HostError if it cannot be */
export interface FileSink {
  write(bytes: Uint8Array): void;
  close(): void;
}

/** Where CPUs are: cores of a socket, threads of a core. */
export interface CpuTopology {
  readonly sockets: number;
  readonly cores: number;
  readonly threads: number;
}

/** What the user asked for, parsed (see options.ts). */
export interface MachineConfig {
  /** Bytes; default: the machine's. */
  ramSize?: number;
  /** `-machine memory-backend=`: the object whose size that is. */
  memoryBackend?: string;
  /** `-mem-path`: what it begins with. */
  memPath?: string;
  smp?: number;
  /** CPUs that there could be: none can be added, so it must only be possible. */
  maxCpus?: number;
  /** Default: as many cores of one socket. */
  topology?: CpuTopology;
  /** `-cpu`: model and features as typed. */
  cpu?: string;
  /** Images, as bytes: the core opens no files. */
  bios?: Uint8Array | 'none' | 'default';
  kernel?: Uint8Array;
  initrd?: Uint8Array;
  append?: string;
  /** Symbols of guest code that has no ELF file (`-symbols`). */
  symbols?: SymbolTable;
  dtb?: Uint8Array;
  /** `-fw_cfg`: files for firmware. */
  fwCfg?: readonly FirmwareFile[];
  /** `-boot` */
  boot?: BootConfig;
  /** `-smbios`, as typed. */
  smbios?: readonly string[];
  /** `-M virt,key=value`: properties of the machine itself. */
  properties?: Record<string, string>;
  /** `-device`, as typed: created after the board, in order. */
  devices?: readonly string[];
  /** Drives, by their ids, that are to have a disk of their own after that. */
  disks?: readonly string[];
  /** `-name`, `-uuid`: for who looks at it from outside. */
  name?: string;
  uuid?: string;
  /** `-global driver.property=value`. */
  globals?: readonly { driver: string; property: string; value: string }[];
  /** `-rtc base=`: ms since 1970 UTC at guest time 0; default: the host's time when the machine is made. */
  rtcBaseMs?: number;
  /** `-rtc clock=`: what the guest's calendar follows; default: the host's, in icount mode the guest's time. */
  rtcClock?: RtcClock;
  /** `-serial`, in order. */
  serials?: readonly Chardev[];
  /** `-parallel`, in order. */
  parallels?: readonly Chardev[];
  /** A snapshot is loaded before anything runs: memory is left without the boot images until the first reset after that (QEMU's -incoming). */
  incoming?: boolean;
  /** Undefined: the guest's calls are traps to it. */
  semihosting?: SemihostingConfig;
  /** `-action`; default: QEMU's. */
  actions?: Partial<Actions>;
}

/** Clocks that the guest's calendar may follow, by their names in `-rtc clock=`. */
export const RTC_CLOCKS = { host: ClockType.Host, rt: ClockType.Realtime, vm: ClockType.Virtual } as const;
export type RtcClock = keyof typeof RTC_CLOCKS;
