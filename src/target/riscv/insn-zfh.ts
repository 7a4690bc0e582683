/** Zfh, Zfhmin and Zfbfmin. Source: unprivileged ISA manual, "Zfh", "Zfhmin" and "BF16". */
import { MO } from './emit.js';
import { HALF, ffRm, loadBoxed, moveBoxed, moveToX, storeF } from './fp.js';
import { H } from './helpers.js';
import { arithmeticRows } from './insn-fd.js';
import { FLOAD, FSTORE, F_EXACT_RM, F_TO_X, F_UNARY_RM, X_TO_F } from './operands.js';
import { D, Zfbfmin, Zfh, Zfhmin, all, any, insn, type Insn } from './table.js';

/** Loads, stores and moves do not look at the number. */
const Zf16 = any(Zfhmin, Zfbfmin);

/** Loads, stores, moves and conversions between formats are Zfhmin's too. */
// prettier-ignore
export const RVZFH: readonly Insn[] = [
  insn('flh',       'imm:12 rs1:5 001 rd:5 0000111',             FLOAD,  Zf16, loadBoxed(MO.UW, HALF)),
  insn('fsh',       'imm:7 rs2:5 rs1:5 001 imm:5 0100111',       FSTORE, Zf16, storeF(MO.UW)),
  ...arithmeticRows('h', '10', Zfh, HALF),
  insn('fcvt.s.h',  '01000 00 00010 rs1:5 rm:3 rd:5 1010011',    F_EXACT_RM, Zfhmin, ffRm(H.fcvtSH)),
  insn('fcvt.h.s',  '01000 10 00000 rs1:5 rm:3 rd:5 1010011',    F_UNARY_RM, Zfhmin, ffRm(H.fcvtHS)),
  insn('fcvt.d.h',  '01000 01 00010 rs1:5 rm:3 rd:5 1010011',    F_EXACT_RM, all(Zfhmin, D), ffRm(H.fcvtDH)),
  insn('fcvt.h.d',  '01000 10 00001 rs1:5 rm:3 rd:5 1010011',    F_UNARY_RM, all(Zfhmin, D), ffRm(H.fcvtHD)),
  insn('fmv.x.h',   '11100 10 00000 rs1:5 000 rd:5 1010011',     F_TO_X, Zf16, moveToX(16)),
  insn('fmv.h.x',   '11110 10 00000 rs1:5 000 rd:5 1010011',     X_TO_F, Zf16, moveBoxed(HALF)),
  insn('fcvt.bf16.s', '01000 10 01000 rs1:5 rm:3 rd:5 1010011',  F_UNARY_RM, Zfbfmin, ffRm(H.fcvtBf16S)),
  insn('fcvt.s.bf16', '01000 00 00110 rs1:5 rm:3 rd:5 1010011',  F_EXACT_RM, Zfbfmin, ffRm(H.fcvtSBf16)),
];
