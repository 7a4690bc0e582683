/** One call: its parameter block, and guest memory. Sources: "Semihosting for AArch32 and AArch64" (Arm), "RISC-V Semihosting". */
import { Refusal } from './errno.js';
import type { SemihostingGuest } from './services.js';

/** Bytes of guest memory that are moved at once: what a call does without a break must not keep the host waiting. */
export const PIECE = 64 * 1024;
/** Of a file's name, without the NUL (Linux's PATH_MAX). */
const NAME_LIMIT = 4095;
/** Texts are looked at in pieces that do not cross a multiple of it. */
const TEXT_PIECE = 1024;

export class Call {
  constructor(
    private readonly guest: SemihostingGuest,
    /** The parameter register: the block's address, or for some operations the parameter itself. */
    readonly parameter: bigint,
  ) {}

  get wordSize(): 4 | 8 {
    return this.guest.wordSize;
  }

  /** Word `n` of the block. */
  word(n: number): bigint {
    const bytes = this.read(this.wordAddress(n), this.wordSize);
    const view = new DataView(bytes.buffer);
    return this.wordSize === 8 ? view.getBigUint64(0, true) : BigInt(view.getUint32(0, true));
  }
  /** The same as a C `int`. */
  int(n: number): number {
    return Number(BigInt.asIntN(32, this.word(n)));
  }
  setWord(n: number, value: bigint): void {
    this.writeWords(this.wordAddress(n), [value]);
  }
  /** From `address` on: all or none. */
  writeWords(address: bigint, values: readonly bigint[]): void {
    const bytes = new Uint8Array(this.wordSize * values.length);
    const view = new DataView(bytes.buffer);
    values.forEach((value, i) => {
      if (this.wordSize === 8) view.setBigUint64(8 * i, value, true);
      else view.setUint32(4 * i, Number(BigInt.asUintN(32, value)), true);
    });
    this.write(address, bytes);
  }
  private wordAddress(n: number): bigint {
    return this.parameter + BigInt(n * this.wordSize);
  }

  read(address: bigint, size: number): Uint8Array<ArrayBuffer> {
    const bytes = new Uint8Array(size);
    if (!this.guest.read(address, bytes)) throw new Refusal('EFAULT');
    return bytes;
  }
  checkWritable(address: bigint, size: number): void {
    if (!this.guest.mayWrite(address, size)) throw new Refusal('EFAULT');
  }
  write(address: bigint, bytes: Uint8Array): void {
    if (!this.guest.write(address, bytes)) throw new Refusal('EFAULT');
  }

  /** A text without its NUL, piece by piece. */
  *text(address: bigint): Generator<Uint8Array, void> {
    for (let at = address; ;) {
      const piece = this.read(at, TEXT_PIECE - Number(at % BigInt(TEXT_PIECE)));
      const end = piece.indexOf(0);
      yield end < 0 ? piece : piece.subarray(0, end);
      if (end >= 0) return;
      at += BigInt(piece.length);
    }
  }

  /** A file's name, whose length, without the NUL, is given beside it. */
  name(address: bigint, length: bigint): string {
    const bytes: number[] = [];
    for (const piece of this.text(address)) {
      bytes.push(...piece);
      if (bytes.length > NAME_LIMIT) throw new Refusal('ENAMETOOLONG');
    }
    if (BigInt(bytes.length) > length || this.read(address + length, 1)[0] !== 0) throw new Refusal('EINVAL');
    return new TextDecoder().decode(Uint8Array.from(bytes));
  }
}
