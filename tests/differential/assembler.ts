/** A tiny RISC-V assembler for the scaffolding of the random programs: base instructions, CSR accesses, labels. */

export interface Label {
  /** Address, once placed. */
  at?: number;
}

/** A growing image at a fixed address. Addresses stay below 2^32: everything is in the low RAM of the virt board. */
export class Assembler {
  bytes = new Uint8Array(0x10000);
  size = 0;
  private readonly fixups: { at: number; label: Label; patch: (word: number, offset: number) => number }[] = [];

  constructor(
    readonly base: number,
    readonly xlen: 32 | 64,
  ) {}

  get pc(): number {
    return this.base + this.size;
  }

  emit(word: number, size: 2 | 4 = 4): void {
    if (this.size + 4 > this.bytes.length) {
      const grown = new Uint8Array(this.bytes.length * 2);
      grown.set(this.bytes);
      this.bytes = grown;
    }
    for (let i = 0; i < size; i++) this.bytes[this.size + i] = word >>> (8 * i);
    this.size += size;
  }

  align(to: number): void {
    while (this.size % to !== 0) this.emit(NOP_C, 2);
  }

  place(label: Label): Label {
    label.at = this.pc;
    return label;
  }

  /** Fills in all references; call it last. */
  finish(): Uint8Array {
    const view = new DataView(this.bytes.buffer);
    for (const { at, label, patch } of this.fixups) {
      if (label.at === undefined) throw new Error('a label was never placed');
      view.setUint32(at, patch(view.getUint32(at, true), label.at - this.base - at), true);
    }
    return this.bytes.subarray(0, this.size);
  }

  private refer(label: Label, word: number, patch: (word: number, offset: number) => number): void {
    this.fixups.push({ at: this.size, label, patch });
    this.emit(word);
  }

  // RV32I and RV64I
  addi(rd: number, rs1: number, imm: number): void {
    this.emit(iType(imm, rs1, 0, rd, 0x13));
  }
  andi(rd: number, rs1: number, imm: number): void {
    this.emit(iType(imm, rs1, 7, rd, 0x13));
  }
  slli(rd: number, rs1: number, count: number): void {
    this.emit(iType(count, rs1, 1, rd, 0x13));
  }
  srli(rd: number, rs1: number, count: number): void {
    this.emit(iType(count, rs1, 5, rd, 0x13));
  }
  add(rd: number, rs1: number, rs2: number): void {
    this.emit(rType(0, rs2, rs1, 0, rd, 0x33));
  }
  lui(rd: number, upper: number): void {
    this.emit((upper << 12) | (rd << 7) | 0x37);
  }
  lhu(rd: number, offset: number, rs1: number): void {
    this.emit(iType(offset, rs1, 5, rd, 0x03));
  }
  sw(rs2: number, offset: number, rs1: number): void {
    this.emit(sType(offset, rs2, rs1, 2, 0x23));
  }
  /** Load and store of XLEN bits. */
  lx(rd: number, offset: number, rs1: number): void {
    this.emit(iType(offset, rs1, this.xlen === 64 ? 3 : 2, rd, 0x03));
  }
  sx(rs2: number, offset: number, rs1: number): void {
    this.emit(sType(offset, rs2, rs1, this.xlen === 64 ? 3 : 2, 0x23));
  }
  fld(fd: number, offset: number, rs1: number): void {
    this.emit(iType(offset, rs1, 3, fd, 0x07));
  }
  fsd(fs2: number, offset: number, rs1: number): void {
    this.emit(sType(offset, fs2, rs1, 3, 0x27));
  }

  /** Any 32-bit constant, sign-extended. */
  li(rd: number, value: number): void {
    const low = (value << 20) >> 20;
    const upper = ((value - low) >>> 12) & 0xfffff;
    if (upper === 0) return this.addi(rd, 0, low);
    this.lui(rd, upper);
    // The word form, so that 0x7fffffff and its like wrap.
    if (low !== 0) this.emit(iType(low, rd, 0, rd, this.xlen === 64 ? 0x1b : 0x13));
  }

  /** The address of a label, relative to pc. */
  la(rd: number, label: Label): void {
    this.refer(label, (rd << 7) | 0x17, (word, offset) => word | ((offset + 0x800) & 0xfffff000));
    const back = 4;
    this.refer(label, iType(0, rd, 0, rd, 0x13), (word, offset) => word | (((offset + back) & 0xfff) << 20));
  }

  j(label: Label): void {
    this.refer(label, 0x6f, (word, offset) => word | jImmediate(offset));
  }
  beq(rs1: number, rs2: number, to: Label): void {
    this.branch(0, rs1, rs2, to);
  }
  bne(rs1: number, rs2: number, to: Label): void {
    this.branch(1, rs1, rs2, to);
  }
  blt(rs1: number, rs2: number, to: Label): void {
    this.branch(4, rs1, rs2, to);
  }
  bltu(rs1: number, rs2: number, to: Label): void {
    this.branch(6, rs1, rs2, to);
  }
  private branch(funct3: number, rs1: number, rs2: number, to: Label): void {
    this.refer(to, rType(0, rs2, rs1, funct3, 0, 0x63), (word, offset) => word | bImmediate(offset));
  }

  csrrw(rd: number, csr: number, rs1: number): void {
    this.emit(iType(csr, rs1, 1, rd, 0x73));
  }
  csrrs(rd: number, csr: number, rs1: number): void {
    this.emit(iType(csr, rs1, 2, rd, 0x73));
  }
  csrw(csr: number, rs1: number): void {
    this.csrrw(0, csr, rs1);
  }
  csrr(rd: number, csr: number): void {
    this.csrrs(rd, csr, 0);
  }
  ecall(): void {
    this.emit(0x73);
  }
  mret(): void {
    this.emit(0x30200073);
  }
  sret(): void {
    this.emit(0x10200073);
  }
  wfi(): void {
    this.emit(0x10500073);
  }
  sfenceVma(): void {
    this.emit(0x12000073);
  }
  fenceI(): void {
    this.emit(0x100f);
  }
}

const NOP_C = 0x0001;

const rType = (funct7: number, rs2: number, rs1: number, funct3: number, rd: number, opcode: number): number =>
  ((funct7 << 25) | (rs2 << 20) | (rs1 << 15) | (funct3 << 12) | (rd << 7) | opcode) >>> 0;
const iType = (imm: number, rs1: number, funct3: number, rd: number, opcode: number): number =>
  (((imm & 0xfff) << 20) | (rs1 << 15) | (funct3 << 12) | (rd << 7) | opcode) >>> 0;
const sType = (imm: number, rs2: number, rs1: number, funct3: number, opcode: number): number =>
  ((((imm >> 5) & 0x7f) << 25) | (rs2 << 20) | (rs1 << 15) | (funct3 << 12) | ((imm & 31) << 7) | opcode) >>> 0;
const bImmediate = (o: number): number => ((o & 0x1000) << 19) | ((o & 0x7e0) << 20) | ((o & 0x1e) << 7) | ((o & 0x800) >> 4);
const jImmediate = (o: number): number => ((o & 0x100000) << 11) | ((o & 0x7fe) << 20) | ((o & 0x800) << 9) | (o & 0xff000);

/** Instructions that units are made of, as words. */
export const encode = {
  auipc: (rd: number): number => (rd << 7) | 0x17,
  addi: (rd: number, rs1: number, imm: number): number => iType(imm, rs1, 0, rd, 0x13),
  fmvHX: (fd: number, rs1: number): number => rType(0x7a, 0, rs1, 0, fd, 0x53),
  csrrw: (rd: number, csr: number, rs1: number): number => iType(csr, rs1, 1, rd, 0x73),
  csrrs: (rd: number, csr: number, rs1: number): number => iType(csr, rs1, 2, rd, 0x73),
  csrrc: (rd: number, csr: number, rs1: number): number => iType(csr, rs1, 3, rd, 0x73),
  ecall: 0x73,
  sret: 0x10200073,
  mret: 0x30200073,
} as const;
