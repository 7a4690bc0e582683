/**
 * Random TBs for property tests: the same seed gives the same TB. They verify, they end, and they do nothing undefined, so any two things that
 * run IR must agree on the result: the optimiser with itself, tci with wasm, each with `evalIr`.
 */
import { ENV_PC, ENV_TARGET_BASE, MO_32, MO_64, MO_ALIGN_4, MO_BSWAP, MO_SIGN, MO_SIZE } from '../../assembly/shared/layout.js';
import { TcgContext, type GlobalDef, type Temp } from '../../src/tcg/context.js';
import { AtomicKind, Cond, Op, OPS, type HelperDef, type IrType } from '../../src/tcg/opcodes.js';
import type { TargetTraits } from '../../src/tcg/target-traits.js';
import type { EvalOptions, IrState } from './ir-eval.js';

/** pc, and r1 .. r8 at the start of the target's part of env. */
export const RANDOM_GLOBALS: readonly GlobalDef[] = [
  { name: 'pc', offset: ENV_PC },
  ...Array.from({ length: 8 }, (_, i) => ({ name: `r${i + 1}`, offset: ENV_TARGET_BASE + 8 * (i + 1) })),
];

/** Helpers of every kind, for things under test that can provide them (see `randomHelper`). */
export const RANDOM_HELPERS: readonly HelperDef[] = [
  { name: 'pure', args: 2, result: true, pure: true, noReadGlobals: true, noWriteGlobals: true },
  { name: 'flags', args: 1, result: true, noReadGlobals: true, noWriteGlobals: true },
  { name: 'reader', args: 0, result: true, noWriteGlobals: true },
  { name: 'writer', args: 1, result: false },
  { name: 'faulter', args: 1, result: true, noReadGlobals: true, noWriteGlobals: true, mayFault: true },
];

export interface RandomIrOptions {
  /** Ops of the body, roughly. Default 30. */
  ops?: number;
  /** Forward branches and loops. Default true. */
  branches?: boolean;
  /** Guest loads, stores and atomics. Default true. */
  memory?: boolean;
  /** Calls of RANDOM_HELPERS. Default false. */
  helpers?: boolean;
  /** Env loads and stores, at ENV_RANDOM .. + 64. Default true. */
  env?: boolean;
  /** Guest addresses are base + (value & mask); accesses need not be aligned. Default 0 and 0x7ff. */
  addressBase?: bigint;
  addressMask?: number;
  mmuIdx?: number;
}

/** Of no target in particular. */
export const RANDOM_TRAITS: TargetTraits = {
  codeAlignBits: 1,
  maxInsnSize: 4,
  addressBits: 64,
  pageBits: 12,
  pcRelative: true,
  untranslated: 1,
  csBase: true,
  division: 'total',
  endianness: 'little',
  singles: 'boxed',
};

/** Env offset of the bytes that random ld/st ops touch. */
export const ENV_RANDOM = ENV_TARGET_BASE + 0x400;

/** A small seeded generator (xorshift): numbers, and picks from lists. */
export class Random {
  private state: number;

  constructor(seed: number) {
    this.state = Math.imul(seed + 1, 0x9e3779b1) | 1;
    for (let i = 0; i < 8; i++) this.next();
  }

  /** 0 .. 2^32 - 1 */
  next(): number {
    let x = this.state;
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    this.state = x;
    return x >>> 0;
  }

  below(limit: number): number {
    return this.next() % limit;
  }

  chance(percent: number): boolean {
    return this.below(100) < percent;
  }

  pick<T>(list: readonly T[]): T {
    return list[this.below(list.length)];
  }

  u64(): bigint {
    return (BigInt(this.next()) << 32n) | BigInt(this.next());
  }

  /** 64-bit values that find bugs: small, powers of two, all ones, halves, or anything. */
  interesting(): bigint {
    const bit = 1n << BigInt(this.below(64));
    switch (this.below(8)) {
      case 0:
        return BigInt(this.below(4));
      case 1:
        return BigInt.asUintN(64, -BigInt(this.below(4)));
      case 2:
        return bit;
      case 3:
        return bit - 1n;
      case 4:
        return BigInt.asUintN(64, -bit);
      case 5:
        return BigInt(this.next());
      case 6:
        return BigInt.asUintN(64, BigInt(this.next() | 0));
      default:
        return this.u64();
    }
  }
}

/** The pc of the one TB that is run. */
export const RANDOM_START = 0x8000;

/** A state to run it on: interesting registers, random memory. */
export function randomState(seed: number, memorySize = 0x1000, envSize = 0x1000): IrState {
  const random = new Random(seed);
  const bytes = (size: number) => Uint8Array.from({ length: size }, () => random.below(256));
  const globals = RANDOM_GLOBALS.map((_, g) => (g === 0 ? BigInt(RANDOM_START) : random.interesting()));
  return { globals, memory: bytes(memorySize), env: bytes(envSize) };
}

/** What RANDOM_HELPERS do. `writer` changes globals and env, `faulter` raises on odd arguments. */
export const randomHelper: NonNullable<EvalOptions['callHelper']> = (helper, args, state) => {
  switch (helper.name) {
    case 'pure':
      return args[0] * 3n + (args[1] >> 7n);
    case 'flags':
      state.env[ENV_RANDOM] ^= Number(args[0] & 0xffn);
      return args[0] ^ 0x55n;
    case 'reader':
      return state.globals.slice(1).reduce((sum, value, i) => BigInt.asUintN(64, sum + value * BigInt(i + 1)), 0n);
    case 'writer':
      state.globals[1] = BigInt.asUintN(64, state.globals[2] + args[0]);
      state.globals[3] ^= args[0];
      return 0n;
    case 'faulter':
      return args[0] & 1n ? 'fault' : args[0] >> 1n;
    default:
      throw new Error(`unknown helper ${helper.name}`);
  }
};

export function randomIr(seed: number, options: RandomIrOptions = {}): TcgContext {
  return new Generator(new Random(seed), options).run();
}

const BINARY = ['add', 'sub', 'mul', 'and', 'or', 'xor', 'andc', 'orc', 'eqv', 'nand', 'nor', 'muluh', 'mulsh', 'clz', 'ctz'];
const WORD_OPS = ['add', 'sub', 'mul', 'and', 'or', 'xor'];
const SHIFTS = ['shl', 'shr', 'sar', 'rotl', 'rotr'];
const DIVISIONS = ['div', 'divu', 'rem', 'remu'];
const UNARY = ['mov', 'neg', 'not', 'ext8s', 'ext8u', 'ext16s', 'ext16u', 'ctpop', 'bswap16', 'bswap32'];
const UNARY_I64 = ['ext32s_i64', 'ext32u_i64', 'bswap64_i64'];
const CONVERSIONS = ['ext_i32_i64', 'extu_i32_i64', 'extrl_i64_i32', 'extrh_i64_i32'];
const CONDS = Array.from({ length: Cond.GTU + 1 }, (_, i) => i as Cond);
const PLAIN_MEMOPS = Array.from({ length: MO_BSWAP * 2 }, (_, i) => i).filter((memop) => (memop & (MO_64 | MO_SIGN)) !== (MO_64 | MO_SIGN));
const ENV_OPS = OPS.map((op, number) => ({ number: number as Op, op })).filter(({ op }) => /^(ld|st)/.test(op.name));

class Generator {
  private readonly ctx = new TcgContext(RANDOM_GLOBALS, RANDOM_HELPERS);
  /** Readable temps of this block, by type. */
  private readonly temps: Record<IrType, Temp[]> = { i32: [], i64: [] };
  private readonly locals: Record<IrType, Temp[]> = { i32: [], i64: [] };
  /** Forward labels: op numbers at which to set them. */
  private pending: { label: number; at: number }[] = [];
  private loop: { label: number; until: number } | undefined;
  private readonly counter = this.ctx.local();
  private instructions = 0;
  /** A global changed in this instruction: what may fault must wait for the next one. */
  private dirty = false;
  private slots = 0;

  constructor(
    private readonly random: Random,
    private readonly options: RandomIrOptions,
  ) {}

  run(): TcgContext {
    const { ctx, random } = this;
    const count = this.options.ops ?? 30;
    this.insnStart();
    ctx.movi(this.counter, random.below(5));
    for (const type of ['i64', 'i64', 'i32'] as const) {
      const local = ctx.local(type);
      this.emit(`mov_${type}`, [local, this.operand(type)]);
      this.locals[type].push(local);
    }
    for (let i = 0; i < count; i++) {
      if (random.chance(25)) this.insnStart();
      if (this.options.branches ?? true) this.controlFlow(i, count);
      this.step();
    }
    this.closeLoop();
    for (const { label } of this.pending) this.setLabel(label);
    this.exit();
    return ctx;
  }

  private step(): void {
    const { random } = this;
    const kind = random.below(115);
    const type = random.pick(['i64', 'i64', 'i32'] as const);
    if (kind < 35) this.result(type, `${random.pick(BINARY)}_${type}`, [this.operand(type), this.operand(type)]);
    else if (kind < 45) this.shift(type);
    else if (kind < 48) this.division(type);
    else if (kind < 60) this.unary(type);
    else if (kind < 66) this.field(type);
    else if (kind < 71) this.result(type, `setcond_${type}`, [this.operand(type), this.operand(type), random.pick(CONDS)]);
    else if (kind < 76) this.movcond(type);
    else if (kind < 80) this.double(type);
    else if (kind < 90 && (this.options.memory ?? true)) this.memory();
    else if (kind >= 90 && kind < 95 && (this.options.env ?? true)) this.env();
    else if (kind >= 100) this.word();
    else if (kind >= 95 && this.options.helpers) this.call();
    else this.unary(type);
  }

  // ---- Ops -----------------------------------------------------------------------------------------------------------

  private shift(type: IrType): void {
    const { ctx, random } = this;
    const width = type === 'i64' ? 64 : 32;
    const name = `${random.pick(SHIFTS)}_${type}`;
    const value = this.operand(type);
    if (random.chance(60)) return this.result(type, name, [value, this.constant(type, BigInt(random.below(width)))]);
    const count = ctx.temp(type);
    this.emit(`and_${type}`, [count, this.operand(type), this.constant(type, BigInt(width - 1))]);
    this.result(type, name, [value, count]);
  }

  private division(type: IrType): void {
    const { ctx, random } = this;
    const dividend = this.operand(type);
    let divisor = this.operand(type);
    if (random.chance(50)) {
      const small = ctx.temp(type);
      this.emit(`and_${type}`, [small, divisor, this.constant(type, BigInt(random.pick([1, 7, 0xff, 0x7fff])))]);
      divisor = small;
    }
    this.result(type, `${random.pick(DIVISIONS)}_${type}`, [dividend, divisor]);
  }

  /** 32-bit arithmetic on 64-bit values, as a frontend emits it: extensions around an op of which the low half counts. */
  private word(): void {
    const { ctx, random } = this;
    const extend = () => random.pick(['ext32s_i64', 'ext32u_i64']);
    const extended = (): Temp => {
      const t = ctx.temp();
      this.emit(extend(), [t, this.operand('i64')]);
      return t;
    };
    const t = ctx.temp();
    const choice = random.below(4);
    if (choice === 0) this.emit(`${random.pick(WORD_OPS)}_i64`, [t, this.operand('i64'), this.operand('i64')]);
    else if (choice === 1) this.emit(`${random.pick(DIVISIONS)}_i64`, [t, extended(), extended()]);
    else {
      const count = ctx.temp();
      this.emit('and_i64', [count, this.operand('i64'), ctx.constI64(31)]);
      this.emit(`${random.pick(SHIFTS)}_i64`, [t, choice === 2 ? extended() : this.operand('i64'), count]);
    }
    this.result('i64', random.chance(80) ? extend() : 'mov_i64', [t]);
  }

  private unary(type: IrType): void {
    const { random } = this;
    const choice = random.below(10);
    if (choice < 2) {
      const name = random.pick(CONVERSIONS);
      const toWide = name.endsWith('_i64');
      this.result(toWide ? 'i64' : 'i32', name, [this.operand(toWide ? 'i32' : 'i64')]);
    } else if (choice < 5) this.result('i64', random.pick(UNARY_I64), [this.operand('i64')]);
    else this.result(type, `${random.pick(UNARY)}_${type}`, [this.operand(type)]);
  }

  private field(type: IrType): void {
    const { random } = this;
    const width = type === 'i64' ? 64 : 32;
    const pos = random.chance(40) ? 0 : random.below(width);
    const len = random.chance(40) ? Math.min(random.pick([8, 16, 32]), width - pos) : 1 + random.below(width - pos);
    const name = random.pick(['deposit', 'extract', 'sextract']);
    const inputs = name === 'deposit' ? [this.operand(type), this.operand(type)] : [this.operand(type)];
    this.result(type, `${name}_${type}`, [...inputs, pos, len]);
  }

  private movcond(type: IrType): void {
    const operands = [1, 2, 3, 4].map(() => this.operand(type));
    this.result(type, `movcond_${type}`, [...operands, this.random.pick(CONDS)]);
  }

  private double(type: IrType): void {
    const name = this.random.pick(['mulu2', 'muls2', 'add2', 'sub2']);
    const inputs = (name.startsWith('mul') ? [1, 2] : [1, 2, 3, 4]).map(() => this.operand(type));
    const low = this.output(type);
    let high = this.output(type);
    if (high === low) high = this.ctx.temp(type);
    this.emit(`${name}_${type}`, [low, high, ...inputs]);
    this.wrote(low, type);
    this.wrote(high, type);
  }

  private memory(): void {
    const { ctx, random } = this;
    const address = ctx.temp();
    const mmuIdx = this.options.mmuIdx ?? 0;
    const plain = random.pick(PLAIN_MEMOPS);
    const aligned = (plain & MO_SIZE) >= MO_32 && random.chance(25);
    const memop = aligned ? plain | MO_ALIGN_4 : plain;
    const mask = (this.options.addressMask ?? 0x7ff) & (aligned && random.chance(90) ? ~3 : ~0);
    this.emit('and_i64', [address, this.operand('i64'), ctx.constI64(mask)]);
    const base = this.options.addressBase ?? 0n;
    if (base !== 0n) this.emit('add_i64', [address, address, ctx.constI64(base)]);
    if (this.dirty) this.insnStart();
    const value = this.operand('i64');
    const choice = random.below(10);
    if (choice < 4) {
      const d = this.output('i64');
      ctx.qemuLd(d, address, memop, mmuIdx);
      this.wrote(d, 'i64');
    } else if (choice < 8) ctx.qemuSt(value, address, memop, mmuIdx);
    else this.atomic(address, value, plain, mmuIdx);
  }

  /** 32 or 64 bits, naturally aligned: what atomics may ask of a host. */
  private atomic(address: Temp, value: Temp, memop: number, mmuIdx: number): void {
    const { ctx, random } = this;
    const aligned = ctx.temp();
    const wide = random.chance(50);
    this.emit('and_i64', [aligned, address, ctx.constI64(-8)]);
    const d = this.output('i64');
    const size = wide ? MO_64 : MO_64 - 1 + (memop & MO_SIGN);
    if (random.chance(30)) ctx.atomicCmpxchg(d, aligned, this.operand('i64'), value, size, mmuIdx);
    else ctx.atomicFetch(random.below(AtomicKind.umax + 1), d, aligned, value, size, mmuIdx);
    this.wrote(d, 'i64');
  }

  private env(): void {
    const { random } = this;
    const { number, op } = random.pick(ENV_OPS);
    const type = op.types === 'I' ? 'i64' : 'i32';
    const offset = ENV_RANDOM + 8 * random.below(8);
    if (op.name.startsWith('st')) this.ctx.emitOp(number, [this.operand(type), offset]);
    else this.result(type, op.name, [offset]);
  }

  private call(): void {
    const { ctx, random } = this;
    const helper = random.pick(RANDOM_HELPERS);
    const args = Array.from({ length: helper.args }, () => this.operand('i64'));
    if (helper.mayFault && this.dirty) this.insnStart();
    const d = helper.result && random.chance(90) ? this.output('i64') : -1;
    ctx.call(helper, d, ...args);
    if (!helper.noWriteGlobals) this.dirty = true;
    if (d >= 0) this.wrote(d, 'i64');
  }

  // ---- Control flow --------------------------------------------------------------------------------------------------

  private controlFlow(i: number, count: number): void {
    const { ctx, random } = this;
    this.pending = this.pending.filter(({ label, at }) => {
      if (at > i) return true;
      this.setLabel(label);
      return false;
    });
    if (this.loop && i >= this.loop.until) this.closeLoop();
    if (random.chance(8)) {
      const label = ctx.newLabel();
      this.branch(label);
      this.pending.push({ label, at: i + 1 + random.below(8) });
    } else if (!this.loop && random.chance(4) && i + 2 < count) this.openLoop(i);
    else if (random.chance(2) && this.pending.length > 0) {
      ctx.br(random.pick(this.pending).label);
      this.forgetTemps();
      this.insnStart();
      this.setLabel(ctx.newLabel());
    }
  }

  private branch(label: number): void {
    const type = this.random.pick(['i64', 'i64', 'i32'] as const);
    this.emit(`brcond_${type}`, [this.operand(type), this.operand(type), this.random.pick(CONDS), label]);
  }

  /** Loops end because all of them count one local down, from a few, on every round. */
  private openLoop(i: number): void {
    const label = this.ctx.newLabel();
    this.setLabel(label);
    this.loop = { label, until: i + 2 + this.random.below(8) };
  }

  private closeLoop(): void {
    if (!this.loop) return;
    const { label } = this.loop;
    this.loop = undefined;
    this.ctx.addi(this.counter, this.counter, -1);
    this.ctx.brcondi(Cond.GT, this.counter, 0, label);
  }

  private setLabel(label: number): void {
    this.ctx.setLabel(label);
    this.forgetTemps();
    this.insnStart();
  }

  private exit(): void {
    const { ctx, random } = this;
    if (random.chance(40)) {
      const other = ctx.newLabel();
      this.branch(other);
      this.leave();
      ctx.setLabel(other);
      this.forgetTemps();
    }
    this.leave();
  }

  private leave(): void {
    const { ctx, random } = this;
    ctx.movi(0, random.interesting());
    switch (random.below(3)) {
      case 0:
        return ctx.gotoTb(this.slots++);
      case 1:
        return ctx.gotoPtr();
      default:
        return ctx.exitTb(random.pick([0, 3]));
    }
  }

  private insnStart(): void {
    this.ctx.insnStart(4 * this.instructions++);
    this.dirty = false;
  }

  // ---- Operands ------------------------------------------------------------------------------------------------------

  private operand(type: IrType): Temp {
    const { random } = this;
    const choice = random.below(100);
    if (choice < 30) return this.constant(type, random.interesting());
    if (choice < 60 && this.temps[type].length > 0) return random.pick(this.temps[type]);
    if (choice < 75 && this.locals[type].length > 0) return random.pick(this.locals[type]);
    if (type === 'i64') return 1 + random.below(RANDOM_GLOBALS.length - 1);
    return this.temps.i32.length > 0 ? random.pick(this.temps.i32) : this.constant('i32', random.interesting());
  }

  private constant(type: IrType, value: bigint): Temp {
    return type === 'i64' ? this.ctx.constI64(value) : this.ctx.constI32(Number(BigInt.asIntN(32, value)));
  }

  private output(type: IrType): Temp {
    const { random } = this;
    const choice = random.below(100);
    if (choice < 25 && this.temps[type].length > 0) return random.pick(this.temps[type]);
    if (choice < 40) return random.pick(this.locals[type].length > 0 ? this.locals[type] : [this.ctx.temp(type)]);
    if (choice < 70 && type === 'i64') return 1 + random.below(RANDOM_GLOBALS.length - 1);
    return this.ctx.temp(type);
  }

  private result(type: IrType, name: string, rest: readonly number[]): void {
    const d = this.output(type);
    this.emit(name, [d, ...rest]);
    this.wrote(d, type);
  }

  private wrote(d: Temp, type: IrType): void {
    if (d < this.ctx.globalCount) this.dirty = true;
    else if (!this.locals[type].includes(d) && !this.temps[type].includes(d)) this.temps[type].push(d);
  }

  private forgetTemps(): void {
    this.temps.i32.length = this.temps.i64.length = 0;
  }

  private emit(name: string, operands: readonly number[]): void {
    this.ctx.emitOp(Op[name as keyof typeof Op], operands);
  }
}
