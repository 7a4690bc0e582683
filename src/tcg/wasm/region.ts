/** A region before lowering: the IR of its TBs, where they lead, and what passes have found out about them. Data only. */
import { TABLE_TBS } from '../../../assembly/shared/layout.js';
import type { IrBuffer } from '../ir-buffer.js';
import { OP_WORDS } from '../opcodes.js';

/** The IR of one TB, copied out of the context that made it. All have all fields, in this order (copyIr, derivedTb). */
export interface TbIr {
  readonly pc: bigint;
  readonly icount: number;
  readonly ops: Int32Array;
  readonly opCount: number;
  readonly tempCount: number;
  readonly tempKind: Uint8Array;
  readonly tempType: Uint8Array;
  readonly constLo: Int32Array;
  readonly constHi: Int32Array;
  readonly labelCount: number;
  /** Where goto_tb 0 and 1 lead: index of a TB of the same region, or -1. */
  links: readonly [number, number];
  /** Where goto_ptr was seen to lead, the usual ones first. */
  indirect: readonly IndirectLink[];
  /** ENV_TB_FLAGS and ENV_CS_BASE that the TB was made for. */
  readonly flags: number;
  readonly csBase: number;
  /** A memory access that misses the TLB leaves (TB_EXIT_INSIDE) instead of calling the slow path: no call stands in the way of registers. */
  readonly sideExitOnMiss: boolean;
  /** If it begins a loop: how often that goes round each time it is come to (TB_ROUNDS); 0: not known. */
  readonly tripCount: number;
  /** A copy that a pass made: of which TB of the region as it came in. The pointer of that one is its own too. */
  readonly copyOf: number | undefined;
  /** The first TB of a loop that has a copy without checks (stripLoops): its start may lead there. */
  readonly strip: StripPlan | undefined;
  /** A TB of such a copy. */
  readonly unchecked: Unchecked | undefined;
}

/** A jump to a TB of the same region if the pc is that TB's at run time. */
export interface IndirectLink {
  /** Index in the region. */
  readonly to: number;
  /**
   * The target's code is not certain to be mapped as it was (another page, or two): taken only while the jump cache, which any change of
   * mappings clears, has this very TB for its pc.
   */
  readonly guarded: boolean;
}

export interface Region {
  readonly tbs: readonly TbIr[];
  /** Entry k of the function is tbs[entries[k]]. */
  readonly entries: readonly number[];
}

// Loops without checks (strip-plan.ts)

/** Coefficients by global, and a constant. No coefficient is 0. */
export interface Linear {
  readonly terms: ReadonlyMap<number, number>;
  readonly constant: number;
}

/** `wide` modulo 2^64, and `coef` times the low half of `inner`, extended. */
export interface Value {
  readonly wide: Linear;
  readonly narrow?: Narrow;
}

export interface Narrow {
  readonly coef: number;
  readonly inner: Linear;
  readonly signed: boolean;
}

/** Accesses that move together: a range of bytes below which there is one page. Values are those at the start of a trip. */
export interface Stream {
  /** First byte; its narrow part must not wrap around (lower-strip.ts). */
  readonly address: Value;
  /** Bytes from there on. */
  readonly span: number;
  /** The byte from there on that must be at a multiple of 4, and stays there from trip to trip: 0 to 3; undefined: none must. */
  readonly word: number | undefined;
  /** What is added to the address every trip; to `narrow.inner`, if that moves. */
  readonly stride: Linear;
  readonly movesNarrow: boolean;
  /** Globals that must be sign-extended 32-bit values. */
  readonly signed: readonly number[];
  readonly store: boolean;
  readonly mmuIdx: number;
}

export interface StripPlan {
  /** Index in the region of the ring's first TB. */
  readonly head: number;
  /** Instructions of a trip. */
  readonly icount: number;
  readonly streams: readonly Stream[];
  /** By trips, from one on: a small ring has a copy of some trips in a row, too, for which there is one test. */
  readonly copies: readonly StripCopy[];
}

/** One of a plan's copies: its first TB, and the trips that it does in a row. */
export interface StripCopy {
  readonly first: number;
  readonly trips: number;
}

/** A TB of a copy. */
export interface Unchecked {
  readonly plan: StripPlan;
  readonly copy: StripCopy;
  /** By op: the stream of each access. */
  readonly streams: ReadonlyMap<number, number>;
  /** Instructions from the copy's start to this TB's end, which the budget is charged for where a pass ends: not earlier. */
  readonly uncharged: number;
}

/** Copies that the end of this one's pass may lead to, in the order that they are tried in: itself, then those of fewer trips. */
export const nextCopies = ({ plan: { copies }, copy }: Unchecked): readonly StripCopy[] =>
  copies.slice(0, copies.indexOf(copy) + 1).reverse();

/** Where each region's part of the module's table begins, and at the end the table's size, in bytes. `tbs`: how many TBs each region has. */
export function tableOffsets(tbs: readonly number[]): number[] {
  const offsets = [0];
  for (const count of tbs) offsets.push(offsets.at(-1)! + TABLE_TBS + 4 * count);
  return offsets;
}

export interface TbLinks {
  readonly links: readonly [number, number];
  readonly indirect: readonly IndirectLink[];
  readonly flags: number;
  readonly csBase?: number;
  readonly sideExitOnMiss?: boolean;
  readonly tripCount?: number;
}

const NO_LINKS: TbLinks = { links: [-1, -1], indirect: [], flags: 0 };

export function copyIr(
  ctx: IrBuffer,
  pc: bigint,
  icount: number,
  { links, indirect, flags, csBase = 0, sideExitOnMiss = false, tripCount = 0 }: TbLinks = NO_LINKS,
): TbIr {
  const n = ctx.tempCount;
  return {
    pc,
    icount,
    links,
    indirect,
    flags,
    csBase,
    sideExitOnMiss,
    tripCount,
    ops: ctx.ops.slice(0, ctx.opCount * OP_WORDS),
    opCount: ctx.opCount,
    tempCount: n,
    tempKind: ctx.tempKind.slice(0, n),
    tempType: ctx.tempType.slice(0, n),
    constLo: ctx.constLo.slice(0, n),
    constHi: ctx.constHi.slice(0, n),
    labelCount: ctx.labelCount,
    copyOf: undefined,
    strip: undefined,
    unchecked: undefined,
  };
}

/** A TB that differs from another in some fields. */
export const derivedTb = (ir: TbIr, by: Partial<TbIr>): TbIr => shaped({ ...ir, ...by });

/** Passes read TBs all the time: a spread alone would have a hidden class of its own each time, and the code that V8 has optimised for the ones before would be of no use. */
const shaped = (ir: TbIr): TbIr => ({
  pc: ir.pc,
  icount: ir.icount,
  links: ir.links,
  indirect: ir.indirect,
  flags: ir.flags,
  csBase: ir.csBase,
  sideExitOnMiss: ir.sideExitOnMiss,
  tripCount: ir.tripCount,
  ops: ir.ops,
  opCount: ir.opCount,
  tempCount: ir.tempCount,
  tempKind: ir.tempKind,
  tempType: ir.tempType,
  constLo: ir.constLo,
  constHi: ir.constHi,
  labelCount: ir.labelCount,
  copyOf: ir.copyOf,
  strip: ir.strip,
  unchecked: ir.unchecked,
});
