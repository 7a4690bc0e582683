/** Zcmp and Zcmt: functions' prologues, epilogues and calls in 16 bits. Source: unprivileged ISA manual, "Zcmp" and "Zcmt". */
import type { Temp } from '../../tcg/context.js';
import { PC, type DisasContext } from './context.js';
import { MO } from './emit.js';
import { H } from './helpers.js';
import { POP, PUSH, SAVED_PAIR, TABLE_JUMP, listedRegisters, stackAdjustment, type Operands } from './operands.js';
import { Zcmp, Zcmt, insn, type Emit, type Insn } from './table.js';

const [RA, SP, A0, A1] = [1, 2, 10, 11];

/** The listed registers, that with the highest address first, each with its distance from where the list ends. */
const places = (c: DisasContext, rlist: number): [register: number, below: number][] => {
  const size = c.xl32 ? 4 : 8;
  return [...listedRegisters(rlist)].reverse().map((register, i) => [register, size * (i + 1)]);
};

function moveSp(c: DisasContext, by: number): void {
  c.tcg.addi(SP, SP, by);
  if (c.xl32) c.tcg.ext32s(SP, SP);
}

const adjustment = (c: DisasContext, a: Operands): number => stackAdjustment(a.rs2, a.imm, c.xl32 ? 32 : 64);

/** A store that faults leaves what was stored before it: all is stored again then. */
const push: Emit = (c, a) => {
  for (const [register, below] of places(c, a.rs2)) c.tcg.qemuSt(register, c.address(SP, -below), c.xl32 ? MO.UL : MO.UQ, c.mmuIdx);
  moveSp(c, -adjustment(c, a));
};

/** Registers change when all has been loaded. */
function loadAll(c: DisasContext, a: Operands): void {
  const bytes = adjustment(c, a);
  const loaded = places(c, a.rs2).map(([register, below]): [number, Temp] => {
    const value = c.tcg.temp();
    c.tcg.qemuLd(value, c.address(SP, bytes - below), c.xl32 ? MO.SL : MO.UQ, c.mmuIdx);
    return [register, value];
  });
  for (const [register, value] of loaded) c.tcg.mov(register, value);
  moveSp(c, bytes);
}

function toReturnAddress(c: DisasContext): void {
  const target = c.tcg.temp();
  c.tcg.andi(target, RA, -2);
  if (c.xl32) c.tcg.ext32u(target, target);
  c.tcg.mov(PC, target);
  c.lookup();
}

const pop: Emit = (c, a) => loadAll(c, a);
const popret: Emit = (c, a) => {
  loadAll(c, a);
  toReturnAddress(c);
};
const popretz: Emit = (c, a) => {
  loadAll(c, a);
  c.tcg.movi(A0, 0);
  toReturnAddress(c);
};

const moveFromSaved: Emit = (c, a) => {
  c.tcg.mov(A0, a.rs1);
  c.tcg.mov(A1, a.rs2);
};
const moveToSaved: Emit = (c, a) => {
  // one register twice is reserved
  if (a.rs1 === a.rs2) return c.illegal();
  c.tcg.mov(a.rs1, A0);
  c.tcg.mov(a.rs2, A1);
};

/** cm.jt, and from here on cm.jalt. */
const FIRST_CALL = 32;
/** The helper fetches the target from the table that jvt names. */
const tableJump: Emit = (c, a) => {
  const target = c.tcg.temp();
  c.tcg.call(H.cmJalt, target, c.tcg.constI64(a.imm));
  if (a.imm >= FIRST_CALL) c.setXToPc(RA, c.size);
  c.tcg.mov(PC, target);
  c.lookup();
};

// prettier-ignore
export const RVZCM: readonly Insn[] = [
  // a list below 4 is reserved
  insn('cm.push',    '101 11000 list:2!0 more:2 imm:2 10', PUSH, Zcmp, push),
  insn('cm.pop',     '101 11010 list:2!0 more:2 imm:2 10', POP,  Zcmp, pop),
  insn('cm.popretz', '101 11100 list:2!0 more:2 imm:2 10', POP,  Zcmp, popretz),
  insn('cm.popret',  '101 11110 list:2!0 more:2 imm:2 10', POP,  Zcmp, popret),
  insn('cm.mvsa01',  '101 011 rs1:3 01 rs2:3 10', SAVED_PAIR, Zcmp, moveToSaved),
  insn('cm.mva01s',  '101 011 rs1:3 11 rs2:3 10', SAVED_PAIR, Zcmp, moveFromSaved),
  insn('cm.jt',      '101000 000 imm:5 10',       TABLE_JUMP, Zcmt, tableJump),
  insn('cm.jalt',    '101000 list:3!0 imm:5 10',  TABLE_JUMP, Zcmt, tableJump),
];
