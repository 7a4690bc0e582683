/** CPU models. */
import { EXTENSIONS } from './extensions.js';

export interface CpuModel {
  readonly name: string;
  readonly description: string;
  readonly xlen: 32 | 64;
  /** Extension names that are on. */
  readonly extensions: readonly string[];
  /** The largest satp mode, or 'bare' for a CPU without paging. */
  readonly satp: 'bare' | 'sv32' | 'sv39' | 'sv48' | 'sv57';
  readonly pmp: boolean;
  /** Minor version of the privileged architecture; 13 if it is not given. What later ones brought is not there. */
  readonly privVersion?: number;
  /** A core of somebody's: its extensions may be turned off, and no others on. */
  readonly isVendor?: boolean;
  readonly mvendorid?: number;
  readonly marchid?: number;
  readonly mimpid?: number;
}

/**
 * QEMU 10.0's defaults for rv64 and rv32, as its device tree lists them, but for H (no hypervisor extension is built).
 * `satp`: the default is all of them, sv57 or sv32.
 */
const GENERIC =
  'i m a f d c s u zicsr zifencei zihintntl zihintpause zicntr zihpm zicbom zicbop zicboz zawrs zfa zba zbb zbc zbs sstc svadu svvptc debug'.split(
    ' ',
  );
/** RV64GC or RV32GC of 2016: what SiFive's cores have. */
const SIFIVE = 'i m a f d c s u zicsr zifencei zicntr zihpm debug'.split(' ');
const SIFIVE_E = 'i m a c u zicsr zifencei zicntr zihpm debug'.split(' ');
/** SiFive's JEDEC number; the manuals of these cores name version 1.10 of the privileged architecture. */
const SIFIVE_CORE = { mvendorid: 0x489, privVersion: 10, isVendor: true };

export const PRIV_VERSION_LATEST = 13;

/** Those that C brings, where it does; and those that QEMU's `max` leaves out, too: they exclude others, or firmware must know them. */
const NOT_IN_MAX = ['zcf', 'zcd', 'zce', 'zcmp', 'zcmt', 'svade', 'smrnmi', 'smdbltrp'];
const ALL = EXTENSIONS.map(({ name }) => name).filter((name) => !NOT_IN_MAX.includes(name));

// prettier-ignore
export const CPU_MODELS: readonly CpuModel[] = [
  { name: 'rv64',       description: 'generic 64-bit CPU',            xlen: 64, extensions: GENERIC,  satp: 'sv57', pmp: true },
  { name: 'rv32',       description: 'generic 32-bit CPU',            xlen: 32, extensions: GENERIC,  satp: 'sv32', pmp: true },
  { name: 'max',        description: '64-bit CPU with all that is built', xlen: 64, extensions: ALL,  satp: 'sv57', pmp: true },
  { name: 'max32',      description: '32-bit CPU with all that is built', xlen: 32, extensions: ALL,  satp: 'sv32', pmp: true },
  { name: 'rv64i',      description: '64-bit CPU with the base instructions; the rest by option', xlen: 64, extensions: ['i'], satp: 'bare', pmp: false, privVersion: 10 },
  { name: 'rv32i',      description: '32-bit CPU with the base instructions; the rest by option', xlen: 32, extensions: ['i'], satp: 'bare', pmp: false, privVersion: 10 },
  { name: 'sifive-e31', description: 'SiFive E31 (RV32IMAC)',         xlen: 32, extensions: SIFIVE_E, satp: 'bare', pmp: true, ...SIFIVE_CORE },
  { name: 'sifive-e51', description: 'SiFive E51 (RV64IMAC)',         xlen: 64, extensions: SIFIVE_E, satp: 'bare', pmp: true, ...SIFIVE_CORE },
  { name: 'sifive-u34', description: 'SiFive U34 (RV32GC)',           xlen: 32, extensions: SIFIVE,   satp: 'sv32', pmp: true, ...SIFIVE_CORE },
  { name: 'sifive-u54', description: 'SiFive U54 (RV64GC)',           xlen: 64, extensions: SIFIVE,   satp: 'sv39', pmp: true, ...SIFIVE_CORE },
];
