/**
 * Rotations that guests without an instruction for them make of two shifts and an `or`, `xor` or `add`: of 64 bits, or of the low 32, sign-extended (RISC-V's `slliw`,
 * `srliw`, `or`). V8 sees them by itself, SpiderMonkey does not, nor does tci: SHA-256 took half as long again there. The shifts are dead code afterwards, mostly.
 */
import type { TcgContext } from './context.js';
import type { Temp } from './ir-buffer.js';
import { clobbersGlobals, Op, OP_OUTPUTS, OP_WORDS } from './opcodes.js';

/** What a temp is of its source. */
enum Part {
  Nothing,
  /** source << n */
  Left,
  /** source >>> 64 - n */
  Right,
  /** The low half of source << n, sign-extended. */
  LeftWord,
  /** The low half of source, >>> 32 - n. */
  RightWord,
}

interface Rotation {
  /** Words of the op that becomes it, and of the first of its shifts. */
  readonly at: number;
  readonly first: number;
  readonly isWord: boolean;
  /** To the left. */
  readonly count: number;
  readonly source: Temp;
  /** The source has another value by then. */
  readonly isOverwritten: boolean;
}

export class Rotations {
  private ctx!: TcgContext;
  // by temp
  private part = new Uint8Array(0);
  private count = new Uint8Array(0);
  private source = new Int32Array(0);
  /** How often the source had been written when the shift read it, and where that was. */
  private sourceVersion = new Int32Array(0);
  private shiftAt = new Int32Array(0);
  private version = new Int32Array(0);
  private readonly found: Rotation[] = [];

  /** Rewrites the TB, if it has some; its ops may become more. */
  run(ctx: TcgContext): void {
    this.ctx = ctx;
    this.find();
    if (this.found.length > 0) this.rewrite();
  }

  private find(): void {
    const { ctx, found } = this;
    const { ops } = ctx;
    found.length = 0;
    if (this.part.length < ctx.tempCount) this.grow(2 * ctx.tempCount);
    this.part.fill(Part.Nothing, 0, ctx.tempCount);
    const end = ctx.opCount * OP_WORDS;
    for (let p = 0; p < end; p += OP_WORDS) {
      const op = ops[p] as Op;
      switch (op) {
        case Op.set_label:
          this.part.fill(Part.Nothing, 0, ctx.tempCount);
          break;
        case Op.shl_i64:
          this.shift(p, Part.Left, this.constant(ops[p + 3]));
          break;
        case Op.shr_i64:
          this.shift(p, Part.Right, 64 - this.constant(ops[p + 3]));
          break;
        case Op.extract_i64:
          if (ops[p + 3] + ops[p + 4] === 32) this.shift(p, Part.RightWord, 32 - ops[p + 3]);
          else this.write(ops[p + 1]);
          break;
        case Op.ext32s_i64:
          this.signExtend(ops[p + 1], ops[p + 2]);
          break;
        case Op.or_i64:
        case Op.xor_i64:
        case Op.add_i64:
          this.combine(p, ops[p + 2], ops[p + 3]);
          this.write(ops[p + 1]);
          break;
        case Op.call:
          if (clobbersGlobals(ctx.helpers[ops[p + 2]])) for (let global = 0; global < ctx.globalCount; global++) this.write(global);
          if (ops[p + 1] >= 0) this.write(ops[p + 1]);
          break;
        default:
          for (let i = 1; i <= OP_OUTPUTS[op]; i++) this.write(ops[p + i]);
      }
    }
  }

  private write(t: Temp): void {
    this.version[t]++;
    this.part[t] = Part.Nothing;
  }

  private shift(p: number, part: Part, count: number): void {
    const { ops } = this.ctx;
    const [d, source] = [ops[p + 1], ops[p + 2]];
    const version = this.version[source];
    this.write(d);
    if (count > 0 && count < 64) this.note(d, part, count, source, version, p);
  }

  private note(t: Temp, part: Part, count: number, source: Temp, sourceVersion: number, shiftAt: number): void {
    this.part[t] = part;
    this.count[t] = count;
    this.source[t] = source;
    this.sourceVersion[t] = sourceVersion;
    this.shiftAt[t] = shiftAt;
  }

  private signExtend(d: Temp, a: Temp): void {
    const { part, count, source, sourceVersion, shiftAt } = this;
    const isWord = part[a] === Part.Left && count[a] < 32;
    const [n, from, version, at] = [count[a], source[a], sourceVersion[a], shiftAt[a]];
    this.write(d);
    if (isWord) this.note(d, Part.LeftWord, n, from, version, at);
  }

  /** The op at p takes these together, which may be the two parts of a rotation: their bits do not meet. */
  private combine(p: number, a: Temp, b: Temp): void {
    const { part, count, source, sourceVersion, shiftAt } = this;
    if (part[a] > part[b]) return this.combine(p, b, a);
    const isWord = part[a] === Part.LeftWord && part[b] === Part.RightWord;
    if (!isWord && (part[a] !== Part.Left || part[b] !== Part.Right)) return;
    if (count[a] !== count[b] || source[a] !== source[b] || sourceVersion[a] !== sourceVersion[b]) return;
    this.found.push({
      at: p,
      first: Math.min(shiftAt[a], shiftAt[b]),
      isWord,
      count: count[a],
      source: source[a],
      isOverwritten: this.version[source[a]] !== sourceVersion[a],
    });
  }

  private rewrite(): void {
    const { ctx, found } = this;
    const old = ctx.ops.slice(0, ctx.opCount * OP_WORDS);
    const low = found.some(({ isWord }) => isWord) ? ctx.temp('i32') : 0;
    const kept = found.filter(({ isOverwritten }) => isOverwritten).sort((a, b) => a.first - b.first);
    const copies = new Map(kept.map((rotation) => [rotation, ctx.temp()]));
    let [nextFound, nextKept] = [0, 0];
    ctx.opCount = 0;
    for (let p = 0; p < old.length; p += OP_WORDS) {
      for (; kept[nextKept]?.first === p; nextKept++) ctx.mov(copies.get(kept[nextKept])!, kept[nextKept].source);
      const rotation = found[nextFound];
      if (rotation?.at !== p) {
        ctx.emitOp(old[p], old.subarray(p + 1, p + OP_WORDS));
        continue;
      }
      nextFound++;
      const source = copies.get(rotation) ?? rotation.source;
      if (!rotation.isWord) ctx.rotli(old[p + 1], source, rotation.count);
      else {
        ctx.extrlI64I32(low, source);
        ctx.rotli32(low, low, rotation.count);
        ctx.extI32I64(old[p + 1], low);
      }
    }
  }

  /** A shift count, or 0 if it is none that is known. */
  private constant(t: Temp): number {
    return this.ctx.isConst(t) && this.ctx.constHi[t] === 0 ? this.ctx.constLo[t] : 0;
  }

  private grow(size: number): void {
    this.part = new Uint8Array(size);
    this.count = new Uint8Array(size);
    this.source = new Int32Array(size);
    this.sourceVersion = new Int32Array(size);
    this.shiftAt = new Int32Array(size);
    this.version = new Int32Array(size);
  }
}
