// The exec loop of a vCPU (QEMU's cpu_exec): exception, interrupt, find the next TB, run it.
import {
  CF_COUNT_MASK, CF_MEMI_ONLY, CF_NOIRQ, CF_NO_GOTO_TB, CF_SINGLE_STEP, CPU_INTERRUPT_HARD, DISCON_EXCEPTION, DISCON_INTERRUPT,
  ENGINE_JOIN_MASK, ENTRY_SAMPLE, ENV_INTERRUPT_REQUEST, EXCP_DEBUG, EXCP_INTERRUPT, EXEC_BUDGET, EXEC_DEBUG, EXEC_HALTED, EXEC_REQUEST, EXEC_SEMIHOST, EXEC_TRANSLATE_FAILED, EXEC_YIELD,
  LOCATOR_RESUME, RETURN_YIELD, TB_CFLAGS, TB_ENTERED, TB_ENTRY, TB_EXIT_IDX1, TB_EXIT_INSIDE, TB_EXIT_MASK, TB_EXIT_REQUESTED, TB_EXIT_RUN, TB_FUNC, TB_ICOUNT, TB_JMP0,
  TELL_DISCONTINUITIES,
} from './shared/layout';
import { engine } from './core/engine';
import { cpuInsnCount, faulted, settleInside } from './core/env';
import { discontinuity, tbEntered } from './core/host';
import { vcpu } from './core/vcpu';
import { WORK_LOOKUP, WORK_TRAP, worked } from './core/work';
import { runInLockstep } from './lockstep';
import { ONE_INSN, tbLookup } from './tb-lookup';
import { tciExec, tciResume } from './tci';
import { jumpCacheFind, lowBits } from './tci-blocks';
import { targetCounted, targetCountOver, targetCounts, targetDoInterrupt, targetExecInterrupt, targetHasWork, targetLinesIfAsked } from './target/dispatch';
import { engineEnter, engineLeave, tbFlushIfAlone, tbFlushIsPending, tbGeneration, tbLink, tbSeenAt } from './tb/tb';
import { tlbFlushIfAsked } from './tlb/flush';

const EXCP_FIRST = EXCP_INTERRUPT;

/** Runs a vCPU until its slice (ENV_BUDGET instructions) is used up or something else returns control: EXEC_*. */
export function cpuExec(env: usize): i32 {
  if (!engineEnter()) return EXEC_REQUEST;
  vcpu(env).slice = vcpu(env).budget;
  const reason = execLoop(env);
  vcpu(env).insnCount = cpuInsnCount(env);
  vcpu(env).slice = vcpu(env).budget;
  engineLeave();
  return reason;
}

/**
 * Takes a unit of budget for something that is no instruction, so that a guest that only ever faults uses up its slice; and so that whatever changes the
 * vCPU's state changes the sum of what it has used: a replay goes by that (docs/replay.md).
 */
function charge(env: usize): void {
  vcpu(env).budget -= 1;
  vcpu(env).slice -= 1;
}

/** Deals with ENV_FAULT. Returns EXEC_* to leave, -1 to go on, -2 to go on with a TB of one instruction. */
function deliver(env: usize): i32 {
  const index = vcpu(env).exceptionIndex;
  if (index < EXCP_FIRST) {
    charge(env);
    worked(WORK_TRAP);
    const from = vcpu(env).pc;
    targetDoInterrupt(env);
    if ((vcpu(env).tell & TELL_DISCONTINUITIES) != 0) discontinuity(env, DISCON_EXCEPTION, from);
    vcpu(env).fault = 0;
    return -1;
  }
  vcpu(env).fault = 0;
  vcpu(env).exceptionIndex = -1;
  if (index == EXCP_INTERRUPT) {
    vcpu(env).begun = vcpu(env).pc + 1;
    return -2;
  }
  if (index == EXCP_DEBUG) return EXEC_DEBUG;
  // EXCP_SEMIHOST: the instruction will have been executed when its call has been served.
  vcpu(env).budget -= 1;
  return EXEC_SEMIHOST;
}

/** False: no interrupt was taken. */
function execInterrupt(env: usize): bool {
  const from = vcpu(env).pc;
  if (!targetExecInterrupt(env)) return false;
  if ((vcpu(env).tell & TELL_DISCONTINUITIES) != 0) discontinuity(env, DISCON_INTERRUPT, from);
  return true;
}

function execLoop(env: usize): i32 {
  let tb: usize = 0; // the next TB, if known
  let last: usize = 0; // the TB | jump slot to chain to the next one
  let flushed = false; // the arena was full just now
  const begun = vcpu(env).begun;
  // Run just the next instruction: it stores into its own TB (notDirty of softmmu/store.ts), or in icount mode to a device. A slice may end before that.
  let once = begun != 0 && begun == vcpu(env).pc + 1;
  while (true) {
    worked(WORK_LOOKUP);
    if (faulted(env)) {
      tb = last = 0;
      const outcome = deliver(env);
      if (outcome >= 0) return outcome;
      once = outcome == -2;
      if (!once && (vcpu(env).cflags & CF_SINGLE_STEP) != 0) return EXEC_DEBUG;
    }
    if (vcpu(env).exitRequest != 0) {
      vcpu(env).exitRequest = 0;
      tb = last = 0;
      if (tbFlushIsPending() && !tbFlushIfAlone()) return EXEC_REQUEST;
      tlbFlushIfAsked(env);
      targetLinesIfAsked(env);
      const why = vcpu(env).xchgReturnRequest(0);
      if (why != 0) return (why & RETURN_YIELD) != 0 ? EXEC_YIELD : EXEC_REQUEST;
    }
    // Before anything is taken up that the next slice would.
    if (vcpu(env).budget <= 0) return EXEC_BUDGET;
    if (vcpu(env).halted != 0) {
      if (!targetHasWork(env)) return EXEC_HALTED;
      charge(env);
      vcpu(env).halted = 0;
    }
    const counting = targetCounts(env);
    // An instruction that has begun is done first.
    if (!once && (vcpu(env).interruptRequest & CPU_INTERRUPT_HARD) != 0 && (vcpu(env).cflags & CF_NOIRQ) == 0 && execInterrupt(env)) {
      charge(env);
      tb = last = 0;
      if (counting) targetCounted(env);
      // A step ends at the handler's first instruction.
      if ((vcpu(env).cflags & CF_SINGLE_STEP) != 0) return EXEC_DEBUG;
      if (counting) continue;
    }
    const budget = vcpu(env).budget;
    if (budget <= 0) return EXEC_BUDGET;

    let cflags = vcpu(env).cflags;
    if (counting) {
      tb = last = 0;
      cflags = (cflags & ~CF_COUNT_MASK) | ONE_INSN;
      if (!once && targetCountOver(env)) continue;
    }
    if (once) {
      tb = tbLookup(env, (cflags & ~CF_COUNT_MASK) | ONE_INSN | CF_MEMI_ONLY);
    } else if (tb == 0) {
      const generation = tbGeneration();
      tb = tbLookup(env, cflags);
      if (tb != 0 && last != 0 && generation == tbGeneration() && (cflags & CF_NO_GOTO_TB) == 0) tbLink(last & ~TB_EXIT_MASK, last & TB_EXIT_MASK, tb);
    }
    // In icount mode a slice ends exactly: its last TB is made as short as it must be.
    if (tb != 0 && vcpu(env).icount != 0 && (load<u32>(tb, TB_ICOUNT) as i32) > budget) {
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
    if (!once && !counting && load<u32>(tb, TB_FUNC) != 0) {
      exit = runGenerated(env, tb, cflags);
    } else {
      exit = tciExec(env, tb);
    }
    tb = last = 0;
    const slot: i32 = (exit as i32) & TB_EXIT_MASK;
    if (counting && slot != TB_EXIT_REQUESTED && !(faulted(env) && vcpu(env).exceptionIndex >= EXCP_FIRST)) targetCounted(env);
    // Asked to leave, it may not have run yet.
    once = once && slot == TB_EXIT_REQUESTED && vcpu(env).begun == vcpu(env).pc + 1;
    if (!once) vcpu(env).begun = 0;
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

/** The host hears of a TB (tbEntered) each time that `count` entries more were counted, rounded up to a power of two. 0: never. */
export function setJoinThreshold(count: u32): void {
  store<u32>(engine, lowBits(count), ENGINE_JOIN_MASK);
}

/** Scratch of this instance. */
let untilSample: i32 = ENTRY_SAMPLE;

/** A region is entered at `tb`. */
function countEntry(env: usize, tb: usize): void {
  untilSample = ENTRY_SAMPLE;
  const count = load<u32>(tb, TB_ENTERED) + 1;
  store<u32>(tb, count, TB_ENTERED);
  if ((count & load<u32>(engine, ENGINE_JOIN_MASK)) != 0) return;
  tbSeenAt(tb, vcpu(env).pc);
  tbEntered(tb);
}

@inline
function enterGenerated(env: usize, tb: usize): usize {
  if (!ASC_NO_ASSERT) return runInLockstep(env, tb);
  return call_indirect<u32>(atomic.load<u32>(tb, TB_FUNC), env, load<u32>(tb, TB_ENTRY));
}

/** Generated code has left in the middle of `tb`. */
function goOnInside(env: usize, tb: usize): usize {
  settleInside(env);
  return (vcpu(env).locator & LOCATOR_RESUME) != 0 ? tciResume(env, tb) : 0;
}

/**
 * Runs the generated code of `tb`, and what it leads to as long as that is generated code too and there is nothing that the dispatcher must look at. Returns
 * the last exit, or a TB without generated code | TB_EXIT_RUN.
 */
function runGenerated(env: usize, tb: usize, cflags: u32): usize {
  const once = vcpu(env).icount != 0 || (cflags & CF_SINGLE_STEP) != 0;
  while (true) {
    if (--untilSample == 0) countEntry(env, tb);
    vcpu(env).lastTb = 0;
    let exit: usize = enterGenerated(env, tb);
    if ((exit & TB_EXIT_MASK) == TB_EXIT_INSIDE) exit = goOnInside(env, exit & ~TB_EXIT_MASK);
    if (once || faulted(env)) return exit;
    // Budget and exit request, as in tci; interrupt request and halted.
    if (vcpu(env).budget <= (vcpu(env).exitRequest as i32) || load<u64>(env, ENV_INTERRUPT_REQUEST) != 0) return exit;
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
