/**
 * Zifencei, Zawrs, environment calls and the privileged instructions with Svinval.
 * Sources: unprivileged ISA manual, "Zifencei", "Zawrs"; privileged ISA manual, "Machine-Mode Privileged Instructions",
 * "Supervisor Instructions", "Svinval".
 */
import { TB_EXIT_REQUESTED } from '../../../assembly/shared/layout.js';
import { CAUSE_BREAKPOINT, CAUSE_U_ECALL } from '../../../assembly/target/riscv/shared/riscv.js';
import { H } from './helpers.js';
import { NONE, SFENCE } from './operands.js';
import { BASE, S, Smrnmi, Svinval, Zawrs, Zifencei, insn, type Emit, type Insn } from './table.js';

// Environment

/** Causes 8, 9 and 11 are the calls from U, S and M. */
const ecall: Emit = (c) => c.raise(CAUSE_U_ECALL + c.priv);
/** The compressed one is never a semihosting call. */
const ebreak: Emit = (c) => {
  if (c.size === 2) return c.raiseWithValue(CAUSE_BREAKPOINT, c.pcPlus(0));
  c.tcg.call(H.ebreak, -1, c.pcPlus(0));
  c.exit();
};

/** The helper sets pc. */
const trapReturn =
  (helper: typeof H.sret): Emit =>
  (c) => {
    c.tcg.call(helper, -1);
    c.exit();
  };

const wfi: Emit = (c) => {
  c.tcg.call(H.wfi, -1);
  c.exitAfter(TB_EXIT_REQUESTED);
};

const wrs =
  (timeout: number): Emit =>
  (c) => {
    c.tcg.call(H.wrs, -1, c.tcg.constI64(timeout));
    c.exitAfter(TB_EXIT_REQUESTED);
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
  insn('fence.i', 'imm:12 rs1:5 001 rd:5 0001111',         NONE, Zifencei, fenceI),
  insn('ecall',   '000000000000 00000 000 00000 1110011',  NONE, BASE, ecall),
  insn('ebreak',  '000000000001 00000 000 00000 1110011',  NONE, BASE, ebreak),
  insn('wrs.nto', '000000001101 00000 000 00000 1110011',  NONE, Zawrs, wrs(0)),
  insn('wrs.sto', '000000011101 00000 000 00000 1110011',  NONE, Zawrs, wrs(1)),
  // privileged
  insn('sret',   '0001000 00010 00000 000 00000 1110011',  NONE, S, trapReturn(H.sret)),
  insn('mret',   '0011000 00010 00000 000 00000 1110011',  NONE, BASE, trapReturn(H.mret)),
  insn('mnret',  '0111000 00010 00000 000 00000 1110011',  NONE, Smrnmi, trapReturn(H.mnret)),
  insn('wfi',    '0001000 00101 00000 000 00000 1110011',  NONE, BASE, wfi),
  insn('sfence.vma',      '0001001 rs2:5 rs1:5 000 00000 1110011', SFENCE, S, sfenceVma),
  insn('sinval.vma',      '0001011 rs2:5 rs1:5 000 00000 1110011', SFENCE, Svinval, sfenceVma),
  insn('sfence.w.inval',  '0001100 00000 00000 000 00000 1110011', NONE, Svinval, invalFence),
  insn('sfence.inval.ir', '0001100 00001 00000 000 00000 1110011', NONE, Svinval, invalFence),
];
