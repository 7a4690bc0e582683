/**
 * Zicsr, Zifencei, Zawrs, environment calls and the privileged instructions with Svinval.
 * Sources: unprivileged ISA manual, "Zicsr", "Zifencei", "Zawrs"; privileged ISA manual, "Machine-Mode Privileged Instructions",
 * "Supervisor Instructions", "Svinval".
 */
import { TB_EXIT_REQUESTED } from '../../../assembly/shared/layout.js';
import { CAUSE_BREAKPOINT, CAUSE_U_ECALL } from '../../../assembly/shared/riscv.js';
import type { Temp } from '../../tcg/context.js';
import { PC, type DisasContext } from './context.js';
import { H } from './helpers.js';
import { CSR, CSRI, NONE, SFENCE, type Operands } from './operands.js';
import { BASE, S, Svinval, Zawrs, Zicsr, Zifencei, insn, type Emit, type Insn } from './table.js';

// CSR accesses. A write may change what the translation depends on, and what interrupts are enabled: the TB ends.

const CSR_CYCLE = 0xc00;
const CSR_INSTRET_H = 0xc82;
/** cycle, time, instret and their high halves. */
const isCounter = (csr: number): boolean => csr >= CSR_CYCLE && csr <= CSR_INSTRET_H && (csr & 0x7f) <= 2;

function readCsr(c: DisasContext, a: Operands): void {
  const { tcg } = c;
  const value = tcg.temp();
  tcg.call(H.csrr, value, tcg.constI64(a.csr));
  c.setX(a.rd, value);
  // In icount mode time is the count of instructions, which is exact between TBs only.
  if (c.icount && isCounter(a.csr)) c.exitAfter();
}

function writeCsr(c: DisasContext, a: Operands, value: Temp, mask: Temp): void {
  const { tcg } = c;
  const old = tcg.temp();
  tcg.call(H.csrrw, old, tcg.constI64(a.csr), value, mask);
  c.setX(a.rd, old);
  c.exitAfter();
}

/** With rd = x0 the CSR is not read, and reading has no side effects. */
function replaceCsr(c: DisasContext, a: Operands, value: Temp): void {
  const { tcg } = c;
  if (a.rd !== 0) return writeCsr(c, a, value, tcg.constI64(-1));
  tcg.call(H.csrw, -1, tcg.constI64(a.csr), value);
  c.exitAfter();
}

const csrrw: Emit = (c, a) => replaceCsr(c, a, c.x(a.rs1));
const csrrwi: Emit = (c, a) => replaceCsr(c, a, c.tcg.constI64(a.imm));

/** csrrs and csrrc write, unless their source is x0 (not: a register that holds 0) or the immediate 0. */
const setBits: Emit = (c, a) => (a.rs1 === 0 ? readCsr(c, a) : writeCsr(c, a, c.tcg.constI64(-1), c.x(a.rs1)));
const clearBits: Emit = (c, a) => (a.rs1 === 0 ? readCsr(c, a) : writeCsr(c, a, c.x(0), c.x(a.rs1)));
const setBitsImm: Emit = (c, a) => (a.imm === 0 ? readCsr(c, a) : writeCsr(c, a, c.tcg.constI64(-1), c.tcg.constI64(a.imm)));
const clearBitsImm: Emit = (c, a) => (a.imm === 0 ? readCsr(c, a) : writeCsr(c, a, c.x(0), c.tcg.constI64(a.imm)));

// Environment

/** Causes 8, 9 and 11 are the calls from U, S and M. */
const ecall: Emit = (c) => c.raise(CAUSE_U_ECALL + c.priv);
const ebreak: Emit = (c) => c.raiseWithValue(CAUSE_BREAKPOINT, c.pcConst(0));

/** The helper sets pc. */
const trapReturn =
  (helper: typeof H.sret): Emit =>
  (c) => {
    c.tcg.call(helper, -1);
    c.exit();
  };

const wfi: Emit = (c) => {
  c.tcg.mov(PC, c.pcConst(c.size));
  c.tcg.call(H.wfi, -1);
  c.exit(TB_EXIT_REQUESTED);
};

const wrs =
  (timeout: number): Emit =>
  (c) => {
    c.tcg.call(H.wrs, -1, c.tcg.constI64(timeout));
    c.exitAfter();
  };

const fenceI: Emit = (c) => {
  c.tcg.call(H.fenceI, -1);
  c.exitAfter();
};

const HAS_ADDRESS = 1;
const HAS_ASID = 2;

const sfenceVma: Emit = (c, a) => {
  const given = (a.rs1 !== 0 ? HAS_ADDRESS : 0) | (a.rs2 !== 0 ? HAS_ASID : 0);
  c.tcg.call(H.sfenceVma, -1, c.x(a.rs1), c.x(a.rs2), c.tcg.constI64(given));
  c.exitAfter();
};

/** sfence.w.inval and sfence.inval.ir order sinval.vma, which here acts at once. They are illegal in U-mode only. */
const invalFence: Emit = (c) => (c.priv === 0 ? c.illegal() : c.exitAfter());

// prettier-ignore
export const RVPRIV: readonly Insn[] = [
  insn('csrrw',  'csr:12 rs1:5 001 rd:5 1110011',          CSR,  Zicsr, csrrw),
  insn('csrrs',  'csr:12 rs1:5 010 rd:5 1110011',          CSR,  Zicsr, setBits),
  insn('csrrc',  'csr:12 rs1:5 011 rd:5 1110011',          CSR,  Zicsr, clearBits),
  insn('csrrwi', 'csr:12 imm:5 101 rd:5 1110011',          CSRI, Zicsr, csrrwi),
  insn('csrrsi', 'csr:12 imm:5 110 rd:5 1110011',          CSRI, Zicsr, setBitsImm),
  insn('csrrci', 'csr:12 imm:5 111 rd:5 1110011',          CSRI, Zicsr, clearBitsImm),
  insn('fence.i', 'imm:12 rs1:5 001 rd:5 0001111',         NONE, Zifencei, fenceI),
  insn('ecall',   '000000000000 00000 000 00000 1110011',  NONE, BASE, ecall),
  insn('ebreak',  '000000000001 00000 000 00000 1110011',  NONE, BASE, ebreak),
  insn('wrs.nto', '000000001101 00000 000 00000 1110011',  NONE, Zawrs, wrs(0)),
  insn('wrs.sto', '000000011101 00000 000 00000 1110011',  NONE, Zawrs, wrs(1)),
  // privileged
  insn('sret',   '0001000 00010 00000 000 00000 1110011',  NONE, S, trapReturn(H.sret)),
  insn('mret',   '0011000 00010 00000 000 00000 1110011',  NONE, BASE, trapReturn(H.mret)),
  insn('wfi',    '0001000 00101 00000 000 00000 1110011',  NONE, BASE, wfi),
  insn('sfence.vma',      '0001001 rs2:5 rs1:5 000 00000 1110011', SFENCE, S, sfenceVma),
  insn('sinval.vma',      '0001011 rs2:5 rs1:5 000 00000 1110011', SFENCE, Svinval, sfenceVma),
  insn('sfence.w.inval',  '0001100 00000 00000 000 00000 1110011', NONE, Svinval, invalFence),
  insn('sfence.inval.ir', '0001100 00001 00000 000 00000 1110011', NONE, Svinval, invalFence),
];
