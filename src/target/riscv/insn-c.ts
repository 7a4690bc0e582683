/**
 * C, with Zcf and Zcd where F and D are. Each row expands into a 32-bit instruction: its format fills the operands of that one.
 * Rows leave reserved codes out; hints (rd = x0, ...) expand into instructions that do nothing. Source: unprivileged ISA manual, "C".
 */
import { RVFD } from './insn-fd.js';
import { RVI } from './insn-i.js';
import { RVPRIV } from './insn-priv.js';
import { COMPRESSED as O, type Format } from './operands.js';
import { C, D, F, RV32, RV64, all, insn, type Insn, type Needs } from './table.js';

/** On RV32 c.flw and c.fsw have the codes that c.ld and c.sd have on RV64. */
const C64 = all(C, RV64);
const C32 = all(C, RV32);

const BASE_INSNS = [...RVI, ...RVFD, ...RVPRIV];

function row(name: string, pattern: string, format: Format, needs: Needs, expansion: string): Insn {
  const base = BASE_INSNS.find((each) => each.name === expansion && (each.needs.xlen === 0 || each.needs.xlen === (needs.xlen || 64)));
  if (base === undefined) throw new Error(`compressed instruction ${name}: no ${expansion} to expand into`);
  // The record carries the syntax of the expansion, for the disassembler.
  return insn(name, pattern, { syntax: base.format.syntax, extract: format.extract }, needs, base.emit, expansion);
}

// prettier-ignore
export const RVC: readonly Insn[] = [
  // quadrant 0
  row('c.addi4spn', '000 imm:8!0 rd:3 00',                  O.addi4spn,    C,         'addi'),
  row('c.fld',      '001 imm:3 rs1:3 imm:2 rd:3 00',        O.loadDouble,  all(C, D), 'fld'),
  row('c.lw',       '010 imm:3 rs1:3 imm:2 rd:3 00',        O.loadWord,    C,         'lw'),
  row('c.flw',      '011 imm:3 rs1:3 imm:2 rd:3 00',        O.loadWord,    all(C32, F), 'flw'),
  row('c.ld',       '011 imm:3 rs1:3 imm:2 rd:3 00',        O.loadDouble,  C64,       'ld'),
  row('c.fsd',      '101 imm:3 rs1:3 imm:2 rs2:3 00',       O.storeDouble, all(C, D), 'fsd'),
  row('c.sw',       '110 imm:3 rs1:3 imm:2 rs2:3 00',       O.storeWord,   C,         'sw'),
  row('c.fsw',      '111 imm:3 rs1:3 imm:2 rs2:3 00',       O.storeWord,   all(C32, F), 'fsw'),
  row('c.sd',       '111 imm:3 rs1:3 imm:2 rs2:3 00',       O.storeDouble, C64,       'sd'),
  // quadrant 1
  row('c.addi',     '000 imm:1 rd:5 imm:5 01',              O.addi,        C,         'addi'), // rd = x0: c.nop
  row('c.jal',      '001 imm:11 01',                        O.jal,         C32,       'jal'),
  row('c.addiw',    '001 imm:1 rd:5!0 imm:5 01',            O.addi,        C64,       'addiw'),
  row('c.li',       '010 imm:1 rd:5 imm:5 01',              O.li,          C,         'addi'),
  row('c.addi16sp', '011 imm:1!0 00010 imm:5 01',           O.addi16sp,    C,         'addi'),
  row('c.lui',      '011 imm:1!0 rd:5!2 imm:5 01',          O.lui,         C,         'lui'),
  row('c.srli',     '100 shamt:1 00 rd:3 shamt:5 01',       O.shift,       C64,       'srli'),
  row('c.srli',     '100 0 00 rd:3 shamt:5 01',             O.shift,       C32,       'srli'),
  row('c.srai',     '100 shamt:1 01 rd:3 shamt:5 01',       O.shift,       C64,       'srai'),
  row('c.srai',     '100 0 01 rd:3 shamt:5 01',             O.shift,       C32,       'srai'),
  row('c.andi',     '100 imm:1 10 rd:3 imm:5 01',           O.andi,        C,         'andi'),
  row('c.sub',      '100 0 11 rd:3 00 rs2:3 01',            O.arith,       C,         'sub'),
  row('c.xor',      '100 0 11 rd:3 01 rs2:3 01',            O.arith,       C,         'xor'),
  row('c.or',       '100 0 11 rd:3 10 rs2:3 01',            O.arith,       C,         'or'),
  row('c.and',      '100 0 11 rd:3 11 rs2:3 01',            O.arith,       C,         'and'),
  row('c.subw',     '100 1 11 rd:3 00 rs2:3 01',            O.arith,       C64,       'subw'),
  row('c.addw',     '100 1 11 rd:3 01 rs2:3 01',            O.arith,       C64,       'addw'),
  row('c.j',        '101 imm:11 01',                        O.j,           C,         'jal'),
  row('c.beqz',     '110 imm:3 rs1:3 imm:5 01',             O.branch,      C,         'beq'),
  row('c.bnez',     '111 imm:3 rs1:3 imm:5 01',             O.branch,      C,         'bne'),
  // quadrant 2
  row('c.slli',     '000 shamt:1 rd:5 shamt:5 10',          O.slli,        C64,       'slli'),
  row('c.slli',     '000 0 rd:5 shamt:5 10',                O.slli,        C32,       'slli'),
  row('c.fldsp',    '001 imm:1 rd:5 imm:5 10',              O.loadSpDouble, all(C, D), 'fld'),
  row('c.lwsp',     '010 imm:1 rd:5!0 imm:5 10',            O.loadSpWord,  C,         'lw'),
  row('c.flwsp',    '011 imm:1 rd:5 imm:5 10',              O.loadSpWord,  all(C32, F), 'flw'),
  row('c.ldsp',     '011 imm:1 rd:5!0 imm:5 10',            O.loadSpDouble, C64,      'ld'),
  row('c.jr',       '100 0 rs1:5!0 00000 10',               O.jr,          C,         'jalr'),
  row('c.mv',       '100 0 rd:5 rs2:5!0 10',                O.mv,          C,         'addi'),
  row('c.ebreak',   '100 1 00000 00000 10',                 O.none,        C,         'ebreak'),
  row('c.jalr',     '100 1 rs1:5!0 00000 10',               O.jalr,        C,         'jalr'),
  row('c.add',      '100 1 rd:5 rs2:5!0 10',                O.add,         C,         'add'),
  row('c.fsdsp',    '101 imm:6 rs2:5 10',                   O.storeSpDouble, all(C, D), 'fsd'),
  row('c.swsp',     '110 imm:6 rs2:5 10',                   O.storeSpWord, C,         'sw'),
  row('c.fswsp',    '111 imm:6 rs2:5 10',                   O.storeSpWord, all(C32, F), 'fsw'),
  row('c.sdsp',     '111 imm:6 rs2:5 10',                   O.storeSpDouble, C64,     'sd'),
];
