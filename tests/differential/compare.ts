/** Finds where two runs of a program differ, and says it so that one can act on it. */
import { X_NAMES, F_NAMES } from '../../src/target/riscv/disas.js';
import { CSR_NAMES } from '../../src/target/riscv/csr-names.js';
import { allowedDifference } from './differences.js';
import type { Program } from './program.js';
import { SLOT } from './slot.js';

export interface Difference {
  readonly slot: number;
  /** Offset in the slot, or in the poke lists if `slot` is -1. */
  readonly offset: number;
  readonly what: string;
  readonly ours: bigint;
  readonly theirs: bigint;
  /** Of a trap's fields: where it was taken and why, as the other side has it. */
  readonly trapPc?: number;
  readonly trapCause?: number;
}

/** Differences of the first slot that has any (or of the poke lists), in the order of the layout. */
export function firstDifferences(program: Program, ours: Uint8Array, theirs: Uint8Array, oracleVersion: number): Difference[] {
  const a = new DataView(ours.buffer, ours.byteOffset, ours.byteLength);
  const b = new DataView(theirs.buffer, theirs.byteOffset, theirs.byteLength);
  const slotsEnd = program.blockOf.length * program.slotSize;
  const found: Difference[] = [];
  for (let at = 0; at < program.slots.length; at += 8) {
    if (a.getUint32(at, true) === b.getUint32(at, true) && a.getUint32(at + 4, true) === b.getUint32(at + 4, true)) continue;
    const slot = at < slotsEnd ? Math.floor(at / program.slotSize) : -1;
    if (found.length > 0 && found[0].slot !== slot) break;
    const offset = slot < 0 ? at - slotsEnd : at - slot * program.slotSize;
    const trap = slot >= 0 && offset >= SLOT.traps ? at - ((offset - SLOT.traps) % 32) : undefined;
    const difference = {
      slot,
      offset,
      what: fieldName(program, offset, slot),
      ours: a.getBigUint64(at, true),
      theirs: b.getBigUint64(at, true),
      ...(trap !== undefined && { trapCause: b.getUint32(trap, true), trapPc: b.getUint32(trap + 8, true) }),
    };
    if (allowedDifference(program, difference, oracleVersion)) continue;
    found.push(difference);
  }
  // The save area says nothing that the registers do not.
  const telling = found.filter(({ offset }) => offset < SLOT.save || offset >= SLOT.code);
  return telling.length > 0 ? telling : found;
}

function fieldName({ kind }: Program, offset: number, slot: number): string {
  if (slot < 0) return `poke ${offset >> 4}`;
  const index = (base: number): number => (offset - base) >> 3;
  if (offset === SLOT.x) return 'mstatus';
  if (offset < SLOT.f) return X_NAMES[index(SLOT.x)];
  if (offset < SLOT.fcsr) return F_NAMES[index(SLOT.f)];
  if (offset === SLOT.fcsr) return 'fcsr';
  if (offset === SLOT.trapCount) return 'trap count';
  if (offset < SLOT.code) return 'save area';
  if (offset < SLOT.csrs) return 'input';
  if (offset < SLOT.window) return CSR_NAMES.get(kind.csrs[index(SLOT.csrs)]) ?? 'CSR';
  if (offset < SLOT.traps) return `window + ${offset - SLOT.window}`;
  const trap = offset - SLOT.traps;
  return `trap ${trap >> 5} ${['cause', 'pc', 'tval', 'status'][(trap >> 3) & 3]}`;
}

export const describeDifference = ({ what, ours, theirs }: Difference, names: readonly [string, string]): string =>
  `${what}: ${names[0]} 0x${ours.toString(16)}, ${names[1]} 0x${theirs.toString(16)}`;
