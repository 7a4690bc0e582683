/**
 * What the optimiser knows of each temp at one point of an extended basic block: of which other temp it is a copy, which bits may be one,
 * and how many leading bits repeat the sign. All of it is void at a label, which costs one increment (`epoch`); a write voids the
 * copies taken from the old value, which costs one increment too (`version`).
 *
 * i32 temps are described as if sign-extended to 64 bits.
 */
import { TempKind, TYPE_I64, type TcgContext, type Temp } from './context.js';
import { clz64, signCopies } from './fold.js';

export class Values {
  private ctx!: TcgContext;
  private capacity = 0;
  private epoch = 0;
  private stamp = new Int32Array(0);
  private version = new Int32Array(0);
  private source = new Int32Array(0);
  private sourceVersion = new Int32Array(0);
  /** Bits that may be one. */
  private maskLo = new Int32Array(0);
  private maskHi = new Int32Array(0);
  /** Leading bits that equal the sign bit, itself included. */
  private signs = new Uint8Array(0);

  begin(ctx: TcgContext): void {
    this.ctx = ctx;
    // Twice: room for the constants that folding adds.
    if (this.capacity < ctx.tempKind.length) this.grow(2 * ctx.tempKind.length);
    this.forget();
  }

  /** A label: anything may have come from elsewhere. */
  forget(): void {
    this.epoch++;
  }

  /** The temp to read instead of t: the oldest one with the same value, constants and globals first. */
  resolve(t: Temp): Temp {
    while (this.stamp[t] === this.epoch) {
      const source = this.source[t];
      if (source < 0) return t;
      if (this.version[source] !== this.sourceVersion[t]) {
        this.source[t] = -1;
        return t;
      }
      t = source;
    }
    return t;
  }

  /** t gets a new value with these bits. */
  write(t: Temp, maskLo: number, maskHi: number, signs: number): void {
    this.note(t);
    this.source[t] = -1;
    this.setBits(t, maskLo, maskHi, signs);
  }

  writeUnknown(t: Temp): void {
    this.write(t, -1, -1, 1);
  }

  /** t gets the value of `from` (resolved, another temp). */
  writeCopy(t: Temp, from: Temp): void {
    const lo = this.zeroMaskLo(from);
    const hi = this.zeroMaskHi(from);
    const signs = this.signBits(from);
    this.note(t);
    this.source[t] = -1;
    this.setBits(t, lo, hi, signs);
    const kind = this.ctx.tempKind[from] as TempKind;
    // A global outlives a temp: let readers of the temp read the global, and the temp may die.
    if ((kind === TempKind.Temp || kind === TempKind.Local) && this.ctx.tempKind[t] === TempKind.Global) this.link(from, t);
    else this.link(t, from);
  }

  /** From now on `alias` is read as `t`, which holds the same value (the value was renamed). */
  rename(alias: Temp, t: Temp): void {
    const lo = this.zeroMaskLo(alias);
    const hi = this.zeroMaskHi(alias);
    const signs = this.signBits(alias);
    this.write(t, lo, hi, signs);
    this.link(alias, t);
  }

  zeroMaskLo(t: Temp): number {
    if (this.ctx.tempKind[t] === TempKind.Const) return this.ctx.constLo[t];
    return this.stamp[t] === this.epoch ? this.maskLo[t] : -1;
  }

  zeroMaskHi(t: Temp): number {
    if (this.ctx.tempKind[t] === TempKind.Const) return this.ctx.constHi[t];
    return this.stamp[t] === this.epoch ? this.maskHi[t] : -1;
  }

  signBits(t: Temp): number {
    if (this.ctx.tempKind[t] === TempKind.Const) return signCopies(this.ctx.constLo[t], this.ctx.constHi[t]);
    return this.stamp[t] === this.epoch ? this.signs[t] : this.ctx.tempType[t] === TYPE_I64 ? 1 : 33;
  }

  private note(t: Temp): void {
    this.stamp[t] = this.epoch;
    this.version[t]++;
  }

  private link(t: Temp, source: Temp): void {
    if (this.stamp[t] !== this.epoch) {
      this.stamp[t] = this.epoch;
      this.setBits(t, -1, -1, 1);
    }
    this.source[t] = source;
    this.sourceVersion[t] = this.version[source];
  }

  private setBits(t: Temp, lo: number, hi: number, signs: number): void {
    if (this.ctx.tempType[t] !== TYPE_I64) {
      hi = lo >> 31;
      if (signs < 33) signs = 33;
    }
    const zeros = clz64(lo, hi);
    this.maskLo[t] = lo;
    this.maskHi[t] = hi;
    this.signs[t] = signs > zeros ? signs : zeros;
  }

  private grow(size: number): void {
    this.capacity = size;
    this.stamp = new Int32Array(size);
    this.version = new Int32Array(size);
    this.source = new Int32Array(size);
    this.sourceVersion = new Int32Array(size);
    this.maskLo = new Int32Array(size);
    this.maskHi = new Int32Array(size);
    this.signs = new Uint8Array(size);
  }
}
