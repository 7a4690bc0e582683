/** The extensions that a CPU may have: option name, RVX bit, what each is built on. */
import * as X from '../../../assembly/target/riscv/shared/riscv.js';

export interface Extension {
  /** Option name, and name in the ISA string. */
  readonly name: string;
  /** RVX_* bit number. */
  readonly bit: number;
  readonly requires: readonly string[];
  /** Those of `requires` that are turned on with it. */
  readonly implies: readonly string[];
  readonly description: string;
  /** Minor version of the privileged architecture before which no CPU has it. */
  readonly since: number;
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

const row = (name: string, bit: number, builtOn: string, description: string, since = 12): Extension => {
  const words = builtOn === '' ? [] : builtOn.split(' ');
  return {
    name,
    bit,
    requires: words.map((word) => word.replace('+', '')),
    implies: words.flatMap((word) => (word.startsWith('+') ? [word.slice(1)] : [])),
    description,
    since,
  };
};

// Requirements come before those who have them, so that one pass settles all. `+`: implied, too.
// prettier-ignore
export const EXTENSIONS: readonly Extension[] = [
  row('i',        X.RVX_I,        '',         'base integer instructions', 10),
  row('zicsr',    X.RVX_ZICSR,    'i',        'control and status registers', 10),
  row('zmmul',    X.RVX_ZMMUL,    'i',        'multiplication'),
  row('m',        X.RVX_M,        'i +zmmul', 'multiplication and division', 10),
  row('zaamo',    X.RVX_ZAAMO,    'i',        'atomic memory operations'),
  row('zalrsc',   X.RVX_ZALRSC,   'i',        'load-reserved and store-conditional'),
  row('a',        X.RVX_A,        'i +zaamo +zalrsc', 'atomics', 10),
  row('zca',      X.RVX_ZCA,      'i',        'compressed instructions but those of floating point'),
  row('c',        X.RVX_C,        'i +zca',   'compressed instructions', 10),
  row('u',        X.RVX_U,        'zicsr',    'user mode', 10),
  row('s',        X.RVX_S,        'u',        'supervisor mode', 10),
  row('f',        X.RVX_F,        '+zicsr',   'single-precision floating point', 10),
  row('d',        X.RVX_D,        '+f',       'double-precision floating point', 10),
  row('debug',    X.RVX_SDTRIG,   'zicsr',    'debug triggers (Sdtrig)', 10),
  row('zifencei', X.RVX_ZIFENCEI, 'i',        'instruction-fetch fence', 10),
  row('zicntr',   X.RVX_ZICNTR,   'zicsr',    'base counters and timers', 10),
  row('zihpm',    X.RVX_ZIHPM,    'zicsr',    'hardware performance counters', 10),
  row('zba',      X.RVX_ZBA,      'i',        'address generation'),
  row('zbb',      X.RVX_ZBB,      'i',        'basic bit manipulation'),
  row('zbc',      X.RVX_ZBC,      'i',        'carry-less multiplication'),
  row('zbs',      X.RVX_ZBS,      'i',        'single-bit instructions'),
  row('b',        X.RVX_B,        '+zba +zbb +zbs', 'bit manipulation', 10),
  row('zbkb',     X.RVX_ZBKB,     'i',        'bit manipulation for cryptography'),
  row('zbkc',     X.RVX_ZBKC,     'i',        'carry-less multiplication for cryptography'),
  row('zbkx',     X.RVX_ZBKX,     'i',        'crossbar permutations'),
  row('zknd',     X.RVX_ZKND,     'i',        'AES decryption'),
  row('zkne',     X.RVX_ZKNE,     'i',        'AES encryption'),
  row('zknh',     X.RVX_ZKNH,     'i',        'SHA-2 hash functions'),
  row('zksed',    X.RVX_ZKSED,    'i',        'SM4 block cipher'),
  row('zksh',     X.RVX_ZKSH,     'i',        'SM3 hash function'),
  row('zkr',      X.RVX_ZKR,      '+zicsr',   'entropy source'),
  row('zkt',      X.RVX_ZKT,      'i',        'data-independent execution latency'),
  row('zkn',      X.RVX_ZKN,      '+zbkb +zbkc +zbkx +zkne +zknd +zknh', 'NIST algorithms'),
  row('zks',      X.RVX_ZKS,      '+zbkb +zbkc +zbkx +zksed +zksh', 'ShangMi algorithms'),
  row('zk',       X.RVX_ZK,       '+zkn +zkr +zkt', 'standard scalar cryptography'),
  row('zicond',   X.RVX_ZICOND,   'i',        'conditional zero'),
  row('zicbom',   X.RVX_ZICBOM,   'i',        'cache-block management'),
  row('zicboz',   X.RVX_ZICBOZ,   'i',        'cache-block zero'),
  row('zicbop',   X.RVX_ZICBOP,   'i',        'cache-block prefetch'),
  row('zihintntl', X.RVX_ZIHINTNTL, 'i',      'non-temporal locality hints', 10),
  row('zihintpause', X.RVX_ZIHINTPAUSE, 'i',  'pause hint', 10),
  row('zimop',    X.RVX_ZIMOP,    'i',        'may-be operations', 13),
  row('ztso',     X.RVX_ZTSO,     'i',        'total store ordering'),
  row('zawrs',    X.RVX_ZAWRS,    'zalrsc',   'wait on reservation set'),
  row('zabha',    X.RVX_ZABHA,    '+zaamo',   'byte and halfword atomics', 13),
  row('zacas',    X.RVX_ZACAS,    'a',        'atomic compare-and-swap'),
  row('zama16b',  X.RVX_ZAMA16B,  'i',        'misaligned atomics', 13),
  row('zcf',      X.RVX_ZCF,      'f +zca',   'compressed single-precision loads and stores (RV32)'),
  row('zcd',      X.RVX_ZCD,      'd +zca',   'compressed double-precision loads and stores'),
  row('zcb',      X.RVX_ZCB,      '+zca',     'more compressed instructions'),
  row('zcmp',     X.RVX_ZCMP,     '+zca',     'compressed push, pop and double move'),
  row('zcmt',     X.RVX_ZCMT,     '+zca +zicsr', 'table jumps'),
  row('zce',      X.RVX_ZCE,      '+zcb +zcmp +zcmt', 'compressed instructions for microcontrollers'),
  row('zicfilp',  X.RVX_ZICFILP,  'zicsr',    'landing pads'),
  row('zcmop',    X.RVX_ZCMOP,    '+zca',     'compressed may-be operations', 13),
  row('zicfiss',  X.RVX_ZICFISS,  'zicsr a s zimop', 'shadow stack', 13),
  row('zfhmin',   X.RVX_ZFHMIN,   '+f',       'half-precision loads, stores and conversions', 11),
  row('zfh',      X.RVX_ZFH,      '+zfhmin',  'half-precision floating point', 11),
  row('zfbfmin',  X.RVX_ZFBFMIN,  '+f',       'conversions of BF16'),
  row('zfa',      X.RVX_ZFA,      '+f',       'additional floating-point instructions'),
  row('svade',    X.RVX_SVADE,    's',        'page faults where A and D bits are to be set'),
  row('svadu',    X.RVX_SVADU,    's',        'hardware updating of A and D bits'),
  row('svinval',  X.RVX_SVINVAL,  's',        'fine-grained address-translation invalidation'),
  row('svnapot',  X.RVX_SVNAPOT,  's',        'NAPOT translation contiguity'),
  row('svpbmt',   X.RVX_SVPBMT,   's',        'page-based memory types'),
  row('svvptc',   X.RVX_SVVPTC,   's',        'PTEs that become valid are seen soon', 13),
  row('sstc',     X.RVX_SSTC,     's zicntr', 'supervisor timer comparison'),
  row('smepmp',   X.RVX_SMEPMP,   'zicsr',    'PMP enhancements for M-mode'),
  row('sscofpmf', X.RVX_SSCOFPMF, 's zihpm',  'counter overflow interrupts and filters'),
  row('smcntrpmf',X.RVX_SMCNTRPMF,'zicntr',   'filters of cycle and instret'),
  row('smstateen',X.RVX_SMSTATEEN,'u',        'state enables'),
  row('ssdbltrp', X.RVX_SSDBLTRP, 's',        'double traps of S-mode', 13),
  row('smdbltrp', X.RVX_SMDBLTRP, 'zicsr',    'double traps of M-mode', 13),
  row('smcsrind', X.RVX_SMCSRIND, 'zicsr',    'indirect CSRs of M-mode', 13),
  row('sscsrind', X.RVX_SSCSRIND, 's',        'indirect CSRs of S-mode'),
  row('smcdeleg', X.RVX_SMCDELEG, 's',        'delegation of counters', 13),
  row('ssccfg',   X.RVX_SSCCFG,   '+smcdeleg +smcsrind +sscsrind', 'delegated counters', 13),
  row('ssnpm',    X.RVX_SSNPM,    's',        'pointer masking, by S-mode', 13),
  row('smnpm',    X.RVX_SMNPM,    'u',        'pointer masking, by M-mode for the next mode', 13),
  row('smmpm',    X.RVX_SMMPM,    'zicsr',    'pointer masking of M-mode', 13),
  row('sspm',     X.RVX_SSPM,     '+smnpm',   'pointer masking in S-mode', 13),
  row('supm',     X.RVX_SUPM,     '+ssnpm +smnpm', 'pointer masking in U-mode', 13),
  row('smrnmi',   X.RVX_SMRNMI,   'zicsr',    'resumable non-maskable interrupts'),
  row('smaia',    X.RVX_SMAIA,    'zicsr',    'advanced interrupt architecture, M-mode'),
  row('ssaia',    X.RVX_SSAIA,    's',        'advanced interrupt architecture, S-mode'),
];

export const BY_NAME: ReadonlyMap<string, Extension> = new Map(EXTENSIONS.map((extension) => [extension.name, extension]));

/** Extensions that have codes of the other. */
export const CONFLICTS: readonly (readonly [string, string])[] = [
  ['zcmp', 'zcd'],
  ['zcmt', 'zcd'],
];

/** `names` and all that comes with them, but what `isRefused`. */
export function withImplied(names: Iterable<string>, xlen: 32 | 64, isRefused: (name: string) => boolean): Set<string> {
  const all = new Set(names);
  const add = (list: readonly string[]): void => {
    for (const name of list) {
      if (all.has(name) || isRefused(name)) continue;
      all.add(name);
      add(BY_NAME.get(name)?.implies ?? []);
    }
  };
  for (const name of [...all]) add(BY_NAME.get(name)?.implies ?? []);
  add(impliedTogether((name) => all.has(name), xlen));
  return all;
}

/** What C is beside Zca: Zcd if there is D, Zcf if there is F on RV32. */
const partsOfC = (has: (name: string) => boolean, xlen: 32 | 64): readonly string[] => [
  ...(has('d') ? ['zcd'] : []),
  ...(has('f') && xlen === 32 ? ['zcf'] : []),
];

/** What several together imply. */
function impliedTogether(has: (name: string) => boolean, xlen: 32 | 64): readonly string[] {
  const parts = partsOfC(has, xlen);
  if (has('c')) return parts;
  if (has('zca') && parts.every(has)) return ['c'];
  return has('zce') ? parts.filter((name) => name === 'zcf') : [];
}

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
