/**
 * Whether bytecode that was read from a file is bytecode: the interpreter does not look. What passes stays in it, ends, reaches nothing of the env
 * beyond the registers and frame but through the TLB, and calls nothing but the helpers. Whether it does what the guest code says is not checked.
 */
import {
  ENV_FRAME,
  ENV_FRAME_SLOTS,
  ENV_INTERRUPT_REQUEST,
  ENV_PC,
  ENV_TARGET_BASE,
  ENV_CS_BASE,
  ENV_TB_FLAGS,
  ENV_TLB,
  MEMOPIDX_SHIFT,
  TLB_KINDS,
  TLB_TABLE_SIZE,
} from '../../../assembly/shared/layout.js';
import * as tci from '../../../assembly/shared/tci.js';
import { Op, type HelperDef } from '../opcodes.js';
import { OP_UNITS, opName } from './disas.js';

const MMU_MODES = 8;
const RMW_KINDS = Op.atomic_fetch_umax_i64 - Op.atomic_xchg_i64 + 1;
const NO_RESULT = 0xffff;
const FRAME_END = ENV_FRAME + 8 * ENV_FRAME_SLOTS;
/** The interpreter leaves with it; what is above is the address of a TB. */
const MAX_EXIT = 3;

const enum Kind {
  Plain,
  Field,
  Leave,
  Branch,
  Memory,
  Rmw,
  Cmpxchg,
  Call,
}

const units = (...numbers: number[]): number => numbers.reduce((mask, n) => mask | (1 << n), 0);

/** By op: what else is to be looked at, and the units that are env offsets, a bit each. */
const KINDS = new Uint8Array(tci.TCI_OPS);
const OPERANDS = new Uint16Array(tci.TCI_OPS);
for (let op = 0; op < tci.TCI_OPS; op++) [KINDS[op], OPERANDS[op]] = describe(op, opName(op));

function describe(op: number, name: string): [Kind, number] {
  if (op <= tci.TCI_GOTO_PTR) return [Kind.Leave, 0];
  if (op === tci.TCI_BR) return [Kind.Branch, 0];
  if (name.startsWith('brcond')) return [Kind.Branch, name.startsWith('brcondi') ? units(1) : units(1, 2)];
  if (op >= tci.TCI_QLD8U && op <= tci.TCI_QST_ANY) return [Kind.Memory, units(1, 2)];
  if (op === tci.TCI_ATOMIC_RMW) return [Kind.Rmw, units(1, 2, 3)];
  if (op === tci.TCI_ATOMIC_CMPXCHG) return [Kind.Cmpxchg, units(1, 2, 3, 5)];
  if (op >= tci.TCI_CALL0V) return [Kind.Call, 0];
  if (op === tci.TCI_FENCE) return [Kind.Plain, 0];
  if (op === tci.TCI_MOVI || op === tci.TCI_MOVI64) return [Kind.Plain, units(1)];
  if (op >= tci.TCI_LD8U && op <= tci.TCI_ST32) return [Kind.Field, units(1)];
  if (op === tci.TCI_MOV || (op >= tci.TCI_NEG64 && op <= tci.TCI_BSWAP64_64)) return [Kind.Plain, units(1, 2)];
  if (name.startsWith('movcond')) return [Kind.Plain, units(1, 2, 3, 4, 5)];
  if (/^mul[us]2/.test(name)) return [Kind.Plain, units(1, 2, 3, 4)];
  if (/^(add2|sub2)_/.test(name)) return [Kind.Plain, units(1, 2, 3, 4, 5, 6)];
  // the third is an immediate, or a field's place
  if (/[a-z]i(64|32)(_|$)|extract/.test(name)) return [Kind.Plain, units(1, 2)];
  return [Kind.Plain, units(1, 2, 3)];
}

/** The calls that a target's code may have. */
export type HelperCalls = ReadonlySet<number>;

const callOf = (index: number, op: number): number => (index << 8) | op;

/** `indexes`: the helpers' places in the runtime's function table. */
export function helperCalls(helpers: readonly HelperDef[], indexes: readonly number[]): HelperCalls {
  return new Set(helpers.map(({ args, result }, i) => callOf(indexes[i], (result ? tci.TCI_CALL0 : tci.TCI_CALL0V) + args)));
}

/**
 * `count`: units of 16 bits from `at` on; behind them comes the insn table of `insns` instructions, of `size` bytes of guest code together. The table
 * gives pcs, and places that the interpreter goes on at.
 */
export function isTciCode(code: Uint16Array, at: number, count: number, insns: number, size: number, calls: HelperCalls): boolean {
  const end = at + count;
  let falls = true;
  let insn = 0;
  let offset = -1;
  let targets: Set<number> | undefined; // few TBs branch at all
  for (let p = at; p < end;) {
    const op = code[p];
    if (op >= tci.TCI_OPS) return false;
    const next = p + OP_UNITS[op];
    if (next > end || !operandsAreEnv(code, p, OPERANDS[op]) || !isInOrder(code, p, op, calls)) return false;
    for (; insn < insns && at + 2 * code[end + 2 * insn] === p; insn++) {
      const start = code[end + 2 * insn + 1];
      if (start <= offset || start >= size) return false;
      offset = start;
    }
    targets?.delete(p);
    if (KINDS[op] === Kind.Branch) {
      // forward: what has no jump back comes to its end
      const distance = branchDistance(code, p, op);
      if (distance <= 0) return false;
      (targets ??= new Set()).add(p + 2 * distance);
    }
    falls = KINDS[op] !== Kind.Leave && op !== tci.TCI_BR;
    p = next;
  }
  return !falls && insn === insns && (targets?.size ?? 0) === 0;
}

function operandsAreEnv(code: Uint16Array, p: number, mask: number): boolean {
  for (let rest = mask >> 1, n = p + 1; rest !== 0; rest >>= 1, n++) if ((rest & 1) !== 0 && !isSlot(code[n])) return false;
  return true;
}

/** Of 64 bits: pc, a register or another field of the target, or a slot of the frame; not what the engine keeps in the env for itself. */
const isSlot = (offset: number): boolean => (offset & 7) === 0 && (offset === ENV_PC || (offset >= ENV_TARGET_BASE && offset < FRAME_END));

/** Of `size` bytes. */
function isField(offset: number, size: number, isStore: boolean): boolean {
  if ((offset & (size - 1)) !== 0) return false;
  if (offset === ENV_TB_FLAGS || offset === ENV_CS_BASE || (offset === ENV_INTERRUPT_REQUEST && !isStore)) return size === 4;
  return offset >= ENV_TARGET_BASE && offset < FRAME_END;
}

/** By op, from TCI_LD8U on. */
const FIELD_SIZES = [1, 1, 2, 2, 4, 4, 1, 2, 4];

function isInOrder(code: Uint16Array, p: number, op: number, calls: HelperCalls): boolean {
  switch (KINDS[op]) {
    case Kind.Field:
      return isField(code[p + 2], FIELD_SIZES[op - tci.TCI_LD8U], op >= tci.TCI_ST8);
    case Kind.Leave:
      return op !== tci.TCI_EXIT_TB || code[p + 1] <= MAX_EXIT;
    case Kind.Memory: {
      const table = ((code[p + 6] | (code[p + 7] << 16)) >>> 0) - ENV_TLB;
      return isMemOpIdx(code[p + 4]) && table >= 0 && table % TLB_TABLE_SIZE === 0 && table < MMU_MODES * TLB_KINDS * TLB_TABLE_SIZE;
    }
    case Kind.Rmw:
      return isMemOpIdx(code[p + 4]) && code[p + 5] < RMW_KINDS;
    case Kind.Cmpxchg:
      return isMemOpIdx(code[p + 4]);
    case Kind.Call: {
      const results = op >= tci.TCI_CALL0;
      const args = op - (results ? tci.TCI_CALL0 : tci.TCI_CALL0V);
      for (let n = 0; n < args; n++) if (!isSlot(code[p + 4 + n])) return false;
      return (isSlot(code[p + 1]) || code[p + 1] === NO_RESULT) && calls.has(callOf(code[p + 2], op));
    }
    default:
      return true;
  }
}

const isMemOpIdx = (oi: number): boolean => (oi & ((1 << MEMOPIDX_SHIFT) - 1)) < MMU_MODES;

const branchDistance = (code: Uint16Array, p: number, op: number): number =>
  op === tci.TCI_BR ? code[p + 2] | (code[p + 3] << 16) : (code[p + 3] << 16) >> 16;
