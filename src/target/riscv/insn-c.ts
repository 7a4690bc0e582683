/**
 * Zca, Zcf and Zcd, which are C; Zcb and Zcmop. Each row expands into a 32-bit instruction: its format fills the operands of that one.
 * Rows leave reserved codes out; hints (rd = x0, ...) expand into instructions that do nothing. Source: unprivileged ISA manual, "C".
 */
import { compressedPopCheck, compressedPush } from './cfi.js';
import { nop } from './emit.js';
import { RVFD } from './insn-fd.js';
import { RVI } from './insn-i.js';
import { RVM } from './insn-m.js';
import { RVPRIV } from './insn-priv.js';
import { RVB } from './insn-zb.js';
import { COMPRESSED as O, type Format } from './operands.js';
import { RV32, RV64, Zba, Zbb, Zca, Zcb, Zcd, Zcf, Zcmop, Zmmul, all, insn, type Insn, type Needs } from './table.js';

/** On RV32 c.flw and c.fsw have the codes that c.ld and c.sd have on RV64. */
const C64 = all(Zca, RV64);
const C32 = all(Zca, RV32);

const BASE_INSNS = [...RVI, ...RVM, ...RVFD, ...RVB, ...RVPRIV];

function row(name: string, pattern: string, format: Format, needs: Needs, expansion: string): Insn {
  const base = BASE_INSNS.find((each) => each.name === expansion && (each.needs.xlen === 0 || each.needs.xlen === (needs.xlen || 64)));
  if (base === undefined) throw new Error(`compressed instruction ${name}: no ${expansion} to expand into`);
  // The record carries the syntax of the expansion, for the disassembler.
  return insn(name, pattern, { syntax: base.format.syntax, extract: format.extract }, needs, base.emit, expansion);
}

// prettier-ignore
export const RVC: readonly Insn[] = [
  // quadrant 0
  row('c.addi4spn', '000 imm:8!0 rd:3 00',                  O.addi4spn,    Zca,         'addi'),
  row('c.fld',      '001 imm:3 rs1:3 imm:2 rd:3 00',        O.loadDouble,  Zcd, 'fld'),
  row('c.lw',       '010 imm:3 rs1:3 imm:2 rd:3 00',        O.loadWord,    Zca,         'lw'),
  row('c.flw',      '011 imm:3 rs1:3 imm:2 rd:3 00',        O.loadWord,    all(Zcf, RV32), 'flw'),
  row('c.ld',       '011 imm:3 rs1:3 imm:2 rd:3 00',        O.loadDouble,  C64,       'ld'),
  row('c.fsd',      '101 imm:3 rs1:3 imm:2 rs2:3 00',       O.storeDouble, Zcd, 'fsd'),
  row('c.sw',       '110 imm:3 rs1:3 imm:2 rs2:3 00',       O.storeWord,   Zca,         'sw'),
  row('c.fsw',      '111 imm:3 rs1:3 imm:2 rs2:3 00',       O.storeWord,   all(Zcf, RV32), 'fsw'),
  row('c.sd',       '111 imm:3 rs1:3 imm:2 rs2:3 00',       O.storeDouble, C64,       'sd'),
  // quadrant 1
  row('c.addi',     '000 imm:1 rd:5 imm:5 01',              O.addi,        Zca,         'addi'), // rd = x0: c.nop
  row('c.jal',      '001 imm:11 01',                        O.jal,         C32,       'jal'),
  row('c.addiw',    '001 imm:1 rd:5!0 imm:5 01',            O.addi,        C64,       'addiw'),
  row('c.li',       '010 imm:1 rd:5 imm:5 01',              O.li,          Zca,         'addi'),
  row('c.addi16sp', '011 imm:1!0 00010 imm:5 01',           O.addi16sp,    Zca,         'addi'),
  row('c.lui',      '011 imm:1!0 rd:5!2 imm:5 01',          O.lui,         Zca,         'lui'),
  row('c.srli',     '100 shamt:1 00 rd:3 shamt:5 01',       O.shift,       C64,       'srli'),
  row('c.srli',     '100 0 00 rd:3 shamt:5 01',             O.shift,       C32,       'srli'),
  row('c.srai',     '100 shamt:1 01 rd:3 shamt:5 01',       O.shift,       C64,       'srai'),
  row('c.srai',     '100 0 01 rd:3 shamt:5 01',             O.shift,       C32,       'srai'),
  row('c.andi',     '100 imm:1 10 rd:3 imm:5 01',           O.andi,        Zca,         'andi'),
  row('c.sub',      '100 0 11 rd:3 00 rs2:3 01',            O.arith,       Zca,         'sub'),
  row('c.xor',      '100 0 11 rd:3 01 rs2:3 01',            O.arith,       Zca,         'xor'),
  row('c.or',       '100 0 11 rd:3 10 rs2:3 01',            O.arith,       Zca,         'or'),
  row('c.and',      '100 0 11 rd:3 11 rs2:3 01',            O.arith,       Zca,         'and'),
  row('c.subw',     '100 1 11 rd:3 00 rs2:3 01',            O.arith,       C64,       'subw'),
  row('c.addw',     '100 1 11 rd:3 01 rs2:3 01',            O.arith,       C64,       'addw'),
  row('c.j',        '101 imm:11 01',                        O.j,           Zca,         'jal'),
  row('c.beqz',     '110 imm:3 rs1:3 imm:5 01',             O.branch,      Zca,         'beq'),
  row('c.bnez',     '111 imm:3 rs1:3 imm:5 01',             O.branch,      Zca,         'bne'),
  // quadrant 2
  row('c.slli',     '000 shamt:1 rd:5 shamt:5 10',          O.slli,        C64,       'slli'),
  row('c.slli',     '000 0 rd:5 shamt:5 10',                O.slli,        C32,       'slli'),
  row('c.fldsp',    '001 imm:1 rd:5 imm:5 10',              O.loadSpDouble, Zcd, 'fld'),
  row('c.lwsp',     '010 imm:1 rd:5!0 imm:5 10',            O.loadSpWord,  Zca,         'lw'),
  row('c.flwsp',    '011 imm:1 rd:5 imm:5 10',              O.loadSpWord,  all(Zcf, RV32), 'flw'),
  row('c.ldsp',     '011 imm:1 rd:5!0 imm:5 10',            O.loadSpDouble, C64,      'ld'),
  row('c.jr',       '100 0 rs1:5!0 00000 10',               O.jr,          Zca,         'jalr'),
  row('c.mv',       '100 0 rd:5 rs2:5!0 10',                O.mv,          Zca,         'addi'),
  row('c.ebreak',   '100 1 00000 00000 10',                 O.none,        Zca,         'ebreak'),
  row('c.jalr',     '100 1 rs1:5!0 00000 10',               O.jalr,        Zca,         'jalr'),
  row('c.add',      '100 1 rd:5 rs2:5!0 10',                O.add,         Zca,         'add'),
  row('c.fsdsp',    '101 imm:6 rs2:5 10',                   O.storeSpDouble, Zcd, 'fsd'),
  row('c.swsp',     '110 imm:6 rs2:5 10',                   O.storeSpWord, Zca,         'sw'),
  row('c.fswsp',    '111 imm:6 rs2:5 10',                   O.storeSpWord, all(Zcf, RV32), 'fsw'),
  row('c.sdsp',     '111 imm:6 rs2:5 10',                   O.storeSpDouble, C64,     'sd'),
  // Zcb
  row('c.lbu',      '100 000 rs1:3 imm:2 rd:3 00',          O.loadByte,    Zcb,       'lbu'),
  row('c.lhu',      '100 001 rs1:3 0 imm:1 rd:3 00',        O.loadHalf,    Zcb,       'lhu'),
  row('c.lh',       '100 001 rs1:3 1 imm:1 rd:3 00',        O.loadHalf,    Zcb,       'lh'),
  row('c.sb',       '100 010 rs1:3 imm:2 rs2:3 00',         O.storeByte,   Zcb,       'sb'),
  row('c.sh',       '100 011 rs1:3 0 imm:1 rs2:3 00',       O.storeHalf,   Zcb,       'sh'),
  row('c.mul',      '100 111 rd:3 10 rs2:3 01',             O.arith,       all(Zcb, Zmmul), 'mul'),
  row('c.zext.b',   '100 111 rd:3 11 000 01',               O.zextByte,    Zcb,       'andi'),
  row('c.sext.b',   '100 111 rd:3 11 001 01',               O.unary,       all(Zcb, Zbb), 'sext.b'),
  row('c.zext.h',   '100 111 rd:3 11 010 01',               O.unary,       all(Zcb, Zbb), 'zext.h'),
  row('c.sext.h',   '100 111 rd:3 11 011 01',               O.unary,       all(Zcb, Zbb), 'sext.h'),
  row('c.zext.w',   '100 111 rd:3 11 100 01',               O.unary,       all(Zcb, Zba, RV64), 'add.uw'),
  row('c.not',      '100 111 rd:3 11 101 01',               O.not,         Zcb,       'xori'),
  // Zcmop: codes of c.lui with an immediate of 0; 1 and 5 are c.sspush x1 and c.sspopchk x5 of Zicfiss
  ...Array.from({ length: 8 }, (_, n) => insn(`c.mop.${2 * n + 1}`, `01100 ${n.toString(2).padStart(3, '0')} 1 00000 01`, O.none, Zcmop, n === 0 ? compressedPush : n === 2 ? compressedPopCheck : nop)),
];
