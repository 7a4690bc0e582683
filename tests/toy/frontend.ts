/** Toy instructions to IR: tests/toy/README.md. */
import {
  CF_COUNT_MASK,
  CF_NO_GOTO_PTR,
  CF_NO_GOTO_TB,
  CF_SINGLE_STEP,
  ENV_PC,
  MO_16,
  MO_32,
  MO_ALIGN,
  MO_BSWAP,
} from '../../assembly/shared/layout.js';
import type { Isa } from '../../src/target/target.js';
import type { TargetFrontend, TbSource } from '../../src/target/translator.js';
import type { TcgContext, Temp } from '../../src/tcg/context.js';
import { Cond, type HelperDef } from '../../src/tcg/opcodes.js';
import { operationOf } from './assembler.js';
import { CAUSE_DIVIDE, CAUSE_ILLEGAL, CAUSE_SYSCALL, MMU_PHYSICAL, MMU_VIRTUAL, SPECIALS, TOY_R } from './assembly/shared/toy.js';
import { ADDRESS_BITS, CODE_ALIGN_BITS, CS_BASE, MAX_INSN_SIZE, PAGE_BITS, PC_RELATIVE } from './assembly/shared/traits.js';

const PAGE_SIZE = 1 << PAGE_BITS;
const INSN = 4;
const PC: Temp = 0;
const r = (n: number): Temp => 1 + n;

const TRAP: HelperDef = { name: 'trap', args: 1, result: false, noReadGlobals: true, noWriteGlobals: true, mayFault: true };
const MFS: HelperDef = { name: 'mfs', args: 1, result: true, noReadGlobals: true, noWriteGlobals: true };
const MTS: HelperDef = { name: 'mts', args: 2, result: false, noReadGlobals: true, noWriteGlobals: true, changesFlags: true };
const RTI: HelperDef = { name: 'rti', args: 0, result: false };
const WAIT: HelperDef = { name: 'wait', args: 0, result: false };

const WORD = MO_32 | MO_BSWAP | MO_ALIGN;
const HALF = MO_16 | MO_BSWAP;

export const toyIsa: Isa = {
  name: 'toy',
  traits: {
    codeAlignBits: CODE_ALIGN_BITS,
    maxInsnSize: MAX_INSN_SIZE,
    addressBits: ADDRESS_BITS,
    pageBits: PAGE_BITS,
    pcRelative: PC_RELATIVE,
    untranslated: 0,
    csBase: CS_BASE,
    division: 'total',
    endianness: 'big',
    singles: 'zero-extended',
  },
  globals: [{ name: 'pc', offset: ENV_PC }, ...Array.from({ length: 16 }, (_, n) => ({ name: `r${n}`, offset: TOY_R + 8 * n }))],
  helpers: [TRAP, MFS, MTS, RTI, WAIT],
  createFrontend: () => new ToyFrontend(),
  createDisassembler: () => disassemble,
};

function disassemble(bytes: Uint8Array, pc: bigint): { readonly text: string; readonly size: number } | undefined {
  if (bytes.length < INSN) return undefined;
  const word = new DataView(bytes.buffer, bytes.byteOffset).getUint32(0);
  return { text: `0x${pc.toString(16)}:  ${word.toString(16).padStart(8, '0')}  ${operationOf(word) ?? 'illegal'}`, size: INSN };
}

class ToyFrontend implements TargetFrontend {
  translate(tcg: TcgContext, tb: TbSource): { size: number; icount: number } {
    const start = Number(tb.pc);
    const left = PAGE_SIZE - (start & (PAGE_SIZE - 1));
    const code = new DataView(tb.bytes.buffer, tb.host, left);
    const most = Math.min(tb.cflags & CF_COUNT_MASK || tb.maxInsns, tb.maxInsns);
    for (let offset = 0; ; offset += INSN) {
      tcg.insnStart(offset);
      const ends = new Insn(tcg, tb, start + offset, code.getUint32(offset)).emit();
      const icount = offset / INSN + 1;
      const size = offset + INSN;
      if (!ends && icount < most && size < left) continue;
      if (!ends) goTo(tcg, tb, 0, start + size);
      return { size, icount };
    }
  }
}

/** Leaves for a constant address. */
function goTo(tcg: TcgContext, tb: TbSource, slot: number, target: number): void {
  const pc = target >>> 0;
  tcg.movi(PC, pc);
  const samePage = (pc ^ Number(tb.pc)) >>> PAGE_BITS === 0;
  if (samePage && (tb.cflags & (CF_NO_GOTO_TB | CF_SINGLE_STEP)) === 0) tcg.gotoTb(slot);
  else lookup(tcg, tb);
}

function lookup(tcg: TcgContext, { cflags }: TbSource): void {
  if ((cflags & (CF_NO_GOTO_PTR | CF_SINGLE_STEP)) === 0) tcg.gotoPtr();
  else tcg.exitTb(0);
}

class Insn {
  private readonly d: Temp;
  private readonly a: Temp;
  private readonly imm: number;

  constructor(
    private readonly tcg: TcgContext,
    private readonly tb: TbSource,
    private readonly pc: number,
    private readonly word: number,
  ) {
    this.d = r((word >>> 20) & 15);
    this.a = r((word >>> 16) & 15);
    this.imm = (word << 16) >> 16;
  }

  /** True if the TB ends here. */
  emit(): boolean {
    const { tcg, d, a, imm } = this;
    switch (operationOf(this.word)) {
      case 'addi':
        tcg.addi(d, a, imm);
        tcg.ext32u(d, d);
        return false;
      case 'lui':
        tcg.movi(d, (imm << 16) >>> 0);
        return false;
      case 'add':
        tcg.add(d, a, r(imm & 15));
        tcg.ext32u(d, d);
        return false;
      case 'div':
        this.divide(r(imm & 15));
        return false;
      case 'lw':
        tcg.qemuLd(d, this.dataAddress(), WORD, this.mmuIdx);
        return false;
      case 'sw':
        tcg.qemuSt(d, this.dataAddress(), WORD, this.mmuIdx);
        return false;
      case 'lhu':
        tcg.qemuLd(d, this.dataAddress(), HALF, this.mmuIdx);
        return false;
      case 'bne': {
        const taken = tcg.newLabel();
        tcg.brcond(Cond.NE, d, a, taken);
        goTo(tcg, this.tb, 0, this.pc + INSN);
        tcg.setLabel(taken);
        goTo(tcg, this.tb, 1, this.pc + INSN * imm);
        return true;
      }
      case 'jalr':
        tcg.andi(PC, this.address(), 0xffff_fffc);
        tcg.movi(d, (this.pc + INSN) >>> 0);
        lookup(tcg, this.tb);
        return true;
      case 'mfs':
        if (imm < 0 || imm >= SPECIALS) return this.trap(CAUSE_ILLEGAL);
        tcg.call(MFS, d, tcg.constI64(imm));
        return false;
      case 'mts':
        if (imm < 0 || imm >= SPECIALS) return this.trap(CAUSE_ILLEGAL);
        tcg.call(MTS, -1, tcg.constI64(imm), a);
        return this.goOn();
      case 'rti':
        tcg.call(RTI, -1);
        tcg.exitTb(0);
        return true;
      case 'wait':
        tcg.movi(PC, (this.pc + INSN) >>> 0);
        tcg.call(WAIT, -1);
        tcg.exitTb(0);
        return true;
      case 'syscall':
        return this.trap(CAUSE_SYSCALL);
      case undefined:
        return this.trap(CAUSE_ILLEGAL);
    }
  }

  private get mmuIdx(): number {
    return this.tb.flags === 0 ? MMU_PHYSICAL : MMU_VIRTUAL;
  }

  private address(): Temp {
    const { tcg } = this;
    const t = tcg.temp();
    tcg.addi(t, this.a, this.imm);
    tcg.ext32u(t, t);
    return t;
  }

  /** Of data. */
  private dataAddress(): Temp {
    const { tcg, tb } = this;
    const t = tcg.temp();
    tcg.addi(t, this.a, tb.csBase + this.imm);
    tcg.ext32u(t, t);
    return t;
  }

  /** Traps on a zero divisor; the quotient that does not fit is the largest number. */
  private divide(divisor: Temp): void {
    const { tcg, d, a } = this;
    const [x, y, most] = [tcg.local(), tcg.local(), tcg.constI64(0x7fff_ffff)];
    const isGood = tcg.newLabel();
    tcg.ext32s(x, a);
    tcg.ext32s(y, divisor);
    tcg.brcondi(Cond.NE, y, 0, isGood);
    this.trap(CAUSE_DIVIDE);
    tcg.setLabel(isGood);
    tcg.div(x, x, y);
    tcg.movcond(Cond.GT, x, x, most, most, x);
    tcg.ext32u(d, x);
  }

  private trap(cause: number): true {
    const { tcg } = this;
    tcg.call(TRAP, -1, tcg.constI64(cause));
    tcg.exitTb(0);
    return true;
  }

  /** After what may have changed the TB flags. */
  private goOn(): true {
    this.tcg.movi(PC, (this.pc + INSN) >>> 0);
    lookup(this.tcg, this.tb);
    return true;
  }
}
