/** What semihosting needs of the guest's CPU, of the machine and of the host. */
import type { Chardev } from '../chardev/chardev.js';

/** The CPU that calls, and memory as its own loads and stores see it. */
export interface SemihostingGuest {
  /** Bytes of a word of a parameter block: of a register. */
  readonly wordSize: 4 | 8;
  /** False: not all of it is memory that may be read. */
  read(address: bigint, into: Uint8Array): boolean;
  /** Whether all of it is memory that may be written. */
  mayWrite(address: bigint, size: number): boolean;
  /** False as `mayWrite`. */
  write(address: bigint, bytes: Uint8Array): boolean;
}

/** Addresses of memory that nothing was loaded to. */
export interface FreeMemory {
  readonly start: number;
  readonly end: number;
}

export interface SemihostingMachine {
  /** ns since power-on, guest time. */
  elapsedNs(): bigint;
  /** ns since 1970 UTC, the guest's calendar. */
  wallNs(): bigint;
  /** The largest piece of RAM between what was loaded; undefined: there is no RAM. */
  freeMemory(): FreeMemory | undefined;
  /** The guest has ended. `status`: 0 to 255. */
  exit(status: number): void;
  /** No CPU runs meanwhile, since a call waits for input. */
  hold(owner: object, on: boolean): void;
}

/** How a file is opened: ISO C's modes. A file that is to be truncated or appended to is made if need be. */
export interface OpenMode {
  readonly read: boolean;
  readonly write: boolean;
  readonly truncate: boolean;
  readonly append: boolean;
}

/** All throw Refusal. Positions and sizes are in bytes. */
export interface HostFile {
  /** How many bytes were read; 0 at the end. */
  read(into: Uint8Array, position: number): number;
  /** All of them. */
  write(bytes: Uint8Array, position: number): void;
  size(): number;
  close(): void;
}

/** The host's files, as far as the guest may have them. All throw Refusal, also where a name leads out of what it may have. */
export interface HostFiles {
  open(name: string, mode: OpenMode): HostFile;
  remove(name: string): void;
  rename(from: string, to: string): void;
}

/** What the user gives. */
export interface SemihostingConfig {
  /** Calls from U-mode are served too. */
  readonly userspace?: boolean;
  /** What SYS_GET_CMDLINE answers. */
  readonly commandLine?: string;
  /** Where SYS_WRITEC and SYS_WRITE0 write and SYS_READC reads: a backend, or the id of one that the machine has. Default: writes to stderr, reads nothing. */
  readonly console?: Chardev | string;
  /** What `:tt` stands for. */
  readonly stdin?: Chardev;
  readonly stdout?: Chardev;
  readonly stderr?: Chardev;
  /** Default: no file can be opened. */
  readonly files?: HostFiles;
}
