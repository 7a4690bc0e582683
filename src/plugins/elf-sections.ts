/** Sections and functions of a 32- or 64-bit ELF file, of either byte order (System V ABI, chapter 4). */

export interface ElfFile {
  readonly view: DataView;
  readonly isLittleEndian: boolean;
  /** Undefined: there is none of that name. */
  section(name: string): Uint8Array | undefined;
  readonly functions: readonly { readonly name: string; readonly address: bigint; readonly size: bigint }[];
}

const SHT_NOBITS = 8;
const SHT_SYMTAB = 2;
const SHF_COMPRESSED = 0x800n;
const STT_FUNC = 2;

interface Section {
  readonly name: string;
  readonly type: number;
  readonly link: number;
  readonly bytes: Uint8Array;
}

/** @throws Error if it is none, or is cut short */
export function readElf(file: Uint8Array): ElfFile {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  if (file.length < 0x34 || view.getUint32(0, false) !== 0x7f45_4c46) throw new Error('this is no ELF file');
  const wide = file[4] === 2;
  const little = file[5] === 1;
  try {
    const u16 = (at: number): number => view.getUint16(at, little);
    const u32 = (at: number): number => view.getUint32(at, little);
    const word = (at: number): bigint => (wide ? view.getBigUint64(at, little) : BigInt(u32(at)));
    const slice = (at: bigint, size: bigint): Uint8Array => {
      if (at + size > BigInt(file.length)) throw new RangeError();
      return file.subarray(Number(at), Number(at + size));
    };
    const table = Number(word(wide ? 0x28 : 0x20));
    const [entry, count, names] = [0, 2, 4].map((n) => u16((wide ? 0x3a : 0x2e) + n));
    if (count > 0 && entry < (wide ? 64 : 40)) throw new RangeError();
    const raw = Array.from({ length: count }, (_, i) => {
      const at = table + i * entry;
      const flags = word(at + 8);
      const [offset, size] = wide ? [word(at + 0x18), word(at + 0x20)] : [word(at + 0x10), word(at + 0x14)];
      return { name: u32(at), type: u32(at + 4), flags, offset, size, link: u32(at + (wide ? 0x28 : 0x18)) };
    });
    const bytesOf = ({ type, offset, size }: (typeof raw)[number]): Uint8Array =>
      type === SHT_NOBITS ? new Uint8Array(0) : slice(offset, size);
    const nameTable = raw[names] ? bytesOf(raw[names]) : new Uint8Array(0);
    const sections = raw.map((each): Section => {
      const name = textAt(nameTable, each.name);
      if (name.startsWith('.debug_') && (each.flags & SHF_COMPRESSED) !== 0n)
        throw new Error(`section ${name} is compressed (objcopy --decompress-debug-sections)`);
      return { name, type: each.type, link: each.link, bytes: bytesOf(each) };
    });
    return {
      view,
      isLittleEndian: little,
      section: (name) => sections.find((each) => each.name === name)?.bytes,
      functions: functionsOf(sections, wide, little),
    };
  } catch (error) {
    if (error instanceof RangeError) throw new Error('the ELF file is damaged', { cause: error });
    throw error;
  }
}

function functionsOf(sections: readonly Section[], wide: boolean, little: boolean): ElfFile['functions'] {
  const symbols = sections.find(({ type }) => type === SHT_SYMTAB);
  if (!symbols) return [];
  const names = sections[symbols.link]?.bytes ?? new Uint8Array(0);
  const view = new DataView(symbols.bytes.buffer, symbols.bytes.byteOffset, symbols.bytes.byteLength);
  const size = wide ? 24 : 16;
  const list = [];
  for (let at = 0; at + size <= view.byteLength; at += size) {
    if ((view.getUint8(at + (wide ? 4 : 12)) & 0xf) !== STT_FUNC) continue;
    const [address, length] = wide
      ? [view.getBigUint64(at + 8, little), view.getBigUint64(at + 16, little)]
      : [BigInt(view.getUint32(at + 4, little)), BigInt(view.getUint32(at + 8, little))];
    list.push({ name: textAt(names, view.getUint32(at, little)), address, size: length });
  }
  return list;
}

/** Up to the next zero. */
export function textAt(bytes: Uint8Array, at: number): string {
  const end = bytes.indexOf(0, at);
  return new TextDecoder().decode(bytes.subarray(at, end < 0 ? undefined : end));
}
