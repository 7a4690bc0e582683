/** How a block ends: jumps inside of the function, and ways out of it. */
import { ENV_EXIT_REQUEST, ENV_TB_FLAGS, TB_PC } from '../../../assembly/shared/layout.js';
import { PC } from '../ir-buffer.js';
import { Op } from '../opcodes.js';
import { I32, I64, Wasm, type Expr } from './binaryen.js';
import type { BlockLowering } from './block-lowering.js';
import type { Block } from './cfg.js';
import type { FunctionCode } from './function-code.js';
import { jumpCacheCell } from './jump-cache.js';
import { compare } from './lower-ops.js';
import type { TbIr } from './region.js';
import type { StripCode } from './strip-code.js';

/** Lowers the op at word p, which ends the block. `dirty`: what an exit there writes back. */
export function leaveBlock(
  fn: FunctionCode,
  strips: StripCode,
  b: BlockLowering,
  block: Block,
  p: number,
  dirty: number[],
  go: (k: number) => Expr,
): void {
  const { m } = fn;
  const { ops, unchecked } = b.ir;
  const { tbs } = fn.facts.region;
  const widthOf = (g: number) => b.classOf(g);
  const to = ops[p] === Op.goto_tb ? b.ir.links[ops[p + 1]] : -1;
  const goesRound = to >= 0 && to === unchecked?.copy.first;
  const staysInTb = ops[p] === Op.br || ops[p] === Op.brcond_i32 || ops[p] === Op.brcond_i64;
  const staysInPass = staysInTb || (to >= 0 && !goesRound && tbs[to].unchecked !== undefined);
  if (!staysInPass) fn.endPass(b.list, b.ir);
  switch (ops[p]) {
    case Op.brcond_i32:
    case Op.brcond_i64: {
      const condition = compare(b, ops[p + 3], ops[p + 1], ops[p + 2]);
      b.finish();
      b.list.push(m.if(condition, go(0)), go(1));
      return;
    }
    case Op.br:
      b.list.push(go(0));
      return;
    case Op.goto_tb:
      if (goesRound) strips.goRound(b.list, unchecked, go);
      else if (block.succ.length > 0) b.list.push(go(0));
      else fn.exit(b.list, dirty, m.binary(Wasm.or[0], fn.tbPointer(block.tb), m.i32(ops[p + 1])), widthOf);
      return;
    case Op.goto_ptr:
      if (block.succ.length > 0) jumpIndirect(fn, b, block.tb, go);
      fn.exit(b.list, dirty, m.i32(0), widthOf);
      return;
    case Op.exit_tb:
      fn.exit(b.list, dirty, m.i32(ops[p + 1]), widthOf);
      return;
    default:
      throw new RangeError(`no lowering for op ${Op[ops[p]]}`);
  }
}

/** A goto_ptr that stays in the region if the pc is that of a TB which is known to follow; else it falls through. */
function jumpIndirect(fn: FunctionCode, b: BlockLowering, tb: number, go: (k: number) => Expr): void {
  const { m } = fn;
  const { region, flagChanges } = fn.facts;
  const { indirect } = region.tbs[tb];
  const base = region.tbs[indirect[0].to];
  const distance = b.spill(m.binary(Wasm.sub[1], m.get(fn.locals.ofGlobal(PC), I64), fn.pcOf(base)), I64);
  const changes = flagChanges[tb];
  const key = tbKey(fn);
  const flags = changes ? b.spill(key.load(), key.type) : -1;
  const tests = indirect.map(({ to, guarded }, k) => {
    const target = region.tbs[to];
    const wanted = m.i64(BigInt.asIntN(64, target.pc - base.pc));
    let test = m.binary(Wasm.eq[1], m.get(distance, I64), wanted);
    if (changes) test = m.binary(Wasm.and[0], test, key.is(m.get(flags, key.type), target));
    if (guarded) test = m.if(test, jumpCacheHas(fn, to), m.i32(0));
    return m.if(test, go(k));
  });
  b.finish();
  if (!changes) b.list.push(...tests);
  else {
    // What changes the flags may enable an interrupt that is pending: then the dispatcher is asked for.
    const request = m.loadEnv(4, false, I32, ENV_EXIT_REQUEST);
    b.list.push(m.if(m.binary(Wasm.eq[0], request, m.i32(0)), m.sequence(tests)));
  }
}

/** What a TB is looked up by beside its pc, as one load has it: ENV_TB_FLAGS, and where the target has it ENV_CS_BASE. */
function tbKey({ m, target }: FunctionCode) {
  const { csBase } = target.traits;
  const type = csBase ? I64 : I32;
  const bytes = csBase ? 8 : 4;
  const flagsOf = (tb: TbIr): Expr =>
    csBase ? m.i64(BigInt.asIntN(64, (BigInt(tb.csBase) << 32n) | BigInt(tb.flags >>> 0))) : m.i32(tb.flags);
  return {
    type,
    load: (): Expr => m.loadEnv(bytes, false, type, ENV_TB_FLAGS),
    is: (flags: Expr, tb: TbIr): Expr => m.binary(Wasm.eq[csBase ? 1 : 0], flags, flagsOf(tb)),
  };
}

/** Whether the pc leads to TB `index` still, which was made for it: what cellIn and jumpCacheFind of the runtime look at. */
function jumpCacheHas(fn: FunctionCode, index: number): Expr {
  const { m } = fn;
  const pc = (): Expr => m.get(fn.locals.ofGlobal(PC), I64);
  const tb = (): Expr => fn.tbPointer(index);
  const has = m.binary(Wasm.eq[0], m.load(4, false, I32, jumpCacheCell(m, fn.target.traits, pc)), tb());
  return m.binary(Wasm.and[0], has, m.binary(Wasm.eq[1], m.load(8, false, I64, tb(), TB_PC), pc()));
}
