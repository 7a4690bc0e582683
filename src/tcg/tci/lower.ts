/**
 * Optimised IR to the bytecode of assembly/tci.ts (format: assembly/shared/tci.ts). Globals are addressed in place, other temps get a slot
 * of ENV_FRAME each. On the way: immediates, address displacements, results computed where a following move wants them, 32-bit forms.
 */
import {
  ENV_FRAME,
  ENV_FRAME_SLOTS,
  MEMOPIDX_SHIFT,
  MO_16,
  MO_32,
  MO_64,
  MO_ALIGN,
  MO_ALIGN_4,
  MO_BSWAP,
  MO_SIGN,
  MO_SIZE,
  TLB_KIND_READ,
  TLB_KIND_WRITE,
} from '../../../assembly/shared/layout.js';
import * as tci from '../../../assembly/shared/tci.js';
import { TempKind, type TcgContext, type Temp } from '../context.js';
import { PC } from '../ir-buffer.js';
import { Cond, Op, OP_WORDS, type HelperDef } from '../opcodes.js';
import { tlbTable } from '../tlb.js';
import { accumulate } from './accumulate.js';
import { CodeBuffer, TciOverflow } from './code-buffer.js';
import * as table from './op-table.js';

export { TciOverflow } from './code-buffer.js';

export interface TciOptions {
  /** Function table index by helper number. */
  readonly helperIndex: readonly number[];
  /** Emit memory barriers (more than one vCPU thread). */
  readonly fences?: boolean;
  /** The code can be entered at any instruction (tciResume): no constant is loaded in one and used in another. The IR must not be optimised either. */
  readonly resumable?: boolean;
}

const ZERO = ENV_FRAME + 8 * tci.TCI_ZERO_SLOT;
const FRAME_END = ENV_FRAME + 8 * ENV_FRAME_SLOTS;
const NO_RESULT = 0xffff;
const LOADS = [tci.TCI_QLD8U, tci.TCI_QLD16U, tci.TCI_QLD32U, tci.TCI_QLD64, tci.TCI_QLD8S, tci.TCI_QLD16S, tci.TCI_QLD32S, tci.TCI_QLD64];
/** By size. */
const SWAPS = [0, tci.TCI_BSWAP16_64, tci.TCI_BSWAP32_64, tci.TCI_BSWAP64_64];
const STORES = [tci.TCI_QST8, tci.TCI_QST16, tci.TCI_QST32, tci.TCI_QST64];

/** The op that makes an access with its TLB check; extended by zeros, and in memory's byte order. */
const loadOf = (memop: number): number =>
  (memop & MO_ALIGN_4) === 0
    ? LOADS[memop & (MO_SIZE | MO_SIGN)]
    : (memop & MO_SIZE) === MO_32
      ? tci.TCI_QLD32U_ALIGNED
      : tci.TCI_QLD64_ALIGNED;
const storeOf = (memop: number): number =>
  (memop & MO_ALIGN_4) === 0 ? STORES[memop & MO_SIZE] : (memop & MO_SIZE) === MO_32 ? tci.TCI_QST32_ALIGNED : tci.TCI_QST64_ALIGNED;
/** Whether there is one. */
const isPlain = (memop: number): boolean => {
  const size = memop & MO_SIZE;
  if (size === 0) return true;
  return (memop & (MO_BSWAP | MO_ALIGN)) === 0 && ((memop & MO_ALIGN_4) === 0 || size === MO_64 || (memop & (MO_SIGN | MO_SIZE)) === MO_32);
};
/** The condition with its operands exchanged. */
const SWAPPED = [Cond.EQ, Cond.NE, Cond.GT, Cond.LE, Cond.GE, Cond.LT, Cond.GTU, Cond.LEU, Cond.GEU, Cond.LTU];

const isImm16 = (value: number) => value >= -0x8000 && value <= 0x7fff;

export class TciLowering {
  readonly code = new CodeBuffer();
  private ctx!: TcgContext;
  private ops!: Int32Array;
  /** Env offset by temp; 0: none yet. */
  private slots = new Uint16Array(1024);
  /** Uses that lie ahead, and definitions in the whole TB, by temp. */
  private uses = new Uint16Array(1024);
  private defs = new Uint16Array(1024);
  /** By constant: the block (between labels) in which its slot was loaded. */
  private loadedIn = new Uint32Array(1024);
  private block = 0;
  private nextSlot = 0;
  private labels = new Int32Array(64);
  private fixups: number[] = [];
  /** Position of the last op if it defines `lastTemp` in its d field, to be redirected by a following move; lastTemp -1: no such op. */
  private lastOp = 0;
  private lastTemp = -1;
  /** Temps that are low halves of another value, and read that value's slot until it changes. */
  private aliases: Temp[] = [];

  constructor(private readonly options: TciOptions) {}

  /** Fills `code`. Throws TciOverflow if the TB is too long for the format. */
  lower(ctx: TcgContext): void {
    this.begin(ctx);
    const { ops } = this;
    const end = ctx.opCount * OP_WORDS;
    for (let p = 0; p < end; p += OP_WORDS) {
      const inputs = table.INPUTS[ops[p]];
      for (let i = 0; i < inputs.length; i++) if (ops[p + inputs[i]] >= 0) this.uses[ops[p + inputs[i]]]--;
      if (this.fuse(p, p + OP_WORDS < end ? p + OP_WORDS : -1)) p += OP_WORDS;
    }
    this.patchBranches();
    accumulate(this.code, this.labels, ctx.labelCount);
  }

  /** Loops of our own where few words are cleared: V8's `fill` and `subarray` took a sixth of a translation. */
  private begin(ctx: TcgContext): void {
    const { tempCount, globalCount, labelCount, ops } = ctx;
    if (ctx !== this.ctx || tempCount > this.slots.length) this.prepare(ctx, Math.max(this.slots.length, tempCount * 2));
    this.ops = ops;
    this.code.reset();
    const { slots, uses, defs, loadedIn } = this;
    // Globals keep their slots, and it is not asked how often they are used.
    for (let t = globalCount; t < tempCount; t++) {
      slots[t] = 0;
      uses[t] = 0;
      defs[t] = 0;
      loadedIn[t] = 0;
    }
    this.block = 1;
    this.nextSlot = ZERO + 8;
    if (labelCount > this.labels.length) this.labels = new Int32Array(labelCount * 2);
    for (let label = 0; label < labelCount; label++) this.labels[label] = -1;
    this.fixups.length = 0;
    this.aliases.length = 0;
    this.lastTemp = -1;
    for (let p = 0, end = ctx.opCount * OP_WORDS; p < end; p += OP_WORDS) {
      const inputs = table.INPUTS[ops[p]];
      for (let i = 0; i < inputs.length; i++) if (ops[p + inputs[i]] >= 0) uses[ops[p + inputs[i]]]++;
      const outputs = table.OUTPUTS[ops[p]];
      for (let i = 0; i < outputs.length; i++) if (ops[p + outputs[i]] >= 0) defs[ops[p + outputs[i]]]++;
    }
  }

  /** For up to `temps` temps. */
  private prepare(ctx: TcgContext, temps: number): void {
    this.ctx = ctx;
    this.slots = new Uint16Array(temps);
    this.slots.set(ctx.globalOffset);
    this.uses = new Uint16Array(temps);
    this.defs = new Uint16Array(temps);
    this.loadedIn = new Uint32Array(temps);
  }

  /** Emits the op at p, or it and the next one together (true). */
  private fuse(p: number, next: number): boolean {
    const { ops, ctx } = this;
    if (next >= 0) {
      // pc += constant; goto_tb n
      const distance = ops[p + 3];
      if (ops[next] === Op.goto_tb && ops[p] === Op.add_i64 && ops[p + 1] === PC && ops[p + 2] === PC && this.isInt32(distance)) {
        this.flushAliasesOf(this.slots[PC]);
        const by = ctx.constLo[distance];
        this.code.op(ops[next + 1] === 0 ? tci.TCI_GOTO_PC_TB0 : tci.TCI_GOTO_PC_TB1, 0, by, by >>> 16);
        this.lastTemp = -1;
        return true;
      }
      // t = a + constant; load or store at t
      if (ops[p] === Op.add_i64 && (ops[next] === Op.qemu_ld_i64 || ops[next] === Op.qemu_st_i64)) {
        const t = ops[p + 1];
        const imm = this.imm16(ops[p + 3], true);
        if (ops[next + 2] === t && ops[next + 1] !== t && imm !== undefined && this.isOnce(t) && !ctx.isConst(ops[p + 2])) {
          if (ops[next] === Op.qemu_st_i64) this.uses[ops[next + 1]]--;
          this.uses[t]--;
          this.guestAccess(next, this.slot(ops[p + 2]), imm);
          return true;
        }
      }
    }
    this.op(p);
    return false;
  }

  private isInt32(temp: Temp): boolean {
    const { ctx } = this;
    return ctx.isConst(temp) && ctx.constHi[temp] === ctx.constLo[temp] >> 31;
  }

  /** A scratch temp with one definition and one use. (Its uses counter may already have been taken down by the op at hand.) */
  private isOnce(t: Temp): boolean {
    return this.ctx.tempKind[t] === TempKind.Temp && this.defs[t] === 1 && this.uses[t] <= 1;
  }

  private op(p: number): void {
    const { ops, code } = this;
    const o = ops[p];
    const d = ops[p + 1];
    const a = ops[p + 2];
    const b = ops[p + 3];
    const c = ops[p + 4];
    if (table.BINARY[o] >= 0) return this.binary(o, d, a, b);
    if (table.UNARY[o] >= 0) return this.unary(o, d, a);
    if (table.ENV_LOAD[o] >= 0) return this.define(table.ENV_LOAD[o], d, envOffset(a), 0);
    if (table.ENV_STORE[o] >= 0) return this.effect(table.ENV_STORE[o], this.slot(d), envOffset(a), 0);
    if (table.WIDE_MUL[o] >= 0 || table.WIDE_ADD[o] >= 0) return this.wide(p);
    switch (o) {
      case Op.nop:
      case Op.discard:
        return;
      case Op.insn_start:
        if (this.options.resumable) this.block++;
        return code.insn(d);
      case Op.set_label:
        this.labels[d] = code.size;
        this.block++;
        this.aliases.length = 0;
        this.lastTemp = -1;
        return;
      case Op.br:
        this.fixups.push(code.size, d);
        return this.effect(tci.TCI_BR, 0, 0, 0);
      case Op.brcond_i32:
      case Op.brcond_i64:
        return this.brcond(o, d, a, b, c);
      case Op.mov_i32:
      case Op.mov_i64:
        return this.move(d, a);
      case Op.extrl_i64_i32:
        return this.low(d, a);
      case Op.setcond_i32:
      case Op.setcond_i64:
        return this.setcond(o, d, a, b, c);
      case Op.movcond_i32:
      case Op.movcond_i64:
        return this.movcond(p);
      case Op.deposit_i32:
      case Op.deposit_i64: {
        const sa = this.slot(a);
        this.define(o === Op.deposit_i64 ? tci.TCI_DEPOSIT64 : tci.TCI_DEPOSIT32, d, sa, this.slot(b));
        return code.word(c, ops[p + 5]);
      }
      case Op.extract_i32:
        return this.define(tci.TCI_EXTRACT32, d, this.slot(a), b | (c << 8));
      case Op.extract_i64:
        return this.define(tci.TCI_EXTRACT64, d, this.slot(a), b | (c << 8));
      case Op.sextract_i32:
        return this.define(tci.TCI_SEXTRACT32, d, this.slot(a), b | (c << 8));
      case Op.sextract_i64:
        return this.define(tci.TCI_SEXTRACT64, d, this.slot(a), b | (c << 8));
      case Op.ld_i64:
        return this.define(tci.TCI_MOV, d, envOffset(a), 0);
      case Op.st_i64:
        return this.effect(tci.TCI_MOV, envOffset(a), this.slot(d), 0);
      case Op.qemu_ld_i64:
      case Op.qemu_st_i64:
        return this.guestAccess(p, this.slot(a), 0);
      case Op.atomic_cmpxchg_i64: {
        const addr = this.slot(a);
        const expected = this.slot(b);
        const replacement = this.slot(c);
        this.define(tci.TCI_ATOMIC_CMPXCHG, d, addr, expected);
        return code.word(ops[p + 5], replacement);
      }
      case Op.mb:
        if (this.options.fences) code.word(tci.TCI_FENCE, 0);
        this.lastTemp = -1;
        return;
      case Op.call:
        return this.call(p);
      case Op.goto_tb:
        return this.effect(d === 0 ? tci.TCI_GOTO_TB0 : tci.TCI_GOTO_TB1, 0, 0, 0);
      case Op.goto_ptr:
        return this.effect(tci.TCI_GOTO_PTR, 0, 0, 0);
      case Op.exit_tb:
        return this.effect(tci.TCI_EXIT_TB, d, 0, 0);
    }
    if (o >= Op.atomic_xchg_i64 && o <= Op.atomic_fetch_umax_i64) {
      const addr = this.slot(a);
      this.define(tci.TCI_ATOMIC_RMW, d, addr, this.slot(b));
      return code.word(c, o - Op.atomic_xchg_i64);
    }
    throw new Error(`tci: no lowering for ${Op[o]}`);
  }

  // ---- Operands --------------------------------------------------------------------------------------------------------

  private newSlot(): number {
    const slot = this.nextSlot;
    this.nextSlot += 8;
    if (slot >= FRAME_END) throw new TciOverflow('tci frame full');
    return slot;
  }

  /** Where an input is; constants are loaded into their slot once a block. */
  private slot(t: Temp): number {
    const { ctx, slots } = this;
    if (ctx.tempKind[t] !== TempKind.Const) {
      if (slots[t] === 0) slots[t] = this.newSlot();
      return slots[t];
    }
    const lo = ctx.constLo[t];
    const hi = ctx.constHi[t];
    if (lo === 0 && hi === 0) return ZERO;
    if (slots[t] === 0) slots[t] = this.newSlot();
    if (this.loadedIn[t] !== this.block) {
      this.loadedIn[t] = this.block;
      this.moveConst(slots[t], lo, hi);
      this.lastTemp = -1;
    }
    return slots[t];
  }

  private moveConst(slot: number, lo: number, hi: number): void {
    if (hi === lo >> 31) {
      this.lastOp = this.code.op(tci.TCI_MOVI, slot, lo, lo >>> 16);
    } else {
      this.lastOp = this.code.op(tci.TCI_MOVI64, slot, lo, lo >>> 16);
      this.code.word(hi, hi >>> 16);
    }
  }

  /** A constant's value if it fits a signed 16-bit field (and is the same in 32 and 64 bits). */
  private imm16(t: Temp, wide: boolean): number | undefined {
    const { ctx } = this;
    if (ctx.tempKind[t] !== TempKind.Const) return undefined;
    const lo = ctx.constLo[t];
    return isImm16(lo) && (!wide || ctx.constHi[t] === lo >> 31) ? lo : undefined;
  }

  /** The slot of an output, after saving what still reads its old value from there. */
  private target(t: Temp): number {
    const { slots } = this;
    if (slots[t] === 0) slots[t] = this.newSlot();
    else if (this.aliases.length > 0) {
      // An output that is itself an alias gets a slot of its own.
      const own = this.aliases.indexOf(t);
      if (own >= 0) {
        this.aliases.splice(own, 1);
        slots[t] = this.newSlot();
      }
      this.flushAliasesOf(slots[t]);
    }
    return slots[t];
  }

  /** `slot` is about to change: temps that read it in place of a copy get their copy, if they are still needed. */
  private flushAliasesOf(slot: number): void {
    for (let i = this.aliases.length - 1; i >= 0; i--) {
      const t = this.aliases[i];
      if (this.slots[t] !== slot) continue;
      this.aliases.splice(i, 1);
      if (this.uses[t] > 0) this.saveAlias(t);
    }
  }

  private saveAlias(t: Temp): void {
    const from = this.slots[t];
    this.slots[t] = this.newSlot();
    this.code.op(tci.TCI_MOV, this.slots[t], from, 0);
    this.lastTemp = -1;
  }

  /** Emits an op whose d field is the output `d`. */
  private define(bytecode: number, d: Temp, a: number, b: number): void {
    const slot = this.target(d);
    this.lastOp = this.code.op(bytecode, slot, a, b);
    this.lastTemp = d;
  }

  /** Emits an op that defines nothing. */
  private effect(bytecode: number, d: number, a: number, b: number): void {
    this.code.op(bytecode, d, a, b);
    this.lastTemp = -1;
  }

  // ---- Shapes ----------------------------------------------------------------------------------------------------------

  private binary(o: number, d: Temp, a: Temp, b: Temp): void {
    const { ctx } = this;
    if (table.COMMUTATIVE[o] && ctx.isConst(a) && !ctx.isConst(b)) [a, b] = [b, a];
    const imm = table.BINARY_IMM[o] >= 0 ? this.imm16(b, table.WIDE[o] !== 0) : undefined;
    if (imm !== undefined) return this.define(table.BINARY_IMM[o], d, this.slot(a), imm);
    const sa = this.slot(a);
    this.define(table.BINARY[o], d, sa, this.slot(b));
  }

  private unary(o: number, d: Temp, a: Temp): void {
    if (o === Op.ext_i32_i64 && this.redirect(d, a, (bytecode) => (table.SIGN_EXTENDED[bytecode] ? bytecode : -1))) return;
    if (
      o === Op.ext32s_i64 &&
      this.redirect(d, a, (bytecode, imm) => (bytecode === tci.TCI_SHLI64 && imm >= 32 ? -1 : table.AS_WORD[bytecode]))
    )
      return;
    this.define(table.UNARY[o], d, this.slot(a), 0);
  }

  private move(d: Temp, a: Temp): void {
    const { ctx } = this;
    if (ctx.isConst(a)) {
      const slot = this.target(d);
      this.moveConst(slot, ctx.constLo[a], ctx.constHi[a]);
      this.lastTemp = d;
      return;
    }
    if (this.redirect(d, a, (bytecode) => bytecode)) return;
    this.define(tci.TCI_MOV, d, this.slot(a), 0);
  }

  /** If the last op computed `a` for this use only: makes it compute `d` instead, in the form that `change` gives (-1: not possible). */
  private redirect(d: Temp, a: Temp, change: (bytecode: number, b: number) => number): boolean {
    const { units } = this.code;
    if (this.lastTemp !== a || !this.isOnce(a) || this.uses[a] !== 0) return false;
    const bytecode = change(units[this.lastOp], units[this.lastOp + 3]);
    if (bytecode < 0) return false;
    const slot = this.target(d);
    if (this.lastTemp !== a) return false; // an alias of d had to be saved in between
    this.code.units[this.lastOp] = bytecode;
    this.code.units[this.lastOp + 1] = slot;
    this.lastTemp = d;
    return true;
  }

  /** d = low half of a: 32-bit ops read low halves only, so d can be a itself for as long as a stays. */
  private low(d: Temp, a: Temp): void {
    const { ctx } = this;
    if (ctx.tempKind[d] !== TempKind.Temp || this.defs[d] !== 1 || ctx.isConst(a)) return this.define(tci.TCI_MOV, d, this.slot(a), 0);
    this.slots[d] = this.slot(a);
    this.aliases.push(d);
    this.lastTemp = -1; // a move of `a` must not take its value elsewhere
  }

  private setcond(o: number, d: Temp, a: Temp, b: Temp, cond: number): void {
    if (this.ctx.isConst(a) && !this.ctx.isConst(b)) {
      [a, b] = [b, a];
      cond = SWAPPED[cond];
    }
    const imm = this.imm16(b, o === Op.setcond_i64);
    if (imm !== undefined) return this.define(table.SETCOND_IMM[o] + cond, d, this.slot(a), imm);
    const sa = this.slot(a);
    this.define(table.SETCOND[o] + cond, d, sa, this.slot(b));
  }

  private brcond(o: number, a: Temp, b: Temp, cond: number, label: number): void {
    if (this.ctx.isConst(a) && !this.ctx.isConst(b)) {
      [a, b] = [b, a];
      cond = SWAPPED[cond];
    }
    const imm = this.imm16(b, o === Op.brcond_i64);
    const sa = this.slot(a);
    const sb = imm === undefined ? this.slot(b) : imm;
    this.fixups.push(this.code.size, label);
    this.effect((imm === undefined ? table.BRCOND[o] : table.BRCOND_IMM[o]) + cond, sa, sb, 0);
  }

  private movcond(p: number): void {
    const { ops } = this;
    let cond = ops[p + 6];
    const t = this.slot(ops[p + 4]);
    const f = this.slot(ops[p + 5]);
    let a = this.slot(ops[p + 2]);
    let b = this.slot(ops[p + 3]);
    if (ops[p] === Op.movcond_i32) {
      const scratch = this.newSlot();
      this.code.op(tci.TCI_SETCOND32_EQ + cond, scratch, a, b);
      [a, b, cond] = [scratch, ZERO, Cond.NE];
    }
    this.define(tci.TCI_MOVCOND_EQ + cond, ops[p + 1], a, b);
    this.code.word(t, f);
  }

  private wide(p: number): void {
    const { ops, code } = this;
    const o = ops[p];
    const inputs = table.INPUTS[o].map((at) => this.slot(ops[p + at]));
    const low = this.target(ops[p + 1]);
    const high = this.target(ops[p + 2]);
    code.op(table.WIDE_MUL[o] >= 0 ? table.WIDE_MUL[o] : table.WIDE_ADD[o], low, high, inputs[0]);
    code.word(inputs[1], inputs[2] ?? 0);
    if (inputs.length > 2) code.word(inputs[3], 0);
    this.lastTemp = -1;
  }

  /** The qemu_ld or qemu_st at p, of slot `addr` + displacement. */
  private guestAccess(p: number, addr: number, displacement: number): void {
    const { ops } = this;
    const isLoad = ops[p] === Op.qemu_ld_i64;
    const oi = ops[p + 3];
    const memop = oi >> MEMOPIDX_SHIFT;
    const plain = isPlain(memop);
    if (!plain && (memop & MO_BSWAP) !== 0 && isPlain(memop & ~(MO_BSWAP | MO_SIGN))) return this.swappedAccess(p, addr, displacement);
    if (isLoad) this.define(plain ? loadOf(memop) : tci.TCI_QLD_ANY, ops[p + 1], addr, displacement);
    else this.effect(plain ? storeOf(memop) : tci.TCI_QST_ANY, this.slot(ops[p + 1]), addr, displacement);
    this.accessWords(oi, isLoad);
  }

  /** MemOpIdx and TLB table of an access. */
  private accessWords(oi: number, isLoad: boolean): void {
    const tlb = tlbTable(oi & ((1 << MEMOPIDX_SHIFT) - 1), isLoad ? TLB_KIND_READ : TLB_KIND_WRITE);
    this.code.word(oi, 0);
    this.code.word(tlb, tlb >>> 16);
  }

  /** In the byte order that is not memory's: a plain access, and its bytes are exchanged before or after it. */
  private swappedAccess(p: number, addr: number, displacement: number): void {
    const { ops, code } = this;
    const oi = ops[p + 3];
    const memop = oi >> MEMOPIDX_SHIFT;
    const size = memop & MO_SIZE;
    const swap = SWAPS[size];
    const plain = oi & ~((MO_BSWAP | MO_SIGN) << MEMOPIDX_SHIFT);
    const scratch = this.newSlot();
    if (ops[p] !== Op.qemu_ld_i64) {
      code.op(swap, scratch, this.slot(ops[p + 1]), 0);
      this.effect(storeOf(memop), scratch, addr, displacement);
      this.accessWords(plain, false);
      return;
    }
    code.op(loadOf(memop & ~MO_SIGN), scratch, addr, displacement);
    this.accessWords(plain, true);
    const isSigned = (memop & MO_SIGN) !== 0 && size < MO_64;
    if (isSigned) {
      code.op(swap, scratch, scratch, 0);
      this.define(size === MO_16 ? tci.TCI_EXT16S64 : tci.TCI_EXT32S, ops[p + 1], scratch, 0);
    } else this.define(swap, ops[p + 1], scratch, 0);
  }

  private call(p: number): void {
    const { ops, ctx, code } = this;
    const id = ops[p + 2];
    const helper: HelperDef = ctx.helpers[id];
    const args: number[] = [];
    for (let n = 0; n < helper.args; n++) args.push(this.slot(ops[p + 3 + n]));
    if (!helper.noWriteGlobals) for (const t of [...this.aliases]) if (this.slots[t] < ENV_FRAME) this.flushAliasesOf(this.slots[t]);
    const mayFault = helper.mayFault ? 1 : 0;
    const ret = ops[p + 1];
    if (helper.result && ret >= 0) this.define(tci.TCI_CALL0 + args.length, ret, this.options.helperIndex[id], mayFault);
    else this.effect((helper.result ? tci.TCI_CALL0 : tci.TCI_CALL0V) + args.length, NO_RESULT, this.options.helperIndex[id], mayFault);
    for (let n = 0; n < args.length; n += 2) code.word(args[n], args[n + 1] ?? 0);
  }

  private patchBranches(): void {
    const { units } = this.code;
    for (let i = 0; i < this.fixups.length; i += 2) {
      const at = this.fixups[i];
      const distance = (this.labels[this.fixups[i + 1]] - at) >> 1;
      if (units[at] === tci.TCI_BR) {
        units[at + 2] = distance;
        units[at + 3] = distance >> 16;
      } else if (isImm16(distance)) {
        units[at + 3] = distance;
      } else {
        throw new TciOverflow('tci branch too long');
      }
    }
  }
}

function envOffset(offset: number): number {
  if (offset < 0 || offset > 0xffff) throw new RangeError(`tci: env offset ${offset} out of range`);
  return offset;
}
