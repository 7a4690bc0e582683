/** What a hart's page tables map, for people: `info mem`, core files. Source: privileged ISA manual, "Supervisor" (Sv32 to Sv57). */
import type { Mapping } from '../../hw/core/cpu.js';
import { viewOf } from '../../util/bytes.js';
import { TooManyMappings } from '../../util/errors.js';

/** How the tables of a paging mode are made. */
interface Mode {
  readonly levels: number;
  /** Bits of a virtual page number that a level looks up. */
  readonly bits: number;
  readonly entrySize: 4 | 8;
  readonly virtualBits: number;
}

const SV32: Mode = { levels: 2, bits: 10, entrySize: 4, virtualBits: 32 };
const wide = (levels: number): Mode => ({ levels, bits: 9, entrySize: 8, virtualBits: 12 + 9 * levels });
/** By satp.MODE. */
const MODES: Readonly<Record<number, Mode>> = { 8: wide(3), 9: wide(4), 10: wide(5) };

const PAGE_BITS = 12;
const V = 1;
const READ_WRITE_EXECUTE = 0xe;
/** Bits 53 to 10 of an entry. */
const PPN_MASK = (1n << 44n) - 1n;

/** Tables that are looked at: they may contain themselves. */
const TABLE_LIMIT = 1 << 12;
const MAPPING_LIMIT = 1 << 14;

/** What is in memory; undefined: not all of it is there. */
export type ReadTable = (address: bigint, size: number) => Uint8Array | undefined;

const tableOf = (satp: bigint, mode: Mode): bigint => (satp & (mode === SV32 ? 0x3f_ffffn : PPN_MASK)) << BigInt(PAGE_BITS);

/** Neighbours are one if they are mapped alike, by pages of one size. Undefined: there is no translation. @throws TooManyMappings */
export function mappingsOf(xlen: 32 | 64, satp: bigint, read: ReadTable): Mapping[] | undefined {
  const mode = xlen === 32 ? (satp >> 31n !== 0n ? SV32 : undefined) : MODES[Number(satp >> 60n)];
  if (!mode) return undefined;
  const found: Mapping[] = [];
  /** Of the page that was found last. */
  let lastLevel = -1;
  let looked = 0;
  const add = (next: Mapping, level: number): void => {
    const last = found.at(-1);
    const follows =
      level === lastLevel &&
      last?.attributes === next.attributes &&
      last.virtual + last.size === next.virtual &&
      last.physical + last.size === next.physical;
    lastLevel = level;
    if (follows) found[found.length - 1] = { ...last, size: last.size + next.size };
    else found.push(next);
  };
  const walk = (at: bigint, level: number, base: bigint): void => {
    if (++looked > TABLE_LIMIT || found.length > MAPPING_LIMIT) throw new TooManyMappings('the page tables map more than can be listed');
    const table = read(at, mode.entrySize << mode.bits);
    if (!table) return;
    const view = viewOf(table);
    const shift = BigInt(PAGE_BITS + mode.bits * level);
    for (let i = 0; i < 1 << mode.bits; i++) {
      const offset = i * mode.entrySize;
      const attributes = table[offset];
      if ((attributes & V) === 0) continue;
      const entry = mode.entrySize === 8 ? view.getBigUint64(offset, true) : BigInt(view.getUint32(offset, true));
      const virtual = base | (BigInt(i) << shift);
      const physical = ((entry >> 10n) & PPN_MASK) << BigInt(PAGE_BITS);
      if ((attributes & READ_WRITE_EXECUTE) !== 0)
        add({ virtual: canonical(virtual, mode), physical, size: 1n << shift, attributes }, level);
      else if (level > 0) walk(physical, level - 1, virtual);
    }
  };
  walk(tableOf(satp, mode), mode.levels - 1, 0n);
  return found;
}

const canonical = (virtual: bigint, { virtualBits }: Mode): bigint =>
  virtualBits === 32 ? virtual : BigInt.asUintN(64, BigInt.asIntN(virtualBits, virtual));

/** `info mem`, in QEMU's layout. */
export function mappingsText(xlen: 32 | 64, mappings: readonly Mapping[]): string {
  const width = xlen / 4;
  const hex = (value: bigint, digits = width): string => value.toString(16).padStart(digits, '0');
  const letters = (attributes: number): string => [...'rwxugad'].map((letter, i) => ((attributes >> (i + 1)) & 1 ? letter : '-')).join('');
  const rule = (digits: number): string => '-'.repeat(digits);
  return [
    `${'vaddr'.padEnd(width)} ${'paddr'.padEnd(16)} ${'size'.padEnd(width)} attr\n`,
    `${rule(width)} ${rule(16)} ${rule(width)} -------\n`,
    ...mappings.map((m) => `${hex(m.virtual)} ${hex(m.physical, 16)} ${hex(m.size)} ${letters(m.attributes)}\n`),
  ].join('');
}
