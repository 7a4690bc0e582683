/**
 * What plugins add to a TB (QEMU's plugin-gen.c): ops between those that the frontend emitted. Plain data says what and where, so that code generation, in
 * another thread, does the same to the same TB. Where nothing is added, nobody comes here, and code is the same to the byte.
 */
import { MEMOPIDX_SHIFT } from '../../assembly/shared/layout.js';
import type { TcgContext } from './context.js';
import { Cond, INPUT_WORDS, helperDef, isMemoryOp, Op, OP_WORDS, type HelperDef } from './opcodes.js';

/** What a callback does with the guest's registers: where it reads them, env is up to date before it; where it writes them, code reads them again. */
export type RegisterAccess = 'none' | 'read' | 'write';

/** Cells are u64, by their place in a vCPU's scores (ENV_SCORES). */
export type InjectedAction =
  | { readonly kind: 'call'; readonly id: number; readonly registers: RegisterAccess }
  | {
      readonly kind: 'cond';
      readonly id: number;
      readonly registers: RegisterAccess;
      readonly cell: number;
      readonly cond: Cond;
      readonly value: bigint;
    }
  | { readonly kind: 'add' | 'store'; readonly cell: number; readonly value: bigint }
  /** `cell`: the first of an edge map's. */
  | { readonly kind: 'edge'; readonly cell: number; readonly location: number };

/** Bits of what an access does. */
export const ACCESS_LOAD = 1;
export const ACCESS_STORE = 2;

export interface Injection {
  /** Instruction of the TB, from 0. */
  readonly insn: number;
  /** 0: before the instruction. Else behind each of its accesses of these kinds: an atomic one is a load, and then a store. */
  readonly access: number;
  readonly action: InjectedAction;
}

// What tells a callback about an access: the upper half of its id's word. MemOpIdx, then these.
export const INFO_STORE = 1 << 16;
/** AtomicKind + 1, or INFO_CMPXCHG; 0: a plain access. */
export const INFO_ATOMIC_SHIFT = 20;
export const INFO_CMPXCHG = 15;

const SUFFIX = { none: '', read: '_r', write: '_rw' } as const satisfies Record<RegisterAccess, string>;
const helper = (name: string, args: number, registers: RegisterAccess = 'none', score?: HelperDef['score']): HelperDef =>
  helperDef({
    name: `plugin_${name}${SUFFIX[registers]}`,
    args,
    result: false,
    noReadGlobals: registers === 'none',
    noWriteGlobals: registers !== 'write',
    score,
  });
const callbacks = (name: string, args: number, score?: HelperDef['score']): Record<RegisterAccess, HelperDef> => ({
  none: helper(name, args, 'none', score),
  read: helper(name, args, 'read', score),
  write: helper(name, args, 'write', score),
});

// assembly/plugin.ts
const CALL = callbacks('call', 1);
const COND = callbacks('cond', 4, 'cond');
const MEM = callbacks('mem', 3);
const RMW = callbacks('rmw', 5);
const SCORE = {
  add: helper('add', 2, 'none', 'add'),
  store: helper('store', 2, 'none', 'store'),
  edge: helper('edge', 2, 'none', 'edge'),
};

/** They stand behind a target's own. */
export const PLUGIN_HELPERS: readonly HelperDef[] = [CALL, COND, MEM, RMW, SCORE].flatMap((each) => Object.values<HelperDef>(each));

/** Puts `injections` into the TB that `ctx` holds, whose helpers end with PLUGIN_HELPERS. */
export function instrument(ctx: TcgContext, injections: readonly Injection[]): void {
  const end = ctx.opCount * OP_WORDS;
  const ops = ctx.ops.slice(0, end);
  ctx.opCount = 0;
  let here: readonly Injection[] = [];
  for (let p = 0, insn = 0; p < end; p += OP_WORDS) {
    const op = ops[p] as Op;
    const operands = ops.subarray(p + 1, p + OP_WORDS);
    if (op === Op.insn_start) {
      here = injections.filter((each) => each.insn === insn);
      insn++;
      ctx.emitOp(op, operands);
      for (const { access, action } of here) if (access === 0) emit(ctx, action);
    } else if (isMemoryOp(op) && here.some(({ access }) => access !== 0)) emitAccess(ctx, op, operands, here);
    else ctx.emitOp(op, operands);
  }
}

function emit(ctx: TcgContext, action: InjectedAction): void {
  switch (action.kind) {
    case 'call':
      return ctx.call(CALL[action.registers], -1, ctx.constI64(action.id));
    case 'cond': {
      const { registers, id, cell, cond, value } = action;
      const args = [id, cell, cond].map((each) => ctx.constI64(each));
      return ctx.call(COND[registers], -1, ...args, ctx.constI64(value));
    }
    case 'edge':
      return ctx.call(SCORE.edge, -1, ctx.constI64(action.cell), ctx.constI64(action.location));
    default:
      return ctx.call(SCORE[action.kind], -1, ctx.constI64(action.cell), ctx.constI64(action.value));
  }
}

/** The access, and behind it what is to be done then: it has not raised. Its inputs are kept for that if its output takes their place. */
function emitAccess(ctx: TcgContext, op: Op, operands: Int32Array, here: readonly Injection[]): void {
  const isStore = op === Op.qemu_st_i64;
  const given = operands.slice();
  if (!isStore) {
    for (const at of INPUT_WORDS[op]) {
      if (operands[at - 1] !== operands[0]) continue;
      given[at - 1] = ctx.temp();
      ctx.mov(given[at - 1], operands[at - 1]);
    }
  }
  const isCmpxchg = op === Op.atomic_cmpxchg_i64;
  const isPlain = isStore || op === Op.qemu_ld_i64;
  const oi = operands[isPlain ? 2 : isCmpxchg ? 4 : 3];
  ctx.emitOp(op, operands);
  const kinds = isStore ? [ACCESS_STORE] : isPlain ? [ACCESS_LOAD] : [ACCESS_LOAD, ACCESS_STORE];
  const atomic = isPlain ? 0 : isCmpxchg ? INFO_CMPXCHG : op - Op.atomic_xchg_i64 + 1;
  for (const kind of kinds) {
    const info = oi | (kind === ACCESS_STORE ? INFO_STORE : 0) | (kind === ACCESS_STORE ? atomic << INFO_ATOMIC_SHIFT : 0);
    for (const { access, action } of here) {
      if ((access & kind) === 0) continue;
      if (action.kind !== 'call') emit(ctx, action);
      else if (isPlain || kind === ACCESS_LOAD)
        ctx.call(MEM[action.registers], -1, ctx.constI64Parts(action.id, info), given[1], operands[0]);
      else
        ctx.call(
          RMW[action.registers],
          -1,
          ctx.constI64Parts(action.id, info),
          given[1],
          operands[0],
          given[2],
          isCmpxchg ? given[3] : ctx.constI64(0),
        );
    }
  }
}

/** Of a callback's word. */
export const memOpIdxOf = (info: number): number => info & 0xffff;
export const memOpOf = (info: number): number => memOpIdxOf(info) >> MEMOPIDX_SHIFT;
