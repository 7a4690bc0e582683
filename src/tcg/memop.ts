/** Names of MemOps, as QEMU prints them: `ub`, `lesw`, `leul`, `leq`, `beuw`, ...; `al+` in front demands alignment, `al4+` to 4 bytes. */
import { MO_64, MO_8, MO_ALIGN, MO_ALIGN_4, MO_BSWAP, MO_SIGN, MO_SIZE } from '../../assembly/shared/layout.js';

const SIZE_LETTER = ['b', 'w', 'l', 'q'];

export function memopName(memop: number): string {
  const size = memop & MO_SIZE;
  const endian = size === MO_8 ? '' : memop & MO_BSWAP ? 'be' : 'le';
  const sign = memop & MO_SIGN ? 's' : size === MO_64 ? '' : 'u';
  return (memop & MO_ALIGN ? 'al+' : memop & MO_ALIGN_4 ? 'al4+' : '') + endian + sign + SIZE_LETTER[size];
}

/** How many there are. */
export const MEMOP_COUNT = 2 * MO_ALIGN_4;

/** Of what an access's address must be a multiple. */
export const alignmentOf = (memop: number): number => (memop & MO_ALIGN ? 1 << (memop & MO_SIZE) : memop & MO_ALIGN_4 ? 4 : 1);

const BY_NAME: ReadonlyMap<string, number> = new Map(
  // Downwards, so that of two numbers with one name (a byte has no order) the plain one stays.
  Array.from({ length: MEMOP_COUNT }, (_, i) => MEMOP_COUNT - 1 - i).map((memop) => [memopName(memop), memop]),
);

/** The MemOp of a name, or undefined. */
export function memopOf(name: string): number | undefined {
  return BY_NAME.get(name);
}
