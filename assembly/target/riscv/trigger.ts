// Debug triggers (Sdtrig): address matches that raise a breakpoint exception, as mcontrol or as mcontrol6, and counts of instructions (icount), which have the
// dispatcher run one at a time. Address matches are break- and watchpoints of the hart's own (BP_CPU); whether one is for the mode that the hart is in is looked at when it is come to. Source: RISC-V Debug Specification 1.0, chapter 5; how many there
// are, and which of their fields, is QEMU's choice.
import { BP_CPU, BP_MEM_READ, BP_MEM_WRITE } from '../../shared/layout';
import { CAUSE_BREAKPOINT, RVX_S, RVX_U } from './shared/riscv';
import { reachingOut } from '../../core/journal';
import { vcpu } from '../../core/vcpu';
import { breakpointInsert, breakpointsRemove } from '../../tb/breakpoints';
import { watchpointInsert, watchpointsRemove } from '../../tlb/watchpoints';
import { hasExt, isRv32, privilege, xlenAddress } from './hart';
import { raiseAddress } from './raise';
import { hart } from './env';

const TRIGGERS: u32 = 2;

// CSRs
const TSELECT: u32 = 0x7a0;
const TDATA1: u32 = 0x7a1;
const TDATA2: u32 = 0x7a2;

/** tdata1.type. */
const MCONTROL: u64 = 2;
const ICOUNT: u64 = 3;
const MCONTROL6: u64 = 6;
const TYPES: u64 = (1 << MCONTROL) | (1 << ICOUNT) | (1 << MCONTROL6);

// tdata1 of both: what the trigger is for, and in which modes
const LOAD: u64 = 1 << 0;
const STORE: u64 = 1 << 1;
const EXECUTE: u64 = 1 << 2;
const ACCESSES = LOAD | STORE | EXECUTE;
const MODE_SHIFT = 3; // bits 3, 4 and 6: U, S and M
const M: u64 = 1 << 6;
// tdata1 of icount (5.7.14): how many instructions are still to come, whether they are over; its mode bits are three higher
const COUNT_SHIFT = 10;
const COUNT: u64 = 0x3fff << COUNT_SHIFT;
const PENDING: u64 = 1 << 8;
const MODE_SHIFT_ICOUNT = 6;
/** Bytes that a match covers if its size is any. Source: QEMU, which stops at all accesses that overlap them. */
const ANY_SIZE: u64 = 8;

@inline
function typeShift(env: usize): u64 {
  return isRv32(env) ? 28 : 60;
}

/** What the trigger CSRs hold after reset. */
export function triggersReset(env: usize): void {
  hart(env).tselect = 0;
  for (let n: u32 = 0; n < TRIGGERS; n++) {
    hart(env).setTdata1(n, MCONTROL << typeShift(env));
    hart(env).setTdata2(n, 0);
  }
}

/** tselect, tdata1, tdata2, tinfo. */
export function triggerRead(env: usize, csr: u32): u64 {
  const selected = hart(env).tselect;
  switch (csr) {
    case TSELECT: return selected;
    case TDATA1: return hart(env).tdata1(selected);
    case TDATA2: return hart(env).tdata2(selected);
  }
  return TYPES;
}

export function triggerWrite(env: usize, csr: u32, value: u64): void {
  const selected = hart(env).tselect;
  switch (csr) {
    case TSELECT:
      if (value < TRIGGERS) hart(env).tselect = value as u32;
      return;
    case TDATA1:
      hart(env).setTdata1(selected, legal(env, value, hart(env).tdata1(selected)));
      triggersChanged(env);
      if (hart(env).counting == 0) return;
      // What has just been written does not count its own writer.
      hart(env).counting = hart(env).counting | WRITTEN;
      vcpu(env).exitRequest = 1;
      return;
    case TDATA2:
      hart(env).setTdata2(selected, value);
      return triggersChanged(env);
  }
}

/** The bits of mcontrol that say the size: two low ones, and above them two high ones, which are RV64's. */
const SIZE_LOW: u64 = 3 << 16;
const SIZE_HIGH: u64 = 3 << 21;
/** Those of mcontrol6. */
const SIZE6: u64 = 7 << 16;

/** A type that there is not leaves the trigger as it is; a size that cannot be is any. There is no debug mode, no chain, no other match than equality. */
function legal(env: usize, value: u64, old: u64): u64 {
  const type = (value >> typeShift(env)) & 15;
  if (type == ICOUNT) return (type << typeShift(env)) | (value & (COUNT | PENDING | countModes(env)));
  if (type != MCONTROL && type != MCONTROL6) return old;
  const size = type == MCONTROL6 ? SIZE6 : isRv32(env) ? SIZE_LOW : SIZE_LOW | SIZE_HIGH;
  let fields = value & (ACCESSES | modes(env));
  if (bytesOf(type, value & size) != 0) fields |= value & size;
  return (type << typeShift(env)) | fields;
}

/** The mode bits of the modes that the hart has. */
function modes(env: usize): u64 {
  let bits = M;
  if (hasExt(env, RVX_S)) bits |= 1 << (MODE_SHIFT + 1);
  if (hasExt(env, RVX_U)) bits |= 1 << MODE_SHIFT;
  return bits;
}

/** Bytes of the size in tdata1; 0: it cannot be. */
function bytesOf(type: u64, tdata1: u64): u64 {
  const low = (tdata1 & (type == MCONTROL6 ? SIZE6 : SIZE_LOW)) >> 16;
  const code = type == MCONTROL6 ? low : low | ((tdata1 & SIZE_HIGH) >> 19);
  switch (code as u32) {
    case 0: return ANY_SIZE;
    case 1: return 1;
    case 2: return 2;
    case 3: return 4;
    case 5: return 8;
  }
  return 0;
}

@inline
function sizeOf(env: usize, tdata1: u64): u64 {
  return bytesOf((tdata1 >> typeShift(env)) & 15, tdata1);
}

/** After a change of what the triggers are: makes them break- and watchpoints. */
export function triggersChanged(env: usize): void {
  reachingOut();
  breakpointsRemove(env, BP_CPU);
  watchpointsRemove(env, BP_CPU);
  countsChanged(env);
  for (let n: u32 = 0; n < TRIGGERS; n++) {
    const tdata1 = hart(env).tdata1(n);
    if (isCount(env, tdata1)) continue;
    const address = xlenAddress(env, hart(env).tdata2(n));
    if ((tdata1 & modes(env)) == 0) continue;
    if ((tdata1 & EXECUTE) != 0) breakpointInsert(env, address, BP_CPU);
    let access: u32 = (tdata1 & LOAD) != 0 ? BP_MEM_READ : 0;
    if ((tdata1 & STORE) != 0) access |= BP_MEM_WRITE;
    if (access != 0) watchpointInsert(env, address, max(address, address + sizeOf(env, tdata1) - 1), BP_CPU | access);
  }
}

/** Whether a trigger is for what is asked, in the mode that the hart is in. */
@inline
function isFor(env: usize, tdata1: u64, what: u64): bool {
  return (tdata1 & what) != 0 && ((tdata1 >> MODE_SHIFT) & (1 << privilege(env))) != 0;
}

// ---- icount

// RV_COUNTING
const COUNTS: u32 = 1;
const WRITTEN: u32 = 2;
const BEGUN_SHIFT = 8;

@inline
function isCount(env: usize, tdata1: u64): bool {
  return ((tdata1 >> typeShift(env)) & 15) == ICOUNT;
}
@inline
function countModes(env: usize): u64 {
  return modes(env) << (MODE_SHIFT_ICOUNT - MODE_SHIFT);
}
/** Whether it counts, or stops, in that mode. */
@inline
function countsIn(env: usize, tdata1: u64, mode: u32): bool {
  return isCount(env, tdata1) && ((tdata1 >> MODE_SHIFT_ICOUNT) & (1 << mode)) != 0;
}

function countsChanged(env: usize): void {
  let counting: u32 = 0;
  for (let n: u32 = 0; n < TRIGGERS; n++) {
    const tdata1 = hart(env).tdata1(n);
    if (isCount(env, tdata1) && (tdata1 & countModes(env)) != 0 && (tdata1 & (COUNT | PENDING)) != 0) counting = COUNTS;
  }
  hart(env).counting = counting;
}

/** Whether the instruction that begins now is to be run alone, and told of. */
@inline
export function triggerCounts(env: usize): bool {
  if (hart(env).counting == 0) return false;
  hart(env).counting = COUNTS | (privilege(env) << BEGUN_SHIFT);
  return true;
}

/** A count is over, in a mode that it is for. True: it has raised, before anything more is run. */
export function triggerCountOver(env: usize): bool {
  for (let n: u32 = 0; n < TRIGGERS; n++) {
    const tdata1 = hart(env).tdata1(n);
    if ((tdata1 & PENDING) == 0 || !countsIn(env, tdata1, privilege(env))) continue;
    hart(env).setTdata1(n, tdata1 & ~PENDING);
    countsChanged(env);
    raiseAddress(env, CAUSE_BREAKPOINT, 0);
    return true;
  }
  return false;
}

/** What had begun is done, or has trapped. */
export function triggerCounted(env: usize): void {
  const counting = hart(env).counting;
  if ((counting & WRITTEN) != 0) return;
  for (let n: u32 = 0; n < TRIGGERS; n++) {
    const tdata1 = hart(env).tdata1(n);
    if ((tdata1 & COUNT) == 0 || !countsIn(env, tdata1, counting >> BEGUN_SHIFT)) continue;
    const left = tdata1 - (1 << COUNT_SHIFT);
    hart(env).setTdata1(n, (left & COUNT) == 0 ? left | PENDING : left);
  }
  countsChanged(env);
}

// ---- address matches

/** The instruction at `pc` has a breakpoint of the hart's own. True: it has raised. */
export function triggerBreakpoint(env: usize, pc: u64): bool {
  for (let n: u32 = 0; n < TRIGGERS; n++) {
    if (!isFor(env, hart(env).tdata1(n), EXECUTE) || xlenAddress(env, hart(env).tdata2(n)) != pc) continue;
    raiseAddress(env, CAUSE_BREAKPOINT, pc);
    return true;
  }
  return false;
}

/** An access (BP_MEM_*) of `size` bytes within a page touches a watchpoint of the hart's own. True: it has raised, and the access must not happen. */
export function triggerWatchpoint(env: usize, addr: u64, size: u32, access: u32): bool {
  const what: u64 = ((access & BP_MEM_READ) != 0 ? LOAD : 0) | ((access & BP_MEM_WRITE) != 0 ? STORE : 0);
  for (let n: u32 = 0; n < TRIGGERS; n++) {
    const tdata1 = hart(env).tdata1(n);
    const first = xlenAddress(env, hart(env).tdata2(n));
    if (!isFor(env, tdata1, what) || first > addr + (size - 1) || max(first, first + sizeOf(env, tdata1) - 1) < addr) continue;
    raiseAddress(env, CAUSE_BREAKPOINT, max(addr, first));
    return true;
  }
  return false;
}
