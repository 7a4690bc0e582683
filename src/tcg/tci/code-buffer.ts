/** Bytecode under construction: 16-bit units, and the insn table. Private memory: the code moves to the TB when its size is known. */

/** The code does not fit what 16-bit fields can say: the TB must be shorter. */
export class TciOverflow extends Error {
  override readonly name = 'TciOverflow';
}

/** Branch distances are signed 16-bit counts of words: this keeps every pair of ops in reach. */
const MAX_UNITS = 0xfff0;

export class CodeBuffer {
  units = new Uint16Array(8192);
  /** Units written so far. */
  size = 0;
  /** Pairs: first word of the instruction's code, its pc offset. */
  insns = new Uint16Array(1024);
  insnCount = 0;

  reset(): void {
    this.size = 0;
    this.insnCount = 0;
  }

  /** Appends an op's first two words; returns its position in units. */
  op(opcode: number, d: number, a: number, b: number): number {
    const p = this.size;
    this.reserve(4);
    const { units } = this;
    units[p] = opcode;
    units[p + 1] = d;
    units[p + 2] = a;
    units[p + 3] = b;
    return p;
  }

  /** Appends one word. */
  word(low: number, high: number): void {
    const p = this.size;
    this.reserve(2);
    this.units[p] = low;
    this.units[p + 1] = high;
  }

  insn(pcOffset: number): void {
    const p = this.insnCount++ * 2;
    if (p >= this.insns.length) {
      const grown = new Uint16Array(this.insns.length * 2);
      grown.set(this.insns);
      this.insns = grown;
    }
    this.insns[p] = this.size >>> 1;
    this.insns[p + 1] = pcOffset;
  }

  /** Code and insn table. In loops of our own: for so few words V8's `subarray` and `set` take longer. */
  copyTo(target: Uint16Array, at: number, insnsAt: number): void {
    const { units, size, insns, insnCount } = this;
    for (let i = 0; i < size; i++) target[at + i] = units[i];
    for (let i = 0; i < 2 * insnCount; i++) target[insnsAt + i] = insns[i];
  }

  private reserve(count: number): void {
    this.size += count;
    if (this.size > MAX_UNITS) throw new TciOverflow('tci code too long');
    if (this.size <= this.units.length) return;
    const grown = new Uint16Array(this.units.length * 2);
    grown.set(this.units);
    this.units = grown;
  }
}
