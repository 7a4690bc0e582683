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
  const bad = (why: string) => new LoaderError(`'${name}': ${why}`);
  if (!isElf(file)) throw bad('not an ELF file');
  if (file.length < 52) throw bad('truncated ELF header');
  const bits = file[4] === 1 ? 32 : file[4] === 2 ? 64 : undefined;
  if (!bits || file[6] !== 1) throw bad(`unknown ELF class ${file[4]} or version ${file[6]}`);
  if (file[5] !== 1 && file[5] !== 2) throw bad(`unknown ELF byte order ${file[5]}`);
  const little = file[5] === 1;
  const cure = expect.cureForBits === undefined ? '' : `: ${expect.cureForBits}`;
  if (expect.bits && !expect.bits.includes(bits))
    throw bad(`a ${bits}-bit ELF file does not run on this machine (it wants ${expect.bits.join(' or ')}-bit)${cure}`);
  if (little !== expect.littleEndian) throw bad(`a ${little ? 'little' : 'big'}-endian ELF file does not run on this machine`);
  const wide = bits === 64;
  if (wide && file.length < 64) throw bad('truncated ELF header');
  const data = viewOf(file);
  const u16 = (at: number) => data.getUint16(at, little);
  const u32 = (at: number) => data.getUint32(at, little);
  const word = (at: number): bigint => (wide ? data.getBigUint64(at, little) : BigInt(u32(at)));
  /** A file offset or size: anything beyond 2^53 is as wrong as anything beyond the file. */
  const num = (at: number): number => Number(word(at));

  const machine = u16(18);
  if (expect.machines && !expect.machines.includes(machine))
    throw bad(`wrong machine type ${machine} (this machine runs ${expect.machines.join(', ')})`);
  const type = u16(16);
  if (type !== 2 && type !== 3) throw bad(`ELF type ${type} is not an executable`);
  const entry = word(24);
  const phoff = num(wide ? 32 : 28);
  const shoff = num(wide ? 40 : 32);
  const [phentsize, phnum, shentsize, shnum] = wide ? [u16(54), u16(56), u16(58), u16(60)] : [u16(42), u16(44), u16(46), u16(48)];
  if (phnum === 0) throw bad('no program headers');
  if (phentsize < (wide ? 56 : 32) || phoff + phnum * phentsize > file.length) throw bad('the program headers lie outside of the file');

  const segments: ElfSegment[] = [];
  for (let i = 0; i < phnum; i++) {
    const at = phoff + i * phentsize;
    if (u32(at) !== PT_LOAD) continue;
    const flags = u32(at + (wide ? 4 : 24));
    const [offset, vaddr, paddr, filesz, memsz] = wide
      ? [num(at + 8), word(at + 16), word(at + 24), num(at + 32), num(at + 40)]
      : [num(at + 4), word(at + 8), word(at + 12), num(at + 16), num(at + 20)];
    if (memsz === 0) continue;
    if (filesz > memsz) throw bad(`segment ${i} is larger in the file (${filesz}) than in memory (${memsz})`);
    if (offset + filesz > file.length) throw bad(`truncated: segment ${i} ends at ${offset + filesz}, the file at ${file.length}`);
    if (paddr + BigInt(memsz) > 1n << 53n || memsz >= MAX_MEMORY) throw bad(`segment ${i} at ${hex(paddr)}, ${memsz} bytes, is absurd`);
    if (segments.length === SEGMENT_LIMIT) throw bad(`more than ${SEGMENT_LIMIT} segments to load`);
    segments.push({
      index: i,
      address: Number(paddr),
      virtualAddress: vaddr,
      bytes: file.subarray(offset, offset + filesz),
      memorySize: memsz,
      flags,
    });
  }
  if (segments.length === 0) throw bad('nothing to load');
  const sorted = segments.filter((s) => s.bytes.length > 0).sort((a, b) => a.address - b.address);
  for (let i = 1; i < sorted.length; i++) {
    const [a, b] = [sorted[i - 1], sorted[i]];
    // Memory beyond the file's bytes may be anybody's: .bss with the load address of .data, which the program copies away first.
    if (a.address + a.bytes.length > b.address) throw bad(`segments at ${hex(a.address)} and ${hex(b.address)} overlap`);
  }
  const home = segments.find((s) => entry >= s.virtualAddress && entry < s.virtualAddress + BigInt(s.memorySize));
  return {
    bits,
    littleEndian: little,
    machine,
    entry,
    physicalEntry: home ? entry - home.virtualAddress + BigInt(home.address) : entry,
    segments,
    symbols: new SymbolTable(readSymbols()),
    low: Math.min(...segments.map((s) => s.address)),
    high: Math.max(...segments.map((s) => s.address + s.memorySize)),
  };

  /** A broken symbol table costs the symbols, not the image. A file has one at most (System V ABI, "Sections"). */
  function readSymbols(): ElfSymbol[] {
    const out: ElfSymbol[] = [];
    if (shentsize < (wide ? 64 : 40) || shoff + shnum * shentsize > file.length) return out;
    const section = (i: number) => {
      const at = shoff + i * shentsize;
      return { type: u32(at + 4), offset: num(at + (wide ? 24 : 16)), size: num(at + (wide ? 32 : 20)), link: u32(at + (wide ? 40 : 24)) };
    };
    for (let i = 0; i < shnum; i++) {
      const table = section(i);
      if (table.type !== SHT_SYMTAB || table.link >= shnum) continue;
      const strings = section(table.link);
      if (table.offset + table.size > file.length || strings.offset + strings.size > file.length) continue;
      const decoder = new TextDecoder();
      const step = wide ? 24 : 16;
      for (let at = table.offset; at + step <= table.offset + table.size && out.length < SYMBOL_LIMIT; at += step) {
        const nameAt = u32(at);
        const kind = file[at + (wide ? 4 : 12)] & 15;
        if (nameAt === 0 || nameAt >= strings.size || kind === STT_SECTION || kind === STT_FILE) continue;
        const from = strings.offset + nameAt;
        const raw = file.subarray(from, Math.min(from + NAME_LIMIT, strings.offset + strings.size));
        const zero = raw.indexOf(0);
        const name = printable(decoder.decode(raw.slice(0, zero < 0 ? raw.length : zero)));
        // Mapping symbols of the RISC-V and ARM ABIs ($x, $d) name no place.
        if (name.startsWith('$')) continue;
        out.push(wide ? { name, address: word(at + 8), size: word(at + 16) } : { name, address: word(at + 4), size: word(at + 8) });
      }
      break;
    }
    return out;
  }
}
