// The toy's answers to what the runtime asks of a target (assembly/target/dispatch.ts).
import { CPU_INTERRUPT_HARD, EXIT_REQUESTED, TELL_TRAPS, TLB_KIND_WRITE } from '../../../assembly/shared/layout';
import { raise } from '../../../assembly/core/env';
import { vcpu } from '../../../assembly/core/vcpu';
import { physLoad32 } from '../../../assembly/tb/phys';
import { tlbSetPage } from '../../../assembly/tlb/fill';
import { tlbFlush } from '../../../assembly/tlb/flush';
import { logTrap } from './host';
import {
  ADDRESS, BASE, CAUSE, CAUSE_ALIGNMENT, CAUSE_BUS, CAUSE_INTERRUPT, CAUSE_PAGE, EPC, MMU_PHYSICAL, MMU_VIRTUAL, OLD_STATUS, PTE_VALID, PTE_WRITABLE, SPECIALS, STATUS,
  STATUS_BASED, STATUS_INTERRUPTS, STATUS_TRANSLATION, TABLE, TOY_LINE, TOY_R, TOY_SPECIAL, VECTORS, VECTOR_SIZE,
} from './shared/toy';
import { PAGE_BITS } from './shared/traits';

export { counted, countOver, counts } from '../../../assembly/core/uncounted';

const PAGE_SIZE: u64 = 1 << PAGE_BITS;
const PAGE_MASK: u64 = PAGE_SIZE - 1;
const TABLE_ENTRIES: u64 = 1024;
/** Read, write, execute, as tlbSetPage has them. */
const ALL = 7;
const NOT_WRITE = 5;

@inline
export function special(env: usize, n: i32): u32 {
  return load<u32>(env + n * 8, TOY_SPECIAL);
}

@inline
export function setSpecial(env: usize, n: i32, value: u32): void {
  store<u64>(env + n * 8, value, TOY_SPECIAL);
}

/** After a change of STATUS, BASE or the line: what translations depend on, and whether there is an interrupt to take. */
export function statusChanged(env: usize): void {
  const translation = special(env, STATUS) & STATUS_TRANSLATION;
  vcpu(env).mmuIdx = translation != 0 ? MMU_VIRTUAL : MMU_PHYSICAL;
  vcpu(env).tbFlags = translation;
  vcpu(env).csBase = (special(env, STATUS) & STATUS_BASED) != 0 ? special(env, BASE) : 0;
  if (!hasWork(env)) {
    vcpu(env).andInterruptRequest(~CPU_INTERRUPT_HARD);
    return;
  }
  vcpu(env).orInterruptRequest(CPU_INTERRUPT_HARD);
  if ((special(env, STATUS) & STATUS_INTERRUPTS) != 0) vcpu(env).exitRequest = EXIT_REQUESTED;
}

export function raiseAt(env: usize, cause: i32, addr: u64): void {
  setSpecial(env, ADDRESS, addr as u32);
  raise(env, cause);
}

function trap(env: usize, cause: i32): void {
  const pc = vcpu(env).pc;
  if ((vcpu(env).tell & TELL_TRAPS) != 0) logTrap(env, cause, pc);
  setSpecial(env, EPC, pc as u32);
  setSpecial(env, CAUSE, cause);
  setSpecial(env, OLD_STATUS, special(env, STATUS));
  setSpecial(env, STATUS, 0);
  vcpu(env).pc = (VECTORS + VECTOR_SIZE * (cause as u32)) as u64;
  vcpu(env).halted = 0;
  statusChanged(env);
}

// ---- The contract --------------------------------------------------------------------------------------------------------

/** The entry for a page's address; 0: none. */
function pteOf(env: usize, page: u64): u32 {
  const number = page / PAGE_SIZE;
  return number < TABLE_ENTRIES ? bswap<u32>(physLoad32((special(env, TABLE) as u64) + number * 4)) : 0;
}

export function tlbFill(env: usize, addr: u64, size: i32, access: i32, mmuIdx: i32, probe: bool): bool {
  const page = addr & 0xffffffff & ~PAGE_MASK;
  if (mmuIdx == MMU_PHYSICAL) {
    tlbSetPage(env, page, page, ALL, access, mmuIdx, PAGE_SIZE, false, true);
    return true;
  }
  const pte = pteOf(env, page);
  const isAllowed = (pte & PTE_VALID) != 0 && (access != TLB_KIND_WRITE || (pte & PTE_WRITABLE) != 0);
  if (isAllowed) tlbSetPage(env, page, (pte as u64) & ~PAGE_MASK, (pte & PTE_WRITABLE) != 0 ? ALL : NOT_WRITE, access, mmuIdx, PAGE_SIZE, false, false);
  else if (!probe) raiseAt(env, CAUSE_PAGE, addr);
  return isAllowed;
}

export function doInterrupt(env: usize): void {
  const cause = vcpu(env).exceptionIndex;
  vcpu(env).exceptionIndex = -1;
  vcpu(env).fault = 0;
  trap(env, cause);
}

export function execInterrupt(env: usize): bool {
  if ((special(env, STATUS) & STATUS_INTERRUPTS) == 0 || !hasWork(env)) return false;
  trap(env, CAUSE_INTERRUPT);
  return true;
}

export function hasWork(env: usize): bool {
  return load<u32>(env, TOY_LINE) != 0;
}

export function linesChanged(env: usize): void {
  statusChanged(env);
}

export function wrapAddress(env: usize, addr: u64): u64 {
  return addr & 0xffffffff;
}

export function unaligned(env: usize, addr: u64, access: i32): void {
  raiseAt(env, CAUSE_ALIGNMENT, addr);
}

export function accessFault(env: usize, addr: u64, access: i32): void {
  raiseAt(env, CAUSE_BUS, addr);
}

export function reset(env: usize): void {
  for (let n = 0; n < 16; n++) store<u64>(env + n * 8, 0, TOY_R);
  for (let n = 0; n < SPECIALS; n++) setSpecial(env, n, 0);
  vcpu(env).pc = VECTORS;
  vcpu(env).halted = 0;
  statusChanged(env);
  tlbFlush(env);
}

export function fetchMmuIdx(env: usize): i32 {
  return vcpu(env).mmuIdx;
}

export function insnSize(env: usize, host: usize): u32 {
  return 4;
}

export function translateFor(env: usize, addr: u64, access: i32, mmuIdx: i32): u64 {
  if (mmuIdx == MMU_PHYSICAL) return addr;
  const pte = pteOf(env, addr & ~PAGE_MASK);
  return (pte & PTE_VALID) != 0 ? ((pte as u64) & ~PAGE_MASK) | (addr & PAGE_MASK) : u64.MAX_VALUE;
}

export function stateEnd(): usize {
  return TOY_LINE + 8;
}

export function translateDebug(env: usize, addr: u64): u64 {
  return addr;
}

// There are no debug registers.
export function breakpoint(env: usize, pc: u64): bool {
  return false;
}
export function watchpoint(env: usize, addr: u64, size: u32, access: u32): bool {
  return false;
}
