// From block to block in tci: what is noted of each, and where it goes on.
import {
  ENGINE_HOT_MASK, ENV_TB_FLAGS, TB_CFLAGS, TB_EXEC_COUNT, TB_FLAGS, TB_ICOUNT, TB_INDIRECT, TB_INDIRECT_NEXT, TB_INDIRECT_SLOTS, TB_INSN_TABLE,
  TB_PC, TB_STATE, TB_STATE_INDIRECT,
} from './shared/layout';
import * as op from './shared/tci';
import { engine } from './core/engine';
import { tbHot } from './core/host';
import { isReplaying } from './core/journal';
import { vcpu } from './core/vcpu';
import { jumpCacheCell } from './tlb/jump-cache';
import { tbSeenAt, tciCode } from './tb/tb';

/**
 * The host hears of a TB (tbHot) each time that it has run `count` times more in tci, rounded up to a power of two: so a threshold that goes down
 * also finds TBs that are past it. 0: never.
 */
export function setHotThreshold(count: u32): void {
  store<u32>(engine, lowBits(count), ENGINE_HOT_MASK);
}

/** Of a counter: the bits that are zero each time that it has gone up by `count`, rounded up to a power of two; 0: all of them, so never. */
export function lowBits(count: u32): u32 {
  return count <= 1 ? count - 1 : u32.MAX_VALUE >> clz(count - 1);
}

/** Regions go by where their TBs were seen. */
function becameHot(env: usize, tb: usize): void {
  tbSeenAt(tb, vcpu(env).pc);
  tbHot(tb);
}

/** Accounts for one execution of a TB. False: the slice is over, or someone asks for the dispatcher. */
@inline
export function enter(env: usize, tb: usize, icountMode: bool): bool {
  const icount = load<u32>(tb, TB_ICOUNT);
  // A request is above every budget. Two loads: the host could not forward the budget that has just been stored to a wider one.
  const left = vcpu(env).budget;
  if ((icountMode ? left - ((icount as i32) - 1) : left) <= (vcpu(env).exitRequest as i32)) return false;
  vcpu(env).budget = left - (icount as i32);
  vcpu(env).lastTb = tb;
  if (isReplaying()) return true;
  const count = load<u32>(tb, TB_EXEC_COUNT) + 1;
  store<u32>(tb, count, TB_EXEC_COUNT);
  if ((count & load<u32>(engine, ENGINE_HOT_MASK)) == 0) becameHot(env, tb);
  return true;
}

/** Leaves at the op at `ip`, whose slow path or helper raised: pc is its instruction's, and what has not run is given back to the budget. */
export function leaveFault(env: usize, tb: usize, ip: usize): usize {
  const table = load<usize>(tb, TB_INSN_TABLE);
  const icount = load<u32>(tb, TB_ICOUNT);
  const word = ((ip - tciCode(tb)) >> 2) as u32;
  let insn = icount - 1;
  while (insn > 0 && load<u16>(table + insn * op.TCI_INSN_SIZE) > word) insn--;
  // the pc is the TB's still: what writes it comes last
  vcpu(env).pc += load<u16>(table + insn * op.TCI_INSN_SIZE, 2);
  vcpu(env).budget += icount - insn;
  return 0;
}

/** Remembers that `next` followed `tb` through goto_ptr. */
export function noteIndirect(tb: usize, next: usize): void {
  atomic.or<u32>(next, TB_STATE_INDIRECT, TB_STATE);
  const end = tb + TB_INDIRECT_SLOTS * 4;
  for (let slot = tb; slot < end; slot += 4) {
    const seen = load<usize>(slot, TB_INDIRECT);
    if (seen == next) return;
    if (seen != 0) continue;
    store<usize>(slot, next, TB_INDIRECT);
    return;
  }
  const victim = load<u32>(tb, TB_INDIRECT_NEXT);
  store<u32>(tb, (victim + 1) % TB_INDIRECT_SLOTS, TB_INDIRECT_NEXT);
  store<usize>(tb + 4 * victim, next, TB_INDIRECT);
}

/** The jump cache's TB for the current state, or 0. TB_FLAGS and TB_CS_BASE are one number. */
@inline
export function jumpCacheFind(env: usize): usize {
  const pc = vcpu(env).pc;
  const tb = load<usize>(jumpCacheCell(env, pc));
  if (tb == 0 || load<u64>(tb, TB_PC) != pc || load<u64>(tb, TB_FLAGS) != load<u64>(env, ENV_TB_FLAGS)) return 0;
  return load<u32>(tb, TB_CFLAGS) == vcpu(env).cflags ? tb : 0;
}
