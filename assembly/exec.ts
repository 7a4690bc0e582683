// The exec loop of a vCPU (QEMU's cpu_exec): exception, interrupt, find the next TB, run it.
import {
  CF_COUNT_MASK, CF_MEMI_ONLY, CF_NOIRQ, CF_NO_GOTO_TB, CF_SINGLE_STEP, CPU_INTERRUPT_HARD, DISCON_EXCEPTION, DISCON_INTERRUPT, ENV_BEGUN, ENV_BUDGET, ENV_CFLAGS, ENV_EXCEPTION_INDEX, ENV_EXIT_REQUEST, ENV_FAULT, ENV_HALTED, ENV_ICOUNT,
  ENV_INSN_COUNT, ENV_INTERRUPT_REQUEST, ENV_LAST_TB, ENV_PC, ENV_RETURN_REQUEST, ENV_SLICE, ENV_TELL, EXCP_DEBUG, EXCP_INTERRUPT, EXEC_BUDGET, EXEC_DEBUG,
  EXEC_HALTED, EXEC_REQUEST, EXEC_SEMIHOST, EXEC_TRANSLATE_FAILED, EXEC_YIELD, RETURN_YIELD, TB_CFLAGS, TB_ENTRY, TB_EXIT_IDX1, TB_EXIT_MASK, TB_EXIT_REQUESTED, TB_EXIT_RESUME, TB_EXIT_RUN, TB_FUNC, TB_ICOUNT, TB_JMP0,
  TELL_DISCONTINUITIES,
} from './shared/layout';
import { cpuInsnCount, faulted } from './core/env';
import { discontinuity } from './core/host';
import { WORK_LOOKUP, WORK_TRAP, worked } from './core/work';
import { runInLockstep } from './lockstep';
import { ONE_INSN, tbLookup } from './tb-lookup';
import { jumpCacheFind, tciExec, tciResume } from './tci';
import { targetDoInterrupt, targetExecInterrupt, targetHasWork, targetLinesIfAsked } from './target/dispatch';
import { engineEnter, engineLeave, tbFlushIfAlone, tbFlushIsPending, tbGeneration, tbLink } from './tb/tb';
import { tlbFlushIfAsked } from './tlb/flush';

const EXCP_FIRST = EXCP_INTERRUPT;

/** Runs a vCPU until its slice (ENV_BUDGET instructions) is used up or something else returns control: EXEC_*. */
export function cpuExec(env: usize): i32 {
  if (!engineEnter()) return EXEC_REQUEST;
  store<i32>(env, load<i32>(env, ENV_BUDGET), ENV_SLICE);
  const reason = execLoop(env);
  store<u64>(env, cpuInsnCount(env), ENV_INSN_COUNT);
  store<i32>(env, load<i32>(env, ENV_BUDGET), ENV_SLICE);
  engineLeave();
  return reason;
}

/**
 * Takes a unit of budget for something that is no instruction, so that a guest that only ever faults uses up its slice; and so that whatever changes the
 * vCPU's state changes the sum of what it has used: a replay goes by that (docs/replay.md).
 */
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
    const from = load<u64>(env, ENV_PC);
    targetDoInterrupt(env);
    if ((load<u32>(env, ENV_TELL) & TELL_DISCONTINUITIES) != 0) discontinuity(env, DISCON_EXCEPTION, from);
    store<u32>(env, 0, ENV_FAULT);
    return -1;
  }
  store<u32>(env, 0, ENV_FAULT);
  store<i32>(env, -1, ENV_EXCEPTION_INDEX);
  if (index == EXCP_INTERRUPT) {
    store<u64>(env, load<u64>(env, ENV_PC) + 1, ENV_BEGUN);
    return -2;
  }
  if (index == EXCP_DEBUG) return EXEC_DEBUG;
  // EXCP_SEMIHOST: the instruction will have been executed when its call has been served.
  store<i32>(env, load<i32>(env, ENV_BUDGET) - 1, ENV_BUDGET);
  return EXEC_SEMIHOST;
}

/** False: no interrupt was taken. */
function execInterrupt(env: usize): bool {
  const from = load<u64>(env, ENV_PC);
  if (!targetExecInterrupt(env)) return false;
  if ((load<u32>(env, ENV_TELL) & TELL_DISCONTINUITIES) != 0) discontinuity(env, DISCON_INTERRUPT, from);
  return true;
}

function execLoop(env: usize): i32 {
  let tb: usize = 0; // the next TB, if known
  let last: usize = 0; // the TB | jump slot to chain to the next one
  let flushed = false; // the arena was full just now
  const begun = load<u64>(env, ENV_BEGUN);
  // Run just the next instruction: it stores into its own TB (notDirty of softmmu/store.ts), or in icount mode to a device. A slice may end before that.
  let once = begun != 0 && begun == load<u64>(env, ENV_PC) + 1;
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
      if (tbFlushIsPending() && !tbFlushIfAlone()) return EXEC_REQUEST;
      tlbFlushIfAsked(env);
      targetLinesIfAsked(env);
      const why = atomic.xchg<u32>(env, 0, ENV_RETURN_REQUEST);
      if (why != 0) return (why & RETURN_YIELD) != 0 ? EXEC_YIELD : EXEC_REQUEST;
    }
    // Before anything is taken up that the next slice would.
    if (load<i32>(env, ENV_BUDGET) <= 0) return EXEC_BUDGET;
    if (load<u32>(env, ENV_HALTED) != 0) {
      if (!targetHasWork(env)) return EXEC_HALTED;
      charge(env);
      store<u32>(env, 0, ENV_HALTED);
    }
    // An instruction that has begun is done first.
    if (!once && (load<u32>(env, ENV_INTERRUPT_REQUEST) & CPU_INTERRUPT_HARD) != 0 && (load<u32>(env, ENV_CFLAGS) & CF_NOIRQ) == 0 && execInterrupt(env)) {
      charge(env);
      tb = last = 0;
      // A step ends at the handler's first instruction.
      if ((load<u32>(env, ENV_CFLAGS) & CF_SINGLE_STEP) != 0) return EXEC_DEBUG;
    }
    const budget = load<i32>(env, ENV_BUDGET);
    if (budget <= 0) return EXEC_BUDGET;

    const cflags = load<u32>(env, ENV_CFLAGS);
    if (once) {
      tb = tbLookup(env, (cflags & ~CF_COUNT_MASK) | ONE_INSN | CF_MEMI_ONLY);
    } else if (tb == 0) {
      const generation = tbGeneration();
      tb = tbLookup(env, cflags);
      if (tb != 0 && last != 0 && generation == tbGeneration() && (cflags & CF_NO_GOTO_TB) == 0) tbLink(last & ~TB_EXIT_MASK, last & TB_EXIT_MASK, tb);
    }
    // In icount mode a slice ends exactly: its last TB is made as short as it must be.
    if (tb != 0 && load<u32>(env, ENV_ICOUNT) != 0 && (load<u32>(tb, TB_ICOUNT) as i32) > budget) {
      tb = tbLookup(env, (load<u32>(tb, TB_CFLAGS) & ~CF_COUNT_MASK) | budget);
    }
    if (tb == 0) {
      if (faulted(env)) continue;
      if (flushed || !tbFlushIsPending()) return EXEC_TRANSLATE_FAILED;
      flushed = true;
      continue;
    }
    flushed = false;

    let exit: usize;
    if (!once && load<u32>(tb, TB_FUNC) != 0) {
      exit = runGenerated(env, tb, cflags);
    } else {
      exit = tciExec(env, tb);
    }
    tb = last = 0;
    const slot: i32 = (exit as i32) & TB_EXIT_MASK;
    // Asked to leave, it may not have run yet.
    once = once && slot == TB_EXIT_REQUESTED && load<u64>(env, ENV_BEGUN) == load<u64>(env, ENV_PC) + 1;
    if (!once) store<u64>(env, 0, ENV_BEGUN);
    if (slot == TB_EXIT_RUN) {
      tb = exit & ~TB_EXIT_MASK;
    } else if (slot <= TB_EXIT_IDX1 && (exit & ~TB_EXIT_MASK) != 0) {
      tb = load<usize>((exit & ~TB_EXIT_MASK) + ((4 * slot) as usize), TB_JMP0);
      last = exit;
    }
    // Asked to leave, it has not run yet.
    if ((cflags & CF_SINGLE_STEP) != 0 && !faulted(env) && slot != TB_EXIT_REQUESTED) return EXEC_DEBUG;
  }
}

@inline
function enterGenerated(env: usize, tb: usize): usize {
  if (!ASC_NO_ASSERT) return runInLockstep(env, tb);
  return call_indirect<u32>(atomic.load<u32>(tb, TB_FUNC), env, load<u32>(tb, TB_ENTRY));
}

/**
 * Runs the generated code of `tb`, and what it leads to as long as that is generated code too and there is nothing that the dispatcher must look at. Returns
 * the last exit, or a TB without generated code | TB_EXIT_RUN.
 */
function runGenerated(env: usize, tb: usize, cflags: u32): usize {
  const once = load<u32>(env, ENV_ICOUNT) != 0 || (cflags & CF_SINGLE_STEP) != 0;
  while (true) {
    store<usize>(env, 0, ENV_LAST_TB);
    let exit: usize = enterGenerated(env, tb);
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
