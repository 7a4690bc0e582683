/** Symbols from a file: an ELF file's table, or a System.map (what `nm` prints: address, type, name). */
import { LoaderError } from '../../util/errors.js';
import { formatSize, MiB } from '../../util/size.js';
import { printable } from '../../util/text.js';
import { isElf, parseElf, SymbolTable, type ElfSymbol } from './elf.js';

const LINE = /^([\da-f]{1,16}) [a-zA-Z?] (\S{1,256})$/;
/** Larger files are no System.map: Linux's has some 5 MB. */
const MAP_LIMIT = 64 * MiB;
/** The last symbol of a map has no end: a guess, so that it does not name all of what follows. */
const LAST_SIZE = 4096n;

/** @throws LoaderError if it is neither, or has none */
export function readSymbols(name: string, bytes: Uint8Array): SymbolTable {
  const table = parse(name, bytes);
  if (table.size === 0) throw new LoaderError(`'${name}' has no symbols (expected an ELF file that is not stripped, or a System.map)`);
  return table;
}

function parse(name: string, bytes: Uint8Array): SymbolTable {
  if (isElf(bytes)) {
    return parseElf(name, bytes, { littleEndian: bytes[5] === 1 }).symbols;
  }
  if (bytes.length > MAP_LIMIT)
    throw new LoaderError(`'${name}': ${formatSize(bytes.length)} are too much for a System.map, and it is no ELF file`);
  const symbols: { name: string; address: bigint }[] = [];
  const lines = new TextDecoder('latin1').decode(bytes).split('\n');
  for (const [i, line] of lines.entries()) {
    if (line === '') continue;
    const match = LINE.exec(line.trimEnd());
    if (!match) throw new LoaderError(`'${name}': line ${i + 1} is none of a System.map ('address type name'), and it is no ELF file`);
    symbols.push({ address: BigInt(`0x${match[1]}`), name: printable(match[2]) });
  }
  symbols.sort((a, b) => (a.address < b.address ? -1 : a.address > b.address ? 1 : 0));
  // Of several names for an address, the last one (what SymbolTable.at finds) keeps the size.
  return new SymbolTable(
    symbols.map((symbol, i): ElfSymbol => ({ ...symbol, size: (symbols[i + 1]?.address ?? symbol.address + LAST_SIZE) - symbol.address })),
  );
}
