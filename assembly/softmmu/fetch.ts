// Where code is.
import { TLB_FORCE_SLOW, TLB_KINDS, TLB_KIND_CODE, TLB_MMIO } from '../shared/layout';
import { targetAccessFault } from '../target/dispatch';
import { CODE_ALIGN_BITS } from '../target/traits/linked';
import { isPrivate, slotOf } from '../tlb/tables';
import { flagsOf, hostOf, lookup, physOf } from './lookup';

/** Bytes that are fetched at once. */
export const FETCH_SIZE = 1 << CODE_ALIGN_BITS;

/**
 * Physical address of the code at `pc`, or u64.MAX_VALUE with the fault raised. Sets codeHost; codeSplit if the page's rights must be asked anew
 * for every instruction.
 */
export function codeLookup(env: usize, pc: u64, mmuIdx: i32): u64 {
  const entry = lookup(env, pc, FETCH_SIZE, TLB_KIND_CODE, mmuIdx, false);
  if (entry == 0) return u64.MAX_VALUE;
  const flags = flagsOf(entry);
  if ((flags & TLB_MMIO) != 0) {
    targetAccessFault(env, pc, TLB_KIND_CODE);
    return u64.MAX_VALUE;
  }
  codeHost = hostOf(entry, pc);
  codeSplit = (flags & TLB_FORCE_SLOW) != 0;
  codeShared = !isPrivate(env, mmuIdx * TLB_KINDS + TLB_KIND_CODE, slotOf(pc));
  return physOf(entry, pc);
}

export let codeHost: usize = 0;
export let codeSplit: bool = false;
/** Whether that page is mapped so in all address spaces. */
export let codeShared: bool = false;
