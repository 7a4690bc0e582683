/**
 * Zalrsc and Zaamo, which are A, with Zabha, Zacas and Zama16b, and the swap of Zicfiss: load-reserved, store-conditional, atomic memory operations.
 * Source: unprivileged ISA manual, "A" and the chapters of these.
 */
import { MO_ALIGN, MO_SIZE } from '../../../assembly/shared/layout.js';
import { RVX_ZAMA16B } from '../../../assembly/target/riscv/shared/riscv.js';
import { AtomicKind, Cond } from '../../tcg/opcodes.js';
import type { Temp } from '../../tcg/context.js';
import { hasExtension } from './config.js';
import { LOAD_RES, LOAD_VAL } from './context.js';
import { MO } from './emit.js';
import { H } from './helpers.js';
import { AMO, LR } from './operands.js';
import { RV32, RV64, Zaamo, Zabha, Zacas, Zalrsc, Zicfiss, all, insn, type Emit, type Insn } from './table.js';

const BYTE = MO.SB;
const HALF = MO.SW | MO_ALIGN;
const WORD = MO.SL | MO_ALIGN;
const DOUBLE = MO.UQ | MO_ALIGN;

const loadReserved =
  (memop: number): Emit =>
  (c, a) => {
    const { tcg } = c;
    const addr = c.address(a.rs1, 0);
    const value = tcg.temp();
    tcg.qemuLd(value, addr, memop, c.mmuIdx);
    tcg.mov(LOAD_RES, addr);
    tcg.mov(LOAD_VAL, value);
    c.setX(a.rd, value);
  };

/** Succeeds if memory still holds the value that LR saw; any SC ends the reservation. Without one, rights are asked for all the same. */
const storeConditional =
  (memop: number): Emit =>
  (c, a) => {
    const { tcg } = c;
    const [reserved, done] = [tcg.newLabel(), tcg.newLabel()];
    const addr = c.lastingAddress(a.rs1);
    const failed = tcg.local();
    tcg.brcond(Cond.EQ, LOAD_RES, addr, reserved);
    tcg.call(H.scProbeWrite, -1, addr, tcg.constI64(1 << (memop & MO_SIZE)));
    tcg.movi(failed, 1);
    tcg.br(done);
    tcg.setLabel(reserved);
    const seen = tcg.temp();
    tcg.atomicCmpxchg(seen, addr, LOAD_VAL, c.x(a.rs2), memop, c.mmuIdx);
    tcg.setcond(Cond.NE, failed, seen, LOAD_VAL);
    tcg.setLabel(done);
    c.setX(a.rd, failed);
    tcg.movi(LOAD_RES, -1);
  };

/** With Zama16b words and doublewords may be anywhere: harts have turns, so that any such access is atomic. */
const amo =
  (kind: AtomicKind, memop: number): Emit =>
  (c, a) => {
    const allowed = (memop & MO_SIZE) >= MO.UL && hasExtension(c.config, RVX_ZAMA16B) ? memop & ~MO_ALIGN : memop;
    c.tcg.atomicFetch(kind, c.dest(a.rd), c.address(a.rs1, 0), c.x(a.rs2), allowed, c.mmuIdx);
  };

/** The rows of an AMO. */
// prettier-ignore
function amoRows(name: string, funct5: string, kind: AtomicKind): Insn[] {
  return [
    insn(`${name}.b`, `${funct5} aq:1 rl:1 rs2:5 rs1:5 000 rd:5 0101111`, AMO, Zabha, amo(kind, BYTE)),
    insn(`${name}.h`, `${funct5} aq:1 rl:1 rs2:5 rs1:5 001 rd:5 0101111`, AMO, Zabha, amo(kind, HALF)),
    insn(`${name}.w`, `${funct5} aq:1 rl:1 rs2:5 rs1:5 010 rd:5 0101111`, AMO, Zaamo, amo(kind, WORD)),
    insn(`${name}.d`, `${funct5} aq:1 rl:1 rs2:5 rs1:5 011 rd:5 0101111`, AMO, all(Zaamo, RV64), amo(kind, DOUBLE)),
  ];
}

const compareAndSwap =
  (memop: number): Emit =>
  (c, a) => {
    const seen = c.tcg.temp();
    c.tcg.atomicCmpxchg(seen, c.address(a.rs1, 0), c.x(a.rd), c.x(a.rs2), memop, c.mmuIdx);
    c.setX(a.rd, seen);
  };

/** The other half of a pair: an even register and the next; x0 is a pair of zeros. Patterns leave odd ones out, which are reserved. */
const upper = (r: number): number => (r === 0 ? 0 : r + 1);

/** RV32: 64 bits in two registers. */
const compareAndSwapPair: Emit = (c, a) => {
  const { tcg } = c;
  const joined = (r: number): Temp => {
    const t = tcg.temp();
    tcg.deposit(t, c.x(r), c.x(upper(r)), 32, 32);
    return t;
  };
  const seen = tcg.temp();
  tcg.atomicCmpxchg(seen, c.address(a.rs1, 0), joined(a.rd), joined(a.rs2), DOUBLE, c.mmuIdx);
  if (a.rd === 0) return;
  tcg.ext32s(a.rd, seen);
  tcg.sari(upper(a.rd), seen, 32);
};

const shadowSwap =
  (bytes: number): Emit =>
  (c, a) => {
    const old = c.tcg.temp();
    c.tcg.call(H.ssamoswap, old, c.address(a.rs1, 0), c.x(a.rs2), c.tcg.constI64(bytes));
    c.setX(a.rd, old);
  };

/** The helper writes the pair of rd. */
const compareAndSwapQuad: Emit = (c, a) => {
  c.tcg.call(H.amocasQ, -1, c.address(a.rs1, 0), c.tcg.constI64(a.rd), c.tcg.constI64(a.rs2));
};

// prettier-ignore
export const RVA: readonly Insn[] = [
  insn('lr.w', '00010 aq:1 rl:1 00000 rs1:5 010 rd:5 0101111', LR,  Zalrsc, loadReserved(WORD)),
  insn('sc.w', '00011 aq:1 rl:1 rs2:5 rs1:5 010 rd:5 0101111', AMO, Zalrsc, storeConditional(WORD)),
  insn('lr.d', '00010 aq:1 rl:1 00000 rs1:5 011 rd:5 0101111', LR,  all(Zalrsc, RV64), loadReserved(DOUBLE)),
  insn('sc.d', '00011 aq:1 rl:1 rs2:5 rs1:5 011 rd:5 0101111', AMO, all(Zalrsc, RV64), storeConditional(DOUBLE)),
  ...amoRows('amoswap', '00001', AtomicKind.xchg),
  ...amoRows('amoadd',  '00000', AtomicKind.add),
  ...amoRows('amoxor',  '00100', AtomicKind.xor),
  ...amoRows('amoor',   '01000', AtomicKind.or),
  ...amoRows('amoand',  '01100', AtomicKind.and),
  ...amoRows('amomin',  '10000', AtomicKind.smin),
  ...amoRows('amomax',  '10100', AtomicKind.smax),
  ...amoRows('amominu', '11000', AtomicKind.umin),
  ...amoRows('amomaxu', '11100', AtomicKind.umax),
  // Zicfiss
  insn('ssamoswap.w', '01001 aq:1 rl:1 rs2:5 rs1:5 010 rd:5 0101111', AMO, Zicfiss, shadowSwap(4)),
  insn('ssamoswap.d', '01001 aq:1 rl:1 rs2:5 rs1:5 011 rd:5 0101111', AMO, all(Zicfiss, RV64), shadowSwap(8)),
  // Zacas
  insn('amocas.b', '00101 aq:1 rl:1 rs2:5 rs1:5 000 rd:5 0101111', AMO, all(Zacas, Zabha), compareAndSwap(BYTE)),
  insn('amocas.h', '00101 aq:1 rl:1 rs2:5 rs1:5 001 rd:5 0101111', AMO, all(Zacas, Zabha), compareAndSwap(HALF)),
  insn('amocas.w', '00101 aq:1 rl:1 rs2:5 rs1:5 010 rd:5 0101111', AMO, Zacas, compareAndSwap(WORD)),
  insn('amocas.d', '00101 aq:1 rl:1 rs2:5 rs1:5 011 rd:5 0101111', AMO, all(Zacas, RV64), compareAndSwap(DOUBLE)),
  insn('amocas.d', '00101 aq:1 rl:1 rs2:4 0 rs1:5 011 rd:4 0 0101111', AMO, all(Zacas, RV32), compareAndSwapPair),
  insn('amocas.q', '00101 aq:1 rl:1 rs2:4 0 rs1:5 100 rd:4 0 0101111', AMO, all(Zacas, RV64), compareAndSwapQuad),
];
