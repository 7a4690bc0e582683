/** An ELF file that has nothing but symbols: what a debugger wants of a kernel whose own file is not there. Source: System V ABI, chapters 4 and 5. */

export interface CodeSymbol {
  readonly name: string;
  readonly address: bigint;
  /** Default: a function. */
  readonly isData?: boolean;
}

const EHDR = 64;
const SHDR = 64;
const SYM = 24;
const MACHINE_RISCV = 243;
const [SHT_SYMTAB, SHT_STRTAB, SHT_NOBITS] = [2, 3, 8];
const [STT_OBJECT, STT_FUNC] = [1, 2];
const GLOBAL = 1 << 4;
/** Writable, allocated, executable. */
const WAX = 7n;

const SECTION_NAMES = '\0.text\0.symtab\0.strtab\0';

/** 64-bit, little-endian, for RISC-V; all symbols are in one section. */
export function symbolFile(symbols: readonly CodeSymbol[]): Uint8Array {
  const sorted = [...symbols].sort((a, b) => (a.address < b.address ? -1 : 1));
  const first = sorted[0].address & ~0xfffn;
  const size = sorted.at(-1)!.address - first + 0x1000n;
  const names = `\0${sorted.map(({ name }) => `${name}\0`).join('')}`;
  const symtabAt = EHDR + 4 * SHDR;
  const symtabSize = SYM * (sorted.length + 1);
  const strtab = new TextEncoder().encode(names + SECTION_NAMES);
  const bytes = new Uint8Array(symtabAt + symtabSize + strtab.length);
  const view = new DataView(bytes.buffer);
  const word = (at: number, value: bigint): void => view.setBigUint64(at, value, true);

  bytes.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1]);
  view.setUint16(16, 2, true); // ET_EXEC
  view.setUint16(18, MACHINE_RISCV, true);
  view.setUint32(20, 1, true);
  word(40, BigInt(EHDR)); // section headers
  view.setUint32(48, 5, true); // RVC, double-float ABI
  [EHDR, 0, 0, SHDR, 4, 3].forEach((value, i) => view.setUint16(52 + 2 * i, value, true));

  const section = (n: number, name: string, type: number, address: bigint, at: number, length: bigint, entry = 0): void => {
    const header = EHDR + n * SHDR;
    view.setUint32(header, names.length + SECTION_NAMES.indexOf(name), true);
    view.setUint32(header + 4, type, true);
    [type === SHT_NOBITS ? WAX : 0n, address, BigInt(at), length].forEach((value, i) => word(header + 8 + 8 * i, value));
    view.setUint32(header + 40, type === SHT_SYMTAB ? 3 : 0, true); // its names
    view.setUint32(header + 44, type === SHT_SYMTAB ? 1 : 0, true); // its first global symbol
    word(header + 48, 1n);
    word(header + 56, BigInt(entry));
  };
  section(1, '.text', SHT_NOBITS, first, symtabAt, size);
  section(2, '.symtab', SHT_SYMTAB, 0n, symtabAt, BigInt(symtabSize), SYM);
  section(3, '.strtab', SHT_STRTAB, 0n, symtabAt + symtabSize, BigInt(strtab.length));

  let nameAt = 1;
  sorted.forEach(({ name, address, isData }, i) => {
    const at = symtabAt + SYM * (i + 1);
    view.setUint32(at, nameAt, true);
    bytes[at + 4] = GLOBAL | (isData ? STT_OBJECT : STT_FUNC);
    view.setUint16(at + 6, 1, true);
    word(at + 8, address);
    nameAt += name.length + 1;
  });
  bytes.set(strtab, symtabAt + symtabSize);
  return bytes;
}
