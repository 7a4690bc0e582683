/** ELF executables: what a loader needs of them, with every number checked. Source: System V ABI, chapters 4 and 5. */
import { viewOf } from '../../util/bytes.js';
import { LoaderError } from '../../util/errors.js';
import { printable } from '../../util/text.js';

/** Guest memory lives in a 32-bit linear memory: no segment can be larger. */
const MAX_MEMORY = 2 ** 32;
/** Segments that are loaded: linkers make a handful, and each is compared with all others. */
const SEGMENT_LIMIT = 1024;
const PT_LOAD = 1;
const SHT_SYMTAB = 2;
const STT_SECTION = 3;
const STT_FILE = 4;
const SYMBOL_LIMIT = 2_000_000;
/** Bytes of a symbol's name that are kept. */
const NAME_LIMIT = 256;
const DECODER = new TextDecoder();

export interface ElfSegment {
  /** Its place in the program headers. */
  readonly index: number;
  /** Guest-physical address. */
  readonly address: number;
  readonly virtualAddress: bigint;
  readonly bytes: Uint8Array;
  /** Bytes in memory, `bytes.length` of them from the file, the rest zero. */
  readonly memorySize: number;
  /** Bits: 1 execute, 2 write, 4 read. */
  readonly flags: number;
}

export interface ElfSymbol {
  readonly name: string;
  readonly address: bigint;
  readonly size: bigint;
}

export interface ElfImage {
  readonly bits: 32 | 64;
  readonly littleEndian: boolean;
  readonly machine: number;
  /** As in the file: a virtual address. */
  readonly entry: bigint;
  /** The guest-physical address of the entry. */
  readonly physicalEntry: bigint;
  readonly segments: readonly ElfSegment[];
  readonly symbols: SymbolTable;
  /** Lowest and one past the highest guest-physical address. */
  readonly low: number;
  readonly high: number;
}

/** Symbols by name and by address. */
export class SymbolTable {
  private readonly byAddress: ElfSymbol[];
  private readonly byName = new Map<string, ElfSymbol>();

  constructor(symbols: readonly ElfSymbol[] = []) {
    this.byAddress = [...symbols].sort((a, b) => (a.address < b.address ? -1 : a.address > b.address ? 1 : 0));
    for (const symbol of symbols) if (!this.byName.has(symbol.name)) this.byName.set(symbol.name, symbol);
  }
  get size(): number {
    return this.byAddress.length;
  }
  find(name: string): ElfSymbol | undefined {
    return this.byName.get(name);
  }
  /** The last symbol at or before `address` (within its size, if it has one). */
  at(address: bigint): ElfSymbol | undefined {
    let low = 0;
    let high = this.byAddress.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.byAddress[middle].address <= address) low = middle + 1;
      else high = middle;
    }
    const symbol = this.byAddress[low - 1];
    return symbol && (symbol.size === 0n || address < symbol.address + symbol.size) ? symbol : undefined;
  }
  *[Symbol.iterator](): Iterator<ElfSymbol> {
    yield* this.byAddress;
  }
}

export const isElf = (file: Uint8Array): boolean =>
  file.length >= 4 && file[0] === 0x7f && file[1] === 0x45 && file[2] === 0x4c && file[3] === 0x46;

/** What the board accepts. */
export interface ElfExpectation {
  /** e_machine values; default any. */
  machines?: readonly number[];
  littleEndian: boolean;
  /** Accepted classes; default both. */
  bits?: readonly (32 | 64)[];
  /** What the user may do about a file of the other class: `-cpu rv32`. */
  cureForBits?: string;
}

const hex = (n: number | bigint): string => `0x${n.toString(16)}`;

/** Reads the ELF file `name`. LoaderError: one line that says what is wrong with it. */
export function parseElf(name: string, file: Uint8Array, expect: ElfExpectation): ElfImage {
  const elf = new ElfFile(name, file);
  elf.check(expect);
  const { bits, littleEndian, machine, entry } = elf;
  const segments = elf.segments();
  const home = segments.find((s) => entry >= s.virtualAddress && entry < s.virtualAddress + BigInt(s.memorySize));
  return {
    bits,
    littleEndian,
    machine,
    entry,
    physicalEntry: home ? entry - home.virtualAddress + BigInt(home.address) : entry,
    segments,
    symbols: new SymbolTable(elf.symbols()),
    low: Math.min(...segments.map((s) => s.address)),
    high: Math.max(...segments.map((s) => s.address + s.memorySize)),
  };
}

interface Section {
  readonly type: number;
  readonly offset: number;
  readonly size: number;
  readonly link: number;
}

/** A file by its header; nothing of it is believed. */
class ElfFile {
  readonly bits: 32 | 64;
  readonly littleEndian: boolean;
  private readonly data: DataView;

  constructor(
    private readonly name: string,
    private readonly file: Uint8Array,
  ) {
    if (!isElf(file)) throw this.bad('not an ELF file');
    if (file.length < 52) throw this.bad('truncated ELF header');
    const bits = file[4] === 1 ? 32 : file[4] === 2 ? 64 : undefined;
    if (!bits || file[6] !== 1) throw this.bad(`unknown ELF class ${file[4]} or version ${file[6]}`);
    if (file[5] !== 1 && file[5] !== 2) throw this.bad(`unknown ELF byte order ${file[5]}`);
    this.bits = bits;
    this.littleEndian = file[5] === 1;
    this.data = viewOf(file);
  }

  get machine(): number {
    return this.u16(18);
  }
  get entry(): bigint {
    return this.word(24);
  }

  /** @throws LoaderError if the board does not run it */
  check({ bits, littleEndian, machines, cureForBits }: ElfExpectation): void {
    if (bits && !bits.includes(this.bits)) {
      const cure = cureForBits === undefined ? '' : `: ${cureForBits}`;
      throw this.bad(`a ${this.bits}-bit ELF file does not run on this machine (it wants ${bits.join(' or ')}-bit)${cure}`);
    }
    if (this.littleEndian !== littleEndian) {
      throw this.bad(`a ${this.littleEndian ? 'little' : 'big'}-endian ELF file does not run on this machine`);
    }
    if (this.isWide && this.file.length < 64) throw this.bad('truncated ELF header');
    if (machines && !machines.includes(this.machine))
      throw this.bad(`wrong machine type ${this.machine} (this machine runs ${machines.join(', ')})`);
    const type = this.u16(16);
    if (type !== 2 && type !== 3) throw this.bad(`ELF type ${type} is not an executable`);
  }

  /** What is to be loaded, by the program headers. @throws LoaderError */
  segments(): ElfSegment[] {
    const offset = this.num(this.isWide ? 32 : 28);
    const [size, count] = this.isWide ? [this.u16(54), this.u16(56)] : [this.u16(42), this.u16(44)];
    if (count === 0) throw this.bad('no program headers');
    if (size < (this.isWide ? 56 : 32) || offset + count * size > this.file.length) {
      throw this.bad('the program headers lie outside of the file');
    }
    const segments: ElfSegment[] = [];
    for (let i = 0; i < count; i++) {
      const segment = this.segment(i, offset + i * size);
      if (!segment) continue;
      if (segments.length === SEGMENT_LIMIT) throw this.bad(`more than ${SEGMENT_LIMIT} segments to load`);
      segments.push(segment);
    }
    if (segments.length === 0) throw this.bad('nothing to load');
    this.refuseOverlap(segments);
    return segments;
  }

  private segment(index: number, at: number): ElfSegment | undefined {
    if (this.u32(at) !== PT_LOAD) return undefined;
    const flags = this.u32(at + (this.isWide ? 4 : 24));
    const [offset, virtualAddress, physical, fileSize, memorySize] = this.isWide
      ? [this.num(at + 8), this.word(at + 16), this.word(at + 24), this.num(at + 32), this.num(at + 40)]
      : [this.num(at + 4), this.word(at + 8), this.word(at + 12), this.num(at + 16), this.num(at + 20)];
    if (memorySize === 0) return undefined;
    if (fileSize > memorySize) throw this.bad(`segment ${index} is larger in the file (${fileSize}) than in memory (${memorySize})`);
    if (offset + fileSize > this.file.length)
      throw this.bad(`truncated: segment ${index} ends at ${offset + fileSize}, the file at ${this.file.length}`);
    if (physical + BigInt(memorySize) > 1n << 53n || memorySize >= MAX_MEMORY)
      throw this.bad(`segment ${index} at ${hex(physical)}, ${memorySize} bytes, is absurd`);
    return { index, address: Number(physical), virtualAddress, bytes: this.file.subarray(offset, offset + fileSize), memorySize, flags };
  }

  private refuseOverlap(segments: readonly ElfSegment[]): void {
    const sorted = segments.filter((s) => s.bytes.length > 0).sort((a, b) => a.address - b.address);
    for (let i = 1; i < sorted.length; i++) {
      const [a, b] = [sorted[i - 1], sorted[i]];
      // Memory beyond the file's bytes may be anybody's: .bss with the load address of .data, which the program copies away first.
      if (a.address + a.bytes.length > b.address) throw this.bad(`segments at ${hex(a.address)} and ${hex(b.address)} overlap`);
    }
  }

  /** A broken symbol table costs the symbols, not the image. A file has one at most (System V ABI, "Sections"). */
  symbols(): ElfSymbol[] {
    const sections = this.sections();
    const table = sections.find(({ type, link }) => type === SHT_SYMTAB && link < sections.length);
    const strings = table && sections[table.link];
    if (!strings || ![table, strings].every(({ offset, size }) => offset + size <= this.file.length)) return [];
    const out: ElfSymbol[] = [];
    const step = this.isWide ? 24 : 16;
    for (let at = table.offset; at + step <= table.offset + table.size && out.length < SYMBOL_LIMIT; at += step) {
      const symbol = this.symbol(at, strings);
      if (symbol) out.push(symbol);
    }
    return out;
  }

  private sections(): Section[] {
    const offset = this.num(this.isWide ? 40 : 32);
    const [size, count] = this.isWide ? [this.u16(58), this.u16(60)] : [this.u16(46), this.u16(48)];
    if (size < (this.isWide ? 64 : 40) || offset + count * size > this.file.length) return [];
    return Array.from({ length: count }, (_, i) => {
      const at = offset + i * size;
      return this.isWide
        ? { type: this.u32(at + 4), offset: this.num(at + 24), size: this.num(at + 32), link: this.u32(at + 40) }
        : { type: this.u32(at + 4), offset: this.num(at + 16), size: this.num(at + 20), link: this.u32(at + 24) };
    });
  }

  /** Undefined: it names no place. */
  private symbol(at: number, strings: Section): ElfSymbol | undefined {
    const nameAt = this.u32(at);
    const kind = this.file[at + (this.isWide ? 4 : 12)] & 15;
    if (nameAt === 0 || nameAt >= strings.size || kind === STT_SECTION || kind === STT_FILE) return undefined;
    const from = strings.offset + nameAt;
    const raw = this.file.subarray(from, Math.min(from + NAME_LIMIT, strings.offset + strings.size));
    const zero = raw.indexOf(0);
    const name = printable(DECODER.decode(raw.slice(0, zero < 0 ? raw.length : zero)));
    // Mapping symbols of the RISC-V and ARM ABIs ($x, $d).
    if (name.startsWith('$')) return undefined;
    const [address, size] = this.isWide ? [at + 8, at + 16] : [at + 4, at + 8];
    return { name, address: this.word(address), size: this.word(size) };
  }

  private get isWide(): boolean {
    return this.bits === 64;
  }
  private u16(at: number): number {
    return this.data.getUint16(at, this.littleEndian);
  }
  private u32(at: number): number {
    return this.data.getUint32(at, this.littleEndian);
  }
  private word(at: number): bigint {
    return this.isWide ? this.data.getBigUint64(at, this.littleEndian) : BigInt(this.u32(at));
  }
  /** A file offset or size: anything beyond 2^53 is as wrong as anything beyond the file. */
  private num(at: number): number {
    return Number(this.word(at));
  }
  private bad(why: string): LoaderError {
    return new LoaderError(`'${this.name}': ${why}`);
  }
}
