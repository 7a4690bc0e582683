/** A minimal ELF executable: a header and one PT_LOAD a segment. Source: System V ABI, "Object Files"; RISC-V psABI. */

export interface Segment {
  readonly address: number;
  readonly bytes: Uint8Array;
}

const EM_RISCV = 243;
const ET_EXEC = 2;
const PT_LOAD = 1;
const FLAGS_RWX = 7;

export function elfImage(xlen: 32 | 64, entry: number, segments: readonly Segment[]): Uint8Array {
  const wide = xlen === 64;
  const headerSize = wide ? 64 : 52;
  const entrySize = wide ? 56 : 32;
  const dataStart = Math.ceil((headerSize + entrySize * segments.length) / 4096) * 4096;
  const total = segments.reduce((sum, segment) => sum + segment.bytes.length, dataStart);
  const image = new Uint8Array(total);
  const view = new DataView(image.buffer);
  let at = 0;
  const half = (value: number): void => {
    view.setUint16(at, value, true);
    at += 2;
  };
  const word = (value: number): void => {
    view.setUint32(at, value, true);
    at += 4;
  };
  /** Elf32_Addr/Off or Elf64_Addr/Off. */
  const address = (value: number): void => {
    word(value);
    if (wide) word(0);
  };

  image.set([0x7f, 0x45, 0x4c, 0x46, wide ? 2 : 1, 1, 1]);
  at = 16;
  half(ET_EXEC);
  half(EM_RISCV);
  word(1);
  address(entry);
  address(headerSize);
  address(0);
  word(0);
  half(headerSize);
  half(entrySize);
  half(segments.length);
  half(0);
  half(0);
  half(0);

  let offset = dataStart;
  for (const { address: load, bytes } of segments) {
    word(PT_LOAD);
    if (wide) word(FLAGS_RWX);
    address(offset);
    address(load);
    address(load);
    address(bytes.length);
    address(bytes.length);
    if (!wide) word(FLAGS_RWX);
    address(wide ? 8 : 4);
    image.set(bytes, offset);
    offset += bytes.length;
  }
  return image;
}
