/**
 * Every CSR of every CPU model: whether it is there, and what it keeps of zeros, ones, walking ones and walking zeros. Source of the table: privileged ISA
 * manual 1.13 (unprivileged: fcsr), chapter by chapter; where a field leaves a choice, the row says what is chosen.
 */
import { describe, expect, it } from 'vitest';
import { RVX_C } from '../../assembly/target/riscv/shared/riscv.js';
import { hasExtension, misa, parseCpuConfig, type CpuConfig } from '../../src/target/riscv/config.js';
import { EXTENSIONS } from '../../src/target/riscv/extensions.js';
import { CPU_MODELS } from '../../src/target/riscv/models.js';
import { hartOf, type Hart } from '../support/riscv-hart.js';

/** What rows ask of a hart. */
interface Facts {
  readonly config: CpuConfig;
  readonly rv32: boolean;
  readonly ones: bigint;
  readonly has: (extension: string) => boolean;
  readonly paging: boolean;
  /** At least this minor version of the privileged architecture. */
  readonly since: (version: number) => boolean;
}

interface Row {
  readonly name: string;
  readonly csr: number;
  readonly count: number;
  readonly exists: (f: Facts) => boolean;
  /** Bits that a write changes. */
  readonly writable: (f: Facts) => bigint;
  /** What the others show. */
  readonly fixed: (f: Facts) => bigint;
  /** Bits that are not written, for they would last until reset. */
  readonly lasting: bigint;
  /** For fields whose values are not all legal: the register after `value`, what is writable of it, is written over `old`. */
  readonly legal?: (value: bigint, old: bigint, f: Facts) => bigint;
}

const bits = (...numbers: number[]): bigint => numbers.reduce((mask, n) => mask | (1n << BigInt(n)), 0n);
const range = (first: number, last: number): bigint => bits(...Array.from({ length: last - first + 1 }, (_, i) => first + i));
const field = (value: bigint, first: number, width: number): bigint => (value >> BigInt(first)) & ((1n << BigInt(width)) - 1n);
const when = (condition: boolean, mask: bigint): bigint => (condition ? mask : 0n);

const always = (): boolean => true;
const all = (f: Facts): bigint => f.ones;
const none = (): bigint => 0n;
const withS = (f: Facts): boolean => f.has('s');
const withU = (f: Facts): boolean => f.has('u');
const withF = (f: Facts): boolean => f.has('f');
const withPmp = (f: Facts): boolean => f.config.pmpCount > 0;
const on32 = (f: Facts): boolean => f.rv32;

type Part = Partial<Pick<Row, 'count' | 'fixed' | 'lasting' | 'legal'>>;
const row = (name: string, csr: number, exists: Row['exists'], writable: Row['writable'], part: Part = {}): Row => ({
  name, csr, exists, writable, count: 1, fixed: none, lasting: 0n, ...part,
}); // prettier-ignore

// ---- fields -------------------------------------------------------------------------------------------------------------------

const M_LINES = bits(3, 7, 11);
const S_LINES = bits(1, 5, 9);
/** hpmcounter3 to 18; those above are read-only zero. */
const HPM = range(3, 18);

const [SIE, MIE, SPIE, MPIE, SPP, MPRV, SUM, MXR, TVM, TW, TSR] = [1, 3, 5, 7, 8, 17, 18, 19, 20, 21, 22].map((n) => bits(n));
const MPP = 3n << 11n;
const FS = 3n << 13n;
const SSTATUS = SIE | SPIE | SPP | FS | SUM | MXR;
const UXL64 = 2n << 32n;
const SXL64 = 2n << 34n;

/** No big-endian accesses, no vector state, nothing of the hypervisor. FS is read-only zero without F, a choice. */
const mstatus = (f: Facts): bigint =>
  MIE |
  MPIE |
  when(f.has('u'), MPP | MPRV | TW) |
  when(f.has('s'), SIE | SPIE | SPP | MXR | TVM | TSR) |
  when(f.paging, SUM) |
  when(f.has('f'), FS);
/** Read-only: MPP of a hart with M-mode alone, and UXL and SXL, 64-bit always. */
const mstatusFixed = (f: Facts): bigint => when(!f.has('u'), MPP) | when(!f.rv32, when(f.has('u'), UXL64) | when(f.has('s'), SXL64));
const withSd = (status: bigint, f: Facts): bigint => ((status & FS) === FS ? status | bits(f.rv32 ? 31 : 63) : status);

function legalStatus(value: bigint, old: bigint, f: Facts): bigint {
  const mode = field(value, 11, 2);
  const legal = mode === 3n || (mode === 1n && f.has('s')) || (mode === 0n && f.has('u'));
  return withSd(legal ? value & ~bits(f.rv32 ? 31 : 63) : (value & ~MPP & ~bits(f.rv32 ? 31 : 63)) | (old & MPP), f);
}

const counteren = (f: Facts): bigint => when(f.has('zicntr'), 7n) | when(f.has('zihpm'), HPM);
const envcfg = (f: Facts): bigint => bits(0) | when(f.has('zicbom'), range(4, 6)) | when(f.has('zicboz'), bits(7));
const menvcfgHigh = (f: Facts): bigint => when(f.has('svadu'), bits(29)) | when(f.has('svpbmt'), bits(30)) | when(f.has('sstc'), bits(31));
const menvcfg = (f: Facts): bigint => envcfg(f) | when(!f.rv32, menvcfgHigh(f) << 32n);
/** CBIE = 2 is reserved: the field stays, a choice. */
const legalEnvcfg = (value: bigint, old: bigint): bigint => (field(value, 4, 2) === 2n ? (value & ~0x30n) | (old & 0x30n) : value);

/** Modes from 2 on are reserved: nothing changes, a choice. */
const legalTvec = (value: bigint, old: bigint): bigint => ((value & 3n) < 2n ? value : old);
/** A mode that is not there changes nothing. */
function legalSatp(value: bigint, old: bigint, f: Facts): bigint {
  const mode = f.rv32 ? field(value, 31, 1) : field(value, 60, 4);
  const lowest = f.rv32 ? 1n : 8n;
  return mode === 0n || (mode >= lowest && mode <= BigInt(f.config.satpMode)) ? value : old;
}

/** Bits 6:5 are reserved; W without R becomes neither, a choice. */
const PMPCFG = 0x1f1f1f1f_1f1f1f1fn;
const LOCKS = 0x80808080_80808080n;
const legalPmpcfg = (value: bigint): bigint => value & ~(value & ~(value << 1n) & 0x02020202_02020202n);

const xepc = (f: Facts): bigint => f.ones & (hasExtension(f.config, RVX_C) ? ~1n : ~3n);
const withZicntr = (f: Facts): boolean => f.has('zicntr');
const withZihpm = (f: Facts): boolean => f.has('zihpm');
const zihpm = (f: Facts): bigint => when(f.has('zihpm'), f.ones);
const both =
  (a: Row['exists'], b: Row['exists']): Row['exists'] =>
  (f) =>
    a(f) && b(f);
const since =
  (version: number): Row['exists'] =>
  (f) =>
    f.since(version);

// prettier-ignore
const ROWS: readonly Row[] = [
  // Unprivileged
  row('fflags',        0x001, withF, () => 0x1fn),
  row('frm',           0x002, withF, () => 7n),
  row('fcsr',          0x003, withF, () => 0xffn),
  // Supervisor
  row('sstatus',       0x100, withS, (f) => mstatus(f) & SSTATUS, { fixed: (f) => when(!f.rv32, UXL64), legal: (value, _, f) => withSd(value, f) }),
  row('sie',           0x104, withS, () => S_LINES),                        // all of mideleg is set
  row('stvec',         0x105, withS, all, { legal: legalTvec }),
  row('scounteren',    0x106, withS, counteren),
  row('senvcfg',       0x10a, both(withS, since(12)), envcfg, { legal: legalEnvcfg }),
  row('sscratch',      0x140, withS, all),
  row('sepc',          0x141, withS, xepc),
  row('scause',        0x142, withS, all),
  row('stval',         0x143, withS, all),
  row('sip',           0x144, withS, () => bits(1)),
  row('stimecmp',      0x14d, (f) => f.has('sstc'), all),
  row('stimecmph',     0x15d, (f) => f.rv32 && f.has('sstc'), all),
  row('satp',          0x180, withS, (f) => when(f.paging, f.ones), { legal: legalSatp }),
  // Machine
  row('mstatus',       0x300, always, mstatus, { fixed: mstatusFixed, legal: legalStatus }),
  row('misa',          0x301, always, none, { fixed: (f) => misa(f.config) }), // no extension can be turned off, a choice
  row('medeleg',       0x302, withS, (f) => range(0, 9) | when(f.paging, bits(12, 13, 15))),
  row('mideleg',       0x303, withS, () => S_LINES),
  row('mie',           0x304, always, (f) => M_LINES | when(f.has('s'), S_LINES)),
  row('mtvec',         0x305, always, all, { legal: legalTvec }),
  row('mcounteren',    0x306, withU, counteren),
  row('menvcfg',       0x30a, both(withU, since(12)), menvcfg, { legal: legalEnvcfg }),
  row('mstatush',      0x310, both(on32, since(12)), none),
  row('medelegh',      0x312, (f) => f.rv32 && f.has('s') && f.since(13), none),
  row('menvcfgh',      0x31a, (f) => f.rv32 && f.has('u') && f.since(12), menvcfgHigh),
  row('mcountinhibit', 0x320, since(11), (f) => 5n | when(f.has('zihpm'), HPM)),
  row('mhpmevent',     0x323, always, zihpm, { count: 16 }),
  row('mhpmevent19',   0x333, always, none, { count: 13 }),
  row('mscratch',      0x340, always, all),
  row('mepc',          0x341, always, xepc),
  row('mcause',        0x342, always, all),
  row('mtval',         0x343, always, all),
  row('mip',           0x344, always, (f) => when(f.has('s'), S_LINES)),           // stimecmp does not drive STIP: menvcfg.STCE is clear
  row('pmpcfg0',       0x3a0, withPmp, (f) => f.ones & PMPCFG, { lasting: LOCKS, legal: legalPmpcfg }),
  row('pmpcfg1',       0x3a1, both(withPmp, on32), (f) => f.ones & PMPCFG, { lasting: LOCKS, legal: legalPmpcfg }),
  row('pmpcfg2',       0x3a2, withPmp, (f) => f.ones & PMPCFG, { lasting: LOCKS, legal: legalPmpcfg }),
  row('pmpcfg3',       0x3a3, both(withPmp, on32), (f) => f.ones & PMPCFG, { lasting: LOCKS, legal: legalPmpcfg }),
  row('pmpaddr',       0x3b0, withPmp, (f) => f.ones & range(0, 53), { count: 16 }),
  row('mcycle',        0xb00, always, all),
  row('minstret',      0xb02, always, all),
  row('mhpmcounter',   0xb03, always, zihpm, { count: 16 }),
  row('mhpmcounter19', 0xb13, always, none, { count: 13 }),
  row('mcycleh',       0xb80, on32, all),
  row('minstreth',     0xb82, on32, all),
  row('mhpmcounterh',  0xb83, on32, zihpm, { count: 16 }),
  row('mhpmcounter19h', 0xb93, on32, none, { count: 13 }),
];

/** Read-only by their numbers. */
// prettier-ignore
const READ_ONLY: readonly (readonly [csr: number, count: number, exists: Row['exists']])[] = [
  [0xc00, 3, withZicntr], [0xc03, 29, withZihpm], [0xc80, 3, both(on32, withZicntr)], [0xc83, 29, both(on32, withZihpm)],
  [0xf11, 4, always], [0xf15, 1, since(12)],
];

// ---- harts --------------------------------------------------------------------------------------------------------------------

function factsOf(config: CpuConfig): Facts {
  const names = new Set(EXTENSIONS.filter(({ bit }) => hasExtension(config, bit)).map(({ name }) => name));
  return {
    config,
    rv32: config.xlen === 32,
    ones: (1n << BigInt(config.xlen)) - 1n,
    has: (extension) => names.has(extension),
    paging: config.satpMode > 0,
    since: (version) => config.privVersion >= version,
  };
}

/** With FS on, and all that can be delegated delegated. */
function openHartOf(config: CpuConfig): Hart {
  const hart = hartOf(config);
  hart.write(0x300, FS);
  hart.write(0x303, S_LINES);
  return hart;
}

function patterns(xlen: number): bigint[] {
  const ones = (1n << BigInt(xlen)) - 1n;
  const walking = Array.from({ length: xlen }, (_, n) => bits(n));
  return [0n, ones, ...walking, ...walking.map((bit) => ones ^ bit), 0n];
}

const VARIANTS = [
  'rv64,mmu=off',
  'rv64,f=off,d=off',
  'rv32,c=off',
  'rv64,zicntr=off,zihpm=off',
  'rv64,sv48=off,pmp=off',
  'rv64i,zicsr=on,u=on',
  'rv32i,zicsr=on',
];
const CPUS = [...CPU_MODELS.map(({ name }) => name), ...VARIANTS];

describe.each(CPUS)('-cpu %s', (cpu) => {
  const config = parseCpuConfig(cpu);
  const facts = factsOf(config);
  const present = ROWS.filter(({ exists }) => exists(facts));

  it('has the CSRs of its modes and extensions, and no others', () => {
    const hart = openHartOf(config);
    const expected = [...present.map(({ csr, count }) => [csr, count]), ...READ_ONLY.filter(([, , exists]) => exists(facts))].flatMap(
      ([csr, count]) => Array.from({ length: count as number }, (_, i) => (csr as number) + i),
    );
    const found = Array.from({ length: 4096 }, (_, csr) => csr).filter((csr) => hart.csrr(csr) !== 'illegal');
    const hex = (list: number[]): string[] => list.sort((a, b) => a - b).map((csr) => csr.toString(16));
    expect(hex(found)).toEqual(hex(expected));
    for (const [csr, count, exists] of READ_ONLY)
      if (exists(facts)) for (let i = 0; i < count; i++) expect(hart.csrrw(csr + i, 0n)).toBe('illegal');
  });

  it.each(present.map((each) => [each.name, each] as const))('%s', (_, { csr, count, writable, fixed, lasting, legal }) => {
    for (let number = csr; number < csr + count; number++) {
      const hart = openHartOf(config);
      let old = BigInt.asUintN(config.xlen, hart.write(number, 0n));
      for (const value of patterns(config.xlen)) {
        const kept = (value & writable(facts)) | fixed(facts);
        const expected = legal ? legal(kept, old, facts) : kept;
        const read = BigInt.asUintN(config.xlen, hart.write(number, value & ~lasting));
        expect(read.toString(16), `${number.toString(16)} = ${value.toString(16)}`).toBe(expected.toString(16));
        old = read;
      }
    }
  });
});
