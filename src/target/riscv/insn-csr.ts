/**
 * CSR instructions. Those that trap handlers live on are IR: registers that are nothing but a cell of env, and sstatus; the others are helpers.
 * Sources: unprivileged ISA manual, "Zicsr"; privileged ISA manual, "Supervisor CSRs".
 */
import { CPU_INTERRUPT_HARD, ENV_INTERRUPT_REQUEST } from '../../../assembly/shared/layout.js';
import {
  RV_MCAUSE,
  RV_MEPC,
  RV_MSCRATCH,
  RV_MSTATUS,
  RV_MTVAL,
  RV_SCAUSE,
  RV_SEPC,
  RV_SSCRATCH,
  RV_STVAL,
} from '../../../assembly/target/riscv/shared/env.js';
import { RVX_ZCA, RVX_S, RVX_SSDBLTRP } from '../../../assembly/target/riscv/shared/riscv.js';
import type { Temp } from '../../tcg/context.js';
import { Cond } from '../../tcg/opcodes.js';
import { hasExtension } from './config.js';
import type { DisasContext } from './context.js';
import { H } from './helpers.js';
import { CSR, CSRI, type Operands } from './operands.js';
import { Zicsr, insn, type Emit, type Insn } from './table.js';

const CSR_SSTATUS = 0x100;
const CSR_SEPC = 0x141;
const CSR_MEPC = 0x341;

/** Where the registers are that a write has no effect on but to be read again. */
const CELLS: ReadonlyMap<number, number> = new Map([
  [0x140, RV_SSCRATCH],
  [CSR_SEPC, RV_SEPC],
  [0x142, RV_SCAUSE],
  [0x143, RV_STVAL],
  [0x340, RV_MSCRATCH],
  [CSR_MEPC, RV_MEPC],
  [0x342, RV_MCAUSE],
  [0x343, RV_MTVAL],
]);

// sstatus in mstatus (privileged ISA manual, "Supervisor Status").
const SIE = 2;
const SSTATUS_READ = 0x3_018c_6122n; // UXL SDT SPELP MXR SUM FS SPP SPIE SIE
const SD = 1n << 63n;
const FS_DIRTY = 3;

/** What an instruction does to the register. */
enum Change {
  None,
  Write,
  Set,
  Clear,
}

/** Counters: mcycle to mhpmcounter31, cycle to hpmcounter31, and their high halves. */
const isCounter = (csr: number): boolean => (csr >> 8 === 0xb || csr >> 8 === 0xc) && (csr & 0x60) === 0;
const isTime = (csr: number): boolean => (csr & 0xf7f) === 0xc01;

/** Whether the CSR of a supervisor or machine can be reached without a look at the hart's state. */
function isOpen(c: DisasContext, csr: number): boolean {
  const least = (csr >> 8) & 3;
  return !c.xl32 && c.priv >= least && (least !== 1 || hasExtension(c.config, RVX_S));
}

function access(c: DisasContext, a: Operands, change: Change, source: Temp): void {
  const cell = CELLS.get(a.csr);
  if (cell !== undefined && isOpen(c, a.csr)) accessCell(c, a, cell, change, source);
  else if (a.csr === CSR_SSTATUS && isOpen(c, a.csr)) accessStatus(c, a, change, source);
  else callHelper(c, a, change, source);
}

/** The register's new value. */
function changed(c: DisasContext, change: Change, old: Temp, source: Temp): Temp {
  if (change === Change.Write) return source;
  const next = c.tcg.temp();
  if (change === Change.Set) c.tcg.or(next, old, source);
  else c.tcg.andc(next, old, source);
  return next;
}

function accessCell(c: DisasContext, a: Operands, cell: number, change: Change, source: Temp): void {
  const { tcg } = c;
  const old = tcg.temp();
  tcg.ld(old, cell);
  if (change !== Change.None) {
    let next = changed(c, change, old, source);
    if (a.csr === CSR_SEPC || a.csr === CSR_MEPC) {
      const aligned = tcg.temp();
      tcg.andi(aligned, next, hasExtension(c.config, RVX_ZCA) ? -2 : -4);
      next = aligned;
    }
    tcg.st(next, cell);
  }
  c.setX(a.rd, old);
}

function accessStatus(c: DisasContext, a: Operands, change: Change, source: Temp): void {
  const { tcg } = c;
  if (change !== Change.None) {
    // Anything may change, and be asked for: the mmu index, floating point, interrupts that become enabled.
    const old = tcg.temp();
    tcg.call(
      H.sstatus,
      old,
      change === Change.Set ? tcg.constI64(-1) : change === Change.Clear ? c.x(0) : source,
      maskOf(c, change, source),
    );
    c.setX(a.rd, old);
    return c.lookupAfter();
  }
  c.setX(a.rd, statusView(c, loadStatus(c)));
}

/** The instructions with an immediate reach one writable bit of sstatus: SIE, which code that masks interrupts for a while clears and sets. */
function accessInterruptEnable(c: DisasContext, a: Operands, change: Change.Set | Change.Clear): void {
  const { tcg } = c;
  const status = loadStatus(c);
  const next = tcg.temp();
  if (change === Change.Set) tcg.ori(next, status, SIE);
  else tcg.andi(next, status, ~SIE);
  tcg.st(next, RV_MSTATUS);
  c.setX(a.rd, statusView(c, status));
  if (change === Change.Clear) return;
  // What is pending must be taken now, says the manual, and not some instructions later.
  const pending = tcg.temp();
  const label = tcg.newLabel();
  tcg.ld32u(pending, ENV_INTERRUPT_REQUEST);
  tcg.andi(pending, pending, CPU_INTERRUPT_HARD);
  tcg.brcondi(Cond.NE, pending, 0, label);
  c.gotoTb(0, c.size);
  tcg.setLabel(label);
  c.exitAfter();
}

function loadStatus(c: DisasContext): Temp {
  const status = c.tcg.temp();
  c.tcg.ld(status, RV_MSTATUS);
  return status;
}

/** What sstatus shows of mstatus. FS is known here: a translation depends on it. */
function statusView(c: DisasContext, status: Temp): Temp {
  const view = c.tcg.temp();
  c.tcg.andi(view, status, SSTATUS_READ);
  if (c.fs === FS_DIRTY) c.tcg.ori(view, view, SD);
  return view;
}

const maskOf = (c: DisasContext, change: Change, source: Temp): Temp => (change === Change.Write ? c.tcg.constI64(-1) : source);

/** A write may change what the translation depends on, and what interrupts are enabled: the TB ends. */
function callHelper(c: DisasContext, a: Operands, change: Change, source: Temp): void {
  const { tcg } = c;
  const csr = tcg.constI64(a.csr);
  // With rd = x0 the CSR is not read, and reading has no side effects.
  if (change === Change.Write && a.rd === 0) {
    tcg.call(H.csrw, -1, csr, source);
    return c.exitAfter();
  }
  const old = tcg.temp();
  if (change === Change.None) tcg.call(H.csrr, old, csr);
  else
    tcg.call(
      H.csrrw,
      old,
      csr,
      change === Change.Set ? tcg.constI64(-1) : change === Change.Clear ? c.x(0) : source,
      maskOf(c, change, source),
    );
  c.setX(a.rd, old);
  if (change !== Change.None) return c.exitAfter();
  // The count of instructions is exact where a TB ends, and counters count with it: see counter.ts. In icount mode it is time, too.
  if (isCounter(a.csr) && (c.icount || !isTime(a.csr))) c.gotoTb(0, c.size);
}

const register =
  (change: Change): Emit =>
  (c, a) =>
    // csrrs and csrrc write, unless their source is x0 (not: a register that holds 0).
    access(c, a, change !== Change.Write && a.rs1 === 0 ? Change.None : change, c.x(a.rs1));

const immediate =
  (change: Change): Emit =>
  (c, a) => {
    const { imm } = a;
    if (change === Change.Write) access(c, a, change, c.tcg.constI64(imm));
    else if (a.csr !== CSR_SSTATUS || !isOpen(c, a.csr)) access(c, a, imm === 0 ? Change.None : change, c.tcg.constI64(imm));
    else if ((imm & SIE) === 0) access(c, a, Change.None, c.x(0));
    else if (change === Change.Set && hasExtension(c.config, RVX_SSDBLTRP))
      access(c, a, change, c.tcg.constI64(SIE)); // SDT may keep it clear
    else accessInterruptEnable(c, a, change as Change.Set | Change.Clear);
  };

// prettier-ignore
export const RVZICSR: readonly Insn[] = [
  insn('csrrw',  'csr:12 rs1:5 001 rd:5 1110011', CSR,  Zicsr, register(Change.Write)),
  insn('csrrs',  'csr:12 rs1:5 010 rd:5 1110011', CSR,  Zicsr, register(Change.Set)),
  insn('csrrc',  'csr:12 rs1:5 011 rd:5 1110011', CSR,  Zicsr, register(Change.Clear)),
  insn('csrrwi', 'csr:12 imm:5 101 rd:5 1110011', CSRI, Zicsr, immediate(Change.Write)),
  insn('csrrsi', 'csr:12 imm:5 110 rd:5 1110011', CSRI, Zicsr, immediate(Change.Set)),
  insn('csrrci', 'csr:12 imm:5 111 rd:5 1110011', CSRI, Zicsr, immediate(Change.Clear)),
];
