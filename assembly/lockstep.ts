// Generated code against tci: what a region has done, from one entry to one exit, is undone and done once more in tci, from the same registers and the same memory,
// for as many instructions. Both must come to the same. Exact for memory; a stretch that reached a device, changed what is mapped or met an exception of the
// engine's own is not done again, and is counted as skipped. In debug builds only.
import {
  CF_COUNT_MASK, ENV_BUDGET, ENV_EXCEPTION_INDEX, ENV_FAULT, ENV_HALTED, ENV_INTERRUPT_REQUEST, ENV_MMU_IDX, ENV_PC, ENV_SLICE, ENV_TARGET_BASE, ENV_TB_FLAGS,
  ENV_CS_BASE, EXCP_INTERRUPT, EXIT_REQUESTED, TB_ENTRY, TB_EXIT_INSIDE, TB_EXIT_MASK, TB_FUNC, TB_ICOUNT,
} from './shared/layout';
import {
  LOCKSTEP_AT, LOCKSTEP_BUDGET, LOCKSTEP_EARLY, LOCKSTEP_FAULT, LOCKSTEP_GENERATED, LOCKSTEP_INSNS, LOCKSTEP_JOURNAL, LOCKSTEP_KIND, LOCKSTEP_MEMORY, LOCKSTEP_PC, LOCKSTEP_RAN,
  LOCKSTEP_REGISTER, LOCKSTEP_SIZE, LOCKSTEP_SKIPPED, LOCKSTEP_STATE, LOCKSTEP_STRETCHES, LOCKSTEP_TB, LOCKSTEP_TCI, LOCKSTEP_WIDTH,
} from './shared/check';
import { arenaAllocPermanent } from './core/arena';
import { isShared } from './core/engine';
import { faulted, settleInside } from './core/env';
import { journalClose, journalDiffers, journalFinal, journalHost, journalNow, journalOpen, journalRedo, journalSize, journalUndo } from './core/journal';
import { vcpu } from './core/vcpu';
import { targetStateEnd } from './target/dispatch';
import { ONE_INSN, tbLookup } from './tb-lookup';
import { tbGeneration } from './tb/tb';
import { tciExec } from './tci';

/** The record of shared/check.ts, behind it two copies of env's start and two journals. 0: no lockstep. */
let record: usize = 0;

const BEFORE: usize = LOCKSTEP_SIZE;
const GENERATED: usize = BEFORE + LOCKSTEP_STATE;
const GENERATED_JOURNAL: usize = GENERATED + LOCKSTEP_STATE;
const TCI_JOURNAL: usize = GENERATED_JOURNAL + LOCKSTEP_JOURNAL;

/** So many stretches are all compared. Of those after them it is one in SAMPLE, by chance. */
const ALL: u64 = 1 << 20;
const SAMPLE: u32 = 16;
let chance: u32 = 1;

function isWanted(): bool {
  if (load<u64>(record, LOCKSTEP_STRETCHES) < ALL) return true;
  chance = chance * 1664525 + 1013904223;
  return (chance >> 16) % SAMPLE == 0;
}

/** From here on generated code is checked. Returns the record of shared/check.ts; 0: no room in the arena. */
export function lockstepStart(): usize {
  record = arenaAllocPermanent(TCI_JOURNAL + LOCKSTEP_JOURNAL);
  return record;
}

/** Runs the generated code of `tb`, as a call of it would, and in tci too. */
export function runInLockstep(env: usize, tb: usize): usize {
  // What another thread stores meanwhile cannot be told from what this one does.
  if (record == 0 || isShared() || !isWanted()) return call_indirect<u32>(atomic.load<u32>(tb, TB_FUNC), env, load<u32>(tb, TB_ENTRY));
  // A short budget: what is stored must fit into a journal, and a report should be about little.
  const rest = max(vcpu(env).budget - LOCKSTEP_BUDGET, 0);
  postpone(env, rest);
  memory.copy(record + BEFORE, env, targetStateEnd());
  journalOpen(record + GENERATED_JOURNAL, LOCKSTEP_JOURNAL, false);
  let exit: usize = call_indirect<u32>(atomic.load<u32>(tb, TB_FUNC), env, load<u32>(tb, TB_ENTRY));
  if ((exit & TB_EXIT_MASK) == TB_EXIT_INSIDE) settleInside(env);
  const end = journalClose();
  if (end == 0 || (faulted(env) && vcpu(env).exceptionIndex >= EXCP_INTERRUPT)) count(LOCKSTEP_SKIPPED, 1);
  else if (!compare(env, tb, end)) exit = 0; // what it points at is gone
  postpone(env, -rest);
  return exit;
}

/** Takes instructions from the slice's budget, so that those that have run do not change. */
function postpone(env: usize, insns: i32): void {
  vcpu(env).budget -= insns;
  vcpu(env).slice -= insns;
}

function count(field: usize, more: u64): void {
  store<u64>(record + field, load<u64>(record + field) + more);
}

/** `end`: of what the generated code stored. False: all TBs have been flushed meanwhile. */
function compare(env: usize, tb: usize, end: usize): bool {
  const generation = tbGeneration();
  const before = record + BEFORE;
  const ran = vcpu(before).budget - vcpu(env).budget;
  const request = vcpu(env).exitRequest;
  memory.copy(record + GENERATED, env, targetStateEnd());
  store<usize>(record, tb, LOCKSTEP_TB);
  store<u64>(record, vcpu(before).pc, LOCKSTEP_PC);
  store<u32>(record, ran, LOCKSTEP_RAN);

  journalUndo(record + GENERATED_JOURNAL, end);
  restore(env, before);
  journalOpen(record + TCI_JOURNAL, LOCKSTEP_JOURNAL, true);
  const isDone = replay(env, ran);
  const tciEnd = journalClose();
  assert(tciEnd != 0, 'lockstep: tci stores more than generated code can');
  const generated = record + GENERATED;
  if (isDone) {
    compareState(env, generated);
    const mine = journalDiffers(record + GENERATED_JOURNAL, end);
    if (mine != 0) differs(LOCKSTEP_MEMORY, journalHost(mine), journalSize(mine), journalFinal(mine), journalNow(mine));
  }
  // Memory as generated code left it. Where tci alone has stored, that is what was there.
  journalUndo(record + TCI_JOURNAL, tciEnd);
  journalRedo(record + GENERATED_JOURNAL, end);
  if (isDone) {
    const its = journalDiffers(record + TCI_JOURNAL, tciEnd);
    if (its != 0) differs(LOCKSTEP_MEMORY, journalHost(its), journalSize(its), journalNow(its), journalFinal(its));
    count(LOCKSTEP_STRETCHES, 1);
    count(LOCKSTEP_INSNS, ran);
  } else {
    restore(env, generated);
    count(LOCKSTEP_SKIPPED, 1);
  }
  vcpu(env).budget = vcpu(generated).budget;
  vcpu(env).slice = vcpu(generated).slice;
  vcpu(env).icount = vcpu(generated).icount;
  vcpu(env).lastTb = vcpu(generated).lastTb;
  if (request != 0) vcpu(env).exitRequest = EXIT_REQUESTED;
  return generation == tbGeneration();
}

/** What guest code can change of env. */
function restore(env: usize, from: usize): void {
  for (let n = 0; n < FIELDS; n++) store<u32>(env + field(n), load<u32>(from + field(n)));
  vcpu(env).pc = vcpu(from).pc;
  memory.copy(env + ENV_TARGET_BASE, from + ENV_TARGET_BASE, targetStateEnd() - ENV_TARGET_BASE);
}

/** Fields of the common part, u32 each, beside pc. */
const FIELDS = 7;

function field(n: i32): usize {
  switch (n) {
    case 0: return ENV_FAULT;
    case 1: return ENV_EXCEPTION_INDEX;
    case 2: return ENV_INTERRUPT_REQUEST;
    case 3: return ENV_HALTED;
    case 4: return ENV_MMU_IDX;
    case 5: return ENV_TB_FLAGS;
    default: return ENV_CS_BASE;
  }
}

/** Exactly `ran` instructions in tci, as in icount mode, and one more if that is to fault. False: the arena has no room for a TB. */
function replay(env: usize, ran: i32): bool {
  const wanted = load<u32>(record + GENERATED, ENV_FAULT) != 0;
  // The count of instructions, budget and slice together, is the same at each of them.
  vcpu(env).slice = load<i32>(record + BEFORE, ENV_SLICE) - load<i32>(record + BEFORE, ENV_BUDGET) + ran;
  vcpu(env).budget = ran;
  vcpu(env).icount = 1;
  const cflags = vcpu(env).cflags & ~CF_COUNT_MASK;
  while (vcpu(env).budget > 0) {
    // Who asks for the dispatcher is heard when the stretch is over.
    vcpu(env).exitRequest = 0;
    const left = vcpu(env).budget;
    let tb = tbLookup(env, vcpu(env).cflags);
    if (tb != 0 && (load<u32>(tb, TB_ICOUNT) as i32) > left) tb = tbLookup(env, cflags | left);
    if (tb != 0) tciExec(env, tb);
    else if (!faulted(env)) return false;
    if (faulted(env)) differs(wanted ? LOCKSTEP_EARLY : LOCKSTEP_FAULT, 0, 0, ran, ran - vcpu(env).budget);
  }
  if (!wanted) return true;
  vcpu(env).budget = 1;
  vcpu(env).slice += 1;
  const tb = tbLookup(env, cflags | ONE_INSN);
  if (tb != 0) tciExec(env, tb);
  return tb != 0 || faulted(env);
}

function compareState(env: usize, generated: usize): void {
  const end = targetStateEnd();
  for (let at: usize = ENV_TARGET_BASE; at < end; at += 8) {
    const mine = load<u64>(generated + at);
    const its = load<u64>(env + at);
    if (mine != its) differs(LOCKSTEP_REGISTER, at, 8, mine, its);
  }
  if (vcpu(generated).pc != vcpu(env).pc) differs(LOCKSTEP_REGISTER, ENV_PC, 8, vcpu(generated).pc, vcpu(env).pc);
  for (let n = 0; n < FIELDS; n++) {
    const mine = load<u32>(generated + field(n));
    const its = load<u32>(env + field(n));
    if (mine != its) differs(LOCKSTEP_REGISTER, field(n), 4, mine, its);
  }
}

/** Ends the engine. `at`: offset in env, or host address. */
function differs(kind: u32, at: usize, size: u32, generated: u64, tci: u64): void {
  store<u32>(record, kind, LOCKSTEP_KIND);
  store<usize>(record, at, LOCKSTEP_AT);
  store<u32>(record, size, LOCKSTEP_WIDTH);
  store<u64>(record, generated, LOCKSTEP_GENERATED);
  store<u64>(record, tci, LOCKSTEP_TCI);
  abort('lockstep: generated code and tci differ');
}
