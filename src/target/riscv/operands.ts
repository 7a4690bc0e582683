/**
 * Operands of an instruction word: extraction into one reused record (no garbage while translating) and the syntax in which objdump
 * prints them. Sources: unprivileged ISA manual, "Immediate Encoding Variants" and "C" (Instruction Formats).
 */

/** The record that formats fill. Fields that a format does not name keep stale values. */
export class Operands {
  rd = 0;
  rs1 = 0;
  rs2 = 0;
  rs3 = 0;
  /** Sign-extended where the format is signed; shift amount; zimm of CSR instructions; byte offset of jumps. */
  imm = 0;
  csr = 0;
  rm = 0;
}

export interface Format {
  /** objdump's operand list; words are the token names of disas.ts. */
  readonly syntax: string;
  readonly extract: (word: number, a: Operands) => void;
}

const format = (syntax: string, extract: Format['extract']): Format => ({ syntax, extract });

function registers(w: number, a: Operands): void {
  a.rd = (w >>> 7) & 31;
  a.rs1 = (w >>> 15) & 31;
  a.rs2 = (w >>> 20) & 31;
  a.rs3 = w >>> 27;
  a.rm = (w >>> 12) & 7;
}

const immI = (w: number, a: Operands): void => {
  registers(w, a);
  a.imm = w >> 20;
};
const immS = (w: number, a: Operands): void => {
  registers(w, a);
  a.imm = ((w >> 25) << 5) | ((w >>> 7) & 31);
};
const immB = (w: number, a: Operands): void => {
  registers(w, a);
  a.imm = ((w >> 31) << 12) | ((w & 0x80) << 4) | ((w >>> 20) & 0x7e0) | ((w >>> 7) & 0x1e);
};
const immU = (w: number, a: Operands): void => {
  registers(w, a);
  a.imm = w & 0xfffff000;
};
const immJ = (w: number, a: Operands): void => {
  registers(w, a);
  a.imm = ((w >> 31) << 20) | (w & 0xff000) | ((w >>> 9) & 0x800) | ((w >>> 20) & 0x7fe);
};
const shift = (w: number, a: Operands): void => {
  registers(w, a);
  a.imm = (w >>> 20) & 63;
};
const csr = (w: number, a: Operands): void => {
  registers(w, a);
  a.csr = w >>> 20;
  a.imm = a.rs1;
};

// 32-bit formats
export const NONE = format('', registers);
export const R = format('rd,rs1,rs2', registers);
export const R_UNARY = format('rd,rs1', registers);
export const I = format('rd,rs1,imm', immI);
export const SHIFT = format('rd,rs1,shamt', shift);
export const LOAD = format('rd,imm(rs1)', immI);
export const STORE = format('rs2,imm(rs1)', immS);
export const BRANCH = format('rs1,rs2,target', immB);
export const U = format('rd,upper', immU);
export const J = format('rd,target', immJ);
export const FENCE = format('fence', immI);
/** The immediate of `fence` that makes it `pause`: a predecessor set of w, and no successor (unprivileged ISA manual, "Zihintpause"). */
export const FENCE_PAUSE = 0x010;
export const CSR = format('rd,csr,rs1', csr);
export const CSRI = format('rd,csr,imm', csr);
export const ADDRESS = format('(rs1)', registers);
export const SFENCE = format('rs1,rs2', registers);
/** aq and rl (bits 26 and 25) are no operands: objdump shows them as a suffix of the name. */
export const AMO = format('rd,rs2,(rs1)', registers);
export const LR = format('rd,(rs1)', registers);
export const FLOAD = format('fd,imm(rs1)', immI);
export const FSTORE = format('fs2,imm(rs1)', immS);
export const FR = format('fd,fs1,fs2', registers);
export const FR_RM = format('fd,fs1,fs2,rm', registers);
export const FR4_RM = format('fd,fs1,fs2,fs3,rm', registers);
export const F_UNARY_RM = format('fd,fs1,rm', registers);
/** Exact conversions: objdump leaves the rounding mode out when it is rne. */
export const F_EXACT_RM = format('fd,fs1,exactrm', registers);
export const F_COMPARE = format('rd,fs1,fs2', registers);
export const F_TO_X = format('rd,fs1', registers);
export const F_TO_X_RM = format('rd,fs1,rm', registers);
export const F_TO_X_ALWAYS_RM = format('rd,fs1,alwaysrm', registers);
export const X_TO_F = format('fd,rs1', registers);
export const X_TO_F_RM = format('fd,rs1,rm', registers);
export const X_TO_F_EXACT_RM = format('fd,rs1,exactrm', registers);
export const XX_TO_F = format('fd,rs1,rs2', registers);
export const FLI = format('fd,fli', registers);
/** Byte select in bits 31:30. */
export const R_BS = format('rd,rs1,rs2,bs', (w, a) => {
  registers(w, a);
  a.imm = w >>> 30;
});
export const R_RNUM = format('rd,rs1,shamt', (w, a) => {
  registers(w, a);
  a.imm = (w >>> 20) & 15;
});

// 16-bit formats: they fill the record as the instruction that they expand to wants it; r' registers are x8..x15
const rdFull = (w: number): number => (w >>> 7) & 31;
const rs2Full = (w: number): number => (w >>> 2) & 31;
const rdPrime = (w: number): number => ((w >>> 2) & 7) + 8;
const rs1Prime = (w: number): number => ((w >>> 7) & 7) + 8;
/** Signed six-bit immediate of CI and CB arithmetic. */
const imm6 = (w: number): number => (((w << 19) >> 31) << 5) | ((w >>> 2) & 31);
const offsetWord = (w: number): number => ((w >>> 7) & 0x38) | ((w >>> 4) & 4) | ((w << 1) & 0x40);
const offsetDouble = (w: number): number => ((w >>> 7) & 0x38) | ((w << 1) & 0xc0);
const spLoadWord = (w: number): number => ((w >>> 7) & 0x20) | ((w >>> 2) & 0x1c) | ((w << 4) & 0xc0);
const spLoadDouble = (w: number): number => ((w >>> 7) & 0x20) | ((w >>> 2) & 0x18) | ((w << 4) & 0x1c0);
const spStoreWord = (w: number): number => ((w >>> 7) & 0x3c) | ((w >>> 1) & 0xc0);
const spStoreDouble = (w: number): number => ((w >>> 7) & 0x38) | ((w >>> 1) & 0x1c0);
const jumpOffset = (w: number): number =>
  (((w << 19) >> 31) << 11) |
  ((w >>> 7) & 0x10) |
  ((w >>> 1) & 0x300) |
  ((w << 2) & 0x400) |
  ((w >>> 1) & 0x40) |
  ((w << 1) & 0x80) |
  ((w >>> 2) & 0xe) |
  ((w << 3) & 0x20);
const branchOffset = (w: number): number =>
  (((w << 19) >> 31) << 8) | ((w >>> 7) & 0x18) | ((w << 1) & 0xc0) | ((w >>> 2) & 6) | ((w << 3) & 0x20);

const offsetByte = (w: number): number => ((w >>> 6) & 1) | ((w >>> 4) & 2);
const offsetHalf = (w: number): number => (w >>> 4) & 2;

const SP = 2;

/** A compressed format: (rd, rs1, rs2, imm) of the expansion. */
const compressed = (
  rd: (w: number) => number,
  rs1: (w: number) => number,
  rs2: (w: number) => number,
  imm: (w: number) => number,
): Format =>
  format('', (w, a) => {
    a.rd = rd(w);
    a.rs1 = rs1(w);
    a.rs2 = rs2(w);
    a.imm = imm(w);
  });
const is = (value: number) => (): number => value;
const zero = is(0);
const sp = is(SP);
const shamt = (w: number): number => ((w >>> 7) & 0x20) | ((w >>> 2) & 31);

// prettier-ignore
export const COMPRESSED = {
  addi4spn: compressed(rdPrime, sp, zero, (w) => ((w >>> 1) & 0x3c0) | ((w >>> 7) & 0x30) | ((w >>> 2) & 8) | ((w >>> 4) & 4)),
  loadWord:    compressed(rdPrime, rs1Prime, zero, offsetWord),
  loadDouble:  compressed(rdPrime, rs1Prime, zero, offsetDouble),
  storeWord:   compressed(zero, rs1Prime, rdPrime, offsetWord),
  storeDouble: compressed(zero, rs1Prime, rdPrime, offsetDouble),
  addi:     compressed(rdFull, rdFull, zero, imm6),
  li:       compressed(rdFull, zero, zero, imm6),
  lui:      compressed(rdFull, zero, zero, (w) => imm6(w) << 12),
  addi16sp: compressed(sp, sp, zero, (w) => ((w << 19) >> 31 << 9) | ((w >>> 2) & 0x10) | ((w << 1) & 0x40) | ((w << 4) & 0x180) | ((w << 3) & 0x20)),
  shift:    compressed(rs1Prime, rs1Prime, zero, shamt),
  andi:     compressed(rs1Prime, rs1Prime, zero, imm6),
  arith:    compressed(rs1Prime, rs1Prime, rdPrime, zero),
  j:        compressed(zero, zero, zero, jumpOffset),
  jal:      compressed(is(1), zero, zero, jumpOffset),
  branch:   compressed(zero, rs1Prime, zero, branchOffset),
  slli:     compressed(rdFull, rdFull, zero, shamt),
  loadSpWord:    compressed(rdFull, sp, zero, spLoadWord),
  loadSpDouble:  compressed(rdFull, sp, zero, spLoadDouble),
  storeSpWord:   compressed(zero, sp, rs2Full, spStoreWord),
  storeSpDouble: compressed(zero, sp, rs2Full, spStoreDouble),
  jr:       compressed(zero, rdFull, zero, zero),
  jalr:     compressed(is(1), rdFull, zero, zero),
  mv:       compressed(rdFull, rs2Full, zero, zero),
  add:      compressed(rdFull, rdFull, rs2Full, zero),
  none:     compressed(zero, zero, zero, zero),
  // Zcb
  loadByte:  compressed(rdPrime, rs1Prime, zero, offsetByte),
  loadHalf:  compressed(rdPrime, rs1Prime, zero, offsetHalf),
  storeByte: compressed(zero, rs1Prime, rdPrime, offsetByte),
  storeHalf: compressed(zero, rs1Prime, rdPrime, offsetHalf),
  unary:     compressed(rs1Prime, rs1Prime, zero, zero),
  zextByte:  compressed(rs1Prime, rs1Prime, zero, is(0xff)),
  not:       compressed(rs1Prime, rs1Prime, zero, is(-1)),
} as const;

// Zcmp and Zcmt

/** Saved registers: s0, s1, s2 ... by their three-bit numbers. */
const saved = (n: number): number => (n < 2 ? 8 : 16) + n;
const SAVED: readonly number[] = Array.from({ length: 12 }, (_, n) => saved(n));
const RA = 1;
const RLIST_RA = 4;
const RLIST_ALL = 15;

/** The registers of a list, in the order of their addresses: ra, and saved ones from s0 on. The last list has s10 and s11. */
export const listedRegisters = (rlist: number): readonly number[] => [RA, ...SAVED.slice(0, rlist === RLIST_ALL ? 12 : rlist - RLIST_RA)];

/** Bytes that push makes room for: the registers' own, rounded up to 16, and `extra`. */
export const stackAdjustment = (rlist: number, extra: number, xlen: 32 | 64): number =>
  ((listedRegisters(rlist).length * (xlen / 8) + 15) & -16) + extra;

/** The list's number is rs2, what is added to the room for it imm. */
const list = (w: number, a: Operands): void => {
  a.rs2 = (w >>> 4) & 15;
  a.imm = (w << 2) & 0x30;
};
const pair = (w: number, a: Operands): void => {
  a.rs1 = saved((w >>> 7) & 7);
  a.rs2 = saved((w >>> 2) & 7);
};

export const PUSH = format('rlist,push', list);
export const POP = format('rlist,pop', list);
export const SAVED_PAIR = format('rs1,rs2', pair);
export const TABLE_JUMP = format('index', (w, a) => {
  a.imm = (w >>> 2) & 0xff;
});
