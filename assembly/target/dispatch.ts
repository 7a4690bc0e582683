// What the runtime asks of a target. One target so far; a second one adds a case to each function and nothing anywhere else.
import { CPU_INTERRUPT_LINES, ENV_INTERRUPT_REQUEST, ENV_TARGET, TARGET_RISCV } from '../shared/layout';
import { refreshMip } from './riscv/interrupt';
import { riscvDoInterrupt, riscvExecInterrupt, riscvHasWork } from './riscv/trap';
import { riscvAccessFault, riscvTlbFill, riscvTranslateDebug, riscvUnaligned } from './riscv/mmu';
import { riscvReset } from './riscv/cpu';
import { riscvFetchMmuIdx, xlenAddress } from './riscv/hart';

@inline
function isRiscv(env: usize): bool {
  return load<u32>(env, ENV_TARGET) == TARGET_RISCV;
}

/**
 * Walks the page tables for one access and, if it is allowed, puts the page into the TLB (tlbSetPage) and returns true. Otherwise sets the exception
 * (raise, with the target's own fault fields), unless `probe`, and returns false. `access` is a TLB_KIND_*; `size` in bytes.
 */
export function targetTlbFill(env: usize, addr: u64, size: i32, access: i32, mmuIdx: i32, probe: bool): bool {
  return isRiscv(env) ? riscvTlbFill(env, addr, size, access, mmuIdx, probe) : false;
}

/** Delivers ENV_EXCEPTION_INDEX at ENV_PC: state, pc, privilege, TB flags and mmu index change, ENV_EXCEPTION_INDEX becomes -1 and ENV_FAULT 0. */
export function targetDoInterrupt(env: usize): void {
  if (isRiscv(env)) riscvDoInterrupt(env);
}

/** Takes the most important pending and enabled interrupt, if there is one: true if pc changed. Call at TB boundaries, ENV_PC exact. */
export function targetExecInterrupt(env: usize): bool {
  return isRiscv(env) ? riscvExecInterrupt(env) : false;
}

/** Looks at the interrupt lines, if another thread has changed them (CPU_INTERRUPT_LINES). */
export function targetLinesIfAsked(env: usize): void {
  if ((load<u32>(env, ENV_INTERRUPT_REQUEST) & CPU_INTERRUPT_LINES) == 0) return;
  atomic.and<u32>(env, ~CPU_INTERRUPT_LINES, ENV_INTERRUPT_REQUEST);
  if (isRiscv(env)) refreshMip(env);
}

/** Whether a halted vCPU has a reason to run again (WFI wakes on pending and locally enabled, whatever the global enable says). */
export function targetHasWork(env: usize): bool {
  return isRiscv(env) ? riscvHasWork(env) : false;
}

/** An address computed by adding to another, as wide as the target's are: where an access that crosses a page goes on. */
export function targetAddress(env: usize, addr: u64): u64 {
  return isRiscv(env) ? xlenAddress(env, addr) : addr;
}

/** Raises the target's misaligned-address fault for an access of TLB_KIND_* `access`. */
export function targetUnaligned(env: usize, addr: u64, access: i32): void {
  if (isRiscv(env)) riscvUnaligned(env, addr, access);
}

/** Raises the target's bus error: nothing answers at the physical address behind the virtual address `addr`. */
export function targetAccessFault(env: usize, addr: u64, access: i32): void {
  if (isRiscv(env)) riscvAccessFault(env, addr, access);
}

/** Architectural reset (pc = the reset vector). The configuration fields (extensions, XLEN, ids) stay. */
export function targetReset(env: usize): void {
  if (isRiscv(env)) riscvReset(env);
}

/** The mmu index of instruction fetches right now (ENV_MMU_IDX is that of data accesses). */
export function targetFetchMmuIdx(env: usize): i32 {
  return isRiscv(env) ? riscvFetchMmuIdx(env) : 0;
}

/** Bytes of the instruction whose first bytes are at the host address `host` (the target's smallest instruction's worth of them can be read). */
export function targetInsnSize(env: usize, host: usize): u32 {
  return isRiscv(env) && (load<u8>(host) & 3) == 3 ? 4 : 2;
}

/** Physical address behind `addr` for a debugger: no side effects, no permission checks. -1 (u64.MAX_VALUE): not mapped. */
export function targetTranslateDebug(env: usize, addr: u64): u64 {
  return isRiscv(env) ? riscvTranslateDebug(env, addr) : u64.MAX_VALUE;
}
