/**
 * What emitters see while a TB is translated: the IR builder, the registers, and the ways to end a block. One of these lives as long as
 * its frontend and is reset for each TB.
 */
import {
  CF_COUNT_MASK,
  CF_ICOUNT,
  CF_NO_GOTO_PTR,
  CF_NO_GOTO_TB,
  CF_SINGLE_STEP,
  ENV_PC,
  ENV_TB_FLAGS,
} from '../../../assembly/shared/layout.js';
import { PAGE_BITS } from '../../../assembly/target/riscv/shared/traits.js';
import {
  RV_BADADDR,
  RV_ELP,
  RV_F,
  RV_LOAD_RES,
  RV_LOAD_VAL,
  RV_MSTATUS,
  RV_X,
  TBF_ELP,
  TBF_FRM_INVALID,
  TBF_FS_SHIFT,
  TBF_MASK_SHIFT,
  TBF_MASK_SIGNED,
  TBF_LPE,
  TBF_MMU_IDX,
  TBF_PRIV_SHIFT,
  TBF_SSE,
} from '../../../assembly/target/riscv/shared/env.js';
import { RVX_ZCA, CAUSE_INST_MISALIGNED } from '../../../assembly/target/riscv/shared/riscv.js';
import type { GlobalDef, TcgContext, Temp } from '../../tcg/context.js';
import { H } from './helpers.js';
import { hasExtension, type CpuConfig } from './config.js';

const registers = (prefix: string, first: number, offset: number): GlobalDef[] =>
  Array.from({ length: 32 - first }, (_, i) => ({ name: `${prefix}${i + first}`, offset: offset + 8 * (i + first) }));

/** TCG globals: pc is 0 and x1..x31 have their own numbers, so x0 has none. */
export const GLOBALS: readonly GlobalDef[] = [
  { name: 'pc', offset: ENV_PC },
  ...registers('x', 1, RV_X),
  ...registers('f', 0, RV_F),
  { name: 'load_res', offset: RV_LOAD_RES },
  { name: 'load_val', offset: RV_LOAD_VAL },
];
export const PC: Temp = 0;
const F0: Temp = 32;
export const LOAD_RES: Temp = 64;
export const LOAD_VAL: Temp = 65;

/** mstatus.FS, all ones: dirty (privileged ISA manual, "Extension Context Status"). */
const MSTATUS_FS_DIRTY = 0x6000;
const FS_DIRTY = 3;

/** By PMM; 1 is reserved. */
const MASKED_BITS = [0, 0, 7, 16] as const;

/** Whether the TB is over. */
export enum Jump {
  /** The next instruction belongs to the TB. */
  Next,
  /** An exit has been emitted. */
  NoReturn,
}

export class DisasContext {
  tcg!: TcgContext;
  readonly xl32: boolean;
  /** Jump targets must be multiples of four: there are no compressed instructions. */
  readonly aligned4: boolean;
  /** Privilege: 0 U, 1 S, 3 M. */
  priv = 0;
  /** Of data accesses. */
  mmuIdx = 0;
  icount = false;
  /** mstatus.FS as of this point of the TB. */
  fs = 0;
  frmInvalid = false;
  /** Indirect calls go to landing pads; one is expected here; there is a shadow stack (Zicfilp, Zicfiss). */
  landingPads = false;
  landingPadExpected = false;
  shadowStack = false;
  /** Upper bits of data addresses that are ignored, and whether the others are a virtual address. */
  private maskedBits = 0;
  private maskSigned = false;
  /** The instruction being translated, and its length in bytes. */
  word = 0;
  size = 4;
  /** Bytes from the TB's pc to the instruction. */
  offset = 0;
  jump = Jump.Next;

  /** Of the TB's first instruction, in its page. */
  private inPage = 0;
  private flags = 0;
  private gotoTbAllowed = true;
  private gotoPtrAllowed = true;

  constructor(readonly config: CpuConfig) {
    this.xl32 = config.xlen === 32;
    this.aligned4 = !hasExtension(config, RVX_ZCA);
  }

  /** `inPage`: the pc's offset in its page; what a TB is like depends on no more of it. */
  startTb(tcg: TcgContext, inPage: number, flags: number, cflags: number): void {
    this.tcg = tcg;
    this.inPage = inPage;
    this.flags = flags;
    this.priv = (flags >>> TBF_PRIV_SHIFT) & 3;
    this.mmuIdx = flags & TBF_MMU_IDX;
    this.fs = (flags >>> TBF_FS_SHIFT) & 3;
    this.frmInvalid = (flags & TBF_FRM_INVALID) !== 0;
    this.landingPads = (flags & TBF_LPE) !== 0;
    this.landingPadExpected = (flags & TBF_ELP) !== 0;
    this.shadowStack = (flags & TBF_SSE) !== 0;
    this.maskedBits = MASKED_BITS[(flags >>> TBF_MASK_SHIFT) & 3];
    this.maskSigned = (flags & TBF_MASK_SIGNED) !== 0;
    this.icount = (cflags & CF_ICOUNT) !== 0;
    this.gotoTbAllowed = (cflags & (CF_NO_GOTO_TB | CF_SINGLE_STEP)) === 0;
    this.gotoPtrAllowed = (cflags & (CF_NO_GOTO_PTR | CF_SINGLE_STEP)) === 0;
    this.offset = 0;
    this.jump = Jump.Next;
  }

  // registers

  /** The value of x[r]. */
  x(r: number): Temp {
    return r === 0 ? this.tcg.constI64Parts(0, 0) : r;
  }

  /** Where to put the new value of x[rd]; a scratch temp for x0. On RV32 the value must be sign-extended. */
  dest(rd: number): Temp {
    return rd === 0 ? this.tcg.temp() : rd;
  }

  /** x[rd] = value, on RV32 of its low half. */
  setXlen(rd: number, value: Temp): void {
    if (rd === 0) return;
    if (this.xl32) this.tcg.ext32s(rd, value);
    else this.tcg.mov(rd, value);
  }

  setX(rd: number, value: Temp): void {
    if (rd !== 0) this.tcg.mov(rd, value);
  }

  /** The 64 bits of f[r]. */
  f(r: number): Temp {
    return F0 + r;
  }

  /** x[rs1] + imm as the address of data. */
  address(rs1: number, imm: number): Temp {
    const address = this.sum(rs1, imm);
    return this.maskedBits === 0 ? address : this.masked(this.tcg.temp(), address);
  }

  /** The same as x[rs1], in a value that lives across labels. */
  lastingAddress(rs1: number): Temp {
    const { tcg } = this;
    if (this.maskedBits !== 0) return this.masked(tcg.local(), this.x(rs1));
    if (!this.xl32) return this.x(rs1);
    const t = tcg.local();
    tcg.ext32u(t, this.x(rs1));
    return t;
  }

  /** Without what pointer masking ignores: a virtual address keeps its sign (privileged ISA manual, "Pointer Masking Extensions"). RV64 only. */
  private masked(to: Temp, address: Temp): Temp {
    const { tcg } = this;
    tcg.shli(to, address, this.maskedBits);
    if (this.maskSigned) tcg.sari(to, to, this.maskedBits);
    else tcg.shri(to, to, this.maskedBits);
    return to;
  }

  private sum(rs1: number, imm: number): Temp {
    const { tcg } = this;
    if (!this.xl32 && imm === 0) return this.x(rs1);
    if (rs1 === 0) return this.xl32 ? tcg.constI64Parts(imm, 0) : tcg.constI64(imm);
    const t = tcg.temp();
    if (imm !== 0) tcg.addi(t, rs1, imm);
    if (this.xl32) tcg.ext32u(t, imm === 0 ? rs1 : t);
    return t;
  }

  // pc

  /** The address `delta` bytes from this instruction, as pc holds it (RV32: zero-extended). */
  pcPlus(delta: number): Temp {
    const d = this.tcg.temp();
    this.addPc(d, delta);
    return d;
  }

  private addPc(d: Temp, delta: number): void {
    const { tcg } = this;
    tcg.addi(d, PC, this.offset + delta);
    if (this.xl32 && !this.isInPage(delta)) tcg.ext32u(d, d);
  }

  /** x[rd] = the address `delta` bytes from this instruction. */
  setXToPc(rd: number, delta: number): void {
    if (rd === 0) return;
    const { tcg } = this;
    tcg.addi(rd, PC, this.offset + delta);
    if (this.xl32) tcg.ext32s(rd, rd);
  }

  /** Whether the address `delta` bytes from this instruction is in the page that the TB begins in. */
  private isInPage(delta: number): boolean {
    const at = this.inPage + this.offset + delta;
    return at >= 0 && at < 1 << PAGE_BITS;
  }

  /** Whether this instruction stands at no multiple of four. */
  isMisalignedBy4(): boolean {
    return ((this.inPage + this.offset) & 3) !== 0;
  }

  /** Whether a jump of `delta` bytes from here would fault. */
  isMisaligned(delta: number): boolean {
    return this.aligned4 && ((this.inPage + this.offset + delta) & 3) !== 0;
  }

  // ends of a block

  /** Jumps `delta` bytes from this instruction through slot n: linked if the target is in the TB's page and the TB flags are as at its start. */
  gotoTb(n: number, delta: number): void {
    const { tcg } = this;
    this.addPc(PC, delta);
    if (this.isInPage(delta) && this.gotoTbAllowed) tcg.gotoTb(n);
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
    this.addPc(PC, this.size);
    this.lookup();
  }

  /** Ends the TB after this instruction and lets the exec loop look at everything anew. */
  exitAfter(value = 0): void {
    this.addPc(PC, this.size);
    this.exit(value);
  }

  exit(value = 0): void {
    this.tcg.exitTb(value);
    this.jump = Jump.NoReturn;
  }

  // exceptions

  /** Raises, at this instruction, always. */
  raise(cause: number): void {
    const { tcg } = this;
    tcg.call(H.raiseException, -1, tcg.constI64(cause));
    this.exit();
  }

  /** As `raise`, with a trap value. */
  raiseWithValue(cause: number, value: Temp): void {
    this.tcg.st(value, RV_BADADDR);
    this.raise(cause);
  }

  /** Instruction address misaligned; the trap value is the target. */
  raiseMisaligned(target: Temp): void {
    this.raiseWithValue(CAUSE_INST_MISALIGNED, target);
  }

  illegal(): void {
    const { tcg } = this;
    tcg.call(H.illegalInsn, -1, tcg.constI64Parts(this.word, 0));
    this.exit();
  }

  // landing pads

  /** ELP is `expected` from here on: whatever comes next is looked up by the new flags. */
  setLandingPadExpected(expected: boolean): void {
    const { tcg } = this;
    this.landingPadExpected = expected;
    this.gotoTbAllowed = false;
    this.flags = expected ? this.flags | TBF_ELP : this.flags & ~TBF_ELP;
    tcg.st32(tcg.constI64(Number(expected)), RV_ELP);
    tcg.st32(tcg.constI64(this.flags), ENV_TB_FLAGS);
  }

  // floating point

  /** After the last op of an FP instruction that may fault: FS becomes dirty, once a TB. */
  markFsDirty(): void {
    if (this.fs === FS_DIRTY) return;
    this.fs = FS_DIRTY;
    // The exit's flags now differ from the entry's: a direct link would be right, but a region former would not see the change.
    this.gotoTbAllowed = false;
    const { tcg } = this;
    const t = tcg.temp();
    tcg.ld32u(t, RV_MSTATUS);
    tcg.ori(t, t, MSTATUS_FS_DIRTY);
    tcg.st32(t, RV_MSTATUS);
    this.flags |= FS_DIRTY << TBF_FS_SHIFT;
    tcg.st32(tcg.constI64(this.flags), ENV_TB_FLAGS);
  }
}

/** How many guest instructions a TB may hold. */
export const maxInsnsOf = (cflags: number, limit: number): number => Math.min(cflags & CF_COUNT_MASK || limit, limit);
