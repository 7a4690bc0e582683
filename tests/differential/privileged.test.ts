/**
 * CSRs of the privileged extensions with random values, and what Smepmp's entries let through, on wemu and on QEMU 10 or later: what is read, and whether
 * it traps, must agree. What QEMU does otherwise than the manual is named where a mask leaves it out; unit tests hold it (tests/unit/riscv-privileged.test.ts).
 */
import { test } from 'vitest';
import { CSR_NUMBERS } from '../../src/target/riscv/csr-names.js';
import type { Random } from '../support/float-operands.js';
import { describeWith } from '../support/tools.js';
import { compareAccesses, load, readCsr, store, writeCsr, type Access, type Generators } from './accesses.js';
import { findOracle } from './oracle.js';
import { MEMORY } from './slot.js';

const ACCESSES = 4000;
const FIRST_VERSION = 10;

const csr = (name: string): number => CSR_NUMBERS.get(name)!;
const bits = (...numbers: number[]): bigint => numbers.reduce((mask, n) => mask | (1n << BigInt(n)), 0n);
const range = (first: number, last: number): bigint => bits(...Array.from({ length: last - first + 1 }, (_, i) => first + i));
const ALL = range(0, 63);

/** Writes some of `writable`, or nothing, and reads `readable`. */
const access = (r: Random, name: string, writable: bigint, readable = writable): Access[] => [
  ...(r.below(3) ? [writeCsr(csr(name), r.bits(64) & writable)] : []),
  readCsr(csr(name), readable),
];
const pmm = (r: Random): bigint => BigInt(r.pick([0, 2, 3])) << 32n;
const PMM = range(32, 33);
const LINES = bits(1, 5, 9, 13);

const ON = 'smepmp sscofpmf smcntrpmf smstateen ssdbltrp smcsrind sscsrind smcdeleg ssccfg ssnpm smnpm smmpm smrnmi smaia ssaia'.split(' ');

const REGISTERS: Generators = {
  // MML and MMWP would last. QEMU clears no bit of PMM: its writes are or-ed.
  mseccfg: (r) => [writeCsr(csr('mseccfg'), pmm(r) | (r.bits(3) & 4n)), readCsr(csr('mseccfg'), ALL & ~PMM)],
  // CBIE = 2 is reserved; QEMU has scountinhibit and delegated counters whatever CDE says, so it is always set
  menvcfg: (r) => [
    writeCsr(csr('menvcfg'), pmm(r) | bits(60) | (r.bits(64) & (bits(0, 6, 7, 59) | (r.below(2) ? bits(4) : 0n)))),
    readCsr(csr('menvcfg'), PMM | bits(0, 4, 5, 6, 7, 59, 60)),
  ],
  senvcfg: (r) => [writeCsr(csr('senvcfg'), pmm(r) | (r.bits(8) & 0xd1n)), readCsr(csr('senvcfg'))],
  // QEMU has P1P13 without H, and AIA's IMSIC without one
  mstateen0: (r) => access(r, 'mstateen0', bits(59, 60, 62, 63)),
  'mstateen1 to 3': (r) => access(r, `mstateen${1 + r.below(3)}`, ALL),
  // QEMU has the upper bits of mstateen there, too
  sstateen: (r) => access(r, `sstateen${r.below(4)}`, ALL, range(0, 31)),
  'counter configuration': (r) => access(r, r.pick(['mcyclecfg', 'minstretcfg']), range(60, 62)),
  event: (r) => access(r, `mhpmevent${3 + r.below(16)}`, ALL & ~range(0, 55), ALL & ~range(58, 59)),
  'no event': (r) => access(r, `mhpmevent${19 + r.below(13)}`, 0n, range(0, 55)),
  // QEMU shows M-mode, too, no more than mcounteren gives
  overflows: () => [writeCsr(csr('mcounteren'), range(0, 18)), readCsr(csr('scountovf'), range(3, 18))],
  inhibited: (r) => access(r, 'mcountinhibit', range(0, 18) & ~bits(1)),
  // QEMU clears what is not delegated when it is written
  'inhibited by S-mode': () => [readCsr(csr('scountinhibit'))],
  'enabled counters': (r) => access(r, 'mcounteren', range(0, 18)),
  'second trap value': (r) => access(r, 'mtval2', ALL),
  'supervisor status': (r) => access(r, 'sstatus', bits(1, 24)),
  'non-maskable interrupts': (r) => access(r, r.pick(['mnscratch', 'mncause']), ALL),
  'return of those': (r) => access(r, 'mnepc', ALL & ~1n),
  // without H, QEMU has no LCOFIE
  'enables of interrupts': (r) => access(r, r.pick(['mie', 'sie']), bits(1, 5, 9)),
  'delegated interrupts': (r) => access(r, 'mideleg', bits(1, 5, 9)),
  'pending interrupts': (r) => access(r, 'mip', LINES & ~bits(5)),
  // QEMU's sip does not show LCOFIP
  'pending interrupts of S-mode': (r) => access(r, 'sip', bits(1), bits(1, 5, 9)),
  // mvien is clear: where it is not, bits of mip are mvip's
  'virtual pending interrupts': (r) => access(r, 'mvip', bits(1, 9)),
  'supervisor indirect registers': (r) => [
    writeCsr(csr('siselect'), r.pick([0x30, 0x32, 0x31, 0x3e, 0x40, 0x41, 0x42, 0x43, 0x4a, 0x52, 0x53, 0x5f, 0x70, 0x80])),
    readCsr(csr('siselect')),
    ...(r.below(2) ? [writeCsr(csr('sireg2'), r.bits(64) & ~range(0, 55))] : []),
    // MINH is not S-mode's, which QEMU shows; it keeps reserved bits, too
    readCsr(csr('sireg2'), bits(60, 61)),
    readCsr(csr(r.pick(['sireg', 'sireg3', 'sireg4', 'sireg5', 'sireg6'])), 0n),
  ],
  'machine indirect registers': (r) => [
    writeCsr(csr('miselect'), r.pick([0x30, 0x31, 0x32, 0x3e, 0x40, 0x70])),
    readCsr(csr('miselect')),
    readCsr(csr(r.pick(['mireg', 'mireg2', 'mireg4'])), 0n),
  ],
};

// ---- Smepmp: entry 0 is anything, on a page of data; the others give M-mode its code and the rest of memory -----------------------------------

const DATA = MEMORY.tables + 0x10_0000;
const PAGE = 0x1ff;
const NAPOT = 0x18;
const [LOCKED, READ, WRITE, EXECUTE] = [0x80, 1, 2, 4];
const MPRV = bits(17);
const CODE_BITS = 20; // the program's code: 1 MiB
const entry = (value: number, number: number): bigint => BigInt(value) << BigInt(8 * number);
const OTHERS = entry(NAPOT | LOCKED | READ | EXECUTE, 1) | entry(NAPOT | LOCKED | READ | WRITE, 2);
const PMP_SETUP: Access[] = [
  writeCsr(csr('mseccfg'), 4n),
  writeCsr(csr('pmpaddr1'), (BigInt(MEMORY.code) >> 2n) | ((1n << BigInt(CODE_BITS - 3)) - 1n)),
  writeCsr(csr('pmpaddr2'), ALL >> 10n),
  writeCsr(csr('pmpaddr0'), BigInt((DATA >>> 2) | PAGE)),
  writeCsr(csr('pmpcfg0'), OTHERS),
  writeCsr(csr('mseccfg'), 5n), // MML, RLB
];
const ENTRIES: Generators = {
  entry: (r) => [writeCsr(csr('pmpcfg0'), OTHERS | BigInt(r.pick([0, NAPOT]) | r.below(8) | r.pick([0, LOCKED]))), readCsr(csr('pmpcfg0'))],
  'address of an entry': (r) => [writeCsr(csr('pmpaddr0'), BigInt((DATA >>> 2) | r.pick([PAGE, PAGE, 0xf]))), readCsr(csr('pmpaddr0'))],
  'M-mode': (r) => [r.below(2) ? load(DATA + 8 * r.below(512), 8) : store(DATA + 8 * r.below(512), r.bits(64), 8)],
  // mstatus.MPRV with MPP
  'lower modes': (r) => [
    {
      ...(r.below(2) ? load(DATA + 8 * r.below(512), 8) : store(DATA + 8 * r.below(512), r.bits(64), 8)),
      status: MPRV | (BigInt(r.below(2)) << 11n),
    },
  ],
};

const oracle = findOracle();
const seed = Number(process.env.WEMU_SEED ?? Math.floor(Math.random() * 0x1_0000_0000));
const modern = oracle !== undefined && oracle.version >= FIRST_VERSION;
const without = modern ? '' : ` (skipped: no QEMU ${FIRST_VERSION} or later; WEMU_ORACLE names one)`;

describeWith('riscv64-linux-gnu-gcc', 'privileged extensions', () => {
  test.skipIf(!modern)(`registers keep and show what QEMU's do${without}`, { timeout: 300_000 }, async () => {
    const setup = [writeCsr(csr('mnstatus'), 8n), writeCsr(csr('menvcfg'), bits(60))];
    await compareAccesses(oracle!, { machine: 'virt', on: ON, setup, generators: REGISTERS, count: ACCESSES, seed });
  });
  test.skipIf(!modern)(`Smepmp's entries let through what QEMU's do${without}`, { timeout: 300_000 }, async () => {
    await compareAccesses(oracle!, { machine: 'virt', on: ['smepmp'], setup: PMP_SETUP, generators: ENTRIES, count: ACCESSES, seed });
  });
});
