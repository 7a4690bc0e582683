/** The textual form of the IR: `formatIr` writes what `parseIr` reads. docs/ir.md describes it. */
import { MEMOPIDX_SHIFT, TLB_MMU_INDEXES } from '../../assembly/shared/layout.js';
import { TcgContext, TempKind, TYPE_I32, type GlobalDef, type Temp } from './context.js';
import { IrError } from './error.js';
import { memopName, memopOf } from './memop.js';
import { Cond, Op, OP_WORDS, OPS, type HelperDef, type OpDef } from './opcodes.js';

const CONDS = ['eq', 'ne', 'lt', 'ge', 'le', 'gt', 'ltu', 'geu', 'leu', 'gtu'];
const ABSENT = '_';

/** Immediates that read best as `$hex`: everything but bit positions and lengths. */
const PLAIN_IMMEDIATES = /^(deposit|extract|sextract)_/;

// ---- Writing ---------------------------------------------------------------------------------------------------------

/** The whole TB, an op a line. */
export function formatIr(ctx: TcgContext): string {
  const names = tempNames(ctx);
  const lines: string[] = [];
  for (let k = 0; k < ctx.opCount; k++) lines.push(formatOp(ctx, k, names));
  return lines.join('\n');
}

/** The names of all temps, by temp: globals by their own, constants as `$0x..`, `tmpN` and `locN` counted separately. */
export function tempNames(ctx: TcgContext): string[] {
  const names: string[] = [];
  let temps = 0;
  let locals = 0;
  for (let t = 0; t < ctx.tempCount; t++) {
    switch (ctx.tempKind[t] as TempKind) {
      case TempKind.Global:
        names.push(ctx.globals[t].name);
        break;
      case TempKind.Temp:
        names.push(`tmp${temps++}`);
        break;
      case TempKind.Local:
        names.push(`loc${locals++}`);
        break;
      case TempKind.Const: {
        const bits = ctx.tempType[t] === TYPE_I32 ? 32 : 64;
        names.push(`$0x${BigInt.asUintN(bits, ctx.constValue(t)).toString(16)}`);
      }
    }
  }
  return names;
}

export function formatOp(ctx: TcgContext, index: number, names: readonly string[] = tempNames(ctx)): string {
  const p = index * OP_WORDS;
  const def = OPS[ctx.ops[p]];
  if (!def) return `<opcode ${ctx.ops[p]}>`;
  const operands: string[] = [];
  let name: string | undefined;
  for (let i = 0; i < def.signature.length; i++) {
    const word = ctx.ops[p + 1 + i];
    switch (def.signature[i]) {
      case 'o':
      case 'i':
        operands.push(names[word] ?? `<temp ${word}>`);
        break;
      case 'r':
        operands.push(word < 0 ? ABSENT : (names[word] ?? `<temp ${word}>`));
        break;
      case 'x':
        if (word >= 0) operands.push(names[word] ?? `<temp ${word}>`);
        break;
      case 'h':
        name = ctx.helpers[word]?.name ?? `<helper ${word}>`;
        break;
      case 'c':
        operands.push(CONDS[word] ?? `<cond ${word}>`);
        break;
      case 'l':
        operands.push(`$L${word}`);
        break;
      case 'm':
        operands.push(memopName(word >> MEMOPIDX_SHIFT), String(word & ((1 << MEMOPIDX_SHIFT) - 1)));
        break;
      default:
        operands.push(PLAIN_IMMEDIATES.test(def.name) ? String(word) : `$0x${(word >>> 0).toString(16)}`);
    }
  }
  if (name !== undefined) operands.unshift(name);
  return operands.length > 0 ? `${def.name} ${operands.join(', ')}` : def.name;
}

// ---- Reading ---------------------------------------------------------------------------------------------------------

const OP_BY_NAME: ReadonlyMap<string, number> = new Map(OPS.map((op, number) => [op.name, number]));

/** Reads a TB: ops separated by newlines or `;`, `#` begins a comment. Throws IrError with the line. */
export function parseIr(text: string, globals: readonly GlobalDef[], helpers: readonly HelperDef[]): TcgContext {
  const parser = new Parser(new TcgContext(globals, helpers));
  for (const [i, line] of text.split('\n').entries()) {
    for (const statement of line.replace(/#.*/, '').split(';')) {
      if (statement.trim()) parser.statement(statement.trim(), i + 1);
    }
  }
  return parser.ctx;
}

class Parser {
  private readonly temps = new Map<string, Temp>();
  private readonly helperByName: Map<string, number>;
  private line = 0;

  constructor(readonly ctx: TcgContext) {
    ctx.globals.forEach((global, t) => this.temps.set(global.name, t));
    this.helperByName = new Map(ctx.helpers.map((helper, id) => [helper.name, id]));
  }

  statement(text: string, line: number): void {
    this.line = line;
    const [name] = text.split(/\s/, 1);
    const op = OP_BY_NAME.get(name);
    if (op === undefined) throw this.error(`unknown op '${name}'`);
    const rest = text.slice(name.length).trim();
    this.op(op, OPS[op], rest ? rest.split(',').map((operand) => operand.trim()) : []);
  }

  private op(op: Op, def: OpDef, operands: string[]): void {
    const words: number[] = [];
    let next = 0;
    let type = 0;
    if (op === Op.call) operands = this.helperFirst(operands);
    for (const kind of def.signature) {
      if (kind === 'x' && next >= operands.length) {
        words.push(-1);
        continue;
      }
      const operand = operands[next++];
      if (!operand) throw this.error(`${def.name}: operand ${next} is missing`);
      switch (kind) {
        case 'o':
        case 'i':
        case 'x':
          words.push(this.temp(operand, def.types[type++]));
          break;
        case 'r':
          words.push(operand === ABSENT ? -1 : this.temp(operand, 'I'));
          break;
        case 'h':
          words.push(this.helper(operand));
          break;
        case 'c':
          words.push(this.cond(operand));
          break;
        case 'l':
          words.push(this.label(operand));
          break;
        case 'm':
          words.push(this.memOpIdx(operand, operands[next++]));
          break;
        default:
          words.push(Number(BigInt.asIntN(32, this.number(operand))));
      }
    }
    if (next < operands.length) throw this.error(`${def.name}: too many operands`);
    if (op === Op.call) this.checkArguments(words);
    this.ctx.emitOp(op, words);
  }

  /** In the text the helper comes before the result, in the words after it. */
  private helperFirst(operands: string[]): string[] {
    const [helper, result, ...args] = operands;
    return [result, helper, ...args];
  }

  private checkArguments(words: readonly number[]): void {
    const { name, args } = this.ctx.helpers[words[1]];
    const given = words.slice(2).filter((word) => word >= 0).length;
    if (given !== args) throw this.error(`helper ${name} takes ${args} arguments, not ${given}`);
  }

  private temp(text: string, type: string): Temp {
    if (text.startsWith('$') && !text.startsWith('$L')) {
      const value = this.number(text);
      return type === 'i' ? this.ctx.constI32(Number(BigInt.asIntN(32, value))) : this.ctx.constI64(value);
    }
    const known = this.temps.get(text);
    if (known !== undefined) return known;
    const kind = /^(tmp|loc)\d+$/.exec(text)?.[1];
    if (!kind) throw this.error(`'${text}' is no global, tmpN, locN or $constant`);
    const irType = type === 'i' ? 'i32' : 'i64';
    const temp = kind === 'tmp' ? this.ctx.temp(irType) : this.ctx.local(irType);
    this.temps.set(text, temp);
    return temp;
  }

  private number(text: string): bigint {
    if (!/^\$?-?(0x[0-9a-f]+|\d+)$/i.test(text)) throw this.error(`'${text}' is no number`);
    const digits = text.replace('$', '');
    return digits.startsWith('-') ? -BigInt(digits.slice(1)) : BigInt(digits);
  }

  private helper(name: string): number {
    const id = this.helperByName.get(name);
    if (id === undefined) throw this.error(`unknown helper '${name}'`);
    return id;
  }

  private cond(name: string): Cond {
    const cond = CONDS.indexOf(name);
    if (cond < 0) throw this.error(`unknown condition '${name}'`);
    return cond;
  }

  private label(text: string): number {
    const digits = /^\$L(\d{1,4})$/.exec(text)?.[1];
    if (!digits) throw this.error(`'${text}' is no label ($L0, $L1, ...)`);
    this.ctx.labelCount = Math.max(this.ctx.labelCount, Number(digits) + 1);
    return Number(digits);
  }

  private memOpIdx(memop: string, mmuIdx: string | undefined): number {
    const op = memopOf(memop);
    if (op === undefined) throw this.error(`unknown MemOp '${memop}'`);
    const index = Number(mmuIdx);
    if (mmuIdx === undefined || !(index >= 0 && index < TLB_MMU_INDEXES)) throw this.error(`mmu index '${mmuIdx}'`);
    return (op << MEMOPIDX_SHIFT) | index;
  }

  private error(message: string): IrError {
    return new IrError(message, { line: this.line });
  }
}
