// What the runtime asks of a target. A module has one, linked in (linked.ts): these functions are the contract that it is compiled
// against, and cost nothing.
import { CPU_INTERRUPT_LINES } from '../shared/layout';
import { vcpu } from '../core/vcpu';
import {
  accessFault, breakpoint, counted, countOver, counts, doInterrupt, execInterrupt, fetchMmuIdx, hasWork, insnSize, linesChanged, reset, stateEnd, tlbFill, translateDebug, translateFor, unaligned, watchpoint, wrapAddress,
} from './linked';

/**
 * Walks the page tables for one access and, if it is allowed, puts the page into the TLB (tlbSetPage) and returns true. Otherwise sets the exception
 * (raise, with the target's own fault fields), unless `probe`, and returns false. `access` is a TLB_KIND_*; `size` in bytes.
 */
@inline
export function targetTlbFill(env: usize, addr: u64, size: i32, access: i32, mmuIdx: i32, probe: bool): bool {
  return tlbFill(env, addr, size, access, mmuIdx, probe);
}

/** Delivers ENV_EXCEPTION_INDEX at ENV_PC: state, pc, privilege, TB flags and mmu index change, ENV_EXCEPTION_INDEX becomes -1 and ENV_FAULT 0. */
export function targetDoInterrupt(env: usize): void {
  doInterrupt(env);
}

/** Takes the most important pending and enabled interrupt, if there is one: true if pc changed. Call at TB boundaries, ENV_PC exact. */
@inline
export function targetExecInterrupt(env: usize): bool {
  return execInterrupt(env);
}

/** Looks at the interrupt lines, if another thread has changed them (CPU_INTERRUPT_LINES). */
export function targetLinesIfAsked(env: usize): void {
  if ((vcpu(env).interruptRequest & CPU_INTERRUPT_LINES) == 0) return;
  vcpu(env).andInterruptRequest(~CPU_INTERRUPT_LINES);
  linesChanged(env);
}

/** Whether a halted vCPU has a reason to run again (RISC-V's WFI wakes on pending and locally enabled, whatever the global enable says). */
@inline
export function targetHasWork(env: usize): bool {
  return hasWork(env);
}

/** A breakpoint of the guest's own (BP_CPU) is at `pc`. True: it counts in the state that the vCPU is in, and has raised the target's exception. */
export function targetBreakpoint(env: usize, pc: u64): bool {
  return breakpoint(env, pc);
}

/** Whether the guest has its instructions counted: the one that begins now is run alone, and told of by targetCounted. */
@inline
export function targetCounts(env: usize): bool {
  return counts(env);
}

/** The guest's count is over: true if the target's exception has been raised. At ENV_PC, before anything more is run. */
export function targetCountOver(env: usize): bool {
  return countOver(env);
}

/** What was to be counted has run, or a trap was taken in its place. */
export function targetCounted(env: usize): void {
  counted(env);
}

/** An access (BP_MEM_*) of `size` bytes within a page touches a watchpoint of the guest's own: as targetBreakpoint. */
export function targetWatchpoint(env: usize, addr: u64, size: u32, access: u32): bool {
  return watchpoint(env, addr, size, access);
}

/** An address computed by adding to another, as wide as the target's are: where an access that crosses a page goes on. */
@inline
export function targetAddress(env: usize, addr: u64): u64 {
  return wrapAddress(env, addr);
}

/** Raises the target's misaligned-address fault for an access of TLB_KIND_* `access`. */
@inline
export function targetUnaligned(env: usize, addr: u64, access: i32): void {
  unaligned(env, addr, access);
}

/** Raises the target's bus error: nothing answers at the physical address behind the virtual address `addr`. */
@inline
export function targetAccessFault(env: usize, addr: u64, access: i32): void {
  accessFault(env, addr, access);
}

/** Architectural reset (pc = the reset vector). The configuration fields (extensions, widths, ids) stay. */
export function targetReset(env: usize): void {
  reset(env);
}

/** The mmu index of instruction fetches right now (ENV_MMU_IDX is that of data accesses). */
@inline
export function targetFetchMmuIdx(env: usize): i32 {
  return fetchMmuIdx(env);
}

/** Bytes of the instruction whose first 1 << CODE_ALIGN_BITS bytes are at the host address `host`. */
@inline
export function targetInsnSize(env: usize, host: usize): u32 {
  return insnSize(env, host);
}

/** Physical address behind `addr` for a debugger: no side effects, no permission checks. -1 (u64.MAX_VALUE): not mapped. */
@inline
export function targetTranslateDebug(env: usize, addr: u64): u64 {
  return translateDebug(env, addr);
}

/** Physical address behind `addr` for an access of TLB_KIND_* `access` with the rights of an mmu index: as targetTranslateDebug. */
@inline
export function targetTranslateFor(env: usize, addr: u64, access: i32, mmuIdx: i32): u64 {
  return translateFor(env, addr, access, mmuIdx);
}

/** Offset at which the target's state in env ends: what is behind it can be made from it. */
@inline
export function targetStateEnd(): usize {
  return stateEnd();
}
