// From a vCPU's state to the TB for it: the jump cache, the hash table, the translator.
import {
  BP_CPU, BP_GDB, CF_COUNT_MASK, CF_NO_GOTO_PTR, CF_NO_GOTO_TB, CF_SINGLE_STEP, ENV_TB_FLAGS, EXCP_DEBUG, NO_PAGE, TB_CFLAGS, TB_FLAGS, TB_PC, TB_PHYS_PAGE1,
} from './shared/layout';
import { raise } from './core/env';
import { translate } from './core/host';
import { breakpointAt } from './core/points';
import { vcpu } from './core/vcpu';
import { codeHost, codeLookup, codeShared, codeSplit, FETCH_SIZE } from './softmmu/fetch';
import { targetAddress, targetBreakpoint, targetFetchMmuIdx, targetInsnSize } from './target/dispatch';
import { tbFind, tbInvalidate, tbRemember } from './tb/tb';
import { jumpCacheCell } from './tlb/jump-cache';
import { PAGE_BITS, PAGE_SIZE } from './target/traits/pages';

/** cflags of a TB of one instruction that goes on to none. */
export const ONE_INSN = 1 | CF_NO_GOTO_TB | CF_NO_GOTO_PTR;

/** The TB for the vCPU's state, translated if need be. 0: a fault is pending, or the host could not make it. */
export function tbLookup(env: usize, cflags: u32): usize {
  const pc = vcpu(env).pc;
  const flags = load<u64>(env, ENV_TB_FLAGS); // and ENV_CS_BASE
  let tb = load<usize>(jumpCacheCell(env, pc));
  if (tb != 0 && load<u64>(tb, TB_PC) == pc && load<u64>(tb, TB_FLAGS) == flags && load<u32>(tb, TB_CFLAGS) == cflags) return tb;

  // A single step goes on from where the debugger has one.
  if ((cflags & CF_SINGLE_STEP) == 0 && breakpointAt(env, pc, BP_GDB)) {
    raise(env, EXCP_DEBUG);
    return 0;
  }
  // It depends on the TB flags whether the guest's own counts: where it does not, there is a TB.
  if (breakpointAt(env, pc, BP_CPU) && targetBreakpoint(env, pc)) return 0;
  const mmuIdx = targetFetchMmuIdx(env);
  const phys = codeLookup(env, pc, mmuIdx);
  if (phys == u64.MAX_VALUE) return 0;
  const host = codeHost;
  // Rights finer than a page: every instruction comes through here, and is asked for again.
  const split = codeSplit;
  let shared = codeShared;
  if (split) {
    cflags = (cflags & ~CF_COUNT_MASK) | ONE_INSN;
    if (!fetchRest(env, pc, host, mmuIdx)) return 0;
  }
  tb = tbFind((phys >> PAGE_BITS) as u32, pc, flags, cflags);
  if (tb != 0 && load<u32>(tb, TB_PHYS_PAGE1) != NO_PAGE) {
    const second = codeLookup(env, nextPage(env, pc), mmuIdx);
    if (second == u64.MAX_VALUE) return 0;
    if (((second >> PAGE_BITS) as u32) != load<u32>(tb, TB_PHYS_PAGE1)) {
      tbInvalidate(tb);
      tb = 0;
    }
    shared = shared && codeShared;
  }
  if (tb == 0) {
    vcpu(env).codeHost = host as u32;
    vcpu(env).codePhys = phys;
    vcpu(env).codeCflags = cflags;
    tb = translate(env, pc as u32, (pc >> 32) as u32);
    // The translator looked at the second page last.
    if (tb != 0 && load<u32>(tb, TB_PHYS_PAGE1) != NO_PAGE) shared = shared && codeShared;
  }
  if (tb != 0 && !split && (cflags & CF_COUNT_MASK) == 0) tbRemember(env, pc, tb, shared);
  return tb;
}

/** Asks for what follows an instruction's first bytes: it may be another region's. What is in the next page is asked for when that page is. False: a fault is pending. */
function fetchRest(env: usize, pc: u64, host: usize, mmuIdx: i32): bool {
  const size = targetInsnSize(env, host);
  for (let n: u32 = FETCH_SIZE; n < size && ((pc + n) & (PAGE_SIZE - 1)) != 0; n += FETCH_SIZE) {
    if (codeLookup(env, pc + n, mmuIdx) == u64.MAX_VALUE) return false;
  }
  return true;
}

@inline
function nextPage(env: usize, pc: u64): u64 {
  return targetAddress(env, (pc & ~(PAGE_SIZE - 1)) + PAGE_SIZE);
}

/** For the translator: host address of the page after the one ENV_PC is in, or 0 with the fetch fault raised. Its physical page: codeNextPhysPage. */
export function codeNextPage(env: usize): usize {
  const phys = codeLookup(env, nextPage(env, vcpu(env).pc), targetFetchMmuIdx(env));
  if (phys == u64.MAX_VALUE) return 0;
  nextPhysPage = (phys >> PAGE_BITS) as u32;
  return codeHost;
}

let nextPhysPage: u32 = 0;

/** Physical page number that the last codeNextPage found. */
export function codeNextPhysPage(): u32 {
  return nextPhysPage;
}
