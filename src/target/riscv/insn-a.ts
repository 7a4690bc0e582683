/** A: load-reserved, store-conditional, atomic memory operations. Source: unprivileged ISA manual, "A". */
import { MO_ALIGN, MO_SIZE } from '../../../assembly/shared/layout.js';
import { AtomicKind, Cond } from '../../tcg/opcodes.js';
import { LOAD_RES, LOAD_VAL } from './context.js';
import { MO } from './emit.js';
import { H } from './helpers.js';
import { AMO, LR } from './operands.js';
import { A, RV64, all, insn, type Emit, type Insn } from './table.js';

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

const amo =
  (kind: AtomicKind, memop: number): Emit =>
  (c, a) =>
    c.tcg.atomicFetch(kind, c.dest(a.rd), c.address(a.rs1, 0), c.x(a.rs2), memop, c.mmuIdx);

/** The .w and .d rows of an AMO. */
function amoRows(name: string, funct5: string, kind: AtomicKind): Insn[] {
  return [
    insn(`${name}.w`, `${funct5} aq:1 rl:1 rs2:5 rs1:5 010 rd:5 0101111`, AMO, A, amo(kind, WORD)),
    insn(`${name}.d`, `${funct5} aq:1 rl:1 rs2:5 rs1:5 011 rd:5 0101111`, AMO, all(A, RV64), amo(kind, DOUBLE)),
  ];
}

// prettier-ignore
export const RVA: readonly Insn[] = [
  insn('lr.w', '00010 aq:1 rl:1 00000 rs1:5 010 rd:5 0101111', LR,  A, loadReserved(WORD)),
  insn('sc.w', '00011 aq:1 rl:1 rs2:5 rs1:5 010 rd:5 0101111', AMO, A, storeConditional(WORD)),
  insn('lr.d', '00010 aq:1 rl:1 00000 rs1:5 011 rd:5 0101111', LR,  all(A, RV64), loadReserved(DOUBLE)),
  insn('sc.d', '00011 aq:1 rl:1 rs2:5 rs1:5 011 rd:5 0101111', AMO, all(A, RV64), storeConditional(DOUBLE)),
  ...amoRows('amoswap', '00001', AtomicKind.xchg),
  ...amoRows('amoadd',  '00000', AtomicKind.add),
  ...amoRows('amoxor',  '00100', AtomicKind.xor),
  ...amoRows('amoor',   '01000', AtomicKind.or),
  ...amoRows('amoand',  '01100', AtomicKind.and),
  ...amoRows('amomin',  '10000', AtomicKind.smin),
  ...amoRows('amomax',  '10100', AtomicKind.smax),
  ...amoRows('amominu', '11000', AtomicKind.umin),
  ...amoRows('amomaxu', '11100', AtomicKind.umax),
];
