/** The extensions that a CPU may have: option name, RVX bit, what each is built on. */
import * as X from '../../../assembly/target/riscv/shared/riscv.js';

export interface Extension {
  /** Option name, and name in the ISA string. */
  readonly name: string;
  /** RVX_* bit number. */
  readonly bit: number;
  readonly requires: readonly string[];
  readonly description: string;
}

/** RVX_* bits, 32 in each int32, bit 0 first: as RV_EXT has them. */
export type ExtensionBits = readonly number[];
const WORDS = 4;

export const hasBit = (bits: ExtensionBits, bit: number): boolean => ((bits[bit >>> 5] >>> (bit & 31)) & 1) !== 0;

export function extensionBits(extensions: readonly Extension[]): ExtensionBits {
  const words = new Array<number>(WORDS).fill(0);
  for (const { bit } of extensions) words[bit >>> 5] |= 1 << (bit & 31);
  return words;
}

const row = (name: string, bit: number, requires: string, description: string): Extension => ({
  name,
  bit,
  requires: requires === '' ? [] : requires.split(' '),
  description,
});

// Requirements come before those who have them, so that one pass settles all.
// prettier-ignore
export const EXTENSIONS: readonly Extension[] = [
  row('i',        X.RVX_I,        '',         'base integer instructions'),
  row('m',        X.RVX_M,        'i',        'multiplication and division'),
  row('a',        X.RVX_A,        'i',        'atomics'),
  row('c',        X.RVX_C,        'i',        'compressed instructions'),
  row('zicsr',    X.RVX_ZICSR,    'i',        'control and status registers'),
  row('u',        X.RVX_U,        'zicsr',    'user mode'),
  row('s',        X.RVX_S,        'u',        'supervisor mode'),
  row('f',        X.RVX_F,        'zicsr',    'single-precision floating point'),
  row('d',        X.RVX_D,        'f',        'double-precision floating point'),
  row('zifencei', X.RVX_ZIFENCEI, 'i',        'instruction-fetch fence'),
  row('zicntr',   X.RVX_ZICNTR,   'zicsr',    'base counters and timers'),
  row('zihpm',    X.RVX_ZIHPM,    'zicsr',    'hardware performance counters'),
  row('zba',      X.RVX_ZBA,      'i',        'address generation'),
  row('zbb',      X.RVX_ZBB,      'i',        'basic bit manipulation'),
  row('zbc',      X.RVX_ZBC,      'i',        'carry-less multiplication'),
  row('zbs',      X.RVX_ZBS,      'i',        'single-bit instructions'),
  row('zbkb',     X.RVX_ZBKB,     'i',        'bit manipulation for cryptography'),
  row('zbkx',     X.RVX_ZBKX,     'i',        'crossbar permutations'),
  row('zicond',   X.RVX_ZICOND,   'i',        'conditional zero'),
  row('zicbom',   X.RVX_ZICBOM,   'i',        'cache-block management'),
  row('zicboz',   X.RVX_ZICBOZ,   'i',        'cache-block zero'),
  row('zicbop',   X.RVX_ZICBOP,   'i',        'cache-block prefetch'),
  row('zawrs',    X.RVX_ZAWRS,    'a',        'wait on reservation set'),
  row('zfhmin',   X.RVX_ZFHMIN,   'f',        'half-precision loads, stores and conversions'),
  row('zfh',      X.RVX_ZFH,      'f',        'half-precision floating point'),
  row('zfa',      X.RVX_ZFA,      'f',        'additional floating-point instructions'),
  row('svinval',  X.RVX_SVINVAL,  's',        'fine-grained address-translation invalidation'),
  row('svnapot',  X.RVX_SVNAPOT,  's',        'NAPOT translation contiguity'),
  row('svpbmt',   X.RVX_SVPBMT,   's',        'page-based memory types'),
  row('svadu',    X.RVX_SVADU,    's',        'hardware updating of A and D bits'),
  row('sstc',     X.RVX_SSTC,     's zicntr', 'supervisor timer comparison'),
  row('smepmp',   X.RVX_SMEPMP,   'zicsr',    'PMP enhancements for M-mode'),
  row('sscofpmf', X.RVX_SSCOFPMF, 's zihpm',  'counter overflow interrupts and filters'),
  row('smcntrpmf',X.RVX_SMCNTRPMF,'zicntr',   'filters of cycle and instret'),
  row('smstateen',X.RVX_SMSTATEEN,'u',        'state enables'),
  row('ssdbltrp', X.RVX_SSDBLTRP, 's',        'double traps of S-mode'),
  row('smdbltrp', X.RVX_SMDBLTRP, 'zicsr',    'double traps of M-mode'),
  row('smcsrind', X.RVX_SMCSRIND, 'zicsr',    'indirect CSRs of M-mode'),
  row('sscsrind', X.RVX_SSCSRIND, 's',        'indirect CSRs of S-mode'),
  row('smcdeleg', X.RVX_SMCDELEG, 's',        'delegation of counters'),
  row('ssccfg',   X.RVX_SSCCFG,   'smcdeleg sscsrind', 'delegated counters'),
  row('ssnpm',    X.RVX_SSNPM,    's',        'pointer masking, by S-mode'),
  row('smnpm',    X.RVX_SMNPM,    'u',        'pointer masking, by M-mode for the next mode'),
  row('smmpm',    X.RVX_SMMPM,    'zicsr',    'pointer masking of M-mode'),
  row('smrnmi',   X.RVX_SMRNMI,   'zicsr',    'resumable non-maskable interrupts'),
  row('smaia',    X.RVX_SMAIA,    'zicsr',    'advanced interrupt architecture, M-mode'),
  row('ssaia',    X.RVX_SSAIA,    's',        'advanced interrupt architecture, S-mode'),
];

export interface SatpMode {
  readonly name: string;
  /** satp.MODE. */
  readonly mode: number;
  readonly xlen: 32 | 64;
}

/** In ascending order. */
export const SATP_MODES: readonly SatpMode[] = [
  { name: 'sv32', mode: 1, xlen: 32 },
  { name: 'sv39', mode: 8, xlen: 64 },
  { name: 'sv48', mode: 9, xlen: 64 },
  { name: 'sv57', mode: 10, xlen: 64 },
];
