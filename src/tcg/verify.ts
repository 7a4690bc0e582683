/** The verifier: what every consumer of IR takes for granted, checked. Run by tests, and for each TB by `check=on`; too slow for every day. */
import { ENV_SIZE, MEMOPIDX_SHIFT, TB_EXIT_IDX0, TB_EXIT_REQUESTED, TLB_MMU_INDEXES } from '../../assembly/shared/layout.js';
import { TempKind, TYPE_I64, type TcgContext, type Temp } from './context.js';
import { IrError } from './error.js';
import { PC } from './ir-buffer.js';
import { MEMOP_COUNT } from './memop.js';
import { Cond, Op, OP_BASE, OP_FLAGS, OP_WIDE, OP_WORDS, OpFlag, OPS, type OpDef } from './opcodes.js';
import { formatOp } from './text.js';

const COND_COUNT = Cond.GTU + 1;

/** Throws IrError, with the op's number and text, at the first op that breaks a rule. docs/ir.md lists the rules. */
export function verify(ctx: TcgContext): void {
  new Verifier(ctx).run();
}

class Verifier {
  /** Temps of kind Temp: defined in this extended basic block. Locals: defined by some earlier op. */
  private readonly defined = new Set<Temp>();
  private readonly labelsSet = new Set<number>();
  private readonly labelsUsed = new Set<number>();
  private readonly slotsUsed = new Set<number>();
  private inInstruction = false;
  private pcWritten = false;
  private index = 0;

  constructor(private readonly ctx: TcgContext) {}

  run(): void {
    const { ctx } = this;
    for (this.index = 0; this.index < ctx.opCount; this.index++) this.op();
    this.index = ctx.opCount - 1;
    const last = ctx.opCount > 0 ? (ctx.ops[this.index * OP_WORDS] as Op) : Op.nop;
    if (!leaves(last)) this.fail('control runs off the end of the TB');
    for (const label of this.labelsUsed) if (!this.labelsSet.has(label)) this.fail(`label $L${label} is never set`);
  }

  private op(): void {
    const { ops } = this.ctx;
    const p = this.index * OP_WORDS;
    const op = ops[p] as Op;
    const def = OPS[op];
    if (!def) this.fail(`opcode ${op}`);
    if (op === Op.set_label) this.forgetTemps();
    this.operands(def, p);
    this.immediates(op, p);
    if (op === Op.insn_start) this.inInstruction = true;
    const mayFault = op === Op.call ? this.ctx.helpers[ops[p + 2]].mayFault === true : (OP_FLAGS[op] & OpFlag.MAY_FAULT) !== 0;
    if (mayFault && !this.inInstruction) this.fail('may fault before the first insn_start: which pc would it restore?');
    if (mayFault && this.pcWritten) this.fail('may fault after the pc was written: faults are so far from the pc that the TB began with');
    for (const [i, kind] of [...def.signature].entries()) {
      if (kind === 'o' || (kind === 'r' && ops[p + 1 + i] >= 0)) this.define(ops[p + 1 + i], op);
    }
    if (leaves(op)) {
      this.forgetTemps();
      this.pcWritten = false;
    }
  }

  private operands(def: OpDef, p: number): void {
    const { ctx } = this;
    let type = 0;
    for (const [i, kind] of [...def.signature].entries()) {
      const word = ctx.ops[p + 1 + i];
      switch (kind) {
        case 'o':
        case 'i':
          this.temp(word, def.types[type++], kind === 'o');
          break;
        case 'r':
        case 'x':
          if (word !== -1) this.temp(word, 'I', kind === 'r');
          break;
        case 'c':
          if (word < 0 || word >= COND_COUNT) this.fail(`condition ${word}`);
          break;
        case 'l':
          this.label(def, word);
          break;
        case 'h':
          this.helper(word, p);
          break;
        case 'm':
          if (word < 0 || word >> MEMOPIDX_SHIFT >= MEMOP_COUNT) this.fail(`MemOp ${word >> MEMOPIDX_SHIFT}`);
          if ((word & ((1 << MEMOPIDX_SHIFT) - 1)) >= TLB_MMU_INDEXES) this.fail('mmu index out of range');
      }
    }
  }

  private temp(t: Temp, type: string, output: boolean): void {
    const { ctx } = this;
    if (t < 0 || t >= ctx.tempCount) this.fail(`there is no temp ${t}`);
    if (type !== '*' && (type === 'I') !== (ctx.tempType[t] === TYPE_I64)) this.fail(`operand is not ${type === 'I' ? 'i64' : 'i32'}`);
    const kind = ctx.tempKind[t] as TempKind;
    if (output) {
      if (kind === TempKind.Const) this.fail('a constant as output');
    } else if ((kind === TempKind.Temp || kind === TempKind.Local) && !this.defined.has(t)) {
      this.fail(
        kind === TempKind.Temp ? 'a temp is read that this extended basic block did not define' : 'a local is read that was not defined',
      );
    }
  }

  private define(t: Temp, op: Op): void {
    if (op === Op.discard) this.defined.delete(t);
    else this.defined.add(t);
    if (t === PC) this.pcWritten = true;
  }

  private forgetTemps(): void {
    for (const t of this.defined) if (this.ctx.tempKind[t] === TempKind.Temp) this.defined.delete(t);
  }

  private label(def: OpDef, label: number): void {
    if (label < 0 || label >= this.ctx.labelCount) this.fail(`label $L${label} was not made by newLabel`);
    if (def.name !== 'set_label') this.labelsUsed.add(label);
    else if (this.labelsSet.has(label)) this.fail(`label $L${label} is set twice`);
    else this.labelsSet.add(label);
  }

  private helper(id: number, p: number): void {
    const { ctx } = this;
    const helper = ctx.helpers[id];
    if (!helper) this.fail(`there is no helper ${id}`);
    const args = [...ctx.ops.subarray(p + 3, p + OP_WORDS)];
    if (args.slice(0, helper.args).includes(-1) || args.slice(helper.args).some((arg) => arg !== -1)) {
      this.fail(`helper ${helper.name} takes ${helper.args} arguments`);
    }
    if (ctx.ops[p + 1] !== -1 && !helper.result) this.fail(`helper ${helper.name} has no result`);
  }

  private immediates(op: Op, p: number): void {
    const { ops } = this.ctx;
    const width = OP_WIDE[op] ? 64 : 32;
    switch (OP_BASE[op] as Op) {
      case Op.shl_i32:
      case Op.shr_i32:
      case Op.sar_i32:
      case Op.rotl_i32:
      case Op.rotr_i32:
        return this.shiftCount(ops[p + 3], width);
      case Op.extract_i32:
      case Op.sextract_i32:
        return this.field(ops[p + 3], ops[p + 4], width);
      case Op.deposit_i32:
        return this.field(ops[p + 4], ops[p + 5], width);
      case Op.goto_tb:
        if (ops[p + 1] !== 0 && ops[p + 1] !== 1) this.fail('goto_tb has slots 0 and 1');
        if (this.slotsUsed.has(ops[p + 1])) this.fail(`goto_tb ${ops[p + 1]} twice in one TB`);
        this.slotsUsed.add(ops[p + 1]);
        return;
      case Op.exit_tb:
        if (ops[p + 1] !== TB_EXIT_IDX0 && ops[p + 1] !== TB_EXIT_REQUESTED) this.fail('exit_tb returns 0 or 3');
        return;
    }
    if (op >= Op.ld8u_i32 && op <= Op.st32_i64) this.envField(OPS[op].name, ops[p + 2], width);
  }

  private shiftCount(count: Temp, width: number): void {
    const { ctx } = this;
    if (!ctx.isConst(count)) return;
    const value = ctx.constValue(count);
    if (value < 0n || value >= BigInt(width)) this.fail(`shift count ${value} of ${width} bits`);
  }

  private field(pos: number, len: number, width: number): void {
    if (pos < 0 || len < 1 || pos + len > width) this.fail(`field of ${len} bits at ${pos} in ${width}`);
  }

  private envField(name: string, offset: number, width: number): void {
    const size = Number(/^(?:ld|st)(8|16|32)/.exec(name)?.[1] ?? width) / 8;
    if (offset < 0 || offset + size > ENV_SIZE) this.fail(`offset ${offset} is outside env`);
    const global = this.ctx.globals.find((g) => offset < g.offset + 8 && g.offset < offset + size);
    if (global) this.fail(`goes behind the back of global ${global.name}`);
  }

  private fail(message: string): never {
    throw new IrError(this.index >= 0 ? `${message}: ${formatOp(this.ctx, this.index)}` : message, { op: this.index });
  }
}

/** Whether control never goes on to the next op. */
function leaves(op: Op): boolean {
  return (OP_FLAGS[op] & OpFlag.END) !== 0 && op !== Op.brcond_i32 && op !== Op.brcond_i64;
}
