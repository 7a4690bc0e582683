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
  MO_ALIGN,
  MO_ALIGN_4,
  MO_BSWAP,
  MO_SIZE,
} from '../../../assembly/shared/layout.js';
import { PAGE_BITS } from '../../../assembly/target/ppc/shared/traits.js';
import * as E from '../../../assembly/target/ppc/shared/env.js';
import * as X from '../../../assembly/target/ppc/shared/oea.js';
import * as P from '../../../assembly/target/ppc/shared/ppc.js';
import { clobbersGlobals, Cond, Op, OP_WORDS, OUTPUT_WORDS } from '../../tcg/opcodes.js';
import type { GlobalDef, TcgContext, Temp } from '../../tcg/context.js';
import type { PpcConfig } from './config.js';
import { FAMILIES, featuresOf, type Family } from './families.js';
import { H } from './helpers.js';
import { SPRS, type Spr } from './sprs.js';

const word = (name: string, offset: number): GlobalDef => ({ name, offset, bits: 32 });
const note = ({ name, offset, bits }: GlobalDef): GlobalDef => ({ name, offset, bits, isNote: true });
const array = (length: number, make: (n: number) => GlobalDef): GlobalDef[] => Array.from({ length }, (_, n) => make(n));

/** Names of the bits of a CR field, from the left. */
export const CR_BITS = ['lt', 'gt', 'eq', 'so'] as const;

/** TCG globals: pc is 0. */
export const GLOBALS: readonly GlobalDef[] = [
  { name: 'pc', offset: ENV_PC },
  ...array(32, (n) => word(`r${n}`, E.PPC_GPR + 8 * n)),
  ...array(32, (n) => ({ name: `f${n}`, offset: E.PPC_FPR + 8 * n })),
  ...array(8, (n) => ({ name: `cr${n}`, offset: E.PPC_CR + 8 * n })),
  ...array(8, (n) => word(`cr${n}so`, E.PPC_CR_SO + 8 * n)),
  word('lr', E.PPC_LR),
  word('ctr', E.PPC_CTR),
  word('so', E.PPC_SO),
  word('ov', E.PPC_OV),
  word('ca', E.PPC_CA),
  { name: 'reserve', offset: E.PPC_RESERVE },
  { name: 'reserve_value', offset: E.PPC_RESERVE_VALUE },
  note(word('fp_op', E.PPC_FP_OP)),
  note({ name: 'fp_a', offset: E.PPC_FP_A }),
  note({ name: 'fp_b', offset: E.PPC_FP_B }),
  note({ name: 'fp_c', offset: E.PPC_FP_C }),
  note(word('fp_compared', E.PPC_FP_COMPARED)),
  note({ name: 'fp_x', offset: E.PPC_FP_X }),
  note({ name: 'fp_y', offset: E.PPC_FP_Y }),
  note(word('fp_converted', E.PPC_FP_CONVERTED)),
  note({ name: 'fp_v', offset: E.PPC_FP_V }),
];
const globalOf = (name: string): Temp => GLOBALS.findIndex((each) => each.name === name);

export const PC: Temp = 0;
const R0: Temp = 1;
const F0: Temp = 33;
const CR0: Temp = 65;
const CR0_SO: Temp = 73;
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

/**
 * What a field of CR has been set from in this TB: registers and constants. As long as they are what they were, branches need not look at the field. No temps:
 * tci must be able to go on at each instruction.
 */
interface Compared {
  readonly a: Temp;
  readonly b: Temp;
  readonly isSigned: boolean;
  /** Ops there were. */
  readonly since: number;
}

const SIGNED = [Cond.LT, Cond.GT, Cond.EQ] as const;
const UNSIGNED = [Cond.LTU, Cond.GTU, Cond.EQ] as const;
const OTHERWISE: Readonly<Partial<Record<Cond, Cond>>> = {
  [Cond.LT]: Cond.GE, [Cond.GT]: Cond.LE, [Cond.LTU]: Cond.GEU, [Cond.GTU]: Cond.LEU, [Cond.EQ]: Cond.NE, [Cond.NE]: Cond.EQ,
}; // prettier-ignore

/** Of a number that stands for bits which are no comparison's (assembly/target/ppc/cr.ts). */
const CR_NOT_ZERO = 1n << 32n;
const CR_NOT_POSITIVE_BIT = 63;

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

  private readonly compared = new Array<Compared | undefined>(8);
  private page = 0;
  private gotoTbAllowed = true;
  private gotoPtrAllowed = true;

  constructor(config: PpcConfig) {
    const family: Family = FAMILIES[config.family];
    this.features = featuresOf(family, config);
    this.sprs = new Map(SPRS[family.sprs].map((spr) => [spr.number, spr]));
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
    this.forgetCompared();
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
  /** A value that a comparison takes as a signed one. */
  signed(value: Temp): Temp {
    const t = this.tcg.temp();
    this.tcg.ext32s(t, value);
    return t;
  }

  /** CR0 of a result. */
  record(result: Temp): void {
    this.setCompared(0, result, this.tcg.constI64(0), true);
  }

  /** OV, and SO with it. */
  setOverflow(overflow: Temp): void {
    const { tcg } = this;
    tcg.mov(OV, overflow);
    tcg.or(SO, SO, OV);
  }

  // CR: a field is a number whose signs its bits are, and SO (assembly/target/ppc/cr.ts)

  /** Sets a field from the comparison of two registers, or of one with a constant that is extended already. */
  setCompared(field: number, a: Temp, b: Temp, isSigned: boolean): void {
    const { tcg } = this;
    const compared = { a, b, isSigned, since: tcg.opCount };
    tcg.sub(CR0 + field, this.extended(compared, a), this.extended(compared, b));
    tcg.mov(CR0_SO + field, SO);
    this.compared[field] = compared;
  }

  private extended({ isSigned }: Compared, value: Temp): Temp {
    return isSigned && value < GLOBALS.length ? this.signed(value) : value;
  }

  /** What field n has been set from, if that has not changed. */
  private comparedFor(field: number): Compared | undefined {
    const { tcg } = this;
    const compared = this.compared[field];
    if (!compared) return undefined;
    for (let p = compared.since * OP_WORDS; p < tcg.opCount * OP_WORDS; p += OP_WORDS) {
      const op = tcg.ops[p];
      const isChanged = (at: number): boolean => tcg.ops[p + at] === compared.a || tcg.ops[p + at] === compared.b;
      if (OUTPUT_WORDS[op].some(isChanged) || (op === Op.call && clobbersGlobals(tcg.helpers[tcg.ops[p + 2]]))) {
        return (this.compared[field] = undefined);
      }
    }
    return compared;
  }

  /** Sets a field from its bits, each 0 or 1; SO stays if it is undefined. */
  setField(field: number, [lt, gt, eq]: readonly [Temp, Temp, Temp], so?: Temp): void {
    const { tcg } = this;
    const [number, t] = [tcg.temp(), tcg.temp()];
    const bits = [this.kept(lt), this.kept(gt), this.kept(eq)] as const;
    tcg.xori(number, bits[2], 1);
    tcg.ori(number, number, CR_NOT_ZERO);
    tcg.shli(t, bits[0], P.CR_LT_BIT);
    tcg.or(number, number, t);
    tcg.xori(t, bits[1], 1);
    tcg.shli(t, t, CR_NOT_POSITIVE_BIT);
    if (so !== undefined) tcg.mov(CR0_SO + field, so);
    tcg.or(CR0 + field, number, t);
    this.compared[field] = undefined;
  }

  /** From the lowest four bits of a word. */
  setFieldFrom(field: number, word: Temp, shift: number): void {
    const [lt, gt, eq, so] = [3, 2, 1, 0].map((n) => {
      const t = this.tcg.temp();
      this.tcg.extract(t, word, shift + n, 1);
      return t;
    });
    this.setField(field, [lt, gt, eq], so);
  }

  /** Bit n of CR, from the left: 0 or 1. */
  crBit(n: number): Temp {
    const { tcg } = this;
    const [field, bit] = [n >> 2, n & 3];
    if (bit === 3) return CR0_SO + field;
    const compared = this.comparedFor(field);
    const t = tcg.temp();
    if (compared)
      tcg.setcond(
        (compared.isSigned ? SIGNED : UNSIGNED)[bit],
        t,
        this.extended(compared, compared.a),
        this.extended(compared, compared.b),
      );
    else if (bit === 0) tcg.extract(t, CR0 + field, P.CR_LT_BIT, 1);
    else if (bit === 1) tcg.setcondi(Cond.GT, t, CR0 + field, 0);
    else {
      tcg.ext32u(t, CR0 + field);
      tcg.setcondi(Cond.EQ, t, t, 0);
    }
    return t;
  }

  /** Sets one bit; `value` is 0 or 1. */
  setCrBit(n: number, value: Temp): void {
    const [field, bit] = [n >> 2, n & 3];
    if (bit === 3) return this.tcg.mov(CR0_SO + field, value);
    const bits = [0, 1, 2].map((k) => (k === bit ? value : this.crBit(4 * field + k)));
    this.setField(field, [bits[0], bits[1], bits[2]]);
  }

  moveField(to: number, from: number): void {
    this.tcg.mov(CR0 + to, CR0 + from);
    this.tcg.mov(CR0_SO + to, CR0_SO + from);
    this.compared[to] = this.comparedFor(from);
  }

  /** Jumps to the label if bit n of CR is `value`. */
  branchOnBit(n: number, value: boolean, label: number): void {
    const { tcg } = this;
    const [field, bit] = [n >> 2, n & 3];
    const compared = bit === 3 ? undefined : this.comparedFor(field);
    const jump = (cond: Cond, a: Temp, b: Temp): void => tcg.brcond(value ? cond : OTHERWISE[cond]!, a, b, label);
    if (compared)
      jump((compared.isSigned ? SIGNED : UNSIGNED)[bit], this.extended(compared, compared.a), this.extended(compared, compared.b));
    else if (bit === 1) jump(Cond.GT, CR0 + field, tcg.constI64(0));
    else jump(Cond.NE, this.crBit(n), tcg.constI64(0));
  }

  /** A label. */
  forgetCompared(): void {
    this.compared.fill(undefined);
  }

  /** A value that outlives what it was read from. */
  private kept(value: Temp): Temp {
    const { tcg } = this;
    if (value >= GLOBALS.length) return value;
    const t = tcg.temp();
    tcg.mov(t, value);
    return t;
  }

  // memory

  /** Whether the model has a FEATURE_*. */
  has(feature: number): boolean {
    return (this.features & feature) !== 0;
  }

  /** A MemOp in the byte order of the CPU's mode. */
  memop(memop: number): number {
    return this.littleEndian ? memop | this.alignment(memop) : memop | MO_BSWAP;
  }
  /** In the other one. */
  reversed(memop: number): number {
    return this.littleEndian ? memop | MO_BSWAP | this.alignment(memop) : memop;
  }
  /** What little-endian mode asks of loads and stores of one register. */
  private alignment(memop: number): number {
    return this.has(X.FEATURE_ALIGN_LITTLE) && (memop & MO_SIZE) !== 0 ? MO_ALIGN : 0;
  }

  /** The same for what must be word-aligned in either mode, as far as the model says so. */
  wordAligned(memop: number): number {
    const ordered = this.memop(memop);
    return (ordered & MO_ALIGN) === 0 && this.has(X.FEATURE_ALIGN_WORDS) ? ordered | MO_ALIGN_4 : ordered;
  }

  /** Raises at this instruction if an address is not word-aligned, and the model says so. */
  mustBeWord(address: Temp): void {
    if (this.has(X.FEATURE_ALIGN_WORDS)) this.tcg.call(H.wordAligned, -1, address);
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

  /** Ends the TB after this instruction, and goes on under the same TB flags. */
  goOnAfter(): void {
    if (this.traceAll) return this.lookupAfter();
    this.gotoTb(0, this.pc + INSN);
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
