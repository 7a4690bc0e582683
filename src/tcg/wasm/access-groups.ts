/**
 * Accesses off the same base register, close together in straight-line code (a stack frame, a record, an unrolled loop), share one TLB check. The
 * first one checks the whole range and keeps the host address in a local, 0 if the check failed; the others test that local. After any
 * slow path it is 0: a device may have changed the memory map.
 */
import { MEMOPIDX_SHIFT, MO_ALIGN, MO_SIZE } from '../../../assembly/shared/layout.js';
import { TempKind } from '../ir-buffer.js';
import { Op, OP_WORDS, type HelperDef } from '../opcodes.js';
import { clobbersGlobals, isMemoryOp, OUTPUTS } from './global-flow.js';
import type { Block, TbIr } from './region.js';

/** Bytes that a group may span. A range that crosses a page takes the slow path all the time, so not too many. */
const MAX_SPAN = 512;

export interface AccessGroup {
  /** Op of the first and the last access. */
  readonly first: number;
  last: number;
  /** Bytes from the group's base value: [low, high). */
  low: number;
  high: number;
  count: number;
  /** Local that holds the host address of `low`, from the first access on. */
  host: number;
}

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

/** The accesses of a block that share a check with another, by op. */
export function groupAccesses(
  ir: TbIr,
  block: Block,
  helpers: readonly HelperDef[],
  globalCount: number,
): ReadonlyMap<number, GroupedAccess> {
  const { ops } = ir;
  const found = new Map<number, GroupedAccess>();
  const open = new Map<string, AccessGroup>();
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

  for (let k = block.first; k < block.end; k++) {
    const p = k * OP_WORDS;
    const op = ops[p];
    if (op === Op.qemu_ld_i64 || op === Op.qemu_st_i64) join(k, op, valueOf(ops[p + 2]), ops[p + 3]);
    else if (isMemoryOp(op)) open.clear();
    else if (op === Op.call && clobbersGlobals(helpers[ops[p + 2]])) {
      open.clear();
      for (const temp of values.keys()) if (temp < globalCount) values.delete(temp);
    }
    const sum = sumOf(op, p);
    for (const at of OUTPUTS[op]) values.delete(ops[p + at]);
    if (sum) values.set(ops[p + 1], sum);
  }
  for (const [k, { group }] of found) if (group.count === 1) found.delete(k);
  return found;

  function sumOf(op: number, p: number): Sum | undefined {
    if (op === Op.mov_i64) return valueOf(ops[p + 2]);
    if ((op !== Op.add_i64 && op !== Op.sub_i64) || ir.tempKind[ops[p + 3]] !== TempKind.Const) return undefined;
    const constant = ir.constLo[ops[p + 3]];
    if (ir.constHi[ops[p + 3]] !== constant >> 31) return undefined;
    const { base, offset } = valueOf(ops[p + 2]);
    const sum = op === Op.add_i64 ? offset + constant : offset - constant;
    return Number.isSafeInteger(sum) ? { base, offset: sum } : undefined;
  }

  function join(k: number, op: number, { base, offset }: Sum, oi: number): void {
    const memop = oi >> MEMOPIDX_SHIFT;
    if ((memop & MO_ALIGN) !== 0) return;
    const size = 1 << (memop & MO_SIZE);
    const key = `${op} ${base} ${oi & ((1 << MEMOPIDX_SHIFT) - 1)}`;
    let group = open.get(key);
    if (group === undefined || Math.max(group.high, offset + size) - Math.min(group.low, offset) > MAX_SPAN) {
      group = { first: k, last: k, low: offset, high: offset + size, count: 0, host: -1 };
      open.set(key, group);
    }
    group.low = Math.min(group.low, offset);
    group.high = Math.max(group.high, offset + size);
    group.last = k;
    group.count++;
    found.set(k, { group, offset });
  }
}
