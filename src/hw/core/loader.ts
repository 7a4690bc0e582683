/** Boot images: recognised, unpacked, checked, and put into the machine's list of ROM blobs. */
import { viewOf } from '../../util/bytes.js';
import { errorMessage, LoaderError } from '../../util/errors.js';
import { gunzip, isGzip } from '../../util/gzip.js';
import { formatSize } from '../../util/size.js';
import { parseIntelHex, type HexImage } from './intel-hex.js';
import type { RomList } from './rom.js';
import { isElf, parseElf, SymbolTable, type ElfExpectation, type ElfImage } from './elf.js';

/** Where an image landed. Addresses are guest-physical. */
export interface LoadedImage {
  readonly kind: 'elf' | 'linux' | 'hex' | 'raw';
  readonly entry: number;
  readonly start: number;
  /** One past the last byte, zeroed memory included. */
  readonly end: number;
  readonly symbols: SymbolTable;
}

/** Unpacked images larger than this are refused: a small file may unpack to anything. */
const UNPACK_LIMIT = 1 << 30;

const startsWith = (bytes: Uint8Array, ...magic: readonly number[]): boolean => magic.every((b, i) => bytes[i] === b);

/** Unpacks gzip, whose checksums must be right; other bytes come back as they are. Formats that this build cannot unpack are refused by name. */
export function unpack(name: string, bytes: Uint8Array, limit: number = UNPACK_LIMIT): Uint8Array {
  if (startsWith(bytes, 0x28, 0xb5, 0x2f, 0xfd))
    throw new LoaderError(`'${name}': zstd-compressed images are not supported; unpack it first (zstd -d)`);
  if (startsWith(bytes, 0xfd, 0x37, 0x7a, 0x58, 0x5a))
    throw new LoaderError(`'${name}': xz-compressed images are not supported; unpack it first (xz -d)`);
  if (!isGzip(bytes)) return bytes;
  try {
    return gunzip(bytes, (size) => {
      if (size > limit) throw new LoaderError(`'${name}': unpacks to more than ${formatSize(limit)}`);
    });
  } catch (error) {
    if (error instanceof LoaderError) throw error;
    throw new LoaderError(`'${name}': broken gzip data (${errorMessage(error)})`);
  }
}

/** Adds the segments of an ELF file. */
export function loadElf(
  roms: RomList,
  name: string,
  file: Uint8Array,
  expect: ElfExpectation,
  isOver = false,
): LoadedImage & { readonly elf: ElfImage } {
  const elf = parseElf(name, file, expect);
  for (const { index, address, bytes, memorySize } of elf.segments) {
    roms.add(`${name} ELF program header segment ${index}`, address, bytes, { zeros: memorySize - bytes.length, image: name, isOver });
  }
  return { kind: 'elf', entry: Number(elf.physicalEntry), start: elf.low, end: elf.high, symbols: elf.symbols, elf };
}

/** Adds the data of an Intel HEX file. Without a start record it is entered at its lowest address. */
function loadHex(roms: RomList, name: string, { pieces, entry }: HexImage, isOver = false): LoadedImage {
  if (pieces.length === 0) throw new LoaderError(`'${name}': nothing to load`);
  pieces.forEach(({ address, bytes }, i) => roms.add(`${name} piece ${i}`, address, bytes, { image: name, isOver }));
  const start = Math.min(...pieces.map(({ address }) => address));
  const end = Math.max(...pieces.map(({ address, bytes }) => address + bytes.length));
  return { kind: 'hex', entry: entry ?? start, start, end, symbols: new SymbolTable() };
}

/** A U-Boot image (its tools' mkimage) has an address of its own, and may be packed. */
const UIMAGE_MAGIC = [0x27, 0x05, 0x19, 0x56] as const;

/**
 * Adds a file that need not be this machine's program, over all boot images (`-device loader`): ELF of any kind and Intel HEX at their own addresses,
 * plain bytes at `address`. What is not in memory is dropped. The entry is a virtual address.
 */
export function loadAnything(
  roms: RomList,
  name: string,
  file: Uint8Array,
  address: number,
  { raw, littleEndian }: { readonly raw: boolean; readonly littleEndian: boolean },
): { readonly entry: bigint; readonly symbols: SymbolTable } {
  if (!raw && isElf(file)) {
    const { elf } = loadElf(roms, name, file, { littleEndian }, true);
    return { entry: elf.entry, symbols: elf.symbols };
  }
  const hex = raw ? undefined : parseIntelHex(name, file);
  if (hex) return { entry: BigInt(loadHex(roms, name, hex, true).entry), symbols: new SymbolTable() };
  if (!raw && startsWith(file, ...UIMAGE_MAGIC))
    throw new LoaderError(`'${name}': U-Boot images are not built yet; force-raw=on takes its bytes`);
  roms.add(name, address, file, { isOver: true });
  return { entry: BigInt(address), symbols: new SymbolTable() };
}

/** What the header of a Linux Image says; each architecture has its own (KernelExpectation). */
export interface LinuxImageHeader {
  /** Offset of the image from the start of RAM. */
  readonly textOffset: number;
  /** Bytes that it occupies in memory. */
  readonly imageSize: number;
  readonly bigEndian: boolean;
}

/** What kernels a board takes. */
export interface KernelExpectation extends ElfExpectation {
  /** The header of its architecture's Linux Image, if the bytes are one. */
  readonly linuxImage?: (bytes: Uint8Array) => LinuxImageHeader | undefined;
}

/**
 * Bytes of file that the sections of a PE image (which an Image with EFI stub also is) claim; 0 if it is none. An Image's own
 * header tells only the size in memory. Source: Microsoft, PE Format: COFF File Header, Section Table.
 */
function peFileSize(bytes: Uint8Array): number {
  if (!startsWith(bytes, 0x4d, 0x5a)) return 0; // "MZ"
  const data = viewOf(bytes);
  const header = data.getUint32(0x3c, true);
  const optional = header + 24;
  if (optional > bytes.length) return optional;
  if (data.getUint32(header, true) !== 0x4550) return 0; // "PE\0\0"
  const table = optional + data.getUint16(header + 20, true);
  let size = table + 40 * data.getUint16(header + 6, true);
  for (let at = table, end = Math.min(size, bytes.length); at + 40 <= end; at += 40) {
    size = Math.max(size, data.getUint32(at + 16, true) + data.getUint32(at + 20, true));
  }
  return size;
}

/**
 * Adds a kernel of any known form: gzip'd or not, ELF, Linux Image, Intel HEX, or plain bytes.
 * An Image or plain bytes go to `address`; `limit` is one past the last usable address.
 */
export function loadKernel(
  roms: RomList,
  name: string,
  file: Uint8Array,
  expect: KernelExpectation,
  address: number,
  limit: number,
): LoadedImage {
  const bytes = unpack(name, file);
  if (isElf(bytes)) return loadElf(roms, name, bytes, expect);
  const hex = parseIntelHex(name, bytes);
  if (hex) return loadHex(roms, name, hex);
  const header = expect.linuxImage?.(bytes);
  if (header?.bigEndian) throw new LoaderError(`'${name}': a big-endian Linux Image does not run on this machine`);
  if (header && bytes.length < peFileSize(bytes)) {
    throw new LoaderError(`'${name}': truncated: the Image has ${peFileSize(bytes)} bytes, the file ${bytes.length}`);
  }
  const size = Math.max(bytes.length, header?.imageSize ?? 0);
  checkFit(name, bytes, address, size, limit);
  roms.add(name, address, bytes);
  return { kind: header ? 'linux' : 'raw', entry: address, start: address, end: address + size, symbols: new SymbolTable() };
}

function checkFit(name: string, file: Uint8Array, address: number, size: number, limit: number): void {
  if (file.length === 0) throw new LoaderError(`'${name}': the file is empty`);
  if (!(address + size <= limit))
    throw new LoaderError(`'${name}': ${formatSize(size)} at 0x${address.toString(16)} do not fit below 0x${limit.toString(16)}`);
}

/** Adds plain bytes at `address`. */
export function loadRaw(roms: RomList, name: string, file: Uint8Array, address: number, limit = Infinity): LoadedImage {
  checkFit(name, file, address, file.length, limit);
  roms.add(name, address, file);
  return { kind: 'raw', entry: address, start: address, end: address + file.length, symbols: new SymbolTable() };
}

/** Firmware: ELF, Intel HEX, or plain bytes at `address`. */
export function loadFirmware(
  roms: RomList,
  name: string,
  file: Uint8Array,
  expect: ElfExpectation,
  address: number,
  limit: number,
): LoadedImage {
  const bytes = unpack(name, file);
  if (isElf(bytes)) return loadElf(roms, name, bytes, expect);
  const hex = parseIntelHex(name, bytes);
  return hex ? loadHex(roms, name, hex) : loadRaw(roms, name, bytes, address, limit);
}
