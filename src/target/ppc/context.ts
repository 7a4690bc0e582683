/**
 * What emitters see while a TB is translated: the IR builder, the registers, and the ways to end a block. One of these lives as long as its frontend and is
 * reset for each TB.
 */
import {
  CF_COUNT_MASK,
  CF_ICOUNT,
  CF_NO_GOTO_PTR,
  CF_NO_GOTO_TB,
  CF_SINGLE_STEP,
  ENV_PC,
  MO_BSWAP,
} from '../../../assembly/shared/layout.js';
import { PAGE_BITS } from '../../../assembly/target/ppc/shared/traits.js';
import * as E from '../../../assembly/target/ppc/shared/env.js';
import * as P from '../../../assembly/target/ppc/shared/ppc.js';
import { Cond } from '../../tcg/opcodes.js';
import type { GlobalDef, TcgContext, Temp } from '../../tcg/context.js';
import type { PpcConfig } from './config.js';
import { FAMILIES, featuresOf } from './families.js';
import { H } from './helpers.js';
import { SPRS, type Spr } from './sprs.js';

const array = (name: (n: number) => string, offset: number): GlobalDef[] =>
  Array.from({ length: 32 }, (_, n) => ({ name: name(n), offset: offset + 8 * n }));

/** Names of the bits of a CR field, from the left. */
export const CR_BITS = ['lt', 'gt', 'eq', 'so'] as const;

/** TCG globals: pc is 0. */
export const GLOBALS: readonly GlobalDef[] = [
  { name: 'pc', offset: ENV_PC },
  ...array((n) => `r${n}`, E.PPC_GPR),
  ...array((n) => `f${n}`, E.PPC_FPR),
  ...array((n) => `cr${n >> 2}${CR_BITS[n & 3]}`, E.PPC_CR),
  { name: 'lr', offset: E.PPC_LR },
  { name: 'ctr', offset: E.PPC_CTR },
  { name: 'so', offset: E.PPC_SO },
  { name: 'ov', offset: E.PPC_OV },
  { name: 'ca', offset: E.PPC_CA },
  { name: 'reserve', offset: E.PPC_RESERVE },
  { name: 'reserve_value', offset: E.PPC_RESERVE_VALUE },
  { name: 'fp_op', offset: E.PPC_FP_OP },
  { name: 'fp_a', offset: E.PPC_FP_A },
  { name: 'fp_b', offset: E.PPC_FP_B },
  { name: 'fp_c', offset: E.PPC_FP_C },
  { name: 'fp_compared', offset: E.PPC_FP_COMPARED },
  { name: 'fp_x', offset: E.PPC_FP_X },
  { name: 'fp_y', offset: E.PPC_FP_Y },
  { name: 'fp_converted', offset: E.PPC_FP_CONVERTED },
  { name: 'fp_v', offset: E.PPC_FP_V },
];
const globalOf = (name: string): Temp => GLOBALS.findIndex((each) => each.name === name);

export const PC: Temp = 0;
const R0: Temp = 1;
const F0: Temp = 33;
const CR0: Temp = 65;
export const LR = globalOf('lr');
export const CTR = globalOf('ctr');
export const SO = globalOf('so');
export const OV = globalOf('ov');
export const CA = globalOf('ca');
export const RESERVE = globalOf('reserve');
export const RESERVE_VALUE = globalOf('reserve_value');
/** Of what FR, FI and FPRF are to be made (assembly/target/ppc/fpscr.ts). */
export const FP = {
  op: globalOf('fp_op'),
  a: globalOf('fp_a'),
  b: globalOf('fp_b'),
  c: globalOf('fp_c'),
  compared: globalOf('fp_compared'),
  x: globalOf('fp_x'),
  y: globalOf('fp_y'),
  converted: globalOf('fp_converted'),
  v: globalOf('fp_v'),
} as const;

/** Whether the TB is over. */
export enum Jump {
  /** The next instruction belongs to the TB. */
  Next,
  /** An exit has been emitted. */
  NoReturn,
}

export const INSN = 4;

export class DisasContext {
  tcg!: TcgContext;
  /** Of data accesses. */
  mmuIdx = 0;
  userMode = false;
  littleEndian = false;
  fpAvailable = false;
  /** FPSCR wants more of an instruction than generated code does by itself. */
  fpStrict = false;
  /** A trace exception follows each instruction, each branch. */
  traceAll = false;
  traceBranches = false;
  icount = false;
  /** Of the instruction being translated. */
  pc = 0;
  jump = Jump.Next;

  /** FEATURE_* and SPRs of the model. */
  readonly features: number;
  readonly sprs: ReadonlyMap<number, Spr>;

  private page = 0;
  private gotoTbAllowed = true;
  private gotoPtrAllowed = true;

  constructor({ family, search }: PpcConfig) {
    const { sprs } = FAMILIES[family];
    this.features = featuresOf(FAMILIES[family], search);
    this.sprs = new Map(SPRS[sprs].map((spr) => [spr.number, spr]));
  }

  startTb(tcg: TcgContext, pc: number, flags: number, cflags: number): void {
    this.tcg = tcg;
    this.mmuIdx = flags & P.TBF_MMU_IDX;
    this.userMode = (flags & P.TBF_PR) !== 0;
    this.littleEndian = (flags & P.TBF_LE) !== 0;
    this.fpAvailable = (flags & P.TBF_FP) !== 0;
    this.fpStrict = (flags & P.TBF_FP_STRICT) !== 0;
    this.traceAll = (flags & P.TBF_SE) !== 0;
    this.traceBranches = this.traceAll || (flags & P.TBF_BE) !== 0;
    this.icount = (cflags & CF_ICOUNT) !== 0;
    this.page = pc >>> PAGE_BITS;
    this.gotoTbAllowed = (cflags & (CF_NO_GOTO_TB | CF_SINGLE_STEP)) === 0;
    this.gotoPtrAllowed = (cflags & (CF_NO_GOTO_PTR | CF_SINGLE_STEP)) === 0;
    this.jump = Jump.Next;
  }

  // registers: values of 32 bits are zero-extended

  r(n: number): Temp {
    return R0 + n;
  }
  /** The value of (rA|0). */
  ra0(n: number): Temp {
    return n === 0 ? this.tcg.constI64(0) : R0 + n;
  }
  f(n: number): Temp {
    return F0 + n;
  }
  /** Bit n of CR, from the left. */
  cr(n: number): Temp {
    return CR0 + n;
  }

  /** A value that a comparison takes as a signed one. */
  signed(value: Temp): Temp {
    const t = this.tcg.temp();
    this.tcg.ext32s(t, value);
    return t;
  }

  /** Sets a CR field from the comparison of two values; `isSigned`: they are sign-extended. */
  setCompared(field: number, a: Temp, b: Temp, isSigned: boolean): void {
    const { tcg } = this;
    tcg.setcond(isSigned ? Cond.LT : Cond.LTU, this.cr(4 * field), a, b);
    tcg.setcond(isSigned ? Cond.GT : Cond.GTU, this.cr(4 * field + 1), a, b);
    tcg.setcond(Cond.EQ, this.cr(4 * field + 2), a, b);
    tcg.mov(this.cr(4 * field + 3), SO);
  }

  /** CR0 of a result. */
  record(result: Temp): void {
    this.setCompared(0, this.signed(result), this.tcg.constI64(0), true);
  }

  /** OV, and SO with it. */
  setOverflow(overflow: Temp): void {
    const { tcg } = this;
    tcg.mov(OV, overflow);
    tcg.or(SO, SO, OV);
  }

  // memory

  /** A MemOp in the byte order of the CPU's mode. */
  memop(memop: number): number {
    return this.littleEndian ? memop : memop | MO_BSWAP;
  }
  /** In the other one. */
  reversed(memop: number): number {
    return this.littleEndian ? memop | MO_BSWAP : memop;
  }

  /** (rA|0) + displacement. */
  address(ra: number, displacement: number): Temp {
    const { tcg } = this;
    if (ra === 0) return tcg.constI64(displacement >>> 0);
    if (displacement === 0) return this.r(ra);
    const t = tcg.temp();
    tcg.addi(t, this.r(ra), displacement);
    tcg.ext32u(t, t);
    return t;
  }
  /** (rA|0) + rB. */
  indexed(ra: number, rb: number): Temp {
    const { tcg } = this;
    if (ra === 0) return this.r(rb);
    const t = tcg.temp();
    tcg.add(t, this.r(ra), this.r(rb));
    tcg.ext32u(t, t);
    return t;
  }

  // ends of a block

  /** Goes on at a constant address through slot n. */
  gotoTb(n: number, target: number): void {
    const { tcg } = this;
    const pc = target >>> 0;
    tcg.movi(PC, pc);
    if (pc >>> PAGE_BITS === this.page && this.gotoTbAllowed) tcg.gotoTb(n);
    else this.lookup();
    this.jump = Jump.NoReturn;
  }

  /** Goes on at the pc in the pc global. */
  lookup(): void {
    if (this.gotoPtrAllowed) this.tcg.gotoPtr();
    else this.tcg.exitTb(0);
    this.jump = Jump.NoReturn;
  }

  /** Goes on after this instruction, under whatever TB flags are in force by now. */
  lookupAfter(): void {
    this.tcg.movi(PC, (this.pc + INSN) >>> 0);
    if (this.traceAll) this.trace();
    else this.lookup();
  }

  /** Ends the TB after this instruction and lets the exec loop look at everything anew. */
  exitAfter(): void {
    this.tcg.movi(PC, (this.pc + INSN) >>> 0);
    if (this.traceAll) this.trace();
    else this.exit();
  }

  exit(): void {
    this.tcg.exitTb(0);
    this.jump = Jump.NoReturn;
  }

  // exceptions

  /** Raises at this instruction, always. */
  raise(index: number, error = 0): void {
    const { tcg } = this;
    tcg.call(H.raiseException, -1, tcg.constI64(index), tcg.constI64(error));
    this.exit();
  }
  illegal(): void {
    this.raise(P.EXC_PROGRAM, P.PROGRAM_ILLEGAL);
  }
  privileged(): void {
    this.raise(P.EXC_PROGRAM, P.PROGRAM_PRIVILEGED);
  }
  /** The trace exception, which is taken after the instruction: pc is the next one's. */
  trace(): void {
    this.tcg.call(H.trace, -1);
    this.exit();
  }
}

/** How many guest instructions a TB may hold. */
export const maxInsnsOf = (cflags: number, limit: number): number => Math.min(cflags & CF_COUNT_MASK || limit, limit);
