// The exec loop of a vCPU (QEMU's cpu_exec): exception, interrupt, find the next TB, run it.
import {
  CF_COUNT_MASK, CF_NO_GOTO_PTR, CF_NO_GOTO_TB, CF_SINGLE_STEP, CPU_INTERRUPT_HARD, ENV_BUDGET, ENV_CFLAGS, ENV_CODE_CFLAGS, ENV_CODE_HOST,
  ENV_CODE_PHYS, ENV_EXCEPTION_INDEX, ENV_EXIT_REQUEST, ENV_FAULT, ENV_HALTED, ENV_ICOUNT, ENV_INSN_COUNT, ENV_INTERRUPT_REQUEST, ENV_LAST_TB, ENV_PC,
  ENV_RETURN_REQUEST, ENV_SLICE, ENV_TB_FLAGS, EXCP_DEBUG, EXCP_INTERRUPT, EXCP_SEMIHOST, EXCP_YIELD, EXEC_BUDGET, EXEC_DEBUG, EXEC_HALTED, EXEC_REQUEST, EXEC_SEMIHOST,
  EXEC_TRANSLATE_FAILED, PAGE_BITS, PAGE_SIZE, TB_CFLAGS, TB_ENTRY, TB_EXIT_IDX1, TB_EXIT_MASK, TB_EXIT_RESUME, TB_FLAGS, TB_FUNC, TB_ICOUNT, TB_JMP0, TB_PC,
  TB_PHYS_PAGE1,
} from './shared/layout';
import { cpuInsnCount, faulted } from './core/env';
import { translate } from './core/host';
import { WORK_LOOKUP, WORK_TRAP, worked } from './core/work';
import { codeHost, codeLookup, codeShared, codeSplit } from './softmmu/fetch';
import { jumpCacheFind, TB_EXIT_RUN, tciExec, tciResume } from './tci';
import { targetAddress, targetDoInterrupt, targetExecInterrupt, targetFetchMmuIdx, targetHasWork, targetInsnSize } from './target/dispatch';
import { execBegin, execEnd, NO_PAGE, tbFind, tbFlushIfPending, tbGeneration, tbInvalidate, tbLink } from './tb/tb';
import { jumpCacheCell, jumpCacheSet } from './tlb/jump-cache';

const ONE_INSN = 1 | CF_NO_GOTO_TB | CF_NO_GOTO_PTR;
const EXCP_FIRST = EXCP_INTERRUPT;

/** Runs a vCPU until its slice (ENV_BUDGET instructions) is used up or something else returns control: EXEC_*. */
export function cpuExec(env: usize): i32 {
  execBegin();
  store<i32>(env, load<i32>(env, ENV_BUDGET), ENV_SLICE);
  const reason = execLoop(env);
  store<u64>(env, cpuInsnCount(env), ENV_INSN_COUNT);
  store<i32>(env, load<i32>(env, ENV_BUDGET), ENV_SLICE);
  execEnd();
  return reason;
}

/** Takes a unit of budget for something that is no instruction, so that a guest that only ever faults uses up its slice. */
function charge(env: usize): void {
  store<i32>(env, load<i32>(env, ENV_BUDGET) - 1, ENV_BUDGET);
  store<i32>(env, load<i32>(env, ENV_SLICE) - 1, ENV_SLICE);
}

/** Deals with ENV_FAULT. Returns EXEC_* to leave, -1 to go on, -2 to go on with a TB of one instruction. */
function deliver(env: usize): i32 {
  const index = load<i32>(env, ENV_EXCEPTION_INDEX);
  if (index < EXCP_FIRST) {
    charge(env);
    worked(WORK_TRAP);
    targetDoInterrupt(env);
    store<u32>(env, 0, ENV_FAULT);
    return -1;
  }
  store<u32>(env, 0, ENV_FAULT);
  store<i32>(env, -1, ENV_EXCEPTION_INDEX);
  if (index == EXCP_INTERRUPT) return -2;
  if (index == EXCP_DEBUG) return EXEC_DEBUG;
  if (index == EXCP_SEMIHOST) {
    // The instruction will have been executed when its call has been served.
    store<i32>(env, load<i32>(env, ENV_BUDGET) - 1, ENV_BUDGET);
    return EXEC_SEMIHOST;
  }
  return index == EXCP_YIELD ? EXEC_REQUEST : EXEC_HALTED;
}

function execLoop(env: usize): i32 {
  let tb: usize = 0; // the next TB, if known
  let last: usize = 0; // the TB | jump slot to chain to the next one
  let once = false; // run just the next instruction: it stores into its own TB (notDirty of softmmu/store.ts)
  while (true) {
    worked(WORK_LOOKUP);
    if (faulted(env)) {
      tb = last = 0;
      const outcome = deliver(env);
      if (outcome >= 0) return outcome;
      once = outcome == -2;
      if (!once && (load<u32>(env, ENV_CFLAGS) & CF_SINGLE_STEP) != 0) return EXEC_DEBUG;
    }
    if (load<u32>(env, ENV_EXIT_REQUEST) != 0) {
      atomic.store<u32>(env, 0, ENV_EXIT_REQUEST);
      tb = last = 0;
      tbFlushIfPending();
      if (atomic.xchg<u32>(env, 0, ENV_RETURN_REQUEST) != 0) return EXEC_REQUEST;
    }
    if (load<u32>(env, ENV_HALTED) != 0) {
      if (!targetHasWork(env)) return EXEC_HALTED;
      store<u32>(env, 0, ENV_HALTED);
    }
    if ((load<u32>(env, ENV_INTERRUPT_REQUEST) & CPU_INTERRUPT_HARD) != 0 && targetExecInterrupt(env)) {
      tb = last = 0;
      once = false;
    }
    const budget = load<i32>(env, ENV_BUDGET);
    if (budget <= 0) return EXEC_BUDGET;

    const cflags = load<u32>(env, ENV_CFLAGS);
    if (once) {
      tb = tbLookup(env, (cflags & ~CF_COUNT_MASK) | ONE_INSN);
    } else if (tb == 0) {
      const generation = tbGeneration;
      tb = tbLookup(env, cflags);
      if (tb != 0 && last != 0 && generation == tbGeneration && (cflags & CF_NO_GOTO_TB) == 0) tbLink(last & ~TB_EXIT_MASK, last & TB_EXIT_MASK, tb);
    }
    // In icount mode a slice ends exactly: its last TB is made as short as it must be.
    if (tb != 0 && load<u32>(env, ENV_ICOUNT) != 0 && (load<u32>(tb, TB_ICOUNT) as i32) > budget) {
      tb = tbLookup(env, (load<u32>(tb, TB_CFLAGS) & ~CF_COUNT_MASK) | budget);
    }
    if (tb == 0) {
      if (faulted(env)) continue;
      return EXEC_TRANSLATE_FAILED;
    }

    let exit: usize;
    if (!once && load<u32>(tb, TB_FUNC) != 0) {
      exit = runGenerated(env, tb, cflags);
    } else {
      exit = tciExec(env, tb);
    }
    once = false;
    tb = last = 0;
    const slot: i32 = (exit as i32) & TB_EXIT_MASK;
    if (slot == TB_EXIT_RUN) {
      tb = exit & ~TB_EXIT_MASK;
    } else if (slot <= TB_EXIT_IDX1 && (exit & ~TB_EXIT_MASK) != 0) {
      tb = load<usize>((exit & ~TB_EXIT_MASK) + ((4 * slot) as usize), TB_JMP0);
      last = exit;
    }
    if ((cflags & CF_SINGLE_STEP) != 0 && !faulted(env)) return EXEC_DEBUG;
  }
}

/**
 * Runs the generated code of `tb`, and what it leads to as long as that is generated code too and there is nothing that the dispatcher must look at. Returns
 * the last exit, or a TB without generated code | TB_EXIT_RUN.
 */
function runGenerated(env: usize, tb: usize, cflags: u32): usize {
  const once = load<u32>(env, ENV_ICOUNT) != 0 || (cflags & CF_SINGLE_STEP) != 0;
  while (true) {
    store<usize>(env, 0, ENV_LAST_TB);
    let exit: usize = call_indirect<u32>(load<u32>(tb, TB_FUNC), env, load<u32>(tb, TB_ENTRY));
    if ((exit & TB_EXIT_MASK) == TB_EXIT_RESUME) exit = tciResume(env, exit & ~TB_EXIT_MASK);
    if (once || faulted(env)) return exit;
    // Budget and exit request in one, as in tci; interrupt request and halted.
    if (load<u64>(env, ENV_BUDGET) - 1 > 0x7ffffffe || load<u64>(env, ENV_INTERRUPT_REQUEST) != 0) return exit;
    const slot: i32 = (exit as i32) & TB_EXIT_MASK;
    if (exit == 0) {
      tb = jumpCacheFind(env);
      if (tb == 0) tb = tbLookup(env, cflags);
    } else if (slot == TB_EXIT_RUN) tb = exit & ~TB_EXIT_MASK;
    else if (slot <= TB_EXIT_IDX1) tb = load<usize>((exit & ~TB_EXIT_MASK) + ((4 * slot) as usize), TB_JMP0);
    else return exit;
    if (tb == 0) return exit;
    if (load<u32>(tb, TB_FUNC) == 0) return tb | TB_EXIT_RUN;
  }
}

/** The TB for the vCPU's state, translated if need be. 0: a fault is pending, or the host could not make it. */
function tbLookup(env: usize, cflags: u32): usize {
  const pc = load<u64>(env, ENV_PC);
  const flags = load<u32>(env, ENV_TB_FLAGS);
  let tb = load<usize>(jumpCacheCell(env, pc));
  if (tb != 0 && load<u64>(tb, TB_PC) == pc && load<u32>(tb, TB_FLAGS) == flags && load<u32>(tb, TB_CFLAGS) == cflags) return tb;

  const mmuIdx = targetFetchMmuIdx(env);
  const phys = codeLookup(env, pc, mmuIdx);
  if (phys == u64.MAX_VALUE) return 0;
  const host = codeHost;
  // Rights finer than a page: every instruction comes through here, and is asked for again.
  const split = codeSplit;
  let shared = codeShared;
  if (split) {
    cflags = (cflags & ~CF_COUNT_MASK) | ONE_INSN;
    // Its second half may be another region's; one in the next page is asked for when that page is.
    const half = pc + 2;
    if ((half & (PAGE_SIZE - 1)) != 0 && targetInsnSize(env, host) == 4 && codeLookup(env, half, mmuIdx) == u64.MAX_VALUE) return 0;
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
    store<u32>(env, host as u32, ENV_CODE_HOST);
    store<u64>(env, phys, ENV_CODE_PHYS);
    store<u32>(env, cflags, ENV_CODE_CFLAGS);
    tb = translate(env, pc as u32, (pc >> 32) as u32);
    // The translator looked at the second page last.
    if (tb != 0 && load<u32>(tb, TB_PHYS_PAGE1) != NO_PAGE) shared = shared && codeShared;
  }
  if (tb != 0 && !split && (cflags & CF_COUNT_MASK) == 0) jumpCacheSet(env, pc, tb, shared);
  return tb;
}

@inline
function nextPage(env: usize, pc: u64): u64 {
  return targetAddress(env, (pc & ~(PAGE_SIZE - 1)) + PAGE_SIZE);
}

/** For the translator: host address of the page after the one ENV_PC is in, or 0 with the fetch fault raised. Its physical page: codeNextPhysPage. */
export function codeNextPage(env: usize): usize {
  const phys = codeLookup(env, nextPage(env, load<u64>(env, ENV_PC)), targetFetchMmuIdx(env));
  if (phys == u64.MAX_VALUE) return 0;
  nextPhysPage = (phys >> PAGE_BITS) as u32;
  return codeHost;
}

let nextPhysPage: u32 = 0;

/** Physical page number that the last codeNextPage found. */
export function codeNextPhysPage(): u32 {
  return nextPhysPage;
}
