/** F and D: one list of rows, made for each format. Source: unprivileged ISA manual, "F", "D", and the opcode listings. */
import { MO } from './emit.js';
import {
  SINGLE,
  ffRm,
  fff,
  fffRm,
  ffffRm,
  fxRm,
  injectSign,
  injectSignDouble,
  loadBoxed,
  loadDouble,
  moveBoxed,
  moveToX,
  reads,
  storeF,
  writes,
  xf,
  xfRm,
  xff,
  type Narrow,
  type SignRule,
} from './fp.js';
import { FP, H } from './helpers.js';
import {
  FLOAD,
  FR,
  FR4_RM,
  FR_RM,
  FSTORE,
  F_COMPARE,
  F_EXACT_RM,
  F_TO_X,
  F_TO_X_RM,
  F_UNARY_RM,
  X_TO_F,
  X_TO_F_EXACT_RM,
  X_TO_F_RM,
} from './operands.js';
import { D, F, RV64, all, insn, type Emit, type Insn, type Needs } from './table.js';

/** The arithmetic of a format: `fmt` is its code in the instruction word. */
// prettier-ignore
export function arithmeticRows(t: 'h' | 's' | 'd', fmt: string, needs: Needs, narrow: Narrow | undefined): Insn[] {
  const h = FP[t];
  const l = all(needs, RV64);
  const sign = (rule: SignRule): Emit => (narrow === undefined ? injectSignDouble(rule) : injectSign(rule, narrow));
  // Integers of 32 bits fit a double exactly.
  const fromInt = t === 'd' ? X_TO_F_EXACT_RM : X_TO_F_RM;
  return [
    insn(`fmadd.${t}`,  `rs3:5 ${fmt} rs2:5 rs1:5 rm:3 rd:5 1000011`, FR4_RM, needs, ffffRm(h.madd)),
    insn(`fmsub.${t}`,  `rs3:5 ${fmt} rs2:5 rs1:5 rm:3 rd:5 1000111`, FR4_RM, needs, ffffRm(h.msub)),
    insn(`fnmsub.${t}`, `rs3:5 ${fmt} rs2:5 rs1:5 rm:3 rd:5 1001011`, FR4_RM, needs, ffffRm(h.nmsub)),
    insn(`fnmadd.${t}`, `rs3:5 ${fmt} rs2:5 rs1:5 rm:3 rd:5 1001111`, FR4_RM, needs, ffffRm(h.nmadd)),
    insn(`fadd.${t}`,    `00000 ${fmt} rs2:5 rs1:5 rm:3 rd:5 1010011`, FR_RM, needs, fffRm(h.add)),
    insn(`fsub.${t}`,    `00001 ${fmt} rs2:5 rs1:5 rm:3 rd:5 1010011`, FR_RM, needs, fffRm(h.sub)),
    insn(`fmul.${t}`,    `00010 ${fmt} rs2:5 rs1:5 rm:3 rd:5 1010011`, FR_RM, needs, fffRm(h.mul)),
    insn(`fdiv.${t}`,    `00011 ${fmt} rs2:5 rs1:5 rm:3 rd:5 1010011`, FR_RM, needs, fffRm(h.div)),
    insn(`fsqrt.${t}`,   `01011 ${fmt} 00000 rs1:5 rm:3 rd:5 1010011`, F_UNARY_RM, needs, ffRm(h.sqrt)),
    insn(`fsgnj.${t}`,   `00100 ${fmt} rs2:5 rs1:5 000 rd:5 1010011`, FR, needs, sign('copy')),
    insn(`fsgnjn.${t}`,  `00100 ${fmt} rs2:5 rs1:5 001 rd:5 1010011`, FR, needs, sign('negate')),
    insn(`fsgnjx.${t}`,  `00100 ${fmt} rs2:5 rs1:5 010 rd:5 1010011`, FR, needs, sign('xor')),
    insn(`fmin.${t}`,    `00101 ${fmt} rs2:5 rs1:5 000 rd:5 1010011`, FR, needs, fff(h.min)),
    insn(`fmax.${t}`,    `00101 ${fmt} rs2:5 rs1:5 001 rd:5 1010011`, FR, needs, fff(h.max)),
    insn(`feq.${t}`,     `10100 ${fmt} rs2:5 rs1:5 010 rd:5 1010011`, F_COMPARE, needs, xff(h.eq)),
    insn(`flt.${t}`,     `10100 ${fmt} rs2:5 rs1:5 001 rd:5 1010011`, F_COMPARE, needs, xff(h.lt)),
    insn(`fle.${t}`,     `10100 ${fmt} rs2:5 rs1:5 000 rd:5 1010011`, F_COMPARE, needs, xff(h.le)),
    insn(`fclass.${t}`,  `11100 ${fmt} 00000 rs1:5 001 rd:5 1010011`, F_TO_X, needs, xf(h.classify)),
    insn(`fcvt.w.${t}`,  `11000 ${fmt} 00000 rs1:5 rm:3 rd:5 1010011`, F_TO_X_RM, needs, xfRm(h.toW)),
    insn(`fcvt.wu.${t}`, `11000 ${fmt} 00001 rs1:5 rm:3 rd:5 1010011`, F_TO_X_RM, needs, xfRm(h.toWu)),
    insn(`fcvt.l.${t}`,  `11000 ${fmt} 00010 rs1:5 rm:3 rd:5 1010011`, F_TO_X_RM, l, xfRm(h.toL)),
    insn(`fcvt.lu.${t}`, `11000 ${fmt} 00011 rs1:5 rm:3 rd:5 1010011`, F_TO_X_RM, l, xfRm(h.toLu)),
    insn(`fcvt.${t}.w`,  `11010 ${fmt} 00000 rs1:5 rm:3 rd:5 1010011`, fromInt, needs, fxRm(h.fromW)),
    insn(`fcvt.${t}.wu`, `11010 ${fmt} 00001 rs1:5 rm:3 rd:5 1010011`, fromInt, needs, fxRm(h.fromWu)),
    insn(`fcvt.${t}.l`,  `11010 ${fmt} 00010 rs1:5 rm:3 rd:5 1010011`, X_TO_F_RM, l, fxRm(h.fromL)),
    insn(`fcvt.${t}.lu`, `11010 ${fmt} 00011 rs1:5 rm:3 rd:5 1010011`, X_TO_F_RM, l, fxRm(h.fromLu)),
  ];
}

// prettier-ignore
export const RVFD: readonly Insn[] = [
  // F
  insn('flw',       'imm:12 rs1:5 010 rd:5 0000111',             FLOAD,  F, loadBoxed(MO.UL, SINGLE)),
  insn('fsw',       'imm:7 rs2:5 rs1:5 010 imm:5 0100111',       FSTORE, F, storeF(MO.UL)),
  ...arithmeticRows('s', '00', F, SINGLE),
  insn('fmv.x.w',   '11100 00 00000 rs1:5 000 rd:5 1010011',     F_TO_X, F, moveToX(32)),
  insn('fmv.w.x',   '11110 00 00000 rs1:5 000 rd:5 1010011',     X_TO_F, F, moveBoxed(SINGLE)),
  // D
  insn('fld',       'imm:12 rs1:5 011 rd:5 0000111',             FLOAD,  D, loadDouble(MO.UQ)),
  insn('fsd',       'imm:7 rs2:5 rs1:5 011 imm:5 0100111',       FSTORE, D, storeF(MO.UQ)),
  ...arithmeticRows('d', '01', D, undefined),
  insn('fcvt.s.d',  '01000 00 00001 rs1:5 rm:3 rd:5 1010011',    F_UNARY_RM, D, ffRm(H.fcvtSD)),
  insn('fcvt.d.s',  '01000 01 00000 rs1:5 rm:3 rd:5 1010011',    F_EXACT_RM, D, ffRm(H.fcvtDS)),
  insn('fmv.x.d',   '11100 01 00000 rs1:5 000 rd:5 1010011',     F_TO_X, all(D, RV64), reads((c, a) => c.setX(a.rd, c.f(a.rs1)))),
  insn('fmv.d.x',   '11110 01 00000 rs1:5 000 rd:5 1010011',     X_TO_F, all(D, RV64), writes((c, a) => c.tcg.mov(c.f(a.rd), c.x(a.rs1)))),
];
