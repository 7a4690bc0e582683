/** CSRs with random values, and traps between the privilege modes. */
import type { Rng } from '../support/riscv-random.js';
import { encode } from './assembler.js';
import { codes, illegalUnit, layOut, type Unit } from './block.js';
import { CSR_NUMBERS } from '../../src/target/riscv/csr-names.js';
import { INSNS } from '../../src/target/riscv/insns.js';
import { SLOT } from './slot.js';
import { BLOCK_LENGTH, isPlain, kind, type CodeContext, type Kind } from './kind.js';

const numberOf = (name: string): number => {
  const number = CSR_NUMBERS.get(name);
  if (number === undefined) throw new Error(`no CSR ${name}`);
  return number;
};
const numbers = (names: string): number[] => names.split(' ').map(numberOf);
const pick = <T>(rng: Rng, list: readonly T[]): T => list[rng() % list.length];
const random64 = (rng: Rng): bigint => (BigInt(rng()) << 32n) | BigInt(rng());
const bit = (n: number): bigint => 1n << BigInt(n);

// Registers with values for certain CSRs; never written.
const ANY = [20, 21, 22];
const FOR_MEDELEG = [23];
/** For mideleg, mie, mip, sie and sip. */
const FOR_LINES = [19];
/** What versions agree on: no ecall from M, nothing of the hypervisor, no LCOFIP. */
const MEDELEG_BITS = 0xb1ffn;
const LINES_BITS = 0xaaan;
const FOR_MSTATUS = [24, 25];
const FOR_PMPCFG = [26];
const FOR_COUNTEREN = [27];
/** What rd may be. */
const DESTINATIONS = Array.from({ length: 19 }, (_, i) => i);

const MPP = 0x1800n;
/** All but MPP and MIE (an interrupt could come between two instructions that belong together), UXL and SXL. */
const MSTATUS_BITS = [1, 5, 7, 8, 13, 14, 17, 18, 19, 20, 21, 22].reduce((mask, n) => mask | bit(n), 0n);
/** cycle, time, instret, hpmcounter3 to 18: what the bits of others do differs between QEMUs. */
const COUNTERS = 0x7ffffn;

/** No lock (it would last until reset), no reserved bits, no W without R: what becomes of these differs between QEMUs. */
const randomPmpcfg = (rng: Rng): bigint =>
  BigInt.asUintN(
    64,
    [...Array(8)].reduce((sum: bigint) => (sum << 8n) | pick(rng, PMP_ENTRIES), 0n),
  );
const PMP_ENTRIES = Array.from({ length: 32 }, (_, i) => BigInt(i)).filter((entry) => (entry & 3n) !== 2n);

// ---- csrs ------------------------------------------------------------------------------------------------------------------

/** Set to zero before a block, read back after. */
const CSRS_CLEARED =
  'medeleg mideleg mie mcounteren mip stvec scounteren sscratch sepc scause stval satp senvcfg menvcfg pmpcfg0 pmpaddr0 pmpaddr1';
const CSRS_COMMON = `${CSRS_CLEARED} mepc mcause mtval misa mvendorid mhartid sstatus sie sip fflags frm fcsr`;
/** Numbers that are not asked at random: counters, triggers, medelegh, Smepmp's mseccfg, menvcfg, ids, and those that the scaffold needs. */
const isUnasked = (csr: number): boolean =>
  (csr >= 0xb00 && csr < 0xca0) ||
  (csr >= 0x7a0 && csr < 0x7b4) ||
  csr === 0x312 ||
  csr === 0x747 ||
  csr === 0x30a ||
  csr === 0x31a ||
  csr === 0x757 ||
  (csr >= 0x320 && csr < 0x340) ||
  csr >= 0xf11;

function csrUnit({ rng, config, leftOut }: CodeContext): Unit {
  const rd = pick(rng, DESTINATIONS);
  const choice = rng() % 16;
  // Vector and scratch are needed again at once.
  if (choice === 0) {
    const csr = pick(rng, numbers('mtvec mscratch'));
    const old = 1 + (rng() % 18);
    return { code: codes(encode.csrrw(old, csr, pick(rng, ANY)), encode.csrrw(rd === old ? 0 : rd, csr, old)) };
  }
  if (choice === 1) {
    let csr: number;
    do csr = rng() & 0xfff;
    while (isUnasked(csr));
    return { code: codes(encode.csrrs(rd, csr, 0)) };
  }
  const [csr, sources] = chooseCsr(rng, config.xlen, leftOut);
  const funct3 =
    sources === FOR_PMPCFG
      ? 1
      : [FOR_COUNTEREN, FOR_LINES, FOR_MEDELEG].includes(sources as number[])
        ? pick(rng, [1, 2, 3])
        : pick(rng, [1, 2, 3, 5, 6, 7]);
  // The immediate form may not set MIE.
  const operand = funct3 < 4 ? pick(rng, rng() % 8 === 0 ? [0] : sources) : rng() & (csr === numberOf('mstatus') ? 0x17 : 0x1f);
  return { code: codes(((csr << 20) | (operand << 15) | (funct3 << 12) | (rd << 7) | 0x73) >>> 0) };
}

function chooseCsr(rng: Rng, xlen: number, leftOut: ReadonlySet<string>): [csr: number, sources: readonly number[]] {
  const names = xlen === 32 ? `${CSRS_COMMON} mstatush menvcfgh pmpcfg1` : CSRS_COMMON;
  if (rng() % 6 === 0) return [numberOf('mstatus'), FOR_MSTATUS];
  const csr = numberOf(
    pick(
      rng,
      names.split(' ').filter((name) => !leftOut.has(name)),
    ),
  );
  if (csr === numberOf('sstatus')) return [csr, FOR_MSTATUS];
  if (csr >= 0x3a0 && csr < 0x3b0) return [csr, FOR_PMPCFG];
  if (csr === numberOf('medeleg')) return [csr, FOR_MEDELEG];
  if (numbers('mideleg mie mip sie sip').includes(csr)) return [csr, FOR_LINES];
  return [csr, numbers('mcounteren scounteren').includes(csr) ? FOR_COUNTEREN : ANY];
}

export const csrs = (xlen: 32 | 64): Kind =>
  kind('csrs', xlen, {
    csrs: numbers(CSRS_CLEARED),
    extensions: ['svpbmt'],
    traps: 64,
    code: (context) => {
      const units = Array.from({ length: BLOCK_LENGTH }, () => csrUnit(context));
      return layOut(units, context.rng);
    },
    fill: ({ rng, x }) => {
      // An old QEMU writes read-only CSRs with no bits, and has MPP = 2.
      for (const register of ANY) x(register, random64(rng) | 1n);
      for (const register of FOR_MSTATUS) x(register, (random64(rng) & MSTATUS_BITS) | pick(rng, [0n, MPP]));
      for (const register of FOR_MEDELEG) x(register, random64(rng) & MEDELEG_BITS);
      for (const register of FOR_LINES) x(register, random64(rng) & LINES_BITS);
      for (const register of FOR_PMPCFG) x(register, randomPmpcfg(rng));
      for (const register of FOR_COUNTEREN) x(register, random64(rng) & COUNTERS);
    },
  });

// ---- traps -----------------------------------------------------------------------------------------------------------------

/** SPP, enables, FS, TVM, TW. (With TSR the supervisor's handler could not return.) */
const TRAP_MSTATUS_BITS = [1, 3, 5, 7, 8, 13, 14, 20, 21].reduce((mask, n) => mask | bit(n), 0n);
/** SSIP, STIP, SEIP. */
const INTERRUPT_LINES = [bit(1), bit(5), bit(9)];
const INTERRUPT_BITS = INTERRUPT_LINES.reduce((sum, line) => sum | line);
/** Exceptions that a supervisor may have; its own ecall must reach M-mode. */
const TRAP_MEDELEG_BITS = MEDELEG_BITS & ~bit(9);
const TRAP_CSRS = 'medeleg mideleg mie mip mcounteren scounteren sepc scause stval';
const FOR_INTERRUPTS = [26, 27];
const READ = numbers(
  'sstatus sie sip stvec sscratch sepc scause stval satp mstatus medeleg mideleg mie mip mepc mcause mtval misa fcsr mcounteren scounteren',
);
const COUNTERS_READ = numbers('cycle time instret');

/** Bits that these registers set or clear never make MPP = 2, which an old QEMU keeps. */
const [FOR_SET, FOR_CLEAR] = FOR_MSTATUS;
const changeStatus = (rng: Rng, rd: number, csr: number): number =>
  rng() & 1 ? encode.csrrs(rd, csr, FOR_SET) : encode.csrrc(rd, csr, FOR_CLEAR);

function trapUnit({ rng, decoder, config, leftOut }: CodeContext): Unit {
  const rd = pick(rng, DESTINATIONS);
  switch (rng() % 16) {
    case 0:
      return { code: codes(encode.ecall) };
    case 1:
      return leftOut.has('ebreak') ? { code: codes(encode.ecall) } : { code: rng() & 1 ? codes(0x0010_0073) : [{ word: 0x9002, size: 2 }] }; // ebreak
    case 2:
      return illegalUnit(rng, INSNS.filter(isPlain), decoder) ?? { code: codes(0) };
    case 3:
    case 4:
      return { code: codes(encode.csrrs(rd, pick(rng, READ), 0)) };
    // Whether it traps is what counts: the value goes nowhere.
    case 5:
      return { code: codes(encode.csrrs(0, pick(rng, COUNTERS_READ), 0)) };
    case 6:
      return { code: codes(changeStatus(rng, rd, pick(rng, numbers('mstatus sstatus')))) };
    case 7:
      return {
        code: codes(
          pick(rng, [encode.csrrs, encode.csrrc, encode.csrrw])(rd, pick(rng, numbers('mie mip sie sip')), pick(rng, FOR_INTERRUPTS)),
        ),
      };
    case 8:
      return { code: codes(0x1200_0073 | (pick(rng, DESTINATIONS) << 15)) }; // sfence.vma
    case 9:
      return { code: codes(0x0205_0553 | (7 << 12)) }; // fadd.d fa0, fa0, ft0
    case 10:
      return { code: codes(encode.addi(rd, pick(rng, ANY), 5)) };
    case 11:
      return { code: codes(encode.csrrw(rd, pick(rng, numbers('scause stval')), pick(rng, ANY))) };
    default:
      return returnUnit(rng, config.xlen);
  }
}

/** mret or sret to a later unit, in whatever mode the status register says. In too low a mode, all of it traps and is skipped. */
function returnUnit(rng: Rng, _xlen: number): Unit {
  const machine = rng() % 3 !== 0;
  const address = 1 + (rng() % 18);
  const status = numberOf(machine ? 'mstatus' : 'sstatus');
  const change = changeStatus(rng, 0, status);
  const make = (distance: number) =>
    codes(
      encode.auipc(address),
      encode.addi(address, address, distance),
      change,
      encode.csrrw(0, numberOf(machine ? 'mepc' : 'sepc'), address),
      machine ? encode.mret : encode.sret,
    );
  return { code: make(20), jump: make };
}

/** Beside it what the kind itself sets: values of more CSRs, and status bits that come and go. */
interface TrapVariant {
  readonly name: string;
  readonly extensions: readonly string[];
  readonly csrs: readonly (readonly [name: string, value: bigint])[];
  readonly status: bigint;
}

const trapKind = (xlen: 32 | 64, { name, extensions, csrs: more, status }: TrapVariant): Kind =>
  kind(name, xlen, {
    extensions,
    csrs: numbers([TRAP_CSRS, ...more.map(([csr]) => csr)].join(' ')),
    supervisor: true,
    traps: 96,
    code: (context) => {
      const units: Unit[] = [];
      for (let length = 0; length < BLOCK_LENGTH; length += units[units.length - 1].code.length) units.push(trapUnit(context));
      return layOut(units, context.rng);
    },
    fill: ({ rng, x, csr, set }) => {
      x(FOR_SET, (random64(rng) & random64(rng) & (TRAP_MSTATUS_BITS | status)) | pick(rng, [0n, 0x800n, MPP]));
      x(FOR_CLEAR, (random64(rng) & random64(rng) & (TRAP_MSTATUS_BITS | status)) | pick(rng, [0n, 0x1000n, MPP]));
      // One line a run: of several, QEMU takes the one of the lowest number, and wemu that of the manual's order.
      const line = pick(rng, INTERRUPT_LINES);
      for (const register of FOR_INTERRUPTS) x(register, rng() & 1 ? line : 0n);
      const some = (mask: bigint): bigint => random64(rng) & mask;
      const values = [some(TRAP_MEDELEG_BITS), some(INTERRUPT_BITS), some(line), some(line), some(7n), some(7n), 0n, 0n, 0n];
      [...values, ...more.map(([, value]) => value)].forEach((value, i) => csr(i, value));
      const mpp = pick(rng, [0n, 1n, 3n]);
      // Interrupt enables of the mode to be, FS, TVM.
      const fs = rng() % 4 === 0 ? random64(rng) & 0x6000n : 0x6000n;
      set(SLOT.mstatus, (mpp << 11n) | fs | (random64(rng) & (bit(5) | bit(7) | bit(1))) | (rng() % 4 === 0 ? bit(20) : 0n));
    },
  });

export const traps = (xlen: 32 | 64): Kind => trapKind(xlen, { name: 'traps', extensions: [], csrs: [], status: 0n });

/** sstatus.SDT, with menvcfg.DTE: a supervisor's trap that it does not expect is the machine's. */
export const doubleTraps = (xlen: 32 | 64): Kind =>
  trapKind(xlen, {
    name: 'double traps',
    extensions: ['ssdbltrp'],
    csrs: [xlen === 64 ? ['menvcfg', bit(59)] : ['menvcfgh', bit(27)]],
    status: bit(24),
  });
