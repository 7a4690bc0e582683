/** RV32I and RV64I. Source: unprivileged ISA manual, chapters "RV32I" and "RV64I". */
import { TB_EXIT_REQUESTED } from '../../../assembly/shared/layout.js';
import { Cond } from '../../tcg/opcodes.js';
import { expectsLandingPad, landingPad } from './cfi.js';
import type { Temp } from '../../tcg/context.js';
import type { DisasContext } from './context.js';
import { PC } from './context.js';
import { MO, full2, fullImm, shiftCount, word2, wordImm, xlen2, xlenImm, type Op2 } from './emit.js';
import { H } from './helpers.js';
import { BRANCH, FENCE, FENCE_PAUSE, I, J, LOAD, R, SHIFT, STORE, U, type Operands } from './operands.js';
import { BASE, RV64, insn, shiftRows, type Emit, type Insn } from './table.js';

export const add: Op2 = (t, d, a, b) => t.add(d, a, b);
const sub: Op2 = (t, d, a, b) => t.sub(d, a, b);
const and: Op2 = (t, d, a, b) => t.and(d, a, b);
const or: Op2 = (t, d, a, b) => t.or(d, a, b);
const xor: Op2 = (t, d, a, b) => t.xor(d, a, b);
const slt: Op2 = (t, d, a, b) => t.setcond(Cond.LT, d, a, b);
const sltu: Op2 = (t, d, a, b) => t.setcond(Cond.LTU, d, a, b);

const lui: Emit = (c, a) => c.setX(a.rd, c.tcg.constI64(a.imm));
/** With rd = x0 it is `lpad`. */
const auipc: Emit = (c, a) => (a.rd === 0 ? landingPad(c, a.imm) : c.setXToPc(a.rd, a.imm));

const jal: Emit = (c, a) => {
  if (c.isMisaligned(a.imm)) return c.raiseMisaligned(c.pcPlus(a.imm));
  c.setXToPc(a.rd, c.size);
  c.gotoTb(0, a.imm);
};

const jalr: Emit = (c, a) => {
  const { tcg } = c;
  const target = c.aligned4 ? tcg.local() : tcg.temp();
  tcg.addi(target, c.x(a.rs1), a.imm);
  tcg.andi(target, target, -2);
  if (c.xl32) tcg.ext32u(target, target);
  if (c.aligned4) {
    const aligned = tcg.newLabel();
    const bit1 = tcg.temp();
    tcg.andi(bit1, target, 2);
    tcg.brcondi(Cond.EQ, bit1, 0, aligned);
    c.raiseMisaligned(target);
    tcg.setLabel(aligned);
  }
  c.setXToPc(a.rd, c.size);
  if (expectsLandingPad(c, a.rs1)) c.setLandingPadExpected(true);
  tcg.mov(PC, target);
  c.lookup();
};

const branch =
  (cond: Cond): Emit =>
  (c, a) => {
    const { tcg } = c;
    const taken = tcg.newLabel();
    tcg.brcond(cond, c.x(a.rs1), c.x(a.rs2), taken);
    c.gotoTb(1, c.size);
    tcg.setLabel(taken);
    if (c.isMisaligned(a.imm)) c.raiseMisaligned(c.pcPlus(a.imm));
    else c.gotoTb(0, a.imm);
  };

export const load =
  (memop: number): Emit =>
  (c, a) =>
    c.tcg.qemuLd(c.dest(a.rd), c.address(a.rs1, a.imm), memop, c.mmuIdx);

export const store =
  (memop: number): Emit =>
  (c, a) =>
    c.tcg.qemuSt(c.x(a.rs2), c.address(a.rs1, a.imm), memop, c.mmuIdx);

// Shifts. Word shifts are bit-field extractions where the count is known.

type ShiftBy = (c: DisasContext, d: Temp, value: Temp, count: Temp) => void;

const shiftLeft: ShiftBy = (c, d, value, count) => c.tcg.shl(d, value, count);
const shiftRight: ShiftBy = (c, d, value, count) => c.tcg.shr(d, value, count);
const shiftArithmetic: ShiftBy = (c, d, value, count) => c.tcg.sar(d, value, count);

const shift64 = (c: DisasContext, a: Operands, by: ShiftBy): void => by(c, c.dest(a.rd), c.x(a.rs1), shiftCount(c, a.rs2, 64));

/** 32-bit shift of `extended`, which holds the low half of rs1 extended as the shift wants it. */
function shift32(c: DisasContext, a: Operands, by: ShiftBy, extended: Temp): void {
  const t = c.tcg.temp();
  by(c, t, extended, shiftCount(c, a.rs2, 32));
  c.tcg.ext32s(c.dest(a.rd), t);
}

const low = (c: DisasContext, r: number, signed: boolean): Temp => {
  const t = c.tcg.temp();
  if (signed) c.tcg.ext32s(t, c.x(r));
  else c.tcg.ext32u(t, c.x(r));
  return t;
};

const sllw: Emit = (c, a) => shift32(c, a, shiftLeft, c.x(a.rs1));
const srlw: Emit = (c, a) => shift32(c, a, shiftRight, low(c, a.rs1, false));
const sraw: Emit = (c, a) => shift32(c, a, shiftArithmetic, c.xl32 ? c.x(a.rs1) : low(c, a.rs1, true));
const sll: Emit = (c, a) => (c.xl32 ? sllw(c, a) : shift64(c, a, shiftLeft));
const srl: Emit = (c, a) => (c.xl32 ? srlw(c, a) : shift64(c, a, shiftRight));
const sra: Emit = (c, a) => (c.xl32 ? sraw(c, a) : shift64(c, a, shiftArithmetic));

const slliw: Emit = (c, a) => {
  const t = c.tcg.temp();
  c.tcg.shli(t, c.x(a.rs1), a.imm);
  c.tcg.ext32s(c.dest(a.rd), t);
};
const srliw: Emit = (c, a) => {
  if (a.imm === 0) c.tcg.ext32s(c.dest(a.rd), c.x(a.rs1));
  else c.tcg.extract(c.dest(a.rd), c.x(a.rs1), a.imm, 32 - a.imm);
};
const sraiw: Emit = (c, a) => c.tcg.sextract(c.dest(a.rd), c.x(a.rs1), a.imm, 32 - a.imm);
const slli: Emit = (c, a) => c.tcg.shli(c.dest(a.rd), c.x(a.rs1), a.imm);
const srli: Emit = (c, a) => c.tcg.shri(c.dest(a.rd), c.x(a.rs1), a.imm);
const srai: Emit = (c, a) => c.tcg.sari(c.dest(a.rd), c.x(a.rs1), a.imm);

/** rd = rs1 + imm: `li` and `mv` become moves. */
const addi: Emit = (c, a) => {
  if (a.rs1 === 0) c.setX(a.rd, c.tcg.constI64(a.imm));
  else if (a.imm === 0) c.setX(a.rd, a.rs1);
  else xlenAddi(c, a);
};
const xlenAddi = xlenImm(add);

// One vCPU runs at a time, so only the order of our own code must be kept: TCG_MO_ALL | TCG_BAR_SC of QEMU.
const BARRIER = 0x3f;
/** The reserved fences are fences too. `pause` is one that orders nothing, and with which another hart may have its turn. */
const fence: Emit = (c, a) => {
  if (a.rd !== 0 || a.rs1 !== 0 || a.imm !== FENCE_PAUSE) return c.tcg.mb(BARRIER);
  c.tcg.call(H.pause, -1);
  c.exitAfter(TB_EXIT_REQUESTED);
};

// prettier-ignore
export const RVI: readonly Insn[] = [
  // RV32I
  insn('lui',   'imm:20 rd:5 0110111',                                    U, BASE, lui),
  insn('auipc', 'imm:20 rd:5 0010111',                                    U, BASE, auipc),
  insn('jal',   'imm:20 rd:5 1101111',                                    J, BASE, jal),
  insn('jalr',  'imm:12 rs1:5 000 rd:5 1100111',                          LOAD, BASE, jalr),
  insn('beq',   'imm:7 rs2:5 rs1:5 000 imm:5 1100011',                    BRANCH, BASE, branch(Cond.EQ)),
  insn('bne',   'imm:7 rs2:5 rs1:5 001 imm:5 1100011',                    BRANCH, BASE, branch(Cond.NE)),
  insn('blt',   'imm:7 rs2:5 rs1:5 100 imm:5 1100011',                    BRANCH, BASE, branch(Cond.LT)),
  insn('bge',   'imm:7 rs2:5 rs1:5 101 imm:5 1100011',                    BRANCH, BASE, branch(Cond.GE)),
  insn('bltu',  'imm:7 rs2:5 rs1:5 110 imm:5 1100011',                    BRANCH, BASE, branch(Cond.LTU)),
  insn('bgeu',  'imm:7 rs2:5 rs1:5 111 imm:5 1100011',                    BRANCH, BASE, branch(Cond.GEU)),
  insn('lb',    'imm:12 rs1:5 000 rd:5 0000011',                          LOAD, BASE, load(MO.SB)),
  insn('lh',    'imm:12 rs1:5 001 rd:5 0000011',                          LOAD, BASE, load(MO.SW)),
  insn('lw',    'imm:12 rs1:5 010 rd:5 0000011',                          LOAD, BASE, load(MO.SL)),
  insn('lbu',   'imm:12 rs1:5 100 rd:5 0000011',                          LOAD, BASE, load(MO.UB)),
  insn('lhu',   'imm:12 rs1:5 101 rd:5 0000011',                          LOAD, BASE, load(MO.UW)),
  insn('sb',    'imm:7 rs2:5 rs1:5 000 imm:5 0100011',                    STORE, BASE, store(MO.UB)),
  insn('sh',    'imm:7 rs2:5 rs1:5 001 imm:5 0100011',                    STORE, BASE, store(MO.UW)),
  insn('sw',    'imm:7 rs2:5 rs1:5 010 imm:5 0100011',                    STORE, BASE, store(MO.UL)),
  insn('addi',  'imm:12 rs1:5 000 rd:5 0010011',                          I, BASE, addi),
  insn('slti',  'imm:12 rs1:5 010 rd:5 0010011',                          I, BASE, fullImm(slt)),
  insn('sltiu', 'imm:12 rs1:5 011 rd:5 0010011',                          I, BASE, fullImm(sltu)),
  insn('xori',  'imm:12 rs1:5 100 rd:5 0010011',                          I, BASE, (c, a) => c.tcg.xori(c.dest(a.rd), c.x(a.rs1), a.imm)),
  insn('ori',   'imm:12 rs1:5 110 rd:5 0010011',                          I, BASE, (c, a) => c.tcg.ori(c.dest(a.rd), c.x(a.rs1), a.imm)),
  insn('andi',  'imm:12 rs1:5 111 rd:5 0010011',                          I, BASE, (c, a) => c.tcg.andi(c.dest(a.rd), c.x(a.rs1), a.imm)),
  ...shiftRows('slli', '000000', '001 0010011', BASE, slli, slliw),
  ...shiftRows('srli', '000000', '101 0010011', BASE, srli, srliw),
  ...shiftRows('srai', '010000', '101 0010011', BASE, srai, sraiw),
  insn('add',   '0000000 rs2:5 rs1:5 000 rd:5 0110011',                   R, BASE, xlen2(add)),
  insn('sub',   '0100000 rs2:5 rs1:5 000 rd:5 0110011',                   R, BASE, xlen2(sub)),
  insn('sll',   '0000000 rs2:5 rs1:5 001 rd:5 0110011',                   R, BASE, sll),
  insn('slt',   '0000000 rs2:5 rs1:5 010 rd:5 0110011',                   R, BASE, full2(slt)),
  insn('sltu',  '0000000 rs2:5 rs1:5 011 rd:5 0110011',                   R, BASE, full2(sltu)),
  insn('xor',   '0000000 rs2:5 rs1:5 100 rd:5 0110011',                   R, BASE, full2(xor)),
  insn('srl',   '0000000 rs2:5 rs1:5 101 rd:5 0110011',                   R, BASE, srl),
  insn('sra',   '0100000 rs2:5 rs1:5 101 rd:5 0110011',                   R, BASE, sra),
  insn('or',    '0000000 rs2:5 rs1:5 110 rd:5 0110011',                   R, BASE, full2(or)),
  insn('and',   '0000000 rs2:5 rs1:5 111 rd:5 0110011',                   R, BASE, full2(and)),
  insn('fence', 'fm:4 pred:4 succ:4 rs1:5 000 rd:5 0001111',              FENCE, BASE, fence),
  // RV64I
  insn('lwu',   'imm:12 rs1:5 110 rd:5 0000011',                          LOAD, RV64, load(MO.UL)),
  insn('ld',    'imm:12 rs1:5 011 rd:5 0000011',                          LOAD, RV64, load(MO.UQ)),
  insn('sd',    'imm:7 rs2:5 rs1:5 011 imm:5 0100011',                    STORE, RV64, store(MO.UQ)),
  insn('addiw', 'imm:12 rs1:5 000 rd:5 0011011',                          I, RV64, wordImm(add)),
  insn('slliw', '0000000 shamt:5 rs1:5 001 rd:5 0011011',                 SHIFT, RV64, slliw),
  insn('srliw', '0000000 shamt:5 rs1:5 101 rd:5 0011011',                 SHIFT, RV64, srliw),
  insn('sraiw', '0100000 shamt:5 rs1:5 101 rd:5 0011011',                 SHIFT, RV64, sraiw),
  insn('addw',  '0000000 rs2:5 rs1:5 000 rd:5 0111011',                   R, RV64, word2(add)),
  insn('subw',  '0100000 rs2:5 rs1:5 000 rd:5 0111011',                   R, RV64, word2(sub)),
  insn('sllw',  '0000000 rs2:5 rs1:5 001 rd:5 0111011',                   R, RV64, sllw),
  insn('srlw',  '0000000 rs2:5 rs1:5 101 rd:5 0111011',                   R, RV64, srlw),
  insn('sraw',  '0100000 rs2:5 rs1:5 101 rd:5 0111011',                   R, RV64, sraw),
];
