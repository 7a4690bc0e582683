/**
 * Every CSR of every CPU model: whether it is there, and what it keeps of zeros, ones, walking ones and walking zeros. Source of the table: privileged ISA
 * manual 1.13 (unprivileged: fcsr), chapter by chapter; where a field leaves a choice, the row says what is chosen.
 */
import { describe, expect, it } from 'vitest';
import { RVX_ZCA } from '../../assembly/target/riscv/shared/riscv.js';
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
const LCOFI = bits(13);
/** What mideleg can give to S-mode. */
const delegable = (f: Facts): bigint => S_LINES | when(f.has('sscofpmf'), LCOFI);
/** hpmcounter3 to 18; those above are read-only zero. */
const HPM = range(3, 18);

const [SIE, MIE, SPIE, MPIE, SPP, MPRV, SUM, MXR, TVM, TW, TSR] = [1, 3, 5, 7, 8, 17, 18, 19, 20, 21, 22].map((n) => bits(n));
const MDT = bits(42);
const MPP = 3n << 11n;
const FS = 3n << 13n;
const SPELP = bits(23);
const SSTATUS = SIE | SPIE | SPP | FS | SUM | MXR | SPELP;
const UXL64 = 2n << 32n;
const SXL64 = 2n << 34n;

/** No big-endian accesses, no vector state, nothing of the hypervisor. FS is read-only zero without F, a choice. */
const mstatus = (f: Facts): bigint =>
  MIE |
  MPIE |
  when(f.has('u'), MPP | MPRV | TW) |
  when(f.has('s'), SIE | SPIE | SPP | MXR | TVM | TSR) |
  when(f.paging, SUM) |
  when(f.has('f'), FS) |
  when(f.has('smdbltrp') && !f.rv32, MDT) |
  when(f.has('zicfilp'), when(f.has('s'), SPELP) | when(!f.rv32, bits(41)));
/** Read-only: MPP of a hart with M-mode alone, and UXL and SXL, 64-bit always. */
const mstatusFixed = (f: Facts): bigint => when(!f.has('u'), MPP) | when(!f.rv32, when(f.has('u'), UXL64) | when(f.has('s'), SXL64));
const withSd = (status: bigint, f: Facts): bigint => ((status & FS) === FS ? status | bits(f.rv32 ? 31 : 63) : status);

function legalStatus(value: bigint, old: bigint, f: Facts): bigint {
  const mode = field(value, 11, 2);
  const legal = mode === 3n || (mode === 1n && f.has('s')) || (mode === 0n && f.has('u'));
  if ((value & MDT) !== 0n) value &= ~MIE; // a trap in M-mode is not expected: no interrupts
  return withSd(legal ? value & ~bits(f.rv32 ? 31 : 63) : (value & ~MPP & ~bits(f.rv32 ? 31 : 63)) | (old & MPP), f);
}

const counteren = (f: Facts): bigint => when(f.has('zicntr'), 7n) | when(f.has('zihpm'), HPM);
const envcfg = (f: Facts): bigint =>
  bits(0) | when(f.has('zicfilp'), bits(2)) | when(f.has('zicbom'), range(4, 6)) | when(f.has('zicboz'), bits(7));
/** Pointer masking: 1 is reserved, and the field stays, a choice. */
const pmm = (f: Facts, extension: string): bigint => when(f.has(extension) && !f.rv32, range(32, 33));
const menvcfgHigh = (f: Facts): bigint =>
  when(f.has('ssdbltrp'), bits(27)) |
  when(f.has('smcdeleg'), bits(28)) |
  when(f.has('svadu'), bits(29)) |
  when(f.has('svpbmt'), bits(30)) |
  when(f.has('sstc'), bits(31));
const menvcfg = (f: Facts): bigint => envcfg(f) | when(f.has('zicfiss'), bits(3)) | pmm(f, 'smnpm') | when(!f.rv32, menvcfgHigh(f) << 32n);
/** CBIE = 2 is reserved: the field stays, a choice. */
const legalEnvcfg = (value: bigint, old: bigint): bigint => {
  if (field(value, 4, 2) === 2n) value = (value & ~0x30n) | (old & 0x30n);
  return legalPmm(value, old);
};
const PMM = range(32, 33);
const legalPmm = (value: bigint, old: bigint): bigint => (field(value, 32, 2) === 1n ? (value & ~PMM) | (old & PMM) : value);

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

/** OF and the filters of modes that there are; without Sscofpmf all bits are kept, a choice. */
const INHIBITS = (f: Facts): bigint => bits(62) | when(f.has('s'), bits(61)) | when(f.has('u'), bits(60));
const mhpmevent = (f: Facts): bigint => {
  if (!f.has('zihpm')) return 0n;
  return f.has('sscofpmf') && !f.rv32 ? (f.ones & ~range(58, 62)) | INHIBITS(f) : f.ones;
};
const mhpmeventh = (f: Facts): bigint => when(f.has('zihpm'), (mhpmeventHigh(f) >> 32n) & f.ones);
const mhpmeventHigh = (f: Facts): bigint => (range(32, 63) & ~range(58, 62)) | INHIBITS(f);
const counterConfig = (f: Facts): bigint => when(!f.rv32, INHIBITS(f));
const withAny =
  (...extensions: string[]): Row['exists'] =>
  (f) =>
    extensions.some((extension) => f.has(extension));
/** What S-mode is given: SE0, ENVCFG, CSRIND, AIA (there is no IMSIC here). */
const mstateen0High = (f: Facts): bigint =>
  bits(31, 30) | when(withAny('smcsrind', 'sscsrind', 'smaia', 'ssaia')(f), bits(28)) | when(withAny('smaia', 'ssaia')(f), bits(27));
/** RLB, as long as nothing is locked; MML and MMWP last until reset. */
const mseccfg = (f: Facts): bigint =>
  when(f.has('zicfilp'), bits(10)) |
  when(f.has('smepmp'), bits(2)) |
  when(f.has('zkr'), when(f.has('u'), bits(8)) | when(f.has('s'), bits(9))) |
  pmm(f, 'smmpm');
const select = (f: Facts, extension: string): bigint => (f.has(extension) ? 0xfffn : 0x1ffn);
const virtual = (f: Facts): bigint => when(f.has('s'), bits(1, 9)) | when(f.has('sscofpmf'), LCOFI);

const xepc = (f: Facts): bigint => f.ones & (hasExtension(f.config, RVX_ZCA) ? ~1n : ~3n);
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

/** Debug Specification 1.0, 5.7.12 and 5.7.13: the type is mcontrol or mcontrol6; modes that there are, accesses, and sizes of 1, 2, 4 and 8 bytes or any. */
function legalTrigger(value: bigint, old: bigint, f: Facts): bigint {
  const type = field(value, f.rv32 ? 28 : 60, 4);
  if (type === 3n)
    return (value & (range(10, 23) | bits(8, 9) | when(withS(f), bits(7)) | when(withU(f), bits(6)))) | (type << (f.rv32 ? 28n : 60n));
  if (type !== 2n && type !== 6n) return old;
  const size = type === 6n ? field(value, 16, 3) : field(value, 16, 2) | (f.rv32 ? 0n : field(value, 21, 2) << 2n);
  const sizeBits = type === 6n ? range(16, 18) : f.rv32 ? range(16, 17) : bits(16, 17, 21, 22);
  const kept =
    range(0, 2) | bits(6) | when(withS(f), bits(4)) | when(withU(f), bits(3)) | when([0n, 1n, 2n, 3n, 5n].includes(size), sizeBits);
  return (value & kept) | (type << (f.rv32 ? 28n : 60n));
}

// prettier-ignore
const ROWS: readonly Row[] = [
  // Unprivileged
  row('fflags',        0x001, withF, () => 0x1fn),
  row('frm',           0x002, withF, () => 7n),
  row('fcsr',          0x003, withF, () => 0xffn),
  row('ssp',           0x011, (f) => f.has('zicfiss'), (f) => f.ones & (f.rv32 ? ~3n : ~7n)),
  // seed (0x015) is read where it is written: riscv-csr.test.ts
  row('jvt',           0x017, (f) => f.has('zcmt'), all),
  // Supervisor
  row('sstatus',       0x100, withS, (f) => mstatus(f) & SSTATUS, { fixed: (f) => when(!f.rv32, UXL64), legal: (value, _, f) => withSd(value, f) }),
  row('sie',           0x104, withS, delegable),                            // all of mideleg is set
  row('stvec',         0x105, withS, all, { legal: legalTvec }),
  row('scounteren',    0x106, withS, counteren),
  row('senvcfg',       0x10a, both(withS, since(12)), (f) => envcfg(f) | pmm(f, 'ssnpm'), { legal: legalEnvcfg }),  // SSE is menvcfg's, which is clear
  row('sstateen',      0x10c, (f) => f.has('smstateen') && f.has('s'), none, { count: 4 }),      // there is nothing to be given to U-mode
  row('sieh',          0x114, both(on32, withAny('ssaia')), none),
  row('siselect',      0x150, withAny('sscsrind', 'ssaia'), (f) => select(f, 'sscsrind')),
  row('siph',          0x154, both(on32, withAny('ssaia')), none),
  row('sscratch',      0x140, withS, all),
  row('sepc',          0x141, withS, xepc),
  row('scause',        0x142, withS, all),
  row('stval',         0x143, withS, all),
  row('sip',           0x144, withS, (f) => bits(1) | when(f.has('sscofpmf'), LCOFI)),
  row('stimecmp',      0x14d, (f) => f.has('sstc'), all),
  row('stimecmph',     0x15d, (f) => f.rv32 && f.has('sstc'), all),
  row('satp',          0x180, withS, (f) => when(f.paging, f.ones), { legal: legalSatp }),
  // Machine
  row('mstatus',       0x300, always, mstatus, { fixed: mstatusFixed, legal: legalStatus }),
  row('misa',          0x301, always, none, { fixed: (f) => misa(f.config) }), // no extension can be turned off, a choice
  row('medeleg',       0x302, withS, (f) => range(0, 9) | when(f.paging, bits(12, 13, 15)) | when(withAny('zicfilp', 'zicfiss')(f), bits(18))),
  row('mideleg',       0x303, withS, delegable),
  row('mie',           0x304, always, (f) => M_LINES | when(f.has('s'), delegable(f))),
  row('mtvec',         0x305, always, all, { legal: legalTvec }),
  row('mcounteren',    0x306, withU, counteren),
  row('menvcfg',       0x30a, both(withU, since(12)), menvcfg, { legal: legalEnvcfg }),
  row('mvien',         0x308, (f) => f.has('smaia') && f.has('s'), virtual),
  row('mvip',          0x309, (f) => f.has('smaia') && f.has('s'), (f) => virtual(f) | S_LINES), // mvien and menvcfg.STCE are clear
  row('mstateen0',     0x30c, withAny('smstateen'), (f) => when(f.has('zcmt'), bits(2)) | when(!f.rv32, mstateen0High(f) << 32n)),
  row('mstateen1',     0x30d, withAny('smstateen'), (f) => when(!f.rv32, bits(63)), { count: 3 }),
  row('mstateen0h',    0x31c, both(on32, withAny('smstateen')), mstateen0High),
  row('mstateen1h',    0x31d, both(on32, withAny('smstateen')), () => bits(31), { count: 3 }),
  row('midelegh',      0x313, (f) => f.rv32 && f.has('smaia') && f.has('s'), none),
  row('mieh',          0x314, both(on32, withAny('smaia')), none),
  row('mvienh',        0x318, (f) => f.rv32 && f.has('smaia') && f.has('s'), none),
  row('mviph',         0x319, (f) => f.rv32 && f.has('smaia') && f.has('s'), none),
  row('mcyclecfg',     0x321, withAny('smcntrpmf'), counterConfig, { count: 2 }),
  row('mcyclecfgh',    0x721, both(on32, withAny('smcntrpmf')), (f) => INHIBITS(f) >> 32n, { count: 2 }),
  row('mhpmeventh',    0x723, both(on32, withAny('sscofpmf')), mhpmeventh, { count: 16 }),
  row('mhpmevent19h',  0x733, both(on32, withAny('sscofpmf')), none, { count: 13 }),
  row('mtval2',        0x34b, withAny('ssdbltrp', 'smdbltrp'), all),
  row('miselect',      0x350, withAny('smcsrind', 'smaia'), (f) => select(f, 'smcsrind')),
  row('miph',          0x354, both(on32, withAny('smaia')), none),
  row('mnscratch',     0x740, withAny('smrnmi'), all),
  row('mnepc',         0x741, withAny('smrnmi'), xepc),
  row('mncause',       0x742, withAny('smrnmi'), all),
  row('mnstatus',      0x744, withAny('smrnmi'), () => MPP, { lasting: bits(3), legal: (value, old, f) => legalStatus(value, old, f) & MPP }),
  row('mseccfg',       0x747, withAny('smepmp', 'smmpm', 'zkr', 'zicfilp'), mseccfg, { lasting: range(0, 1), legal: legalPmm }),
  row('mseccfgh',      0x757, both(on32, withAny('smepmp', 'smmpm', 'zkr', 'zicfilp')), none),
  row('mstatush',      0x310, both(on32, since(12)), (f) => when(f.has('smdbltrp'), bits(10)) | when(f.has('zicfilp'), bits(9))),
  row('medelegh',      0x312, (f) => f.rv32 && f.has('s') && f.since(13), none),
  row('menvcfgh',      0x31a, (f) => f.rv32 && f.has('u') && f.since(12), menvcfgHigh),
  row('mcountinhibit', 0x320, since(11), (f) => 5n | when(f.has('zihpm'), HPM)),
  row('mhpmevent',     0x323, always, mhpmevent, { count: 16 }),
  row('mhpmevent19',   0x333, always, none, { count: 13 }),
  row('mscratch',      0x340, always, all),
  row('mepc',          0x341, always, xepc),
  row('mcause',        0x342, always, all),
  row('mtval',         0x343, always, all),
  row('mip',           0x344, always, (f) => when(f.has('s'), delegable(f))),           // stimecmp does not drive STIP: menvcfg.STCE is clear
  row('pmpcfg0',       0x3a0, withPmp, (f) => f.ones & PMPCFG, { lasting: LOCKS, legal: legalPmpcfg }),
  row('pmpcfg1',       0x3a1, both(withPmp, on32), (f) => f.ones & PMPCFG, { lasting: LOCKS, legal: legalPmpcfg }),
  row('pmpcfg2',       0x3a2, withPmp, (f) => f.ones & PMPCFG, { lasting: LOCKS, legal: legalPmpcfg }),
  row('pmpcfg3',       0x3a3, both(withPmp, on32), (f) => f.ones & PMPCFG, { lasting: LOCKS, legal: legalPmpcfg }),
  row('pmpaddr',       0x3b0, withPmp, (f) => f.ones & range(0, 53), { count: 16 }),
  row('mcycle',        0xb00, always, all),
  row('minstret',      0xb02, always, all),
  row('mhpmcounter',   0xb03, always, zihpm, { count: 16 }),
  row('mhpmcounter19', 0xb13, always, none, { count: 13 }),
  row('tselect',       0x7a0, withAny('debug'), all, { legal: (value, old) => (value < 2n ? value : old) }), // two triggers, a choice
  row('tdata1',        0x7a1, withAny('debug'), all, { legal: legalTrigger }),
  row('tdata2',        0x7a2, withAny('debug'), all),
  row('tdata3',        0x7a3, withAny('debug'), none),
  row('tinfo',         0x7a4, withAny('debug'), none, { fixed: () => bits(2, 3, 6) }),
  row('mcontext',      0x7a8, withAny('debug'), (f) => range(0, f.rv32 ? 5 : 12)),
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
  [0xda0, 1, withAny('sscofpmf')], [0xdb0, 1, withAny('ssaia')], [0xfb0, 1, withAny('smaia')],
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
  if (config.xlen === 32) hart.write(0x310, 0n);
  hart.write(0x300, FS);
  hart.write(0x303, S_LINES | LCOFI);
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
  'rv64,c=off,zce=on,smstateen=on',
  'rv32,d=off,zcmt=on',
  'rv64,zicntr=off,zihpm=off',
  'rv64,sv48=off,pmp=off',
  'rv64i,zicsr=on,u=on',
  'rv32i,zicsr=on',
  'rv64,smrnmi=on,smdbltrp=on,smstateen=on',
  'rv32,smrnmi=on,smdbltrp=on,smaia=on',
  'rv64,smaia=on,ssaia=on,sscofpmf=on',
  'rv64,debug=off',
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
    const hart = openHartOf(config);
    // a million values: `expect` would take longer than all else
    const wrong: string[] = [];
    const writes = writable(facts);
    const shows = fixed(facts);
    for (let number = csr; number < csr + count; number++) {
      let old = BigInt.asUintN(config.xlen, hart.write(number, 0n));
      for (const value of patterns(config.xlen)) {
        const kept = (value & writes) | shows;
        const expected = legal ? legal(kept, old, facts) : kept;
        const read = BigInt.asUintN(config.xlen, hart.write(number, value & ~lasting));
        if (read !== expected) wrong.push([number, value, read, expected].map((each) => each.toString(16)).join(' '));
        old = read;
      }
    }
    expect(wrong, 'CSR, value, what it is then, and what it is to be').toEqual([]);
  });
});
