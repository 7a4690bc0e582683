/**
 * Which 64-bit values of a region are made and kept as i32. A guest's 32-bit arithmetic (RISC-V `addw`, `srliw`, `lw`) is an i64 op and an
 * extension in the IR; where only low halves are looked at, both are one i32 op, and the extension is made where somebody wants all 64 bits.
 *
 * Backward, in each basic block: temps of which only the low half is wanted. Forward, across blocks: what a value's upper half is (`WidthClass`). A global
 * that is narrow at the start of a block is so on every path to it, and is then in its i32 local (FunctionLocals.narrowOf). A global of 32 bits (TargetInfo.words)
 * is so everywhere, at entries, too, and whatever op made it.
 */
import { MEMOPIDX_SHIFT, MO_32, MO_64, MO_SIGN, MO_SIZE } from '../../../assembly/shared/layout.js';
import type { SharedTemps } from './shared-temps.js';
import { TempKind, PC } from '../ir-buffer.js';
import {
  Op,
  OP_BASE,
  OP_WIDE,
  OP_WORDS,
  type HelperDef,
  clobbersGlobals,
  INPUT_WORDS,
  isMemoryOp,
  OUTPUT_WORDS,
  syncsGlobals,
} from '../opcodes.js';
import type { Bitsets } from './bitset.js';
import type { Region, TbIr } from './region.js';
import type { Block, Cfg } from './cfg.js';

/** What is known of a 64-bit value, as a set of bits. 0: nothing, it is held as i64. */
export const WidthClass = {
  /** Held as i32; with neither SIGNED nor ZERO nobody may look at the upper half. */
  NARROW: 1,
  /** The value is its low half sign-extended. */
  SIGNED: 2,
  /** The value is its low half zero-extended. */
  ZERO: 4,
  /** Below 32: may be an i32's shift count. */
  COUNT: 8,
} as const;

const { NARROW, SIGNED, ZERO, COUNT } = WidthClass;
const BOTH = SIGNED | ZERO;
/** Merges keep these. */
const LASTING = NARROW | BOTH;

/** What a global of 32 bits is at least. */
export const WORD = NARROW | ZERO;

/** The width class of a constant. */
export function classOfConst(lo: number, hi: number): number {
  if (hi === 0) return lo < 0 ? NARROW | ZERO : NARROW | BOTH | (lo < 32 ? COUNT : 0);
  return hi === -1 && lo < 0 ? NARROW | SIGNED : 0;
}

export class ValueWidths {
  /** By TB, by op: the width class of its (first) output. */
  private readonly classes: Uint8Array[];
  private readonly lowOnly: Uint8Array[];
  private readonly formIn: Uint8Array;
  private readonly state: Uint8Array;

  constructor(
    private readonly region: Region,
    private readonly cfg: Cfg,
    private readonly helpers: readonly HelperDef[],
    private readonly globalCount: number,
    /** By TB: temps that live across its blocks. They are always wide. */
    private readonly shared: SharedTemps,
    /** Globals that have an f64 local. */
    private readonly floats: ReadonlySet<number>,
    /** Whether op k of a TB may leave, though it has no mayFault. */
    private readonly leaves: (tb: number, k: number) => boolean,
    private readonly words: ReadonlySet<number> = new Set(),
  ) {
    this.classes = region.tbs.map((ir) => new Uint8Array(ir.opCount));
    this.lowOnly = region.tbs.map((ir) => new Uint8Array(ir.opCount));
    this.formIn = new Uint8Array(cfg.blocks.length * globalCount).fill(LASTING);
    this.state = new Uint8Array(Math.max(...region.tbs.map((ir) => ir.tempCount)));
    for (const b of cfg.order) this.findLowOnly(cfg.blocks[b]);
    for (const entry of region.entries) this.forget(this.atStart(cfg.startOf[entry]));
    this.solve();
  }

  /** Width classes of the globals at the start of a block: 0 or narrow. */
  atStart(b: number): Uint8Array {
    return this.formIn.subarray(b * this.globalCount, (b + 1) * this.globalCount);
  }

  classOf(tb: number, k: number): number {
    return this.classes[tb][k];
  }

  /** All globals may be anything: what is left is what the target says of them. */
  forget(classes: Uint8Array): void {
    classes.fill(0, 0, this.globalCount);
    for (const g of this.words) if (this.canNarrow(0, g)) classes[g] = WORD;
  }

  /** Of a destination, after an op whose width class is this. */
  classAfter(tb: number, temp: number, widthClass: number): number {
    if (!this.canNarrow(tb, temp)) return 0;
    return widthClass === 0 && this.words.has(temp) ? WORD : widthClass;
  }

  private isWord(tb: number, temp: number): boolean {
    return this.words.has(temp) && this.canNarrow(tb, temp);
  }

  /** Whether a destination can hold an i32: not the pc, not a global in an f64 local, no temp that lives across blocks. */
  canNarrow(tb: number, temp: number): boolean {
    return temp < this.globalCount ? temp !== PC && !this.floats.has(temp) : !this.shared[tb].has(temp);
  }

  private solve(): void {
    const { blocks, order } = this.cfg;
    const { state, globalCount } = this;
    for (let changed = true; changed;) {
      changed = false;
      for (const b of order) {
        state.set(this.atStart(b));
        for (const temp of this.shared[blocks[b].tb].keys()) state[temp] = 0;
        for (let k = blocks[b].first; k < blocks[b].end; k++) this.step(blocks[b], k);
        for (const to of blocks[b].succ) {
          const into = this.atStart(to);
          for (let g = 0; g < globalCount; g++) {
            let widthClass = into[g] & state[g];
            if ((widthClass & BOTH) === 0) widthClass = 0;
            if (widthClass === into[g]) continue;
            into[g] = widthClass;
            changed = true;
          }
        }
      }
    }
  }

  private step(block: Block, k: number): void {
    const { state } = this;
    const ir = this.region.tbs[block.tb];
    const p = k * OP_WORDS;
    const op = ir.ops[p];
    if (op === Op.call && clobbersGlobals(this.helpers[ir.ops[p + 2]])) this.forget(state);
    const outputs = OUTPUT_WORDS[op];
    if (outputs.length === 0) return;
    const widthClass = outputs.length === 1 ? this.transfer(ir, block, k) : 0;
    this.classes[block.tb][k] = widthClass;
    for (const at of outputs) {
      const temp = ir.ops[p + at];
      if (temp >= 0) state[temp] = this.classAfter(block.tb, temp, widthClass);
    }
  }

  private transfer(ir: TbIr, block: Block, k: number): number {
    const { ops } = ir;
    const p = k * OP_WORDS;
    const op = ops[p] as Op;
    if (OP_WIDE[op] === 0) return 0;
    const low = this.lowOnly[block.tb][k] !== 0;
    const widthClass = this.upperHalf(ir, op, p, low);
    if ((widthClass & BOTH) !== 0) return NARROW | widthClass;
    if (widthClass === 0 && !(low && isModular(ops, op, p, (temp) => isCount(ir, block, k, temp)))) return 0;
    // of a global of 32 bits nobody says that the upper half is zero: it is
    return this.isWord(block.tb, ops[p + 1]) ? WORD : NARROW;
  }

  private widthClass(ir: TbIr, temp: number): number {
    return ir.tempKind[temp] === TempKind.Const ? classOfConst(ir.constLo[temp], ir.constHi[temp]) : this.state[temp];
  }

  /** What is known of the output's upper half, if the low half follows from the inputs' low halves alone. */
  private upperHalf(ir: TbIr, op: Op, p: number, low: boolean): number {
    const { ops } = ir;
    const a = this.widthClass(ir, ops[p + 2]);
    const bClass = () => this.widthClass(ir, ops[p + 3]);
    switch (OP_BASE[op] as Op) {
      case Op.mov_i32:
        return a & (BOTH | COUNT);
      case Op.ext32s_i64:
      case Op.ext_i32_i64:
        return SIGNED | ((a & BOTH) === BOTH ? a & (ZERO | COUNT) : 0);
      case Op.ext32u_i64:
      case Op.extu_i32_i64:
        return ZERO | ((a & BOTH) === BOTH ? a & (SIGNED | COUNT) : 0);
      case Op.ext8s_i32:
      case Op.ext16s_i32:
        return SIGNED;
      case Op.ext8u_i32:
      case Op.ext16u_i32:
      case Op.bswap16_i32:
        return BOTH;
      case Op.bswap32_i32:
        return ZERO;
      case Op.setcond_i32:
        return BOTH | COUNT;
      case Op.extract_i32: {
        const len = ops[p + 4];
        if (ops[p + 3] + len > 32) return 0;
        return ZERO | (len < 32 ? SIGNED : 0) | (len <= 5 ? COUNT : 0);
      }
      case Op.sextract_i32:
        return ops[p + 3] + ops[p + 4] > 32 ? 0 : SIGNED;
      case Op.and_i32: {
        const b = bClass();
        let known = a & b & SIGNED;
        if (a & ZERO) known |= a & (BOTH | COUNT);
        if (b & ZERO) known |= b & (BOTH | COUNT);
        return known;
      }
      case Op.or_i32:
      case Op.xor_i32:
        return a & bClass() & (BOTH | COUNT);
      case Op.andc_i32:
        return (a & bClass() & SIGNED) | (a & ZERO ? a & (BOTH | COUNT) : 0);
      case Op.not_i32:
        return a & SIGNED;
      case Op.orc_i32:
      case Op.eqv_i32:
      case Op.nand_i32:
      case Op.nor_i32:
        return a & bClass() & SIGNED;
      case Op.shr_i32:
        if ((a & ZERO) === 0 || (bClass() & COUNT) === 0) return 0;
        return ZERO | (a & SIGNED) | (ir.tempKind[ops[p + 3]] === TempKind.Const && ir.constLo[ops[p + 3]] > 0 ? SIGNED : 0);
      case Op.sar_i32:
        return a & SIGNED && bClass() & COUNT ? a & BOTH : 0;
      case Op.movcond_i32:
        return this.widthClass(ir, ops[p + 4]) & this.widthClass(ir, ops[p + 5]) & (BOTH | COUNT);
      case Op.rem_i32:
        return a & bClass() & SIGNED;
      case Op.remu_i32:
        // by zero: the dividend
        return a & bClass() & ZERO ? a & BOTH : 0;
      case Op.div_i32:
        // -2^31 / -1 and x / 0 have other upper halves, but the right lower ones
        return low && a & bClass() & SIGNED ? NARROW : 0;
      case Op.divu_i32:
        return low && a & bClass() & ZERO ? NARROW : 0;
      case Op.qemu_ld_i64:
        return loaded(ops[p + 3] >> MEMOPIDX_SHIFT);
      default:
        return 0;
    }
  }

  // ---- Low halves ----------------------------------------------------------------------------------------------------

  private findLowOnly(block: Block): void {
    const ir = this.region.tbs[block.tb];
    const { ops } = ir;
    const lowOnly = this.lowOnly[block.tb];
    /** 1: low half, 2: all of it. */
    const wanted = new Map<number, number>();
    for (let k = block.end - 1; k >= block.first; k--) {
      const p = k * OP_WORDS;
      const op = ops[p] as Op;
      for (const at of OUTPUT_WORDS[op]) {
        const temp = ops[p + at];
        if (this.isWord(block.tb, temp)) lowOnly[k] = 1;
        if (temp < this.globalCount) continue;
        if (wanted.get(temp) === 1 && !this.shared[block.tb].has(temp)) lowOnly[k] = 1;
        wanted.delete(temp);
      }
      const modular = lowOnly[k] !== 0 && isModular(ops, op, p, (temp) => isCount(ir, block, k, temp));
      for (const at of INPUT_WORDS[op]) {
        const temp = ops[p + at];
        if (temp < this.globalCount) continue;
        const isAddress = ir.unchecked !== undefined && isMemoryOp(op) && at === 2;
        const need = isAddress || readsLow(ops, op, p, at) || (modular && isModularInput(op, at)) ? 1 : 2;
        if ((wanted.get(temp) ?? 0) < need) wanted.set(temp, need);
      }
    }
  }

  // ---- Fault exits ---------------------------------------------------------------------------------------------------

  /**
   * How fault exits of a block find each global that is dirty at one of them: fault exits share code (fault-exits.ts), so it must be the same
   * for all of them. A width class if it is narrow with the same extension at each; else 0, and what is narrow somewhere (`mixed`) keeps both locals.
   */
  faultClasses(b: number, dirty: Bitsets): { classes: Uint8Array; mixed: Uint8Array } {
    const block = this.cfg.blocks[b];
    const { ops, unchecked } = this.region.tbs[block.tb];
    const state = this.atStart(b).slice();
    const seen = new Uint8Array(this.globalCount);
    const own = this.classes[block.tb];
    /** Dirty, and not seen yet, or not as they are now. */
    const fresh = dirty.members(0);
    for (let k = block.first; k < block.end; k++) {
      const p = k * OP_WORDS;
      const op = ops[p];
      const helper = op === Op.call ? this.helpers[ops[p + 2]] : undefined;
      if ((isMemoryOp(op) && !unchecked) || (helper?.mayFault && !syncsGlobals(helper)) || this.leaves(block.tb, k)) {
        for (const g of fresh) seen[g] |= state[g] & SIGNED && !this.words.has(g) ? 1 : state[g] & ZERO ? 2 : 4;
        fresh.length = 0;
      }
      if (helper && syncsGlobals(helper)) fresh.length = 0;
      if (helper && clobbersGlobals(helper)) this.forget(state);
      for (const at of OUTPUT_WORDS[op]) {
        const temp = ops[p + at];
        if (temp < 0 || temp >= this.globalCount) continue;
        state[temp] = this.classAfter(block.tb, temp, own[k]);
        fresh.push(temp);
      }
    }
    const classes = new Uint8Array(this.globalCount);
    const mixed = new Uint8Array(this.globalCount);
    for (let g = 0; g < this.globalCount; g++) {
      const bits = seen[g];
      if (bits === 1) classes[g] = NARROW | SIGNED;
      else if (bits === 2) classes[g] = NARROW | ZERO;
      else if (bits > 2 && bits !== 4) mixed[g] = 1;
    }
    return { classes, mixed };
  }
}

function loaded(memop: number): number {
  const size = memop & MO_SIZE;
  if (size === MO_64) return 0;
  return memop & MO_SIGN ? SIGNED : size === MO_32 ? ZERO : BOTH;
}

/** Ops whose low half depends on low halves only: they can be made as i32 if no more is wanted. */
function isModular(ops: Int32Array, op: Op, p: number, isShiftCount: (temp: number) => boolean): boolean {
  if (OP_WIDE[op] === 0) return false;
  switch (OP_BASE[op] as Op) {
    case Op.mov_i32:
    case Op.add_i32:
    case Op.sub_i32:
    case Op.mul_i32:
    case Op.neg_i32:
    case Op.and_i32:
    case Op.or_i32:
    case Op.xor_i32:
    case Op.not_i32:
    case Op.andc_i32:
    case Op.orc_i32:
    case Op.eqv_i32:
    case Op.nand_i32:
    case Op.nor_i32:
    case Op.movcond_i32:
      return true;
    case Op.shl_i32:
      return isShiftCount(ops[p + 3]);
    case Op.deposit_i32:
      return ops[p + 4] + ops[p + 5] <= 32;
    default:
      return false;
  }
}

/** Whether operand word `at` of a modular op counts with its low half only. */
function isModularInput(op: Op, at: number): boolean {
  if (op === Op.movcond_i64) return at >= 4;
  return op !== Op.shl_i64 || at === 2;
}

/** Whether an op looks at no more than the low half of operand word `at`, whatever is wanted of its result. */
function readsLow(ops: Int32Array, op: Op, p: number, at: number): boolean {
  switch (OP_BASE[op] as Op) {
    case Op.ext8s_i32:
    case Op.ext16s_i32:
    case Op.ext8u_i32:
    case Op.ext16u_i32:
    case Op.ext32s_i64:
    case Op.ext32u_i64:
    case Op.extrl_i64_i32:
    case Op.bswap16_i32:
    case Op.bswap32_i32:
      return true;
    case Op.extract_i32:
    case Op.sextract_i32:
      return ops[p + 3] + ops[p + 4] <= 32;
    case Op.qemu_st_i64: {
      const memop = ops[p + 3] >> MEMOPIDX_SHIFT;
      return at === 1 && (memop & MO_SIZE) < MO_64;
    }
    default:
      return false;
  }
}

/** Whether a temp is below 32 before op k, by what made it in this block. */
function isCount(ir: TbIr, block: Block, k: number, temp: number): boolean {
  if (ir.tempKind[temp] === TempKind.Const) return (classOfConst(ir.constLo[temp], ir.constHi[temp]) & COUNT) !== 0;
  for (let p = (k - 1) * OP_WORDS; p >= block.first * OP_WORDS; p -= OP_WORDS) {
    const op = ir.ops[p];
    if (!OUTPUT_WORDS[op].some((at) => ir.ops[p + at] === temp)) continue;
    const mask = ir.ops[p + 3];
    return op === Op.and_i64 && ir.tempKind[mask] === TempKind.Const && (classOfConst(ir.constLo[mask], ir.constHi[mask]) & COUNT) !== 0;
  }
  return false;
}
