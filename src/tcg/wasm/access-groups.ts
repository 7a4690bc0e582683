/**
 * Accesses off the same base register, close together in straight-line code (a stack frame, a record, an unrolled loop), share one TLB check. The
 * first one checks the whole range and keeps the host address in a local, 0 if the check failed; the others test that local. After any
 * slow path it is 0: a device may have changed the memory map.
 *
 * A load of what is stored to further down (a += b) needs no check of its own: what may be written may be read. The group is then one of stores.
 *
 * Some may have to be at a multiple of 4 (MO_ALIGN_4): then the last byte that the check computes with is one that is at such a multiple if they are.
 *
 * Where addresses have 32 bits, sums are modulo 2^32. A range that wraps around there is in two pages, the first and the last one, and so fails the check.
 */
import { MEMOPIDX_SHIFT, MO_ALIGN, MO_ALIGN_4, MO_SIZE } from '../../../assembly/shared/layout.js';
import { TempKind } from '../ir-buffer.js';
import { Op, OP_WORDS, type HelperDef, clobbersGlobals, isMemoryOp, OUTPUT_WORDS } from '../opcodes.js';
import type { Block, Cfg } from './cfg.js';
import type { Region, TbIr } from './region.js';
import { globalCountOf, type TargetInfo } from './target-info.js';

/** Bytes that a group may span. A range that crosses a page takes the slow path all the time, so not too many. */
const MAX_SPAN = 512;

export interface AccessGroup {
  /** Its check is that of a store. */
  readonly writes: boolean;
  /** Op of the first and the last access. */
  readonly first: number;
  readonly last: number;
  /** Bytes from the group's base value: [low, high). */
  readonly low: number;
  readonly high: number;
  /** Bytes from the base value, modulo 4, of what must be at a multiple of 4; undefined: nothing must. */
  readonly word: number | undefined;
}

/** A group to which accesses are still added. */
type OpenGroup = { -readonly [K in keyof AccessGroup]: AccessGroup[K] } & { count: number };

export interface GroupedAccess {
  readonly group: AccessGroup;
  /** Bytes from the group's base value. */
  readonly offset: number;
}

/** A temp's value as another one plus a constant. */
interface Sum {
  readonly base: number;
  readonly offset: number;
}

const CONSTANT_BASE = -1;

/** An access: its address is a base value plus `offset`. */
interface Access extends Sum {
  /** Op. */
  readonly k: number;
  readonly size: number;
  readonly mmuIdx: number;
  readonly store: boolean;
  /** It must be at a multiple of 4. */
  readonly aligned: boolean;
}

const NO_GROUPS: ReadonlyMap<number, GroupedAccess> = new Map();

/** By block: its accesses that share a check. A copy without checks has none to share. */
export function groupRegion(region: Region, cfg: Cfg, target: TargetInfo): ReadonlyMap<number, GroupedAccess>[] {
  const groups = cfg.blocks.map(() => NO_GROUPS);
  if (target.tlbReuse === false) return groups;
  for (const b of cfg.order) {
    const ir = region.tbs[cfg.blocks[b].tb];
    if (!ir.unchecked) groups[b] = groupAccesses(ir, cfg.blocks[b], target.helpers, globalCountOf(target), target.traits.addressBits);
  }
  return groups;
}

/** The accesses of a block that share a check with another, by op. */
function groupAccesses(
  ir: TbIr,
  block: Block,
  helpers: readonly HelperDef[],
  globalCount: number,
  addressBits: 32 | 64 = 64,
): ReadonlyMap<number, GroupedAccess> {
  if (!hasTwoAccesses(ir, block)) return NO_GROUPS;
  const found = new Map<number, { readonly group: OpenGroup; readonly offset: number }>();
  for (const run of accessRuns(ir, block, helpers, globalCount, addressBits)) groupRun(run, found);
  for (const [k, { group }] of found) if (group.count === 1) found.delete(k);
  return found;
}

function hasTwoAccesses({ ops }: TbIr, { first, end }: Block): boolean {
  let count = 0;
  for (let p = first * OP_WORDS; p < end * OP_WORDS && count < 2; p += OP_WORDS) {
    if (ops[p] === Op.qemu_ld_i64 || ops[p] === Op.qemu_st_i64) count++;
  }
  return count === 2;
}

function groupRun(run: readonly Access[], found: Map<number, { readonly group: OpenGroup; readonly offset: number }>): void {
  const open = new Map<string, OpenGroup>();
  const storedTo = new Set<string>();
  const place = ({ base, offset, size, mmuIdx }: Access): string => `${base} ${offset} ${size} ${mmuIdx}`;
  const writes = new Set<Access>();
  for (const access of [...run].reverse()) {
    if (access.store) storedTo.add(place(access));
    if (storedTo.has(place(access))) writes.add(access);
  }
  for (const access of run) {
    const { k, base, offset, size, mmuIdx } = access;
    const word = access.aligned ? offset & 3 : undefined;
    const key = `${base} ${mmuIdx} ${writes.has(access)}`;
    let group = open.get(key);
    const isFar = group !== undefined && Math.max(group.high, offset + size) - Math.min(group.low, offset) > MAX_SPAN;
    if (group === undefined || isFar || (word !== undefined && (group.word ?? word) !== word)) {
      group = { writes: writes.has(access), first: k, last: k, low: offset, high: offset + size, word, count: 0 };
      open.set(key, group);
    }
    group.low = Math.min(group.low, offset);
    group.high = Math.max(group.high, offset + size);
    group.word ??= word;
    group.last = k;
    group.count++;
    found.set(k, { group, offset });
  }
}

/** The accesses of a block, in runs between which the memory map may change. */
function accessRuns(ir: TbIr, block: Block, helpers: readonly HelperDef[], globalCount: number, addressBits: 32 | 64): Access[][] {
  const { ops } = ir;
  const runs: Access[][] = [[]];
  const values = new Map<number, Sum>();
  let nextBase = 0;
  const valueOf = (temp: number): Sum => {
    let value = values.get(temp);
    if (value === undefined) {
      const constant = ir.tempKind[temp] === TempKind.Const ? ir.constHi[temp] * 2 ** 32 + (ir.constLo[temp] >>> 0) : NaN;
      value = Number.isSafeInteger(constant) ? { base: CONSTANT_BASE, offset: constant } : { base: nextBase++, offset: 0 };
      values.set(temp, value);
    }
    return value;
  };
  const sumOf = (op: number, p: number): Sum | undefined => {
    if (op === Op.mov_i64 || (op === Op.ext32u_i64 && addressBits === 32)) return valueOf(ops[p + 2]);
    if ((op !== Op.add_i64 && op !== Op.sub_i64) || ir.tempKind[ops[p + 3]] !== TempKind.Const) return undefined;
    const constant = ir.constLo[ops[p + 3]];
    if (ir.constHi[ops[p + 3]] !== constant >> 31) return undefined;
    const { base, offset } = valueOf(ops[p + 2]);
    const sum = op === Op.add_i64 ? offset + constant : offset - constant;
    return Number.isSafeInteger(sum) ? { base, offset: sum } : undefined;
  };

  for (let k = block.first; k < block.end; k++) {
    const p = k * OP_WORDS;
    const op = ops[p];
    if (op === Op.qemu_ld_i64 || op === Op.qemu_st_i64) {
      const memop = ops[p + 3] >> MEMOPIDX_SHIFT;
      const mmuIdx = ops[p + 3] & ((1 << MEMOPIDX_SHIFT) - 1);
      const { base, offset } = valueOf(ops[p + 2]);
      const aligned = (memop & MO_ALIGN_4) !== 0;
      const access = { base, offset, k, size: 1 << (memop & MO_SIZE), mmuIdx, store: op === Op.qemu_st_i64, aligned };
      if ((memop & MO_ALIGN) === 0) runs.at(-1)!.push(access);
    } else if (isMemoryOp(op)) runs.push([]);
    else if (op === Op.call && clobbersGlobals(helpers[ops[p + 2]])) {
      runs.push([]);
      for (const temp of values.keys()) if (temp < globalCount) values.delete(temp);
    }
    const sum = sumOf(op, p);
    for (const at of OUTPUT_WORDS[op]) values.delete(ops[p + at]);
    if (sum) values.set(ops[p + 1], sum);
  }
  return runs;
}
